"""Text on a page that a reader can't see: found, kept out of the paper's text, and recorded.

Eighteen arXiv preprints of 2025 carried prompts to reviewing models as white, tiny or off-page
text. White text alone proves nothing (labels on dark figures), nor does a shape that is painted
over a text (`fmqa.reading.painting`), so the page is drawn and looked at; neither does invisible
text alone (the text layer of a scanned page).
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass, replace
from typing import NamedTuple

import pypdfium2.raw as c

from fmqa.reading.chars import OpenPage, PageFrame, char_box
from fmqa.reading.lines import Box, Line
from fmqa.reading.painting import Colour, Painting, contrasts, overlap, shown_in
from fmqa.types import HiddenRun

_TINY = 1.0  # points
_WHITE = 225  # of 255, each colour; what is lighter is looked at on the drawn page
_FAINT = 12  # of 255, an opacity that nobody sees
_CONTRAST = 12  # of 255, between the lightest and the darkest pixel of a visible word
_FEWEST_LETTERS = 12
_FEWEST_WORDS = 3
_FEWEST_SAID = 5  # different words of two letters or more
_WORD = re.compile(r"\S+")

_R, _G, _B, _A = (ctypes.c_uint() for _ in range(4))
_INVISIBLE, _CLIPS = c.FPDF_TEXTRENDERMODE_INVISIBLE, c.FPDF_TEXTRENDERMODE_CLIP
_STROKED = (c.FPDF_TEXTRENDERMODE_STROKE, c.FPDF_TEXTRENDERMODE_STROKE_CLIP)
_BOTH = (c.FPDF_TEXTRENDERMODE_FILL_STROKE, c.FPDF_TEXTRENDERMODE_FILL_STROKE_CLIP)
# What is certain without a look at the drawn page, and what only that decides.
_CERTAIN = ("tiny", "transparent", "off the page", "invisible")


@dataclass(slots=True)
class _Word:
    order: int  # among all words of the page
    line: int
    start: int
    end: int
    reason: str
    thing: int  # its text object


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
    words = _unseen(page, words)
    lettering = _lettering(page, lines, words)
    found: list[HiddenRun] = []
    cuts: list[_Word] = []
    for run in _runs(words):
        if not _counts(run, raw):
            continue
        cuts += run
        drawn = all(word.order in lettering for word in run) and not _reads_as_sentences(run, raw)
        if _offends(run, raw) and not drawn:
            text = " ".join(raw[word.start : word.end] for word in run)
            found.append(HiddenRun(page.number, text, run[0].reason))
    return (_without(lines, cuts, raw) if cuts else lines), found


def _counts(run: list[_Word], raw: str) -> bool:
    """Whether a run is long enough to be looked at: not a label or two."""
    letters = sum(sum(map(str.isalpha, raw[word.start : word.end])) for word in run)
    return len(run) >= _FEWEST_WORDS and letters >= _FEWEST_LETTERS


def _offends(run: list[_Word], raw: str) -> bool:
    """Whether a run says something; labels of a plot that lie under another plot don't."""
    if run[0].reason in _CERTAIN or run[0].reason == "white":
        return True
    said = {raw[word.start : word.end].lower() for word in run}
    return sum(sum(map(str.isalpha, word)) > 1 for word in said) >= _FEWEST_SAID


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
    painting = Painting(page)
    looks: dict[int, _Look] = {}
    look, order = _Look("", None), 0
    text_object, raw = page.text_object, page.raw
    for number, line in enumerate(lines):
        off = _off_page(line, page.frame)
        box = (line.left, line.bottom, line.right, line.top)
        near = painting.near(box)
        last, asked = -1, False
        for match in _WORD.finditer(raw, line.start, line.end):
            start, order = match.start(), order + 1
            thing = text_object(start) or 0
            if thing != last:
                last, look = thing, looks.get(thing) or _look(page, thing, start)
                looks[thing] = look
                asked = bool(near) or (thing > 0 and painting.clips(thing, box))
            reason = look.reason or off
            if asked and not reason:
                box_here = _box(page, start, match.end())
                reason = painting.suspicion(thing, look.colour, box_here, near)
            if reason:
                found.append(_Word(order, number, start, match.end(), reason, thing))
    return found


class _Look(NamedTuple):
    """How a text object is painted: why it may not be seen, and its colour."""

    reason: str
    colour: Colour | None


def _look(page: OpenPage, thing: int, index: int) -> _Look:
    if not thing:
        return _Look("", None)
    mode = c.FPDFTextObj_GetTextRenderMode(ctypes.cast(thing, c.FPDF_PAGEOBJECT))
    if mode in (_INVISIBLE, _CLIPS):
        return _Look("invisible", None)
    if 0 < page.look(index)[0] < _TINY:
        return _Look("tiny", None)
    colours = _colours(page, mode, index)
    if colours is None:
        return _Look("", None)
    if not colours:
        return _Look("transparent", None)
    white = all(min(colour) >= _WHITE for colour in colours)
    return _Look("white" if white else "", colours[0] if len(colours) == 1 else None)


def _colours(page: OpenPage, mode: int, index: int) -> list[Colour] | None:
    """The colours that a character is filled and lined with, those that show; None: unknown."""
    asked = [] if mode in _STROKED else [c.FPDFText_GetFillColor]
    asked += [c.FPDFText_GetStrokeColor] if mode in (*_STROKED, *_BOTH) else []
    shown: list[Colour] = []
    for colour_of in asked:
        if not colour_of(page.textpage, index, _R, _G, _B, _A):
            return None
        if _A.value > _FAINT:
            shown.append((_R.value, _G.value, _B.value))
    return shown


def _off_page(line: Line, frame: PageFrame) -> str:
    wide, high = frame.size
    middle_x, middle_y = (line.left + line.right) / 2, (line.bottom + line.top) / 2
    inside = -1 <= middle_x <= wide + 1 and -1 <= middle_y <= high + 1
    return "" if inside else "off the page"


def _reads_as_sentences(run: list[_Word], raw: str) -> bool:
    small = sum(raw[word.start : word.end].islower() for word in run)
    return len(run) >= 12 and small >= 0.6 * len(run)


def _unseen(page: OpenPage, words: list[_Word]) -> list[_Word]:
    """The words without those that the drawn page shows after all, such as a white label.

    Most words of a run decide: what lies partly over the page's text shows there as damage to it.
    """
    certain = [word for word in words if word.reason in _CERTAIN]
    runs = [
        run
        for run in _runs([word for word in words if word.reason not in _CERTAIN])
        if _counts(run, page.raw) and _offends(run, page.raw)
    ]
    doubtful = [word for run in runs for word in run]
    if not doubtful:
        return certain
    boxes = [_box(page, word.start, word.end) for word in doubtful]
    shown = shown_in(page, [word.thing for word in doubtful], boxes)
    seen = {word.order for word, shows in zip(doubtful, shown, strict=True) if shows}
    for run in runs:
        if 2 * sum(word.order in seen for word in run) < len(run):
            certain += run
        else:
            certain += [word for word in run if word.order not in seen]
    return sorted(certain, key=lambda word: word.order)


def _lettering(page: OpenPage, lines: list[Line], words: list[_Word]) -> set[int]:
    """The invisible words that stand over a drawing: its own lettering.

    It is of no use in the text and no offence either. What lies over the page's lines, or reads as
    sentences, is none.
    """
    doubtful = [word for word in words if word.reason == "invisible"]
    if not doubtful:
        return set()
    own = {word.line for word in words}
    visible = [
        (line.left, line.bottom, line.right, line.top)
        for number, line in enumerate(lines)
        if number not in own
    ]
    boxes = [_box(page, word.start, word.end) for word in doubtful]
    found: set[int] = set()
    for word, box, contrast in zip(doubtful, boxes, contrasts(page, boxes), strict=True):
        if contrast >= _CONTRAST and not any(overlap(box, line) for line in visible):
            found.add(word.order)
    return found


def _box(page: OpenPage, start: int, end: int) -> Box:
    """Around a word on the displayed page."""
    first, last = char_box(page.textpage, start), char_box(page.textpage, end - 1)
    return page.frame.box(*first[:2], *last[2:])


def _without(lines: list[Line], cuts: list[_Word], raw: str) -> list[Line]:
    """The lines cut around the words. A remainder keeps its line's box, which is a little wide."""
    kept: list[Line] = []
    by_line: dict[int, list[_Word]] = {}
    for word in cuts:
        by_line.setdefault(word.line, []).append(word)
    for number, line in enumerate(lines):
        if number not in by_line:
            kept.append(line)
            continue
        starts = [line.start, *(word.end for word in by_line[number])]
        ends = [*(word.start for word in by_line[number]), line.end]
        kept += [
            replace(line, start=start, end=end, joins=line.joins and end == line.end)
            for start, end in zip(starts, ends, strict=True)
            if raw[start:end].strip()  # a block of blanks would be none
        ]
    return kept
