"""Single characters of an open page: what they are, where they stand, how large they are."""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as c


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page that pdfium has open: its handles, characters and frame."""

    number: int
    page: Any
    textpage: Any
    raw: str
    frame: PageFrame


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
