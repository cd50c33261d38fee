"""A table whose columns aren't known: its lines as they are printed, with their gaps.

Each cell begins at a character of its line, so that what stands above one another on the page does
so in the text. Gaps that go through all lines are two spaces wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from fmqa.reading.heads import Segment, segments_of
from fmqa.reading.lines import Cell, Grid, Word

_GAP = 2  # spaces between two cells
# Shares of the font size: the width of a character of the text.
_WIDEST, _NARROWEST = 0.6, 0.08


def printed_grid(lines: Sequence[list[Word]], heads: int, size: float) -> Grid:
    """The lines with a place for each cell.

    Args:
        lines: the table's words, line by line, each from left to right.
        heads: how many of the lines stand above the figures, or may do so.
        size: of its font, in points.
    """
    cut = [segments_of(line, size) for line in lines]
    width = _width(cut, size)
    left = min(line[0].left for line in cut)
    places = [list(_places(line, left, width)) for line in cut]
    closer = _closer(cut, places)
    rows = [
        [Cell(s.words, at=closer[at]) for s, at in zip(line, ats, strict=True)]
        for line, ats in zip(cut, places, strict=True)
    ]
    return Grid(rows[:heads], rows[heads:])


def _length(segment: Segment) -> int:
    """Characters, with a space between two words."""
    return sum(word.end - word.start + 1 for word in segment.words) - 1


def _width(lines: Sequence[list[Segment]], size: float) -> float:
    """Points a character, so few that no cell reaches into the next one."""
    widths = [_WIDEST * size]
    for line in lines:
        for number, (one, other) in enumerate(pairwise(line)):
            begin = one.middle if number else one.left
            room = _length(one) / (2 if number else 1) + _length(other) / 2 + _GAP
            widths.append((other.middle - begin) / room)
    return max(min(widths), _NARROWEST * size)


def _places(line: Sequence[Segment], left: float, width: float) -> Iterator[int]:
    """Where each cell begins: the first one at its left, the others about their middle."""
    end = -_GAP
    for number, segment in enumerate(line):
        at = (segment.left - left) / width
        if number:
            at = (segment.middle - left) / width - _length(segment) / 2
        start = max(round(at), end + _GAP)
        yield start
        end = start + _length(segment)


def _closer(lines: Sequence[list[Segment]], places: Sequence[list[int]]) -> dict[int, int]:
    """Where each place comes to stand when gaps that go through all lines are cut."""
    filled = {
        at + n
        for line, ats in zip(lines, places, strict=True)
        for segment, at in zip(line, ats, strict=True)
        for n in range(_length(segment))
    }
    found: dict[int, int] = {}
    column = blank = 0
    for place in range(max(filled) + 1):
        blank = 0 if place in filled else blank + 1
        found[place] = column
        column += blank <= _GAP
    return found
