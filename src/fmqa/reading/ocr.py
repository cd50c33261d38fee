"""Optical recognition of pages that are pictures, by the extra ``fmqa[ocr]``.

The engine is RapidOCR (PP-OCR on ONNX Runtime; English and Chinese), whose models come with its
wheel. What it finds becomes lines as a PDF reader's are, which know their places on the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fmqa.reading.lines import Line, RawFile, RawPage
from fmqa.types import ScannedLine

_SCALE = 200 / 72  # 200 dots per inch
_LEAST_SCORE = 0.6
_SIZE = 0.75  # of a box's height, that is the font's size
_GUTTER = 0.01  # of the page's width, on both sides of its middle


@dataclass(frozen=True, slots=True)
class _Found:
    """A line that was recognized; lengths are shares of the page's, from its upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def side(self) -> int:
        """0 left of the page's middle, 1 right of it, 2 across."""
        if self.right < 0.5 + _GUTTER:
            return 0
        return 1 if self.left > 0.5 - _GUTTER else 2


def with_recognized(data: bytes, file: RawFile) -> RawFile:
    """The file, its pages without text as they are recognized; it takes seconds a page.

    Args:
        data: the PDF.
        file: what pdfium found in it.
    """
    if not any(page.scanned for page in file.pages):
        return file
    from rapidocr import RapidOCR

    from fmqa.reading.pdfium import open_pdf

    engine = RapidOCR(params={"Global.log_level": "critical"})
    with open_pdf(data) as document:
        pages = [
            _recognized(document, page, engine) if page.scanned else page for page in file.pages
        ]
    return replace(file, pages=pages)


def _recognized(document: Any, page: RawPage, engine: Any) -> RawPage:
    image = document[page.number - 1].render(scale=_SCALE).to_numpy()
    height, width = image.shape[:2]
    said = engine(image[:, :, :3], use_cls=False)
    if said.txts is None:
        return page
    found = [
        _Found(
            text.strip(),
            min(x for x, _ in box) / width,
            min(y for _, y in box) / height,
            max(x for x, _ in box) / width,
            max(y for _, y in box) / height,
        )
        for box, text, score in zip(said.boxes.tolist(), said.txts, said.scores, strict=True)
        if score >= _LEAST_SCORE and text.strip()
    ]
    return _page_of(page, list(_in_reading_order(found))) if found else page


def _in_reading_order(found: Sequence[_Found]) -> Iterator[_Found]:
    """The lines column by column, between those that go across the page."""
    band: list[_Found] = []
    for line in [*sorted(found, key=lambda one: (one.top, one.left)), None]:
        if line is None or line.side == 2:
            yield from sorted(band, key=lambda one: one.side)
            band = []
            if line is not None:
                yield line
        else:
            band.append(line)


def _page_of(page: RawPage, found: Sequence[_Found]) -> RawPage:
    """The page with these lines as its text."""
    raw, lines, places = "", list[Line](), list[ScannedLine]()
    for one in found:
        start, raw = len(raw), f"{raw}{one.text}\n"
        end = len(raw) - 1
        places.append(ScannedLine(start, end, one.left, one.top, one.right, one.bottom))
        top, bottom = (page.height * (1 - share) for share in (one.top, one.bottom))
        left, right = page.width * one.left, page.width * one.right
        size = _SIZE * (top - bottom)
        lines.append(Line(start, end, left, bottom, right, top, size=size, font="scan"))
    return replace(page, raw=raw, lines=lines, scanned=False, places=tuple(places))
