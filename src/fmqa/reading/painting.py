"""What is painted on a page, in its order: what may cover a text, or be of its colour.

Whether a text can be seen is asked of the drawn page itself: it is drawn with the text and without
it, and where both are alike the text shows nowhere. That takes two drawings, so that only texts are
asked about that something speaks against: a shape or picture painted over them, a ground of their
own colour under them, a clip that they stand outside of, or the colour of paper.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as c

from fmqa.reading.chars import OpenPage
from fmqa.reading.lines import Box

Colour = tuple[int, int, int]

_Address = ctypes.c_void_p


def _by_address(function: Any, result: Any, *arguments: Any) -> Any:
    """A pdfium function that takes and gives addresses: a struct pointer is an object per call."""
    made = ctypes.CFUNCTYPE(result, *arguments)
    return made(ctypes.cast(function, _Address).value or 0)


_count = _by_address(c.FPDFPage_CountObjects, ctypes.c_int, _Address)
_object = _by_address(c.FPDFPage_GetObject, _Address, _Address, ctypes.c_int)
_kind = _by_address(c.FPDFPageObj_GetType, ctypes.c_int, _Address)
_count_in_form = _by_address(c.FPDFFormObj_CountObjects, ctypes.c_int, _Address)
_object_in_form = _by_address(c.FPDFFormObj_GetObject, _Address, _Address, ctypes.c_ulong)
_clip = _by_address(c.FPDFPageObj_GetClipPath, _Address, _Address)
_bounds_of = _by_address(
    c.FPDFPageObj_GetBounds, ctypes.c_int, _Address, *[ctypes.POINTER(ctypes.c_float)] * 4
)
_clip_paths = _by_address(c.FPDFClipPath_CountPaths, ctypes.c_int, _Address)

_EVERYWHERE: Box = (-1e6, -1e6, 1e6, 1e6)
_TEXT = c.FPDF_PAGEOBJ_TEXT
_DEEPEST = 8  # forms within forms
_STRIP = 24.0  # points: shapes are looked up by the strips of the page that they lie in
_OPAQUE = 230  # of 255
_LEAST_WIDE, _LEAST_HIGH = 4.0, 2.0  # points; a smaller shape covers no word
_BROAD_STROKE = 3.0  # points
_NEAR = 30  # of 255, in each colour: no reader tells the text from its ground
_MARGIN = 4  # points around what is drawn
_SHOWS = 12  # of 255, that a pixel of a visible word must change by


@dataclass(frozen=True, slots=True)
class Shape:
    """Something opaque, painted after ``order`` texts; ``colour`` is None where it has many."""

    order: int
    box: Box
    colour: Colour | None


class Painting:
    """A page's objects in the order in which they are painted.

    Args:
        page: a page that pdfium has open.
    """

    def __init__(self, page: OpenPage) -> None:
        self.page = page
        self._orders: dict[int, int] = {}
        self._matrices: dict[int, c.FS_MATRIX] = {}
        self._strips: dict[int, list[Shape]] = {}
        self._clips: dict[int, Box] = {}
        self._edges = tuple(ctypes.c_float() for _ in range(4))
        handle = ctypes.cast(page.page.raw, _Address)
        self._walk((_object(handle, i) for i in range(_count(handle))), None, _EVERYWHERE, 0)

    def _walk(
        self, things: Iterator[int | None], matrix: c.FS_MATRIX | None, area: Box, depth: int
    ) -> None:
        orders, matrices = self._orders, self._matrices
        for thing in things:
            if not thing:
                continue
            kind = _kind(thing)
            if kind == _TEXT:
                orders[thing] = len(orders)
                if matrix is not None:
                    matrices[thing] = matrix
            elif kind == c.FPDF_PAGEOBJ_FORM:
                if depth < _DEEPEST and (matrix is not None or _large(self._bounds(thing))):
                    inner = (_object_in_form(thing, i) for i in range(_count_in_form(thing)))
                    here = _common(area, self._clip(thing, matrix))
                    self._walk(inner, _matrix_of(thing, matrix), here, depth + 1)
            else:
                self._add(thing, kind, matrix, area)

    def _add(self, thing: int, kind: int, matrix: c.FS_MATRIX | None, area: Box) -> None:
        bounds = self._bounds(thing)
        if matrix is None and not _large(bounds):
            return
        box = _common(self._box(bounds, matrix), area)
        if not _large(box):
            return
        box = _common(box, self._clip(thing, matrix))
        if not _large(box):
            return
        colour: Colour | None = None
        if kind == c.FPDF_PAGEOBJ_PATH:
            painted, colour = _paint(ctypes.cast(thing, c.FPDF_PAGEOBJECT))
            if not painted:
                return
        # The order is that of the texts: painted after so many of them.
        shape = Shape(len(self._orders), box, colour)
        high = self.page.frame.size[1]
        first, last = max(0.0, box[1]), min(high, box[3])
        for strip in range(int(first // _STRIP), int(last // _STRIP) + 1):
            self._strips.setdefault(strip, []).append(shape)

    def _bounds(self, thing: int) -> Box:
        left, bottom, right, top = self._edges
        _bounds_of(thing, left, bottom, right, top)
        return left.value, bottom.value, right.value, top.value

    def _box(self, bounds: Box, matrix: c.FS_MATRIX | None) -> Box:
        """A rectangle of the object's own space on the displayed page."""
        left, bottom, right, top = bounds
        if matrix is not None:
            corners = [
                (matrix.a * x + matrix.c * y + matrix.e, matrix.b * x + matrix.d * y + matrix.f)
                for x in (left, right)
                for y in (bottom, top)
            ]
            left, right = min(x for x, _ in corners), max(x for x, _ in corners)
            bottom, top = min(y for _, y in corners), max(y for _, y in corners)
        return self.page.frame.box(left, bottom, right, top)

    def near(self, line: Box) -> list[Shape]:
        """The shapes and pictures that have something in common with a line's box."""
        if not self._strips:
            return []
        first, last = int(line[1] // _STRIP), int(line[3] // _STRIP)
        found: list[Shape] = []
        for strip in range(first, last + 1):
            for shape in self._strips.get(strip, ()):
                if overlap(shape.box, line) and (strip == first or shape not in found):
                    found.append(shape)
        return found

    def clips(self, thing: int, line: Box) -> bool:
        """Whether a text object is clipped to something that doesn't hold the line's box."""
        path = _clip(thing)
        if not path or _clip_paths(path) <= 0:  # most texts
            return False
        return not _within(line, self._clip_of(thing))

    def suspicion(self, thing: int, colour: Colour | None, box: Box, near: Sequence[Shape]) -> str:
        """What speaks against a text object's being seen in a box; empty when nothing does."""
        order = self._orders.get(thing)
        if order is None:
            return ""
        over = [shape for shape in near if overlap(shape.box, box)]
        if any(shape.order > order for shape in over):
            return "covered"
        if colour is not None and any(_alike(shape.colour, colour) for shape in over):
            return "of its ground's colour"
        return "" if _within(box, self._clip_of(thing)) else "clipped"

    def _clip_of(self, thing: int) -> Box:
        """What a text object is clipped to."""
        area = self._clips.get(thing)
        if area is None:
            area = self._clips[thing] = self._clip(thing, self._matrices.get(thing))
        return area

    def _clip(self, thing: int, matrix: c.FS_MATRIX | None) -> Box:
        path = _clip(thing)
        if not path or _clip_paths(path) <= 0:
            return _EVERYWHERE
        return self._box(_clip_box(path), matrix)


def shown_in(page: OpenPage, things: Sequence[int], boxes: Sequence[Box]) -> list[bool]:
    """For each box of the displayed page, whether something of these text objects shows in it."""
    whole = _Drawn.of(page, boxes)
    with _inactive(things):
        bare = _Drawn.of(page, boxes)
    return [whole.differs(bare, box) for box in boxes]


def contrasts(page: OpenPage, boxes: Sequence[Box]) -> list[int]:
    """From the darkest to the lightest pixel of each box of the drawn page, of 255."""
    drawn = _Drawn.of(page, boxes)
    return [drawn.contrast(box) for box in boxes]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A drawn part of a page: a byte of grey for each square point, rows from the top.

    ``left`` and ``top`` are its upper left corner, in points of the displayed page.
    """

    pixels: bytes
    stride: int
    width: int
    height: int
    left: float
    top: float

    @classmethod
    def of(cls, page: OpenPage, boxes: Sequence[Box]) -> _Drawn:
        """The part that holds the boxes; what lies off the page isn't drawn."""
        wide, high = page.frame.size
        left = _inside(min(box[0] for box in boxes) - _MARGIN, wide - _MARGIN)
        right = _inside(wide - max(box[2] for box in boxes) - _MARGIN, wide - left - _MARGIN)
        bottom = _inside(min(box[1] for box in boxes) - _MARGIN, high - _MARGIN)
        above = _inside(high - max(box[3] for box in boxes) - _MARGIN, high - bottom - _MARGIN)
        bitmap = page.page.render(scale=1, grayscale=True, crop=(left, bottom, right, above))
        try:
            size = bitmap.width, bitmap.height
            return cls(bytes(bitmap.buffer), bitmap.stride, *size, left, high - above)
        finally:
            bitmap.close()

    def _inside(self, box: Box) -> bytes:
        left, right = int(box[0] - self.left) - 1, int(box[2] - self.left) + 2
        first, last = int(self.top - box[3]) - 1, int(self.top - box[1]) + 2
        across = slice(max(0, left), max(0, min(self.width, right)))
        rows = range(max(0, first), min(self.height, last))
        return b"".join(self.pixels[y * self.stride : (y + 1) * self.stride][across] for y in rows)

    def differs(self, other: _Drawn, box: Box) -> bool:
        pairs = zip(self._inside(box), other._inside(box), strict=True)
        return any(abs(a - b) >= _SHOWS for a, b in pairs)

    def contrast(self, box: Box) -> int:
        """From the darkest to the lightest pixel of a box, of 255."""
        inside = self._inside(box)
        return max(inside) - min(inside) if inside else 0


def _inside(value: float, most: float) -> int:
    return int(max(0.0, min(value, most)))


@contextmanager
def _inactive(things: Sequence[int]) -> Iterator[None]:
    """Text objects taken out of the drawing for a while."""
    handles = [ctypes.cast(thing, c.FPDF_PAGEOBJECT) for thing in dict.fromkeys(things)]
    for handle in handles:
        c.FPDFPageObj_SetIsActive(handle, False)
    try:
        yield
    finally:
        for handle in handles:
            c.FPDFPageObj_SetIsActive(handle, True)


def _common(a: Box, b: Box) -> Box:
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def _large(box: Box) -> bool:
    """Whether a shape could hide a word: in a rotated page its sides are exchanged."""
    wide, high = box[2] - box[0], box[3] - box[1]
    return min(wide, high) >= _LEAST_HIGH and max(wide, high) >= _LEAST_WIDE


def _within(box: Box, area: Box) -> bool:
    left, bottom, right, top = area
    return left - 1 <= box[0] and bottom - 1 <= box[1] and box[2] <= right + 1 and box[3] <= top + 1


def _alike(one: Colour | None, other: Colour) -> bool:
    """Whether a shape is about of a text's colour; a picture may be."""
    return one is None or all(abs(a - b) <= _NEAR for a, b in zip(one, other, strict=True))


def overlap(a: Box, b: Box) -> bool:
    """Whether two rectangles have an area in common."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _paint(handle: Any) -> tuple[bool, Colour | None]:
    """Whether a path hides what is under it, and its one colour."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    c.FPDFPath_GetDrawMode(handle, fill, stroke)
    colours = [ctypes.c_uint() for _ in range(4)]
    if fill.value:
        known = c.FPDFPageObj_GetFillColor(handle, *colours)
        if known and colours[3].value < _OPAQUE:
            return False, None
        red, green, blue = (one.value for one in colours[:3])
        return True, (red, green, blue) if known else None
    width = ctypes.c_float()
    if stroke.value and c.FPDFPageObj_GetStrokeWidth(handle, width):
        return width.value >= _BROAD_STROKE, None
    return False, None


def _matrix_of(thing: int, outer: c.FS_MATRIX | None) -> c.FS_MATRIX:
    """From a form's space to the page's."""
    m = c.FS_MATRIX(1, 0, 0, 1, 0, 0)
    c.FPDFPageObj_GetMatrix(ctypes.cast(thing, c.FPDF_PAGEOBJECT), m)
    if outer is None:
        return m
    o = outer
    return c.FS_MATRIX(
        m.a * o.a + m.b * o.c, m.a * o.b + m.b * o.d,
        m.c * o.a + m.d * o.c, m.c * o.b + m.d * o.d,
        m.e * o.a + m.f * o.c + o.e, m.e * o.b + m.f * o.d + o.f,
    )  # fmt: skip


def _clip_box(address: int) -> Box:
    """Around the intersection of a clip's paths: each a rectangle around its points."""
    path = ctypes.cast(address, c.FPDF_CLIPPATH)
    area = _EVERYWHERE
    x, y = ctypes.c_float(), ctypes.c_float()
    for number in range(c.FPDFClipPath_CountPaths(path)):
        points = []
        for place in range(max(0, c.FPDFClipPath_CountPathSegments(path, number))):
            segment = c.FPDFClipPath_GetPathSegment(path, number, place)
            if segment and c.FPDFPathSegment_GetPoint(segment, x, y):
                points.append((x.value, y.value))
        if points:
            across, up = zip(*points, strict=True)
            area = _common(area, (min(across), min(up), max(across), max(up)))
    return area
