"""Single characters of an open page: what they are, where they stand, how large they are."""

from __future__ import annotations

import ctypes
import math
import re
from typing import Any

import pypdfium2.raw as c

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

    def box(self, index: int) -> tuple[float, float, float, float]:
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

    def box(
        self, left: float, bottom: float, right: float, top: float
    ) -> tuple[float, float, float, float]:
        """The displayed (left, bottom, right, top) of a rectangle of the file."""
        x1, y1 = self.point(left, bottom)
        x2, y2 = self.point(right, top)
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


_SUBSET = re.compile(r"^[A-Z]{6}\+")
_NAME = ctypes.create_string_buffer(128)
_FLAGS = ctypes.c_int()
_D = [ctypes.c_double() for _ in range(4)]
_MATRIX = c.FS_MATRIX()


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


def font_name(textpage: Any, index: int) -> str:
    """The name of a character's font without the mark of a subset; empty where it has none."""
    length = c.FPDFText_GetFontInfo(textpage, index, _NAME, 128, _FLAGS)
    if not 1 < length <= 128:
        return ""
    return _SUBSET.sub("", _NAME.raw[: length - 1].decode("utf-8", "replace"))
