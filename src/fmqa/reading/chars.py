"""What pdfium says of an open page: its characters, words and rules, where and how large."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pypdfium2.raw as c

from fmqa.reading.layout import TABLE_CAPTION
from fmqa.reading.lines import Box, Line, Word, turned

# The declared prototype returns a struct pointer, an object per call; the address will do.
_text_object = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)(
    ctypes.cast(c.FPDFText_GetTextObject, ctypes.c_void_p).value or 0
)


class OpenPage:
    """A page that pdfium has open: its handles, characters and frame.

    What a text object looks like is asked for once: most lines are one object or a few.
    """

    def __init__(self, number: int, page: Any, textpage: Any, raw: str) -> None:
        self.number = number
        self.page = page
        self.textpage = textpage
        self.raw = raw
        self.frame = PageFrame(page)
        self._handle = ctypes.cast(textpage, ctypes.c_void_p)
        self._looks: dict[int | None, tuple[float, str]] = {}
        self._baselines: dict[int | None, float] = {}

    def text_object(self, index: int) -> int | None:
        """The address of the text object that a character belongs to, where it has one."""
        thing: int | None = _text_object(self._handle, index)
        return thing

    def look(self, index: int) -> tuple[float, str]:
        """The font size in points, and the font's name, in which a character is printed."""
        thing = _text_object(self._handle, index)
        look = self._looks.get(thing)
        if look is None:
            look = font_size(self.textpage, index), font_name(self.textpage, index)
            if thing:
                self._looks[thing] = look
        return look

    def baseline(self, index: int) -> float:
        """The height on the displayed page of the baseline of a character that stands upright."""
        thing = _text_object(self._handle, index)
        height = self._baselines.get(thing)
        if height is None:
            left, bottom = _D[:2]
            c.FPDFText_GetCharOrigin(self.textpage, index, left, bottom)
            height = self.frame.point(left.value, bottom.value)[1]
            if thing:
                self._baselines[thing] = height
        return height

    def box(self, index: int) -> Box:
        """(left, bottom, right, top) of a character on the displayed page."""
        return self.frame.box(*char_box(self.textpage, index))


def page_characters(textpage: Any) -> str:
    """The page's characters such that index ``i`` is pdfium's character ``i``.

    ``FPDFText_GetText`` gives all at once, but leaves some out; then they are asked for one by one.
    """
    count = c.FPDFText_CountChars(textpage)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = c.FPDFText_GetText(textpage, 0, count, buffer) - 1
    if written == count:
        text = bytes(buffer)[: 2 * count].decode("utf-16-le", "surrogatepass")
        # Halves of surrogate pairs are characters of their own to pdfium.
        return text if len(text) == count else "".join(map(chr, buffer[:count]))
    unicode = c.FPDFText_GetUnicode
    return "".join(_character(unicode(textpage, i)) for i in range(count))


def _character(code: int) -> str:
    return chr(code) if code <= 0x10FFFF else "\ufffd"


class PageFrame:
    """Turns the file's coordinates into the displayed page's, with (0, 0) at the lower left."""

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

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """The displayed (left, bottom, right, top) of a rectangle of the file."""
        x1, y1 = self.point(left, bottom)
        x2, y2 = self.point(right, top)
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


_TOKEN = re.compile(r"\S+")
_THICKEST, _SHORTEST = 3.0, 8.0  # points, of a rule
_MOST_PATHS = 4_000  # a page; a plot may be drawn of more
_RECT = c.FS_RECTF()
_SUBSET = re.compile(r"^[A-Z]{6}\+")
_NAME = ctypes.create_string_buffer(128)
_FLAGS = ctypes.c_int()
_D = [ctypes.c_double() for _ in range(4)]
_MATRIX = c.FS_MATRIX()


def char_box(textpage: Any, index: int) -> Box:
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


def font_name(textpage: Any, index: int) -> str:
    """The name of a character's font without the mark of a subset; empty where it has none."""
    length = c.FPDFText_GetFontInfo(textpage, index, _NAME, 128, _FLAGS)
    if not 1 < length <= 128:
        return ""
    return _SUBSET.sub("", _NAME.raw[: length - 1].decode("utf-8", "replace"))


def words_and_rules(page: OpenPage, lines: Sequence[Line]) -> tuple[list[Word], list[Box]]:
    """Where each word of the page stands, and its rules, if a table's caption is on it."""
    if not any(_may_caption(page.raw[line.start : line.end].lstrip(), line) for line in lines):
        return [], []
    return [word for line in lines for word in _words(page, line)], list(_rules(page))


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


def _loose(page: OpenPage, index: int) -> Box:
    """A character's box as wide as it takes room, on the displayed page."""
    c.FPDFText_GetLooseCharBox(page.textpage, index, _RECT)
    frame = page.frame
    if frame.turns:
        return frame.box(_RECT.left, _RECT.bottom, _RECT.right, _RECT.top)
    x, y = frame.left, frame.bottom
    return _RECT.left - x, _RECT.bottom - y, _RECT.right - x, _RECT.top - y


def _rules(page: OpenPage) -> Iterable[Box]:
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
            yield left, bottom, right, top
