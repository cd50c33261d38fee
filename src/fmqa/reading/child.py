"""A child process of ours that answers each line on its input by one on its output.

What it does may crash, hang or eat memory; here that ends the child, and never this process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO

import fmqa

_START_SECONDS = 60.0


class ChildLost(Exception):
    """The child ended, or was ended, before it answered."""

    def __init__(self, status: int | None, *, timed_out: bool) -> None:
        super().__init__(status)
        self.status = status
        self.timed_out = timed_out


class Child:
    """One child process, which says a first line once it is ready.

    Args:
        module: what it runs, as ``python -m MODULE MEMORY_MB``.
        memory_mb: what it may use beyond what it needs to start.
    """

    def __init__(self, module: str, memory_mb: int) -> None:
        root = str(Path(fmqa.__file__).resolve().parents[1])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", module, str(memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        self.ready = False

    def exchange(self, request: bytes, seconds: float) -> bytes:
        """The line that answers a line.

        Raises:
            ChildLost: it died, or took longer than ``seconds`` and was killed.
        """
        if not self.ready:
            self._exchange(b"", _START_SECONDS)
            self.ready = True
        return self._exchange(request, seconds)

    def _exchange(self, request: bytes, seconds: float) -> bytes:
        timed_out = threading.Event()
        timer = threading.Timer(seconds, self._expire, [timed_out])
        timer.daemon = True
        timer.start()
        try:
            self._pipe(self.process.stdin).write(request)
            self._pipe(self.process.stdin).flush()
            answer = self._pipe(self.process.stdout).readline()
        except (OSError, ValueError):
            answer = b""
        finally:
            timer.cancel()
        if timed_out.is_set() or not answer.endswith(b"\n"):
            raise ChildLost(self.end(), timed_out=timed_out.is_set())
        return answer

    def _expire(self, timed_out: threading.Event) -> None:
        timed_out.set()
        self.process.kill()

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None
        return pipe

    def end(self) -> int | None:
        """Kill the process if it runs, and close its pipes; returns its exit status."""
        status = self.process.poll()
        if status is None:
            try:
                # One that is about to die of itself is let do so, for the status to say of what.
                status = self.process.wait(0.2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                status = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):  # a broken pipe, which is closed none the less
                self._pipe(pipe).close()
        return status
