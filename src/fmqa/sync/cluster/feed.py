"""Takes the papers that an ingestion works on, as there is room for them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from queue import SimpleQueue
from typing import Any


class Feed:
    """A thread that takes paths, which may have to be waited for, as room is made for them.

    Args:
        paths: taken one by one.
        events: where each path is put, then None, or what ended the paths early.
    """

    def __init__(self, paths: Iterable[Path], events: SimpleQueue[Any]) -> None:
        self.events = events
        self._paths = iter(paths)
        self._room = threading.Semaphore(0)
        self._allowed = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feeding", daemon=True)

    def start(self) -> None:
        """Begin to take."""
        self._thread.start()

    def allow(self, count: int) -> None:
        """Let so many be under way; a smaller count takes no room back."""
        for _ in range(count - self._allowed):
            self._room.release()
            self._allowed += 1

    def free(self) -> None:
        """One that was under way is done."""
        self._room.release()

    def close(self) -> None:
        """End, also where the next path is being waited for."""
        self._closed.set()
        self._room.release()
        if close := getattr(self._paths, "close_waiting", None):
            close()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            while self._room.acquire() and not self._closed.is_set():
                path = next(self._paths, None)
                self.events.put(path)
                if path is None:
                    return
        except BaseException as error:  # told to whoever takes the results
            self.events.put(error)
