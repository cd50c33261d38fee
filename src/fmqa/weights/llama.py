"""A llama.cpp server of our own, in a child process (`llama_child`).

A native crash there doesn't take the app along.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self, cast

from fmqa.errors import ModelUnavailable

SLOTS = 4
SLOT_TOKENS = 1536
LOAD_SECONDS = 120.0

_CHILD = Path(__file__).with_name("llama_child.py")


class LocalServer:
    """A llama.cpp server of our own on the loopback interface, with a key of its own.

    ``start`` returns at once and the model loads meanwhile; whatever needs it waits for it, and
    starts it again if it has died. Safe to share between threads.
    """

    def __init__(
        self,
        model: Path,
        *,
        threads: int = 0,
        slots: int = SLOTS,
        slot_tokens: int = SLOT_TOKENS,
    ) -> None:
        """Starts nothing yet.

        Args:
            model: the GGUF file.
            threads: 0 means as many as there are cores that nobody else keeps busy.
            slots: requests answered at once.
            slot_tokens: tokens of prompt and answer that each slot holds.
        """
        self.model = model
        self.slots = slots
        self._orders = {
            "model": str(model),
            "threads": threads,
            "slots": slots,
            "slot_tokens": slot_tokens,
        }
        self._lock = threading.RLock()
        self._child: _Child | None = None
        self._stopped = False

    def start(self) -> Self:
        """Starts the child unless it runs. Doesn't wait."""
        with self._lock:
            self._stopped = False
            if self._child is None or not self._child.alive:
                self._end_child()
                self._child = _Child(self._orders)
        return self

    def wait_ready(self, timeout: float = LOAD_SECONDS) -> tuple[str, str]:
        """The server's address and key, once its model is loaded; starts it where that is due.

        Raises:
            ModelUnavailable: it was stopped, ended, or isn't ready in time.
        """
        with self._lock:
            if self._stopped:
                raise ModelUnavailable("The local model's server was stopped.")
            self.start()
            child = self._child
        assert child is not None
        return child.wait_ready(timeout), child.key

    def stop(self) -> None:
        """Ends the child; a request that comes later is refused, until ``start`` is called."""
        with self._lock:
            self._stopped = True
            self._end_child()

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None

    def __enter__(self) -> Self:
        """Starts it."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stops it."""
        self.stop()


class _Child:
    """One run of the child process."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self.key = secrets.token_urlsafe(32)
        self.address: str | None = None
        self._answered = threading.Event()
        # A session of its own: Ctrl-C in the terminal is the parent's to handle.
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and script
            [sys.executable, "-P", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        stdin = cast("IO[bytes]", self._process.stdin)
        with suppress(BrokenPipeError):
            stdin.write(json.dumps(orders | {"api_key": self.key}).encode() + b"\n")
            stdin.flush()
        self._end = weakref.finalize(self, _end, self._process)  # also at the interpreter's exit
        threading.Thread(target=self._listen, name="llama-server", daemon=True).start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait_ready(self, timeout: float) -> str:
        if not self._answered.wait(timeout):
            raise ModelUnavailable(f"The local model wasn't loaded after {timeout:.0f} seconds.")
        if self.address is None:
            code = self._process.wait()
            raise ModelUnavailable(
                f"The local model's server ended while starting (exit code {code}).",
                hint="`fmqa doctor` says whether memory or files are missing. "
                "Or set FMQA_LLM=none for the papers' own words.",
            )
        return self.address

    def stop(self) -> None:
        self._end()

    def _listen(self) -> None:
        with suppress(OSError, ValueError):
            line = cast("IO[bytes]", self._process.stdout).readline()
            self.address = json.loads(line)["address"]
        self._answered.set()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the child, and only then closes its pipes: one of them may be being read."""
    process.terminate()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
