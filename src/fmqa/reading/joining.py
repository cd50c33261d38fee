"""Pages as text: blocks put together, and words that a page's end cuts made whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from fmqa.reading.lines import Block, Cell, Grid, Line, RawPage, Role, Word
from fmqa.reading.text import MappedText, Vocabulary, mend_lines
from fmqa.types import REACHED, Page

_LAST_WORD = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)-$")
_FIRST_WORD = re.compile(r"\s*([^\W\d_]+(?:-[^\W\d_]+)*)[.,;:)]*\s*")


def join_cut_words(
    raw: Sequence[RawPage],
    pages: Sequence[Page],
    blocks: Sequence[Sequence[Block]],
    vocabulary: Vocabulary,
) -> tuple[Page, ...]:
    """The pages, with each word that a page's end cuts whole on the page that it begins on.

    Args:
        raw: the pages as they were read.
        pages: the same, mended.
        blocks: those of each page, with their roles; of those that a cut word's end is taken from,
            the first line begins behind it.
        vocabulary: the document's.
    """
    ends: dict[int, tuple[bool, str]] = {}
    changed: set[int] = set()
    for place, (before, after) in enumerate(pairwise(blocks)):
        first = next((b for b in reversed(before) if b.role is Role.BODY), None)
        second = next((b for b in after if b.role is Role.BODY), None)
        left = _LAST_WORD.search(first.text) if first else None
        if first is None or second is None or left is None or not second.text[:1].islower():
            continue
        line = second.lines[0]
        right = _FIRST_WORD.match(raw[place + 1].raw, line.start, line.end)
        if right is None or right.end() >= line.end:
            continue
        ends[id(first)] = vocabulary.joined(left[1], right[1]), right[0].strip()
        line.start = right.end()
        changed |= {place, place + 1}
    if not ends:
        return tuple(pages)
    return tuple(
        mended(raw[n], blocks[n], vocabulary, ends) if n in changed else page
        for n, page in enumerate(pages)
    )


def mended(
    raw: RawPage,
    blocks: Sequence[Block],
    vocabulary: Vocabulary,
    ends: Mapping[int, tuple[bool, str]] | None = None,
) -> Page:
    """The page's text, block by block, each told where it stands.

    Args:
        raw: the page as it was read.
        blocks: of the page, in order; their ``start`` and ``text`` are set.
        vocabulary: the document's.
        ends: by a block's ``id``, the end of its last word that stands on the next page, and
            whether the hyphen before it goes.
    """
    out = MappedText()
    for block in blocks:
        begin = out.length
        if begin:
            out.insert("\n")
        block.start = out.length
        if block.grid is None:
            mend_lines(out, raw, block.lines, vocabulary)
        else:
            _lay_grid(out, raw, block.grid, vocabulary)
        if ends and id(block) in ends:
            as_one, rest = ends[id(block)]
            if as_one:
                out.drop()
            out.insert(rest)
        if out.length == block.start and begin:
            out.drop()
            block.start = out.length + 1  # where the next one begins; the last one ends before
    text = out.text()
    stops = [*(block.start for block in blocks[1:]), len(text) + 1]
    for block, stop in zip(blocks, stops, strict=False):  # a page without blocks has an end, too
        block.text = text[block.start : max(block.start, stop - 1)]
    return Page(raw.number, text, tuple(out.runs), raw.places)


def _lay_grid(out: MappedText, raw: RawPage, grid: Grid, vocabulary: Vocabulary) -> None:
    """Append a table, a line for each row, see `fmqa.types.Page`."""
    for number, row in enumerate([*grid.heads, *grid.rows]):
        out.insert("\n" if number else "")
        begin = out.length
        for place, cell in enumerate(row):
            if cell.at is None:
                out.insert("\t" if place else "")
            else:
                out.insert(" " * max(2 if place else 0, begin + cell.at - out.length))
            if cell.reached:
                out.insert(REACHED)
            mend_lines(out, raw, _stretches(cell), vocabulary)


def _stretches(cell: Cell) -> list[Line]:
    """A cell's words, those of one printed line together."""
    found: list[Line] = []
    held: Word | None = None
    for word in cell.words:
        if held and held.end < word.start <= held.end + 2 and abs(held.base - word.base) < 1:
            found[-1].end = word.end
        else:
            found.append(Line(word.start, word.end))
        held = word
    return found
