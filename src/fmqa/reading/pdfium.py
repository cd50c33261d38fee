"""Pages, outline, links and metadata by pdfium.

Outline, links and metadata come from pdfium as well: it has the file open already, and finds the
same links as pypdf, which would take another 10 to 300 ms a paper and 0.3 s to import.

pdfium's C functions are called directly where a helper would cost a Python object per character.
pdfium isn't thread-safe, so that everything here runs under one lock.
"""

from __future__ import annotations

import ctypes
import math
import re
import threading
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

from fmqa.errors import ReadingError
from fmqa.reading.chars import OpenPage, PageFrame, char_box, page_characters, words_and_rules
from fmqa.reading.hygiene import find_hidden
from fmqa.reading.lines import Box, Line, RawFile, RawPage
from fmqa.reading.raised import RaisedSigns
from fmqa.types import Outcome

PDFIUM_LOCK = threading.RLock()

_HYPHEN_MARKS = "\ufffe\x02"
_BREAK = re.compile(r"[\r\n]+|[\ufffe\x02]")
_BOLD = re.compile(r"bold|black|heavy|semibold|demi|medi(?!um)|cmbx|cmb\d|-b$|\.b$", re.IGNORECASE)
_ITALIC = re.compile(r"ital|obli|cmti|slant|-it$|regu?ital", re.IGNORECASE)
_FEWEST_LETTERS = 20  # a scanned page may carry a stamp or its number as text
_TURN = 0.2  # radians
_PICTURE = 0.4  # of a page's area
_MOST_LINKS = 5_000  # a page; a file may name one annotation endlessly
_REASONS = {
    c.FPDF_ERR_FORMAT: "it isn't one, or its structure is broken",
    c.FPDF_ERR_FILE: "it can't be read to its end",
    c.FPDF_ERR_PAGE: "it has no usable page",
}
_METADATA = (b"Title", b"Author", b"Subject", b"Keywords", b"CreationDate", b"ModDate", b"arXivID",
             b"DOI", b"doi")  # fmt: skip


@contextmanager
def open_pdf(data: bytes) -> Iterator[Any]:
    """The file, opened; closed on the way out.

    Raises:
        ReadingError: it needs a password (``encrypted``), or pdfium can't open it (``damaged``).
    """
    with PDFIUM_LOCK:
        try:
            document = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as error:
            raise _refusal(getattr(error, "err_code", None), error) from error
        try:
            yield document
        finally:
            document.close()


def _refusal(code: int | None, error: Exception) -> ReadingError:
    if code == c.FPDF_ERR_PASSWORD:
        return ReadingError(Outcome.ENCRYPTED, "needs a password")
    if code == c.FPDF_ERR_SECURITY:
        return ReadingError(Outcome.ENCRYPTED, "is encrypted in a way that isn't supported")
    reason = _REASONS.get(code or 0, "no reason given")
    return ReadingError(Outcome.DAMAGED, f"can't be opened as a PDF ({reason})")


def read_pdfium(data: bytes, max_pages: int) -> RawFile:
    """All pages of a file, its outline, links and metadata.

    Raises:
        ReadingError: the file can't be opened, or has more than ``max_pages`` pages.
    """
    with open_pdf(data) as document:
        count = len(document)
        if count > max_pages:
            raise ReadingError(
                Outcome.TOO_LARGE, f"has {count:,} pages; the limit is {max_pages:,}"
            )
        if count == 0:
            raise ReadingError(Outcome.DAMAGED, "has no pages")
        pages = [_read_page(document, index) for index in range(count)]
        return RawFile(pages, _outline(document), _metadata(document), "pdfium")


def _read_page(document: Any, index: int) -> RawPage:
    """One page; a page that pdfium can't load comes back empty, with the failure's name."""
    try:
        page = document[index]
        try:
            return _page(document, page, index)
        finally:
            page.close()
    except (pdfium.PdfiumError, OSError, ValueError, ctypes.ArgumentError) as error:
        return RawPage(index + 1, 0.0, 0.0, "", [], failure=str(error) or type(error).__name__)


def _page(document: Any, page: Any, index: int) -> RawPage:
    width, height = page.get_size()
    textpage = page.get_textpage()
    try:
        raw = page_characters(textpage.raw)
        here = OpenPage(index + 1, page, textpage.raw, raw)
        signs = RaisedSigns(here)
        pieces = signs.joined([_measure(here, *piece) for piece in _turned_apart(here)])
        lines = [_whole(here, held, signs.runs) for held in pieces]
        lines, hidden = find_hidden(here, lines)
        words, rules = words_and_rules(here, lines)
    finally:
        textpage.close()
    return RawPage(
        index + 1,
        width,
        height,
        raw,
        lines,
        list(_links(document, page, here.frame)),
        hidden,
        raised=signs.runs,
        tight=signs.tight,
        scanned=sum(map(str.isalnum, raw)) < _FEWEST_LETTERS and _is_picture(page, width * height),
        label=clean_title(document.get_page_label(index)),
        words=words,
        rules=rules,
    )


def _turned_apart(page: OpenPage) -> Iterator[tuple[int, int, bool]]:
    """The pieces, cut where text of another direction follows, such as a mark across the page."""
    raw = page.raw

    def angle(index: int) -> float:
        return c.FPDFText_GetCharAngle(page.textpage, index)  # type: ignore[no-any-return]

    for start, end, joins in _pieces(page):
        first = start + len(raw[start:end]) - len(raw[start:end].lstrip())
        last = _letter(raw, first, end - 1)
        if abs(angle(first) - angle(last)) < _TURN or abs(angle(first) - angle(last)) > 6.2:
            yield start, end, joins
            continue
        cut = next(
            i
            for i in range(first, end)
            if not raw[i].isspace() and abs(angle(i) - angle(first)) >= _TURN
        )
        yield start, cut, False
        yield cut, end, joins


def _is_picture(page: Any, area: float) -> bool:
    """Whether pictures cover much of a page."""
    boxes = (thing.get_bounds() for thing in page.get_objects([c.FPDF_PAGEOBJ_IMAGE], max_depth=3))
    shown: float = sum((b[2] - b[0]) * (b[3] - b[1]) for b in boxes)
    return shown > _PICTURE * area


def _pieces(page: OpenPage) -> Iterator[tuple[int, int, bool]]:
    """(start, end, joins) of each line: pdfium breaks at CR LF, or at its own mark for a hyphen."""
    start, raw = 0, page.raw
    for match in _BREAK.finditer(raw):
        marked = raw[match.start()] in _HYPHEN_MARKS
        if marked and c.FPDFText_IsHyphen(page.textpage, match.start()) != 1:
            continue  # a glyph without meaning in the midst of a line
        end = match.end() if marked else match.start()
        if raw[start:end].strip():
            yield start, end, marked
        start = match.end()
    if raw[start:].strip():
        yield start, len(raw), False


def _whole(page: OpenPage, pieces: list[Line], raised: list[tuple[int, int]]) -> Line:
    """A line of its pieces. A sign that stands raised at an end doesn't make it higher."""
    start, end = pieces[0].start, pieces[-1].end
    low = bisect_left(raised, (start, 0))
    signs = raised[low : bisect_left(raised, (end, 0))]
    if not signs or (len(pieces) == 1 and signs[0][0] > start and signs[-1][1] < end):
        return pieces[0]
    first = signs[0][1] if signs[0][0] == start else start
    last = signs[-1][0] if signs[-1][1] == end else end
    if not page.raw[first:last].strip():
        return pieces[0]
    line = _measure(page, first, last, False)
    return replace(
        line,
        start=start,
        end=end,
        left=min(piece.left for piece in pieces),
        right=max(piece.right for piece in pieces),
        joins=pieces[-1].joins,
    )


def _measure(page: OpenPage, start: int, end: int, joins: bool) -> Line:
    """A line's box from its first and last characters, and its look from three of them."""
    textpage, raw, frame = page.textpage, page.raw, page.frame
    text = raw[start:end]
    first = start + len(text) - len(text.lstrip())
    while raw[end - 1].isspace() and end > first + 1:
        end -= 1
    last = end - 2 if joins and end - 2 >= first else end - 1
    middle = _letter(raw, first, (first + last) // 2)
    a, m, b = (char_box(textpage, i) for i in (first, middle, last))
    box = frame.box(
        min(a[0], m[0], b[0]), min(a[1], m[1], b[1]), max(a[2], m[2], b[2]), max(a[3], m[3], b[3])
    )
    looks = [page.look(i) for i in (first, middle, last)]
    sizes = sorted(size for size, _ in looks)
    angle = c.FPDFText_GetCharAngle(textpage, first) + frame.turns * math.pi / 2
    fonts = {font for _, font in looks}
    return Line(
        start,
        end,
        *box,
        # Small capitals open with a larger letter, which is the size to compare with others; an
        # initial over several lines is larger still and says nothing.
        size=sizes[2] if sizes[2] < 1.6 * sizes[1] else sizes[1],
        font=looks[1][1],
        bold=all(map(_is_bold, fonts)),
        italic=all(map(_is_italic, fonts)),
        upright=math.cos(angle) > 0.9,
        joins=joins,
    )


@lru_cache(512)
def _is_bold(font: str) -> bool:
    return bool(_BOLD.search(font))


@lru_cache(512)
def _is_italic(font: str) -> bool:
    return bool(_ITALIC.search(font))


def _letter(raw: str, first: int, index: int) -> int:
    """The nearest character at or before ``index`` that prints something."""
    while index > first and raw[index].isspace():
        index -= 1
    return index


def _links(document: Any, page: Any, frame: PageFrame) -> Iterator[tuple[str, Box]]:
    """The address of each link that leads out of the file, and its rectangle as displayed."""
    position = ctypes.c_int(0)
    link = c.FPDF_LINK()
    area = c.FS_RECTF()
    for _ in range(_MOST_LINKS):
        if not c.FPDFLink_Enumerate(page.raw, position, link):
            return
        action = c.FPDFLink_GetAction(link)
        if not action or c.FPDFAction_GetType(action) != c.PDFACTION_URI:
            continue
        length = c.FPDFAction_GetURIPath(document.raw, action, None, 0)
        if 1 < length < 4096:
            buffer = ctypes.create_string_buffer(length)
            c.FPDFAction_GetURIPath(document.raw, action, buffer, length)
            box = (0.0, 0.0, 0.0, 0.0)
            if c.FPDFLink_GetAnnotRect(link, area):
                box = frame.box(area.left, area.bottom, area.right, area.top)
            yield buffer.raw[: length - 1].decode("utf-8", "replace"), box


def _outline(document: Any) -> list[str]:
    titles: list[str] = []
    try:
        for bookmark in document.get_toc(max_depth=8):
            if title := clean_title(bookmark.get_title()):
                titles.append(title)
            if len(titles) >= _MOST_LINKS:
                break
    except (pdfium.PdfiumError, UnicodeError, ValueError):
        pass  # a broken outline is worth nothing, but the pages are
    return titles


def clean_title(title: str) -> str:
    """A title of the file's own on one line, without characters that no title has."""
    kept = "".join(
        " " if mark.isspace() else mark for mark in title if mark.isprintable() or mark.isspace()
    )
    return " ".join(kept.split())[:500]


def _metadata(document: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in _METADATA:
        length = c.FPDF_GetMetaText(document.raw, key, None, 0)
        if 2 < length <= 8192:
            buffer = ctypes.create_string_buffer(length)
            c.FPDF_GetMetaText(document.raw, key, buffer, length)
            value = clean_title(buffer.raw[: length - 2].decode("utf-16-le", "replace"))
            if value:
                found[key.decode()] = value
    return found
