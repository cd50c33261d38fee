"""Which blocks beside a table's caption look like its cells, before its lines are looked at."""

from __future__ import annotations

from collections.abc import Sequence

from fmqa.reading.lines import Block, Role
from fmqa.reading.wordlist import is_prose


def _is_cells(text: str) -> bool:
    """Whether a block reads as cells of a table: numbers and short words, no sentences."""
    tokens = text.split()
    numeric = sum(any(mark.isdigit() for mark in token) for token in tokens)
    return numeric >= 0.3 * len(tokens) or not is_prose(text)


def find_tables(blocks: Sequence[Block]) -> None:
    """The cells beside a table's caption become the table's body: above it or below it."""
    for number, caption in enumerate(blocks):
        if caption.role is not Role.CAPTION or not caption.text.lower().startswith("tab"):
            continue
        below = _cells_beside(blocks[number + 1 :], caption)
        above = _cells_beside(blocks[:number][::-1], caption)
        sides = [side for side in (below, above) if sum(len(b.text) for b in side) >= 12]
        if sides:
            for block in min(sides, key=lambda side: _apart(side[0], caption)):
                block.role, block.caption = Role.TABLE, caption


def _cells_beside(blocks: Sequence[Block], caption: Block) -> list[Block]:
    taken: list[Block] = []
    for block in blocks[:400]:
        if block.page != caption.page or block.role not in (Role.OTHER, Role.BODY, Role.NOTE):
            break
        if not _is_cells(block.text) or _apart(block, taken[-1] if taken else caption) > 45:
            break
        taken.append(block)
    return taken


def _apart(a: Block, b: Block) -> float:
    """Points between two blocks, measured up and down; 0 where they stand side by side."""
    _, bottom_a, _, top_a = a.box
    _, bottom_b, _, top_b = b.box
    return max(0.0, bottom_a - top_b, bottom_b - top_a)
