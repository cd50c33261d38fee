"""Text on a page that a reader can't see: found, kept out of the paper's text, and recorded.

Eighteen arXiv preprints of 2025 carried prompts to reviewing models as white, tiny or off-page
text. White text alone proves nothing (labels on dark figures), so the page is drawn and looked at;
neither does invisible text alone (the text layer of a scanned page).
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass

import pypdfium2.raw as c

from fmqa.reading.chars import OpenPage, PageFrame, char_box
from fmqa.reading.lines import Line
from fmqa.types import HiddenRun

_TINY = 1.0  # points
_WHITE = 245  # of 255, each colour
_CONTRAST = 12  # of 255, between the lightest and the darkest pixel of a visible word
_FEWEST_LETTERS = 12
_FEWEST_WORDS = 3
_WORD = re.compile(r"\S+")

_R, _G, _B, _A = (ctypes.c_uint() for _ in range(4))


@dataclass(slots=True)
class _Word:
    order: int  # among all words of the page
    line: int
    start: int
    end: int
    reason: str


def find_hidden(page: OpenPage, lines: list[Line]) -> tuple[list[Line], list[HiddenRun]]:
    """The lines without hidden runs, and the runs that were found on the page."""
    raw = page.raw
    words = _suspects(page, lines)
    if not words:
        return lines, []
    invisible = sum(word.end - word.start for word in words if word.reason == "invisible")
    if 2 * invisible > sum(line.end - line.start for line in lines):
        # Most of the page is so: the text layer that OCR laid over a scan.
        words = [word for word in words if word.reason != "invisible"]
    seen = _seen(page, words)
    # A white word that stands out is plainly visible; an invisible one over a drawing is the
    # drawing's own lettering, of no use in the text and no offence either.
    words = [word for word in words if word.reason != "white" or word.order not in seen]
    found: list[HiddenRun] = []
    cuts: list[_Word] = []
    for run in _runs(words):
        text = " ".join(raw[word.start : word.end] for word in run)
        if len(run) >= _FEWEST_WORDS and sum(map(str.isalpha, text)) >= _FEWEST_LETTERS:
            cuts += run
            if not all(word.order in seen for word in run) or _reads_as_sentences(run, raw):
                found.append(HiddenRun(page.number, text, run[0].reason))
    return (_without(lines, cuts) if cuts else lines), found


def _runs(words: list[_Word]) -> list[list[_Word]]:
    """Words that follow one another and are suspected of the same."""
    runs: list[list[_Word]] = []
    for word in words:
        last = runs[-1][-1] if runs else None
        if last and last.order + 1 == word.order and last.reason == word.reason:
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


def _suspects(page: OpenPage, lines: list[Line]) -> list[_Word]:
    """The words whose text objects fall under a suspicion."""
    found: list[_Word] = []
    last, reason, order = -1, "", 0
    text_object, raw = page.text_object, page.raw
    for number, line in enumerate(lines):
        off = _off_page(line, page.frame)
        for match in _WORD.finditer(raw, line.start, line.end):
            start, order = match.start(), order + 1
            thing = text_object(start) or 0
            if thing != last:
                last, reason = thing, _suspicion(page, thing, start)
            if reason or off:
                found.append(_Word(order, number, start, match.end(), reason or off))
    return found


def _suspicion(page: OpenPage, thing: int, index: int) -> str:
    if not thing:
        return ""
    mode = c.FPDFTextObj_GetTextRenderMode(ctypes.cast(thing, c.FPDF_PAGEOBJECT))
    if mode == c.FPDF_TEXTRENDERMODE_INVISIBLE:
        return "invisible"
    if 0 < page.look(index)[0] < _TINY:
        return "tiny"
    if c.FPDFText_GetFillColor(page.textpage, index, _R, _G, _B, _A):
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


def _reads_as_sentences(run: list[_Word], raw: str) -> bool:
    small = sum(raw[word.start : word.end].islower() for word in run)
    return len(run) >= 12 and small >= 0.6 * len(run)


def _seen(page: OpenPage, words: list[_Word]) -> set[int]:
    """The white and invisible words in whose place the drawn page shows something."""
    doubtful = [word for word in words if word.reason in ("white", "invisible")]
    if sum(word.end - word.start for word in doubtful) < _FEWEST_LETTERS:
        return set()
    found: set[int] = set()
    bitmap = page.page.render(scale=1, grayscale=True)
    try:
        picture = (bytes(bitmap.buffer), bitmap.stride, bitmap.height)
        for word in doubtful:
            first, last = char_box(page.textpage, word.start), char_box(page.textpage, word.end - 1)
            if _contrast(picture, page.frame.box(*first[:2], *last[2:])) >= _CONTRAST:
                found.add(word.order)
    finally:
        bitmap.close()
    return found


def _contrast(picture: tuple[bytes, int, int], box: tuple[float, float, float, float]) -> int:
    """From the darkest to the lightest pixel of a box, of 255."""
    pixels, stride, height = picture
    left, bottom, right, top = box
    across = slice(max(0, int(left) - 1), max(0, int(right) + 2))
    rows = range(max(0, int(height - top) - 1), min(height, int(height - bottom) + 2))
    inside = b"".join(pixels[y * stride : (y + 1) * stride][across] for y in rows)
    return max(inside) - min(inside) if inside else 0


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
