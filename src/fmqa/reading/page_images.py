"""Images of pages, and where quotes stand on them, made in a process of its own.

A PDF may crash or hang what draws it, as it may what reads it; pdfium also serves one caller at a
time. So one child draws, for all, and is replaced when it is lost.
"""

from __future__ import annotations

import base64
import json
import threading
from collections import OrderedDict
from dataclasses import astuple, dataclass
from typing import Any

from fmqa.errors import FmqaError
from fmqa.reading.boxes import Box, QuoteBoxes
from fmqa.reading.child import Child, ChildLost
from fmqa.types import Page

_SECONDS = 15.0
_MEMORY_MB = 1024
_KEPT_BYTES = 64 * 1024 * 1024
_KEPT_BOXES = 4096


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
        self._images: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._boxes: OrderedDict[tuple[str, int, int, int], QuoteBoxes] = OrderedDict()
        self._bytes = 0

    def image(self, file: PdfFile, page: int) -> bytes:
        """A page as a PNG, 1,240 pixels wide.

        Raises:
            NoPageImage: the file isn't there, is another one by now, or can't be drawn.
        """
        key = (file.sha256, page)
        with self._guard:
            held = self._images.get(key)
            if held is not None:
                self._images.move_to_end(key)
                return held
            png = base64.b64decode(self._asked(file, page=page)["png"])
            self._images[key] = png
            self._bytes += len(png)
            while self._bytes > _KEPT_BYTES and len(self._images) > 1:
                self._bytes -= len(self._images.popitem(last=False)[1])
            return png

    def boxes(self, file: PdfFile, page: Page, start: int, end: int) -> QuoteBoxes:
        """Where ``page.text[start:end]`` stands; no boxes where that can't be told.

        Raises:
            NoPageImage: the file isn't there, is another one by now, or can't be opened.
        """
        key = (file.sha256, page.number, start, end)
        with self._guard:
            held = self._boxes.get(key)
            if held is None:
                places = [astuple(line) for line in page.places]
                shown = (page.number, page.text, page.runs, places)
                answer = self._asked(file, page=shown, start=start, end=end)
                boxes = tuple(Box(**box) for box in answer["boxes"])
                held = QuoteBoxes(answer["width"], answer["height"], boxes)
                self._boxes[key] = held
                while len(self._boxes) > _KEPT_BOXES:
                    self._boxes.popitem(last=False)
            return held

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
        return Child("fmqa.reading.page_worker", _MEMORY_MB)

    def _end(self) -> None:
        if self._child is not None:
            self._child.process.kill()
            self._child.end()
            self._child = None
