"""Pages, outline, links and metadata by pdfium.

pdfium's C functions are called directly where a helper would cost a Python object per character:
a page of 4,000 characters is read in about 1 ms on top of pdfium's own parsing. pdfium isn't
thread-safe, so that everything here runs under one lock.
"""

from __future__ import annotations

import ctypes
import math
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

from fmqa.errors import ReadingError
from fmqa.reading.hygiene import find_hidden
from fmqa.reading.lines import Line, RawFile, RawPage
from fmqa.types import Link, Outcome, OutlineItem

PDFIUM_LOCK = threading.RLock()

_HYPHEN_MARKS = "\ufffe\x02"
_BREAK = re.compile(r"[\r\n]+|[\ufffe\x02]")
_BOLD = re.compile(r"bold|black|heavy|semibold|demi|medi(?!um)|cmbx|cmb\d|-b$|\.b$", re.IGNORECASE)
_ITALIC = re.compile(r"ital|obli|cmti|slant|-it$|regu?ital", re.IGNORECASE)
_SUBSET = re.compile(r"^[A-Z]{6}\+")
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
        frame = PageFrame(page)
        lines = [_measure(textpage.raw, raw, *piece, frame) for piece in _pieces(textpage.raw, raw)]
        lines, hidden = find_hidden(page, textpage.raw, raw, lines, index + 1, frame)
    finally:
        textpage.close()
    links = list(_links(document, page, index + 1))
    return RawPage(index + 1, width, height, raw, lines, links, hidden)


def page_characters(textpage: Any) -> str:
    """The page's characters such that index ``i`` is pdfium's character ``i``.

    ``FPDFText_GetText`` gives all at once, but leaves some out and writes others as surrogate
    pairs; where it may have done so, they are asked for one by one.
    """
    count = c.FPDFText_CountChars(textpage)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = c.FPDFText_GetText(textpage, 0, count, buffer) - 1
    if written == count:
        text = bytes(buffer)[: 2 * count].decode("utf-16-le", "surrogatepass")
        if len(text) == count and not any("\ud800" <= mark <= "\udfff" for mark in {*text}):
            return text
    unicode = c.FPDFText_GetUnicode
    return "".join(_character(unicode(textpage, i)) for i in range(count))


def _character(code: int) -> str:
    return chr(code) if code <= 0x10FFFF else "\ufffd"


def _pieces(textpage: Any, raw: str) -> Iterator[tuple[int, int, bool]]:
    """(start, end, joins) of each line: pdfium breaks at CR LF, or at its own mark for a hyphen."""
    start = 0
    for match in _BREAK.finditer(raw):
        marked = raw[match.start()] in _HYPHEN_MARKS
        if marked and c.FPDFText_IsHyphen(textpage, match.start()) != 1:
            continue  # a glyph without meaning in the midst of a line
        end = match.end() if marked else match.start()
        if raw[start:end].strip():
            yield start, end, marked
        start = match.end()
    if raw[start:].strip():
        yield start, len(raw), False


class PageFrame:
    """Turns the file's coordinates into those of the page as displayed, lower left corner (0, 0)."""

    def __init__(self, page: Any) -> None:
        self.left, self.bottom, self.right, self.top = page.get_bbox()
        self.turns = page.get_rotation() // 90
        wide, high = self.right - self.left, self.top - self.bottom
        self.size = (high, wide) if self.turns % 2 else (wide, high)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """The displayed place of a point of the file."""
        if self.turns == 1:
            return y - self.bottom, self.right - x
        if self.turns == 2:
            return self.right - x, self.top - y
        if self.turns == 3:
            return self.top - y, x - self.left
        return x - self.left, y - self.bottom

    def box(
        self, left: float, bottom: float, right: float, top: float
    ) -> tuple[float, float, float, float]:
        """The displayed (left, bottom, right, top) of a rectangle of the file."""
        x1, y1 = self.point(left, bottom)
        x2, y2 = self.point(right, top)
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


_D = [ctypes.c_double() for _ in range(4)]
_MATRIX = c.FS_MATRIX()
_NAME = ctypes.create_string_buffer(128)
_FLAGS = ctypes.c_int()


def char_box(textpage: Any, index: int) -> tuple[float, float, float, float]:
    """(left, bottom, right, top) of one character, in the file's coordinates."""
    left, right, bottom, top = _D
    if not c.FPDFText_GetCharBox(textpage, index, left, right, bottom, top):
        return 0.0, 0.0, 0.0, 0.0
    return left.value, bottom.value, right.value, top.value


def font_size(textpage: Any, index: int) -> float:
    """The size in points at which one character is printed: the font's, scaled by its matrix."""
    size: float = c.FPDFText_GetFontSize(textpage, index)
    if c.FPDFText_GetMatrix(textpage, index, _MATRIX):
        size *= math.hypot(_MATRIX.c, _MATRIX.d)
    return size


def _font(textpage: Any, index: int) -> str:
    length = c.FPDFText_GetFontInfo(textpage, index, _NAME, 128, _FLAGS)
    if not 1 < length <= 128:
        return ""
    return _SUBSET.sub("", _NAME.raw[: length - 1].decode("utf-8", "replace"))


def _measure(
    textpage: Any, raw: str, start: int, end: int, joins: bool, frame: PageFrame
) -> Line:
    """A line's box from its first and last characters, and its look from three of them."""
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
    sizes = sorted(font_size(textpage, i) for i in (first, middle, last))
    angle = c.FPDFText_GetCharAngle(textpage, first) + frame.turns * math.pi / 2
    fonts = [_font(textpage, i) for i in (first, middle, last)]
    return Line(
        start,
        end,
        *box,
        # Small capitals open with a larger letter, which is the size to compare with others; an
        # initial over several lines is larger still and says nothing.
        size=sizes[2] if sizes[2] < 1.6 * sizes[1] else sizes[1],
        font=fonts[1],
        bold=all(_BOLD.search(font) for font in fonts),
        italic=all(_ITALIC.search(font) for font in fonts),
        upright=math.cos(angle) > 0.9,
        joins=joins,
    )


def _letter(raw: str, first: int, index: int) -> int:
    """The nearest character at or before ``index`` that prints something."""
    while index > first and raw[index].isspace():
        index -= 1
    return index


def _links(document: Any, page: Any, number: int) -> Iterator[Link]:
    position = ctypes.c_int(0)
    link = c.FPDF_LINK()
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
            yield Link(number, buffer.raw[: length - 1].decode("utf-8", "replace"))


def _outline(document: Any) -> list[OutlineItem]:
    items: list[OutlineItem] = []
    try:
        for bookmark in document.get_toc(max_depth=8):
            title = clean_title(bookmark.get_title())
            target = bookmark.get_dest()
            page = target.get_index() if target else None
            if title:
                items.append(OutlineItem(bookmark.level, title, None if page is None else page + 1))
            if len(items) >= _MOST_LINKS:
                break
    except (pdfium.PdfiumError, UnicodeError, ValueError):
        pass  # a broken outline is worth nothing, but the pages are
    return items


def clean_title(title: str) -> str:
    """A title of the file's own on one line, without characters that no title has."""
    kept = "".join(" " if mark.isspace() else mark for mark in title if mark.isprintable() or mark.isspace())
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
