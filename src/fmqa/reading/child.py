"""A child process of ours that answers each line on its input by one on its output.

What it does may crash, hang or eat memory; here that ends the child, and never this process.
`Child` is the parent's side, `serve` the child's own.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO

import fmqa

_START_SECONDS = 60.0
_MIB = 1024 * 1024


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

    def close(self) -> None:
        """Kill the process at once, and close its pipes."""
        self.process.kill()
        self.end()


def serve(answer: Callable[[bytes], bytes], *needed: str) -> None:
    """Be such a child, of the memory that its command line names, until its input ends.

    Args:
        answer: makes the line that answers a line.
        needed: modules to import before memory is bounded: what they map to start doesn't count.
    """
    answers = _own_output()
    for module in needed:
        importlib.import_module(module)
    _limit_memory(int(sys.argv[1]))
    answers.write(b"ready\n")
    answers.flush()
    for line in sys.stdin.buffer:
        answers.write(answer(line))
        answers.flush()


def _own_output() -> BinaryIO:
    """The pipe to the parent; what libraries print goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to handle; it ends its workers
    return answers


def _limit_memory(memory_mb: int) -> None:
    """Bound the address space, where the system can."""
    try:
        import resource

        limit = (_address_space() + memory_mb) * _MIB
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass  # macOS and Windows don't know it; the time limit still holds


def _address_space() -> int:
    """MiB mapped by now: shared libraries, which cost next to no memory."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * 4096 // _MIB
    except (OSError, ValueError):
        return 512
