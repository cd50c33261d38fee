"""A time limit on a stretch of Python code, for what may never end but isn't worth a process."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TimeLimitReached(BaseException):
    """The time is up. Not an ``Exception``, so that nothing on the way takes it for its own."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End the block after ``seconds`` of wall time, where the system and the thread allow it.

    Only the main thread can be interrupted, and only between two steps of the interpreter;
    elsewhere the block runs on. A timer that was set before goes on afterwards.

    Raises:
        TimeLimitReached: the time is up.
    """
    main = threading.current_thread() is threading.main_thread()
    if not hasattr(signal, "setitimer") or not main:
        yield
        return

    def stop(signum: int, frame: FrameType | None) -> None:
        raise TimeLimitReached

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
