"""Text on a page that a reader can't see: found, kept out of the paper's text, and recorded.

Eighteen arXiv preprints of 2025 carried prompts to reviewing models as white, tiny or off-page
text. White text alone proves nothing (labels on dark figures), so the page is drawn and looked at;
neither does invisible text alone (the text layer of a scanned page).
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pypdfium2.raw as c

from fmqa.reading.lines import Line
from fmqa.types import HiddenRun

if TYPE_CHECKING:
    from fmqa.reading.pdfium import PageFrame

_TINY = 1.0  # points
_WHITE = 245  # of 255, each colour
_CONTRAST = 12  # of 255, between the lightest and the darkest pixel of a visible word
_FEWEST_LETTERS = 12
_FEWEST_WORDS = 3
_WORD = re.compile(r"\S+")

# The declared prototype returns a struct pointer, which costs an object per call; the address will do.
_text_object = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)(
    ctypes.cast(c.FPDFText_GetTextObject, ctypes.c_void_p).value or 0
)
_R, _G, _B, _A = (ctypes.c_uint() for _ in range(4))


@dataclass(slots=True)
class _Word:
    line: int
    start: int
    end: int
    reason: str


def find_hidden(
    page: Any, textpage: Any, raw: str, lines: list[Line], number: int, frame: PageFrame
) -> tuple[list[Line], list[HiddenRun]]:
    """The lines without hidden runs, and the runs that were found on the page."""
    words = list(_words(textpage, raw, lines, frame))
    if not any(word.reason for word in words):
        return lines, []
    _look_at_white(page, textpage, words, frame)
    invisible = sum(word.end - word.start for word in words if word.reason == "invisible")
    if 2 * invisible > sum(word.end - word.start for word in words):
        # Most of the page is so: the text layer that OCR laid over a scan.
        words = [w if w.reason != "invisible" else _Word(w.line, w.start, w.end, "") for w in words]
    found: list[HiddenRun] = []
    cuts: list[_Word] = []
    for reason, group in groupby(words, key=lambda word: word.reason):
        run = list(group)
        text = " ".join(raw[word.start : word.end] for word in run)
        if reason and len(run) >= _FEWEST_WORDS and _letters(text) >= _FEWEST_LETTERS:
            found.append(HiddenRun(number, text, reason))
            cuts += run
    return (_without(lines, cuts) if cuts else lines), found


def _letters(text: str) -> int:
    return sum(mark.isalpha() for mark in text)


def _words(textpage: Any, raw: str, lines: list[Line], frame: PageFrame) -> Iterator[_Word]:
    """Every word with the suspicion that its text object falls under."""
    handle = ctypes.cast(textpage, ctypes.c_void_p)
    last, reason = None, ""
    for number, line in enumerate(lines):
        for match in _WORD.finditer(raw, line.start, line.end):
            thing = _text_object(handle, match.start())
            if thing != last:
                last, reason = thing, _suspicion(textpage, thing, match.start())
            yield _Word(number, match.start(), match.end(), reason or _off_page(line, frame))


def _suspicion(textpage: Any, thing: int | None, index: int) -> str:
    if not thing:
        return ""
    mode = c.FPDFTextObj_GetTextRenderMode(ctypes.cast(thing, c.FPDF_PAGEOBJECT))
    if mode == c.FPDF_TEXTRENDERMODE_INVISIBLE:
        return "invisible"
    from fmqa.reading.pdfium import font_size

    if 0 < font_size(textpage, index) < _TINY:
        return "tiny"
    if c.FPDFText_GetFillColor(textpage, index, _R, _G, _B, _A):
        if _A.value == 0:
            return "transparent"
        if mode == c.FPDF_TEXTRENDERMODE_FILL and min(_R.value, _G.value, _B.value) >= _WHITE:
            return "white"
    return ""


def _off_page(line: Line, frame: PageFrame) -> str:
    wide, high = frame.size
    middle_x, middle_y = (line.left + line.right) / 2, (line.bottom + line.top) / 2
    inside = -1 <= middle_x <= wide + 1 and -1 <= middle_y <= high + 1
    return "" if inside else "off the page"


def _look_at_white(page: Any, textpage: Any, words: list[_Word], frame: PageFrame) -> None:
    """Clear those white words of suspicion that stand out from what is drawn around them."""
    white = [word for word in words if word.reason == "white"]
    if sum(word.end - word.start for word in white) < _FEWEST_LETTERS:
        return
    from fmqa.reading.pdfium import char_box

    bitmap = page.render(scale=1, grayscale=True)
    try:
        pixels, stride, height = bytes(bitmap.buffer), bitmap.stride, bitmap.height
        for word in white:
            first, last = char_box(textpage, word.start), char_box(textpage, word.end - 1)
            left, bottom, right, top = frame.box(first[0], first[1], last[2], last[3])
            rows = range(max(0, int(height - top) - 1), min(height, int(height - bottom) + 2))
            columns = slice(max(0, int(left) - 1), max(0, int(right) + 2))
            seen = [pixels[y * stride : (y + 1) * stride][columns] for y in rows]
            if any(seen) and max(map(max, filter(None, seen))) - min(
                map(min, filter(None, seen))
            ) >= _CONTRAST:
                word.reason = ""
    finally:
        bitmap.close()


def _without(lines: list[Line], cuts: list[_Word]) -> list[Line]:
    """The lines cut around the words. A remainder keeps its line's box, which is a little wide."""
    kept: list[Line] = []
    by_line: dict[int, list[_Word]] = {}
    for word in cuts:
        by_line.setdefault(word.line, []).append(word)
    for number, line in enumerate(lines):
        start = line.start
        for word in by_line.get(number, ()):
            if word.start > start:
                kept.append(_part(line, start, word.start))
            start = word.end
        if start < line.end:
            kept.append(line if start == line.start else _part(line, start, line.end))
    return kept


def _part(line: Line, start: int, end: int) -> Line:
    return Line(start, end, line.left, line.bottom, line.right, line.top, line.size, line.font,
                line.bold, line.italic, line.upright, line.joins and end == line.end)  # fmt: skip
