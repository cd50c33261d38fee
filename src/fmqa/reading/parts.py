"""Parts of a paper that show by their text alone: prose, tables, a list of references."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from fmqa.reading.lines import Block, Role

_ENTRY = re.compile(r"\[\d{1,3}\]\s|\[[A-Z][A-Za-z+]{1,8}\d{2}[a-z]?\]\s|\(?\d{1,3}[.)]\s+[A-Z]")
_FIRST_NUMBER = re.compile(r"[\[(]?(\d{1,3})\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_CASELESS = re.compile(
    "[\u0590-\u08ff\u0e00-\u0eff\u2e80-\U0003ffff]+"
)  # scripts without small letters
_WORDS = re.compile(r"[^\W\d_]{2,}")


def is_prose(text: str) -> bool:
    """Whether a text reads as sentences: mostly letters, mostly small ones, a few words."""
    words = _WORDS.findall(text)
    letters = sum(map(len, words))
    if letters < 20 or letters < 0.6 * len("".join(text.split())):
        return False
    if sum(map(len, _CASELESS.findall(text))) > 0.3 * letters:
        return True
    return len(words) >= 6 and sum(map(str.islower, words)) >= 0.5 * len(words)


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
        below = _cells(blocks[number + 1 :], caption)
        above = _cells(blocks[:number][::-1], caption)
        sides = [side for side in (below, above) if sum(len(b.text) for b in side) >= 12]
        if sides:
            for block in min(sides, key=lambda side: _distance(side[0], caption)):
                block.role, block.caption = Role.TABLE, caption


def _cells(blocks: Sequence[Block], caption: Block) -> list[Block]:
    taken: list[Block] = []
    for block in blocks[:400]:
        if block.page != caption.page or block.role not in (Role.OTHER, Role.BODY, Role.NOTE):
            break
        if not _is_cells(block.text) or _distance(block, taken[-1] if taken else caption) > 45:
            break
        taken.append(block)
    return taken


def _distance(a: Block, b: Block) -> float:
    """Points between two blocks, measured up and down; 0 where they stand side by side."""
    _, bottom_a, _, top_a = a.box
    _, bottom_b, _, top_b = b.box
    return max(0.0, bottom_a - top_b, bottom_b - top_a)


def find_bibliography(blocks: Sequence[Block]) -> None:
    """A reference list without a heading: a run of numbered entries, late in the paper."""
    if any(block.role is Role.REFERENCE for block in blocks):
        return
    entries = [
        number
        for number, block in enumerate(blocks)
        if _ENTRY.match(block.text) and block.role is not Role.FURNITURE
    ]
    late = [number for number in entries if number > 0.4 * len(blocks)]
    numbers = [int(n[1]) for i in late if (n := _FIRST_NUMBER.match(blocks[i].text))]
    in_turn = sum(b - a == 1 for a, b in pairwise(numbers))
    if numbers and in_turn < 0.5 * (len(numbers) - 1):
        return  # citations that happen to open lines
    dated = sum(bool(_YEAR.search(blocks[number].text)) for number in late)
    if len(late) < 5 or dated < 0.6 * len(late):
        return
    for block in blocks[late[0] : late[-1] + 1]:
        if block.role not in (Role.FURNITURE, Role.CAPTION, Role.TABLE):
            block.role = Role.REFERENCE
