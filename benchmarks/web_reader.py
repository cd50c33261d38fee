"""A reader of the served page without a browser: the same requests in the same order."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from benchmarks.processes import ROOT, environment

_QUESTIONS = ROOT / "corpus" / "questions.jsonl"
_WAITING = ("question comes first", "questions come first")
_ENDED = ("fmqa-footer", "fmqa-abstained", "fmqa-problem")
_PATIENCE = 600
_FIRST_YEAR = 1900  # no paper is older, so that a filter from then on only makes a question new


@dataclass(frozen=True, slots=True)
class Told:
    """What the page was told of one question.

    Attributes:
        ended: how: ``answered``, ``abstained`` or ``problem``.
        waited: whether it was told how many questions come first.
        held_up: whether there was nothing but waiting at first.
    """

    ended: str
    waited: bool
    held_up: bool


class WentWrong(Exception):
    """The server answered otherwise than a page can show."""


class PageReader:
    """One page that is open, and its conversation.

    Args:
        address: of the server.
        session: what makes the requests; its cookies are the browser's.
    """

    def __init__(self, address: str, session: requests.Session | None = None) -> None:
        self.address = address
        self.http = session or requests.Session()
        self.http.trust_env = False
        self.session = secrets.token_hex(6)
        self.name = secrets.token_hex(16)  # of the conversation, as the page's script makes it
        self._got("GET", "/").close()
        self.alive = self._got("GET", f"/gradio_api/heartbeat/{self.session}", stream=True)
        config = self._got("GET", "/config").json()
        self.steps = _steps(config)
        self._run(next(step for step in config["dependencies"] if _targets(step, "load")), [])

    def close(self) -> None:
        """Close the page."""
        self.alive.close()
        self.http.close()

    def ask(self, question: str, filters: str = "") -> Told:
        """Put a question and read the answer to its end.

        Raises:
            WentWrong: no answer came.
        """
        begin, answer, settle = self.steps
        self._run(begin, [question, None, filters, self.name])
        lines = list(self._queued(answer))
        self._run(settle, [None])
        whole = "\n".join(lines)
        ended = next((name for name in _ENDED if name in whole), "")
        if not ended:
            raise WentWrong(whole[-500:])
        return Told(
            {"fmqa-footer": "answered"}.get(ended, ended.removeprefix("fmqa-")),
            any(words in whole for words in _WAITING),
            "Waiting" in whole,
        )

    def _run(self, step: dict[str, Any], data: list[Any]) -> Any:
        """An event that answers at once."""
        return self._got("POST", "/gradio_api/run/predict", json=self._body(step, data)).json()

    def _queued(self, step: dict[str, Any]) -> Iterator[str]:
        """What an event of the queue says, message by message."""
        self._got(
            "POST", "/gradio_api/queue/join", json=self._body(step, [None, self.name])
        ).close()
        stream = self._got(
            "GET", f"/gradio_api/queue/data?session_hash={self.session}", stream=True
        )
        with contextlib.closing(stream):
            for line in stream.iter_lines(decode_unicode=True):
                if not line.startswith("data: "):
                    continue
                message = json.loads(line[6:])
                if message["msg"] == "close_stream":
                    return
                if message.get("success") is False:
                    raise WentWrong(line)
                yield line

    def _body(self, step: dict[str, Any], data: list[Any]) -> dict[str, Any]:
        return {
            "data": data,
            "event_data": None,
            "fn_index": step["id"],
            "session_hash": self.session,
            "trigger_id": step["targets"][0][0],
        }

    def _got(self, method: str, path: str, **more: Any) -> requests.Response:
        got = self.http.request(method, self.address + path, timeout=_PATIENCE, **more)
        if not got.ok:
            raise WentWrong(f"{method} {path}: {got.status_code} {got.text[:300]}")
        return got


def _targets(step: dict[str, Any], event: str, part: int | None = None) -> bool:
    return any(name == event and part in (None, at) for at, name in step["targets"])


def _steps(config: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What the page runs when a question is sent: begin, answer, settle."""
    box = next(p["id"] for p in config["components"] if p["props"].get("elem_id") == "fmqa-box")
    steps = config["dependencies"]
    begin = next(step for step in steps if _targets(step, "submit", box))
    answer = next(step for step in steps if step["trigger_after"] == begin["id"])
    settle = next(step for step in steps if step["trigger_after"] == answer["id"])
    return begin, answer, settle


def questions(count: int) -> Iterator[tuple[str, str]]:
    """So many questions with their filters, of which no two are the same to the server."""
    lines = _QUESTIONS.read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines if line]
    for number in range(count):
        again, which = divmod(number, len(asked))
        yield asked[which], f"year={_FIRST_YEAR + again}-"


@contextmanager
def serving(home: Path, port: int, llm: str) -> Iterator[tuple[str, int]]:
    """`fmqa serve` as a process of its own; its address and its process id."""
    extra = {"FMQA_HOME": str(home), "FMQA_LLM": llm}
    process = subprocess.Popen(
        [sys.executable, "-m", "fmqa", "serve", "--port", str(port)],
        env=environment(extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert "fmqa is at" in said, said
        yield said.split()[3], process.pid
    finally:
        process.terminate()
        process.wait(60)


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
