"""A llama.cpp server of our own, in a child process (`llama_child`).

A native crash there doesn't take the app along. Each slot keeps the tokens that it has read, so
that a prompt's fixed beginning is read once, and is found on disk by the next process.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self, cast

from fmqa.errors import ModelUnavailable

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

SLOTS = 4
SLOT_TOKENS = 1536
LOAD_SECONDS = 120.0

_CHILD = Path(__file__).with_name("llama_child.py")
_PREFIXES_KEPT = 8


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
        repack: bool = False,
    ) -> None:
        """Starts nothing yet.

        Args:
            model: the GGUF file; what its slots have read of fixed prompts is kept beside it.
            threads: 0 means as many as there are cores that nobody else keeps busy.
            slots: requests answered at once.
            slot_tokens: tokens of prompt and answer that each slot holds.
            repack: have llama.cpp copy the weights into the CPU's favourite order: four answers at
                once come about 15 % sooner, but the start takes 3 s more, and memory 0.6 GB more.
        """
        self.model = model
        self.slots = slots
        self._orders = {
            "model": str(model),
            "threads": threads,
            "slots": slots,
            "slot_tokens": slot_tokens,
            "repack": repack,
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
                self._child = _Child(self._orders | {"prefixes": f"{self._prefixes}/"})
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

    @property
    def ready(self) -> bool:
        """Whether the model is loaded and answers."""
        child = self._child
        return child is not None and child.alive and child.address is not None

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

    def warm(self, messages: Sequence[BaseMessage]) -> None:
        """Makes every slot read ``messages``, the fixed beginning of the prompts to come.

        One slot reads them, the others copy what it holds, and the next process finds it on disk.
        """
        plain = _as_dicts(messages)
        name = self._prefix_name(plain)
        slots = range(self.slots)
        if (self._prefixes / name).is_file():
            with suppress(ModelUnavailable):
                for slot in slots:
                    self._slot_action(slot, "restore", name)
                return
        self._request("/v1/chat/completions", _reading(plain))
        scratch = f"{name}.{secrets.token_hex(4)}.tmp"
        self._slot_action(0, "save", scratch)
        (self._prefixes / scratch).replace(self._prefixes / name)
        for slot in slots[1:]:
            self._slot_action(slot, "restore", name)
        self._forget_old_prefixes()

    def _slot_action(self, slot: int, action: str, name: str) -> None:
        self._request(f"/slots/{slot}?action={action}", {"filename": name})

    def _request(self, path: str, body: dict[str, Any]) -> None:
        import httpx

        address, key = self.wait_ready()
        try:
            with httpx.Client(trust_env=False, timeout=LOAD_SECONDS) as client:
                client.post(
                    address + path, json=body, headers={"Authorization": f"Bearer {key}"}
                ).raise_for_status()
        except httpx.HTTPError as error:
            raise ModelUnavailable(f"The local model's server failed: {error}.") from error

    @cached_property
    def _prefixes(self) -> Path:
        """Where read prefixes are kept; a folder of this object's own where that is read-only."""
        folder = self.model.with_name("prefixes")
        with suppress(OSError):
            folder.mkdir(exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
        self._own_folder = tempfile.TemporaryDirectory(prefix="fmqa-")
        return Path(self._own_folder.name)

    def _prefix_name(self, messages: list[dict[str, str]]) -> str:
        from importlib.metadata import version

        stat = self.model.stat()
        facts = [messages, version("xllamacpp"), stat.st_size, stat.st_mtime_ns]
        facts.append(self._orders["slot_tokens"])
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24] + ".kv"

    def _forget_old_prefixes(self) -> None:
        with suppress(OSError):
            files = sorted(self._prefixes.iterdir(), key=lambda path: path.stat().st_mtime)
            for path in files[:-_PREFIXES_KEPT]:
                path.unlink(missing_ok=True)


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


def _as_dicts(messages: Sequence[BaseMessage]) -> list[dict[str, str]]:
    roles = {"human": "user", "ai": "assistant"}
    return [{"role": roles.get(m.type, m.type), "content": str(m.content)} for m in messages]


def _reading(messages: list[dict[str, str]]) -> dict[str, Any]:
    """A request of slot 0 that reads ``messages`` and writes nothing."""
    return {"messages": messages, "id_slot": 0, "cache_prompt": True, "max_tokens": 0}
