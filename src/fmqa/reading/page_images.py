"""Images of pages, and where quotes stand on them, made in a process of its own.

A PDF may crash or hang what draws it, as it may what reads it; pdfium also serves one caller at a
time. So one child (``python -m fmqa.reading.page_images MEMORY_MB``) draws, for all, and is
replaced when it is lost.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
from dataclasses import asdict, astuple, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from fmqa.errors import FmqaError, ReadingError
from fmqa.reading.boxes import Box, QuoteBoxes, boxes_in
from fmqa.reading.child import Child, ChildLost, serve
from fmqa.reading.pdfium import open_pdf
from fmqa.types import Page, ScannedLine

_SECONDS = 15.0
_MEMORY_MB = 1024
_KEPT_IMAGES = 64  # of up to 1 MB
_KEPT_BOXES = 1024
_WIDTH = 1240  # pixels: 150 dots per inch of A4, sharp at the panel's width
_HIGHEST = 4 * _WIDTH


class NoPageImage(FmqaError):
    """A page can't be shown. ``why`` is ``missing``, ``changed`` or ``unreadable``."""

    hint = "The page's text is shown instead; `fmqa ingest` reads a file again."

    def __init__(self, why: str) -> None:
        super().__init__(f"The page can't be shown: the file is {why}.")
        self.why = why


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A file as it was when it was read."""

    path: str
    sha256: str


class PageImages:
    """Draws pages and finds quotes on them; keeps what was asked for lately.

    Usable from several threads, of which one at a time is served.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._child: Child | None = None
        self._kept_image = lru_cache(_KEPT_IMAGES)(self._image)
        self._kept_boxes = lru_cache(_KEPT_BOXES)(self._boxes)

    def image(self, file: PdfFile, page: int) -> bytes:
        """A page as a PNG, 1,240 pixels wide.

        Raises:
            NoPageImage: the file isn't there, is another one by now, or can't be drawn.
        """
        with self._guard:
            return self._kept_image(file, page)

    def boxes(self, file: PdfFile, page: Page, start: int, end: int) -> QuoteBoxes:
        """Where ``page.text[start:end]`` stands; no boxes where that can't be told.

        Raises:
            NoPageImage: the file isn't there, is another one by now, or can't be opened.
        """
        with self._guard:
            return self._kept_boxes(file, page, start, end)

    def _image(self, file: PdfFile, page: int) -> bytes:
        return base64.b64decode(self._asked(file, page=page)["png"])

    def _boxes(self, file: PdfFile, page: Page, start: int, end: int) -> QuoteBoxes:
        places = [astuple(line) for line in page.places]
        shown = (page.number, page.text, page.runs, places)
        answer = self._asked(file, page=shown, start=start, end=end)
        boxes = tuple(Box(**box) for box in answer["boxes"])
        return QuoteBoxes(answer["width"], answer["height"], boxes)

    def start(self) -> None:
        """Have the child started, which takes a second, before it is asked; returns at once."""
        with self._guard:
            self._child = self._child or self._started()

    def close(self) -> None:
        """End the child."""
        with self._guard:
            self._end()

    def _asked(self, file: PdfFile, **what: Any) -> dict[str, Any]:
        request = {"path": file.path, "sha256": file.sha256, **what}
        self._child = self._child or self._started()
        try:
            line = self._child.exchange(json.dumps(request).encode() + b"\n", _SECONDS)
            answer: dict[str, Any] = json.loads(line)
        except (ChildLost, ValueError) as error:
            self._end()
            raise NoPageImage("unreadable") from error
        if "problem" in answer:
            raise NoPageImage(answer["problem"])
        return answer

    def _started(self) -> Child:
        return Child("fmqa.reading.page_images", _MEMORY_MB)

    def _end(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None


def _answered(line: bytes) -> bytes:
    """What the child says to a request."""
    return json.dumps(_result(json.loads(line))).encode() + b"\n"


def _result(request: dict[str, Any]) -> dict[str, Any]:
    try:
        data = Path(request["path"]).read_bytes()
    except OSError:
        return {"problem": "missing"}
    if hashlib.sha256(data).hexdigest() != request["sha256"]:
        return {"problem": "changed"}
    try:
        if "start" in request:
            number, text, runs, places = request["page"]
            lines = tuple(ScannedLine(*line) for line in places)
            page = Page(number, text, tuple((a, b, c) for a, b, c in runs), lines)
            return asdict(boxes_in(data, page, request["start"], request["end"]))
        return _drawn(data, request["page"])
    except (ReadingError, MemoryError, ValueError):
        return {"problem": "unreadable"}


def _drawn(data: bytes, number: int) -> dict[str, Any]:
    """The page as a PNG.

    Raises:
        ReadingError: the file can't be opened.
        ValueError: there is no such page, or it can't be drawn.
    """
    import pypdfium2 as pdfium

    with open_pdf(data) as document:
        if not 1 <= number <= len(document):
            raise ValueError("no such page")
        try:
            page = document[number - 1]
            width, height = page.get_size()
            scale = min(_WIDTH / width, _HIGHEST / height)
            image = page.render(scale=scale).to_pil()
        except (pdfium.PdfiumError, ZeroDivisionError) as error:
            raise ValueError("it can't be drawn") from error
    file = io.BytesIO()
    # A page of text is mostly white: the quickest level is also small.
    image.convert("RGB").save(file, "PNG", compress_level=2)
    return {"png": base64.b64encode(file.getvalue()).decode("ascii")}


if __name__ == "__main__":
    serve(_answered, "PIL.PngImagePlugin", "pypdfium2")
