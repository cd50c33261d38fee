"""The second reader, pypdf: for files that pdfium refuses or whose text it can't map.

pypdf is several times slower and gives no geometry, but repairs more, and knows encryptions and
encodings that pdfium doesn't. It raises exceptions of many kinds on broken files (``TypeError``,
``AssertionError``, ``AttributeError``, ``RecursionError``), all of which are contained here.
"""

from __future__ import annotations

import io
import logging
import re
from typing import Any

from fmqa.errors import ReadingError
from fmqa.reading.lines import Line, RawFile, RawPage
from fmqa.types import Link, Outcome

_LINE = re.compile(r"[^\n]*\S[^\n]*")


def read_pypdf(data: bytes, max_pages: int) -> RawFile:
    """All pages' text, links and metadata. The lines carry no geometry.

    Raises:
        ReadingError: the file needs a password, has too many pages, or can't be read at all.
    """
    import pypdf
    from pypdf.errors import FileNotDecryptedError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        locked = reader.is_encrypted and not reader.decrypt("")
        count = 0 if locked else len(reader.pages)
    except FileNotDecryptedError as error:
        raise ReadingError(Outcome.ENCRYPTED, "needs a password") from error
    except Exception as error:
        raise ReadingError(
            Outcome.DAMAGED, f"can't be opened as a PDF ({type(error).__name__})"
        ) from error
    if locked:
        raise ReadingError(Outcome.ENCRYPTED, "needs a password")
    if count == 0:
        raise ReadingError(Outcome.DAMAGED, "has no pages")
    if count > max_pages:
        raise ReadingError(Outcome.TOO_LARGE, f"has {count:,} pages; the limit is {max_pages:,}")
    pages = [_page(reader, index) for index in range(count)]
    return RawFile(pages, [], _metadata(reader), "pypdf")


def _page(reader: Any, index: int) -> RawPage:
    try:
        page = reader.pages[index]
        raw = page.extract_text() or ""
        links = _links(page, index + 1)
    except Exception as error:
        return RawPage(index + 1, 0.0, 0.0, "", [], failure=type(error).__name__)
    lines = [Line(match.start(), match.end()) for match in _LINE.finditer(raw)]
    return RawPage(index + 1, 0.0, 0.0, raw, lines, links)


def _links(page: Any, number: int) -> list[Link]:
    found = []
    for entry in page.get("/Annots") or []:
        action = entry.get_object().get("/A")
        uri = action.get_object().get("/URI") if action is not None else None
        if isinstance(uri, str):
            found.append(Link(number, uri))
    return found


def _metadata(reader: Any) -> dict[str, str]:
    try:
        info = reader.metadata or {}
        return {str(key).lstrip("/"): str(value) for key, value in info.items() if value}
    except Exception:
        return {}  # the text is worth having without it
