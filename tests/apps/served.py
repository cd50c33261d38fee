"""A served page whose answers are scripted, for tests of what stands before it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fmqa.answering.assistant import EvidenceFound, Finished, SentenceReady
from fmqa.answering.schema import Answer, Citation, Sentence, Timings
from fmqa.apps.changing import Jobs
from fmqa.apps.web import app
from fmqa.apps.web.auth import Logins, Users
from fmqa.apps.web.readiness import Readiness
from fmqa.settings import Settings
from ports import free_port

PASSWORD = "correct horse battery"


def answer(question: str) -> Answer:
    """An answer with one sentence and one citation."""
    citation = Citation(
        number=1,
        paper_id="2304.12306",
        arxiv_id="2304.12306",
        version=3,
        title="Segment Anything in Medical Images",
        authors=("Jun Ma",),
        year=2023,
        page=4,
        section="Results",
        quote="A quote.",
        start=0,
        end=8,
        url="https://arxiv.org/pdf/2304.12306v3#page=4",
        source="pdf",
        status="current",
    )
    return Answer(
        question=question,
        status="answered",
        answer=f"About {question} [1].",
        sentences=(Sentence(text=f"About {question}", citations=(1,), verdict="supported"),),
        citations=(citation,),
        model="none",
        timings_ms=Timings(retrieval=20, first_sentence=40, total=120),
    )


@dataclass
class Scripted:
    """Answers at once, or, what is asked with "slow", when `go` is set."""

    go: threading.Event = field(default_factory=threading.Event)
    begun: list[str] = field(default_factory=list)

    def stream(self, question: str, filters: Any = None, **options: Any) -> Iterator[Any]:
        self.begun.append(question)
        yield EvidenceFound(())
        if "slow" in question:
            while not self.go.wait(0.05):
                yield EvidenceFound(())
        said = answer(question)
        yield SentenceReady(said.sentences[0], said.citations)
        yield Finished(said)


@dataclass
class Bench:
    """What the page needs of a workbench."""

    assistant: Any = field(default_factory=Scripted)
    settings: Settings = field(default_factory=lambda: Settings(llm="none"))
    step: Any = lambda label, done, total: None
    closed: bool = False
    passages: int = 7

    @property
    def prepared(self) -> Any:
        return self.assistant

    @property
    def embedder(self) -> Any:
        return SimpleNamespace(fingerprint="a model")

    @property
    def library(self) -> Any:
        record = SimpleNamespace(
            count_papers=lambda: 3, active_ids=lambda: [1] * self.passages, generation=5,
            papers=lambda: [],
        )  # fmt: skip
        return SimpleNamespace(record=record, index=lambda fingerprint: [1] * self.passages)

    def close(self) -> None:
        self.closed = True


def logins(folder: Path, *names: str) -> Logins:
    """Logins of these users, all with the same password."""
    users = Users(folder / "users")
    for name in names:
        users.put(name, PASSWORD)
    return Logins(users)


@dataclass
class Served:
    """A running server and what is behind it."""

    address: str
    ready: Readiness
    bench: Bench
    blocks: Any = None


@contextmanager
def page_of(
    bench: Any, who: Logins | None = None, jobs: Jobs | None = None, upload_bytes: int = 0
) -> Iterator[str]:
    """The address of a page over these parts, on a free port of the loopback interface."""
    blocks = app.build(Readiness(bench), jobs=jobs)
    try:
        yield app.launch(blocks, port=free_port(), logins=who, upload_bytes=upload_bytes)
    finally:
        app.close(blocks)


@contextmanager
def served(bench: Bench | None = None, who: Logins | None = None) -> Iterator[Served]:
    """A server on a free port of the loopback interface."""
    bench = bench or Bench()
    ready = Readiness(bench)  # type: ignore[arg-type]
    blocks = app.build(ready)
    address = app.launch(blocks, port=free_port(), logins=who)
    try:
        yield Served(address, ready, bench, blocks)
    finally:
        bench.assistant.go.set()
        app.close(blocks)


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.02)
