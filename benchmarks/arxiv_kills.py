"""Ingestions from arXiv killed at random moments: what stands in the record, what is asked again.

A process that ingests a review and what it cites is killed (SIGKILL, with its readers) within each
of its phases. The next one goes on with what it left; a run that comes to its end is compared in
full with an undisturbed one, and the next begins with an empty folder.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from benchmarks.arxiv_killed import MODEL, PHASES, opened
from benchmarks.processes import ROOT, environment
from fmqa.errors import FmqaError
from fmqa.settings import Settings
from fmqa.sources.arxiv import title_query
from fmqa.sources.arxiv_ids import parse_id
from fmqa.store.library import Library
from fmqa.sync.resolution import _key
from tests.records import differences, digest
from tests.small_arxiv import Request, SmallArxiv, make_world

_ROUND = ("ask", "fetch", "fetch", "fetch", "read", "read", "embed", "embed", "commit", "publish")
_MOST_BEFORE = 12  # beginnings of a phase that are let pass before one that is struck
_SETTLE = 0.05  # seconds in which the server hears what the dead had sent
# What is on its way to be true of a record, and what is true of it or not.
_SETTLED = ("paper", "versions", "pages", "passages", "mentions", "facts")
_BEHIND = ("There is no index yet", "The index is behind the record")

Scores = dict[tuple[str, int], float]


@dataclass
class Tally:
    """What the kills came to."""

    aimed: Counter[str] = field(default_factory=Counter)
    finished: int = 0
    dirty: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """How many there were."""
        return sum(self.aimed.values())


def kills(papers: int, count: int, seed: int = 0) -> dict[str, Any]:
    """Kill so many times, then let the last run end."""
    world = make_world(papers)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch, SmallArxiv(world) as server:
        killer = Killer(server, Path(scratch), seed)
        tally = killer.run(count)
    return {
        "papers": papers,
        "kills": tally.kills,
        "undisturbed run, s": round(killer.seconds, 1),
        "runs that came to their end": tally.finished,
        "kills aimed at": dict(tally.aimed),
        "dirty checks": len(tally.dirty),
        "repeated requests": len(tally.repeated),
        "records that differ": len(tally.differing),
        "runs that failed": len(tally.failed),
        "what": [*tally.dirty, *tally.repeated, *tally.differing, *tally.failed][:40],
        "whole benchmark, s": round(time.perf_counter() - began, 1),
    }


class Victim:
    """One process that ingests; it waits for `begin`."""

    def __init__(self, server: SmallArxiv) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.arxiv_killed", server.world.review],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment(server.environment()),
            start_new_session=True,  # so that its readers can be ended with it
        )
        self.events: list[tuple[float, str]] = []
        self._news = threading.Condition()
        self._over = False
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def begin(self, home: Path) -> None:
        """Start the ingestion."""
        assert self.await_event("ready", 1), "it didn't start"
        assert self.process.stdin is not None
        self.process.stdin.write(f"{home}\n".encode())
        self.process.stdin.flush()

    def await_event(self, event: str, nth: int) -> bool:
        """Wait until an event has come so many times; False when the process ends before."""
        with self._news:
            self._news.wait_for(lambda: self._over or self._seen(event) >= nth)
            return self._seen(event) >= nth

    def kill(self) -> None:
        """End it and its readers at once, unless it has ended."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.end()

    def end(self) -> int:
        """Wait for its end; its exit status."""
        status = self.process.wait()
        self._listener.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        return status

    def lengths(self, phase: str) -> list[float]:
        """Seconds from each beginning of a phase to its end, roughly where several overlap."""
        begun = [at for at, event in self.events if event == f"+{phase}"]
        ended = [at for at, event in self.events if event == f"-{phase}"]
        return [end - start for start, end in zip(begun, ended, strict=False)]

    def _seen(self, event: str) -> int:
        return sum(told == event for _, told in self.events)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.events.append((time.monotonic(), line.decode().strip()))
                self._news.notify_all()
        with self._news:
            self._over = True
            self._news.notify_all()


class Killer:
    """Starts ingestions and kills them.

    Args:
        server: what they ingest from.
        scratch: where data folders are made.
        seed: of the moments.
    """

    def __init__(self, server: SmallArxiv, scratch: Path, seed: int) -> None:
        self.server = server
        self.scratch = scratch
        self.random = random.Random(seed)
        self.tally = Tally()
        self.next = Victim(server)
        self.homes = 0
        self._undisturbed()
        self._anew()

    def run(self, kills: int) -> Tally:
        """Kill so many times, then let the last run end."""
        aims: list[str] = []
        while self.tally.kills < kills:
            aims = aims or self.random.sample(_ROUND, len(_ROUND))
            if self._killed(aims[0]):
                aims.pop(0)
        victim = self._begin(last=True)
        self._finished(victim)
        return self.tally

    def _undisturbed(self) -> None:
        home = self.scratch / "clean"
        began = time.perf_counter()
        victim = self._begin(home)
        status = victim.end()
        assert status == 0, f"the undisturbed run ended with {status}"
        self.seconds = time.perf_counter() - began
        self.lengths = {p: statistics.median(victim.lengths(p) or [0.01]) for p in PHASES}
        with opened(settings_for(self.server, home)) as library:
            self.clean, self.scores = digest(library), index_scores(library)
            references = library.bibliography.references(self.server.world.review)
        self.titles = [reference.title for reference in references]

    def _anew(self) -> None:
        self.homes += 1
        self.home = self.scratch / f"home{self.homes}"
        self.committed = Committed()
        self.mark = len(self.server.requests)

    def _begin(self, home: Path | None = None, *, last: bool = False) -> Victim:
        victim = self.next
        if not last:
            self.next = Victim(self.server)
        victim.begin(home or self.home)
        return victim

    def _killed(self, phase: str) -> bool:
        """Whether a run was at work when it was to be killed; else it has come to its end."""
        nth = 1 if phase == "publish" else self.random.randint(1, _MOST_BEFORE)
        delay = self.random.uniform(0, self.lengths[phase])
        victim = self._begin()
        if not victim.await_event(f"+{phase}", nth):
            self._finished(victim)
            return False
        time.sleep(delay)
        victim.kill()
        if victim.process.returncode != -signal.SIGKILL:  # it ended before
            self._finished(victim)
            return False
        self.tally.aimed[phase] += 1
        time.sleep(_SETTLE)
        self._examine(phase)
        return True

    def _examine(self, phase: str) -> None:
        """What a kill left; what the run before it had asked for in vain."""
        where = f"kill {self.tally.kills}, {phase}"
        self._look_for_repeats(where)
        try:
            with opened(settings_for(self.server, self.home)) as library:
                self._check(library, where, mend=self.tally.kills % 2 == 0)
                held = digest(library)
                self.committed = Committed.of(library, self.server.world.review, self.titles)
        except FmqaError as error:
            self.tally.dirty.append(f"{where}: {error!r}")
            return
        settled = {key: value for key, value in held.items() if key.split()[-1] in _SETTLED}
        odd = [key for key, value in settled.items() if self.clean.get(key) != value]
        if odd:
            self.tally.differing.append(f"{where}: not whole: {odd[:8]}")
        print(f"  {where}", flush=True)

    def _check(self, library: Library, where: str, *, mend: bool) -> None:
        """The record is whole; the index at most behind it, and whole once a question was asked."""
        problems = [one for one in library.check() if not one.startswith(_BEHIND)]
        if mend and library.record.model is not None:
            library.index(MODEL)
            problems += library.check()
        self.tally.dirty += [f"{where}: {problem}" for problem in problems]

    def _finished(self, victim: Victim) -> None:
        """A run has ended: the record and the index are the undisturbed ones; start anew."""
        self.tally.finished += 1
        where = f"run {self.tally.finished} to its end, after {self.tally.kills} kills"
        if victim.end():
            self.tally.failed.append(f"{where}: it ended with {victim.process.returncode}")
        self._look_for_repeats(where)
        with opened(settings_for(self.server, self.home)) as library:
            self._check(library, where, mend=True)
            differing = differences(self.clean, digest(library))
            if differing:
                self.tally.differing.append(f"{where}: {differing[:8]}")
            scores = index_scores(library)
        if scores.keys() != self.scores.keys() or not np.allclose(
            [scores[key] for key in scores], [self.scores[key] for key in scores], atol=1e-5
        ):
            self.tally.differing.append(f"{where}: the index")
        self._anew()

    def _look_for_repeats(self, where: str) -> None:
        requests = self.server.requests
        asked = self.committed.asked_again(requests[self.mark :])
        self.tally.repeated += [f"{where}: {path}" for path in asked]
        self.mark = len(requests)


@dataclass
class Committed:
    """What stood in the record at a kill, and so needn't be asked again."""

    ids: set[str] = field(default_factory=set)
    files: set[tuple[str, int | None]] = field(default_factory=set)
    queries: set[str] = field(default_factory=set)
    scholar: bool = False

    @classmethod
    def of(cls, library: Library, review: str, titles: Iterable[str]) -> Committed:
        """What a library holds: facts, files, titles looked up, Semantic Scholar's answer."""
        catalog = library.catalog
        files = catalog.files()
        unknown = {paper for paper, version in files if version == 0}
        with library.record.database.snapshot() as db:
            rows = db.execute("SELECT service, key FROM lookups").fetchall()
        kept = {(row["service"], row["key"]) for row in rows}
        known = {title for title in titles if ("arxiv title", _key(title)) in kept}
        # Two titles may have one query; it may be sent while one of them is open.
        still = {title_query(title) for title in titles if title not in known}
        return cls(
            set(catalog.facts()) | unknown,
            {(paper, version) for paper, version in files if version},
            {title_query(title) for title in known} - still,
            any(s == "scholar references" and k.startswith(review) for s, k in kept),
        )

    def asked_again(self, requests: Sequence[Request]) -> list[str]:
        """The paths of those requests that ask for what was committed."""
        return [request.path for request in requests if self._holds(request)]

    def _holds(self, request: Request) -> bool:
        parts = urlsplit(request.path)
        if request.kind == "scholar":
            return self.scholar
        if request.kind in ("pdf", "html"):
            paper = parse_id(parts.path.removeprefix(f"/{request.kind}/"))
            return paper is not None and (paper.bare, paper.version) in self.files
        asked = parse_qs(parts.query)
        ids = [parse_id(text) for text in asked.get("id_list", [""])[0].split(",") if text]
        if any(paper is not None and paper.bare in self.ids for paper in ids):
            return True
        return not ids and asked.get("search_query", [""])[0] in self.queries


def index_scores(library: Library) -> Scores:
    """How near each passage of the index is to one fixed vector, by paper and place."""
    ids = library.record.active_ids()
    index = library.index(MODEL)
    passages = library.record.passages(ids)
    vector = np.random.default_rng(0).standard_normal(64).astype(np.float32)
    found = index.scores(vector / np.linalg.norm(vector), ids)
    assert len(found) == len(ids) == len(index)
    return {
        (passages[key].paper.paper_id, passages[key].passage.ordinal): score
        for key, score in found.items()
    }


def settings_for(server: SmallArxiv, home: Path) -> Settings:
    """Settings that lead to the small arXiv, and to a data folder."""
    named = {
        name.removeprefix("FMQA_").lower(): value for name, value in server.environment().items()
    }
    return Settings(home=home, **named)
