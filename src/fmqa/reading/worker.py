"""A reading worker: ``python -m fmqa.reading.worker MEMORY_MB``, started by the pool.

An answer that opens with ``!`` asks for the worker's replacement. Nothing but the reading is
imported here: it starts in 0.2 s.
"""

from __future__ import annotations

import gc
import json
import signal
import time
from pathlib import Path

from fmqa.errors import ReadingError
from fmqa.reading.child import serve
from fmqa.reading.quality import tell_gaps
from fmqa.reading.reader import DefaultPdfReader, ReadLimits
from fmqa.reading.wire import encode_result
from fmqa.types import Outcome, ReadResult

_GRACE = 10  # seconds beyond the limit after which a worker whose parent is gone ends itself


def _answered(line: bytes) -> bytes:
    gc.collect()  # what the file before left
    request = json.loads(line)
    limits = ReadLimits(**request["limits"])
    if hasattr(signal, "alarm"):
        signal.alarm(int(limits.seconds) + _GRACE)
    result, spent = _read(Path(request["path"]), limits)
    if hasattr(signal, "alarm"):
        signal.alarm(0)
    return (b"!" if spent else b"") + encode_result(result)


def _read(path: Path, limits: ReadLimits) -> tuple[ReadResult, bool]:
    """The result, and whether this worker is spent (its memory may be in pieces)."""
    began = time.perf_counter()
    try:
        document = DefaultPdfReader(limits).read(path)
    except ReadingError as error:
        return _without(path, error.outcome, str(error), began), False
    except MemoryError:
        detail = f"needs more than {limits.memory_mb:,} MiB of memory"
        return _without(path, Outcome.TOO_LARGE, detail, began), True
    except Exception as error:
        detail = f"the reader failed on it ({type(error).__name__}: {error})"[:300]
        return _without(path, Outcome.DAMAGED, detail, began), True
    elapsed = time.perf_counter() - began
    missing = tell_gaps(document.gaps)
    return ReadResult(path, Outcome.OK, missing, document, elapsed, document.sha256), False


def _without(path: Path, outcome: Outcome, detail: str, began: float) -> ReadResult:
    return ReadResult(path, outcome, detail, None, time.perf_counter() - began)


if __name__ == "__main__":
    gc.disable()  # a document makes many small objects and hardly a cycle: 10 % of the time
    serve(_answered, "fmqa.reading.pdfium")
