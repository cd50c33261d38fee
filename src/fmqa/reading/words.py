"""Where the words and the rules of a page stand, for reading its tables."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as c

from fmqa.reading.chars import OpenPage
from fmqa.reading.layout import TABLE_CAPTION
from fmqa.reading.lines import Line, Rule, Word, turned

_TOKEN = re.compile(r"\S+")
_THICKEST, _SHORTEST = 3.0, 8.0  # points, of a rule
_MOST_PATHS = 4_000  # a page; a plot may be drawn of more
_BOX = c.FS_RECTF()


@dataclass(frozen=True, slots=True)
class Placed:
    """The words and rules of a page that holds a table; neither for any other page."""

    words: list[Word]
    rules: list[Rule]


def words_and_rules(page: OpenPage, lines: Sequence[Line]) -> Placed:
    """Where each word of the page stands, and its rules, if a table's caption is on it."""
    if not any(_may_caption(page.raw[line.start : line.end].lstrip(), line) for line in lines):
        return Placed([], [])
    return Placed([word for line in lines for word in _words(page, line)], list(_rules(page)))


def _may_caption(text: str, line: Line) -> bool:
    # pdfium may put several printed lines that are set sideways into one.
    find = TABLE_CAPTION.match if line.upright else TABLE_CAPTION.search
    return find(text) is not None


def _words(page: OpenPage, line: Line) -> Iterable[Word]:
    angle = 0.0 if line.upright else c.FPDFText_GetCharAngle(page.textpage, line.start)
    angle += page.frame.turns * math.pi / 2
    turn = 0 if line.upright else -round(angle / (math.pi / 2)) % 4  # pdfium counts clockwise
    for token in _TOKEN.finditer(page.raw, line.start, line.end):
        start, end = token.span()
        first = _loose(page, start)
        last = _loose(page, end - 1) if end > start + 1 else first
        size = page.look(start)[0]
        if line.upright:
            yield Word(start, end, min(first[0], last[0]), max(first[2], last[2]),
                       page.baseline(start), size)  # fmt: skip
            continue
        low = min(first[0], last[0]), min(first[1], last[1])
        high = max(first[2], last[2]), max(first[3], last[3])
        left, base, right, _ = turned((*low, *high), turn)
        yield Word(start, end, left, right, base, size, turn)


def _loose(page: OpenPage, index: int) -> tuple[float, float, float, float]:
    """A character's box as wide as it takes room, on the displayed page."""
    c.FPDFText_GetLooseCharBox(page.textpage, index, _BOX)
    frame = page.frame
    if frame.turns:
        return frame.box(_BOX.left, _BOX.bottom, _BOX.right, _BOX.top)
    x, y = frame.left, frame.bottom
    return _BOX.left - x, _BOX.bottom - y, _BOX.right - x, _BOX.top - y


def _rules(page: OpenPage) -> Iterable[Rule]:
    """Thin boxes among the page's drawings, lying or standing."""
    things: list[Any] = []
    for thing in page.page.get_objects([c.FPDF_PAGEOBJ_PATH], max_depth=3):
        things.append(thing)
        if len(things) > _MOST_PATHS:
            return
    for thing in things:
        left, bottom, right, top = page.frame.box(*thing.get_bounds())
        wide, high = right - left, top - bottom
        if min(wide, high) <= _THICKEST and max(wide, high) >= _SHORTEST:
            yield Rule(left, bottom, right, top)
