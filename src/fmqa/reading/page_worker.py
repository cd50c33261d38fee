"""Draws pages and finds quotes on them: ``python -m fmqa.reading.page_worker MEMORY_MB``.

It says ``ready``, then answers each line of JSON on its standard input by one on its standard
output, until the input ends. `fmqa.reading.page_images` is what asks.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fmqa.errors import ReadingError
from fmqa.reading.boxes import boxes_in
from fmqa.reading.confinement import limit_memory, own_output
from fmqa.reading.pdfium import open_pdf
from fmqa.types import Page, ScannedLine

_WIDTH = 1240  # pixels: 150 dots per inch of A4, sharp at the panel's width
_HIGHEST = 4 * _WIDTH


def main() -> None:
    """Serve until the standard input ends."""
    answers = own_output()
    import PIL.Image
    import PIL.PngImagePlugin  # before the limit: what it maps to start doesn't count
    import pypdfium2

    assert PIL.PngImagePlugin
    assert pypdfium2
    limit_memory(int(sys.argv[1]))
    answers.write(b"ready\n")
    answers.flush()
    for line in sys.stdin.buffer:
        answers.write(json.dumps(_answered(json.loads(line))).encode() + b"\n")
        answers.flush()


def _answered(request: dict[str, Any]) -> dict[str, Any]:
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
    main()
