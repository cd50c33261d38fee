"""Where a quote stands on its page, for highlighting it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

from fmqa.reading.chars import PageFrame, page_characters
from fmqa.reading.pdfium import open_pdf
from fmqa.types import Page

_SAME_LINE = 0.5  # share of the lower box's height that two boxes of one line have in common


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in PDF points (1/72 inch) from the upper left corner of the page as displayed."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class QuoteBoxes:
    """The boxes of a quote, one a line, and the page's size in points."""

    width: float
    height: float
    boxes: tuple[Box, ...]


def raw_ranges(page: Page, start: int, end: int) -> list[tuple[int, int]]:
    """The raw characters (start, end) that ``page.text[start:end]`` was made of."""
    found: list[tuple[int, int]] = []
    for text_start, raw_start, length in page.runs:
        low, high = max(start, text_start), min(end, text_start + length)
        if low < high:
            begin = raw_start + low - text_start
            found.append((begin, begin + high - low))
    return found


def boxes_in(data: bytes, page: Page, start: int, end: int) -> QuoteBoxes:
    """The boxes of ``page.text[start:end]`` in the file that the page was read from.

    No boxes come back where the page was read by pypdf, which knows no places, or the file is
    another one by now: its characters are compared with the page's first.

    Raises:
        ReadingError: the file can't be opened.
    """
    with open_pdf(data) as document:
        if not 1 <= page.number <= len(document):
            return QuoteBoxes(0.0, 0.0, ())
        try:
            return _boxes(document[page.number - 1], page, start, end)
        except pdfium.PdfiumError:
            return QuoteBoxes(0.0, 0.0, ())


def _boxes(opened: Any, page: Page, start: int, end: int) -> QuoteBoxes:
    frame = PageFrame(opened)
    width, height = frame.size
    if page.places:
        return QuoteBoxes(width, height, tuple(_recognized(page, start, end, frame.size)))
    textpage = opened.get_textpage()
    raw = page_characters(textpage.raw)
    if not _same(page, raw):
        return QuoteBoxes(width, height, ())
    boxes: list[Box] = []
    for low, high in raw_ranges(page, start, end):
        for box in _rectangles(textpage.raw, low, high - low, frame):
            _add(boxes, box)
    return QuoteBoxes(width, height, tuple(boxes))


def _recognized(page: Page, start: int, end: int, size: tuple[float, float]) -> Iterator[Box]:
    """The boxes in the lines of a page that was recognized, as if all letters were as wide."""
    width, height = size
    for low, high in raw_ranges(page, start, end):
        for line in page.places:
            first, last = max(low, line.start), min(high, line.end)
            if first < last:
                letter = (line.right - line.left) / (line.end - line.start)
                yield Box(
                    width * (line.left + letter * (first - line.start)),
                    height * line.top,
                    width * (line.left + letter * (last - line.start)),
                    height * line.bottom,
                )


def _same(page: Page, raw: str) -> bool:
    """Whether the raw characters are those that the page's text was made of."""
    for text_start, raw_start, length in page.runs:
        text = page.text[text_start : text_start + length]
        here = raw[raw_start : raw_start + length]
        letters = [a == b for a, b in zip(text, here, strict=False) if a.isascii() and a.isalpha()]
        if len(here) != length or not all(letters):
            return False
    return bool(page.runs)


def _rectangles(textpage: Any, start: int, count: int, frame: PageFrame) -> Iterator[Box]:
    left, top, right, bottom = (ctypes.c_double() for _ in range(4))
    height = frame.size[1]
    for index in range(max(0, c.FPDFText_CountRects(textpage, start, count))):
        if c.FPDFText_GetRect(textpage, index, left, top, right, bottom):
            x1, y1, x2, y2 = frame.box(left.value, bottom.value, right.value, top.value)
            yield Box(x1, height - y2, x2, height - y1)


def _add(boxes: list[Box], box: Box) -> None:
    """Append a box, or widen the last one when it stands on the same line."""
    if boxes:
        last = boxes[-1]
        common = min(last.bottom, box.bottom) - max(last.top, box.top)
        lower = min(last.bottom - last.top, box.bottom - box.top)
        near = box.left - last.right < 3 * max(lower, 1.0)
        if common > _SAME_LINE * lower and near and box.right > last.left:
            boxes[-1] = Box(
                min(last.left, box.left),
                min(last.top, box.top),
                max(last.right, box.right),
                max(last.bottom, box.bottom),
            )
            return
    boxes.append(box)
