"""The second reader, pypdf: for files that pdfium refuses or whose text it can't map.

pypdf is several times slower and gives no geometry, but repairs more, and knows encryptions and
encodings that pdfium doesn't. It raises exceptions of many kinds on broken files (``TypeError``,
``AssertionError``, ``AttributeError``, ``RecursionError``), all of which are contained here.
"""

from __future__ import annotations

import io
import logging
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from fmqa.errors import ReadingError
from fmqa.reading.lines import Line, RawFile, RawPage
from fmqa.types import Outcome

_LINE = re.compile(r"[^\n]*\S[^\n]*")


def read_pypdf(data: bytes, max_pages: int, seconds: float) -> RawFile:
    """All pages' text, and the metadata. The lines carry no geometry.

    Raises:
        ReadingError: the file needs a password, has too many pages, takes longer than ``seconds``,
            or can't be read at all.
    """
    try:
        with _time_limit(seconds):
            return _file(data, max_pages)
    except _TimeLimitReached as error:
        raise ReadingError(Outcome.TIMEOUT, f"took longer than {seconds:g} s to read") from error


def _file(data: bytes, max_pages: int) -> RawFile:
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
    except Exception as error:
        return RawPage(index + 1, 0.0, 0.0, "", [], failure=type(error).__name__)
    lines = [Line(match.start(), match.end()) for match in _LINE.finditer(raw)]
    return RawPage(index + 1, 0.0, 0.0, raw, lines)


def _metadata(reader: Any) -> dict[str, str]:
    try:
        info = reader.metadata or {}
        return {str(key).lstrip("/"): str(value) for key, value in info.items() if value}
    except Exception:
        return {}  # the text is worth having without it


class _TimeLimitReached(BaseException):
    """The time is up. Not an ``Exception``, so that nothing on the way takes it for its own."""


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """End the block after ``seconds`` of wall time, where the system and the thread allow it.

    Only the main thread can be interrupted, and only between two steps of the interpreter;
    elsewhere the block runs on. A timer that was set before goes on afterwards.

    Raises:
        _TimeLimitReached: the time is up.
    """
    main = threading.current_thread() is threading.main_thread()
    if not hasattr(signal, "setitimer") or not main:
        yield
        return

    def stop(signum: int, frame: FrameType | None) -> None:
        raise _TimeLimitReached

    began = time.monotonic()
    handler = signal.signal(signal.SIGALRM, stop)
    before, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if before:
            left = before - (time.monotonic() - began)
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))
