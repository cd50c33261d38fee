"""The engine that reads and embeds on a Dask cluster.

The ingesting process keeps what has to survive: the list of what is under way. Dask gives the
tasks of a worker that died to another; when the scheduler itself goes, all that was under way is
handed to the next one. A task changes nothing but its own result, so that doing it again is safe.

A file goes through two tasks: reading, whose result comes back so that the record can say under
which title its passages are embedded, and embedding, in parts that take some seconds each.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from distributed import Client, Future, KilledWorker
from distributed.comm.core import CommClosedError

from fmqa.errors import ClusterError, ClusterUnreachable, FmqaError, ReadingError
from fmqa.reading.pool import ReadLimits, file_sha256
from fmqa.reading.reader import load, load_html
from fmqa.reading.wire import decode_result
from fmqa.sync.cluster import workers
from fmqa.sync.ingestor import ChooseTexts, EngineResult, Notify, Texts, Vectors
from fmqa.types import Outcome, ReadResult

if TYPE_CHECKING:
    from distributed.security import Security


class PathFeed:
    """A thread that takes paths, which may have to be waited for, as room is made for them.

    Args:
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
        except BaseException as error:  # raised where the results are used
            self.events.put(error)


PART_TEXTS = 64
"""Passages that one task embeds: some seconds of work, and enough for OpenVINO."""
PATIENCE_SECONDS = 300.0
"""How long a scheduler, or any worker, is waited for before the ingestion ends."""

_LOOK_SECONDS = 2.0  # between two looks at how many workers there are
_FIRST_LOOK_SECONDS = 0.2  # while there are none
_CONNECT_SECONDS = 5.0
_CLOSE_SECONDS = 1.0
Done = Future[Any]
_LOST = (CancelledError, CommClosedError, OSError, TimeoutError, RuntimeError)


@dataclass(eq=False)
class _Paper:
    """A file that is under way."""

    path: Path
    result: ReadResult | None = None
    parts: dict[int, Texts] = field(default_factory=dict)  # not embedded yet
    vectors: dict[bytes, Vectors] = field(default_factory=dict)


@dataclass(eq=False)
class _Task:
    """One task of a paper: its reading, or where ``part`` is set, the embedding of that part.

    One that is ``alone`` is under way with no other, so that the end of its worker is its doing.
    """

    paper: _Paper
    part: int | None = None
    alone: bool = False
    future: Done | None = None

    @property
    def dropped(self) -> bool:
        """It never reached a scheduler, or not the one that Dask's client has joined since."""
        return self.future is None or self.future.status == "cancelled"


_Event = tuple[_Task, Done | ReadingError] | Path | BaseException | None
"""What a task came to, a file to begin, what ended the files early, or their end."""


class ClusterEngine:
    """Reads and embeds on the workers of one Dask scheduler (an `Engine`).

    Args:
        address: of the scheduler, with its protocol.
        model: fingerprint of the embedder that the workers must have.
        patience: how long a scheduler, or any worker, is waited for, in seconds.
    """

    def __init__(
        self,
        address: str,
        model: str,
        security: Security | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.address = address
        self.model = model
        self.security = security
        self.patience = patience

    def work(
        self,
        paths: Iterable[Path],
        limits: ReadLimits,
        choose: ChooseTexts,
        *,
        workers: int = 2,
        notify: Notify = lambda words: None,
    ) -> Generator[EngineResult]:
        """As `Engine.work` says. ``workers`` is what the cluster has, whatever is asked.

        Raises:
            ClusterUnreachable: there is no scheduler, or no worker, for longer than the patience.
            ClusterError: the workers can't do this work.
        """
        link = _Link(self.address, self.security, self.patience, notify)
        yield from _Work(link, self.model, limits, choose, paths).run()


class _Link:
    """The connection to the scheduler, made again when it is lost."""

    def __init__(
        self, address: str, security: Security | None, patience: float, notify: Notify
    ) -> None:
        self.address = address
        self.security = security
        self.patience = patience
        self.notify = notify
        self.client: Client | None = None
        self.idle_since: float | None = None
        for name in ("distributed", "distributed.client"):  # what these say, we say
            logging.getLogger(name).setLevel(logging.CRITICAL)

    def connect(self) -> Client:
        """A connection, waited for.

        Raises:
            ClusterUnreachable: none came.
        """
        until = time.monotonic() + self.patience
        notified = False
        while True:
            try:
                self.client = Client(
                    self.address,
                    timeout=_CONNECT_SECONDS,
                    security=self.security,
                    set_as_default=False,
                )
            except (OSError, TimeoutError, RuntimeError, ValueError) as error:
                if not notified:
                    self.notify(f"Waiting for the scheduler at {self.address}.")
                    notified = True
                if time.monotonic() > until:
                    raise ClusterUnreachable(f"No scheduler answers at {self.address}.") from error
                time.sleep(1)
            else:
                return self.client

    def close(self) -> None:
        """Let go of what is under way."""
        client, self.client = self.client, None
        if client is not None:
            with suppress(Exception):  # the other end may be gone, in ways that Dask doesn't list
                client.close(timeout=_CLOSE_SECONDS)

    def threads(self) -> int:
        """How many tasks the cluster does at once.

        Raises:
            ClusterUnreachable: it has had no worker for longer than the patience.
            OSError: the scheduler is lost; or another of `_LOST`.
        """
        assert self.client is not None
        found: int = sum(self.client.nthreads().values())
        if found:
            self.idle_since = None
        elif self.idle_since is None:
            self.idle_since = time.monotonic()
            self.notify(
                f"Waiting for a worker: `fmqa workers start --scheduler {self.address}` starts one."
            )
        elif time.monotonic() - self.idle_since > self.patience:
            raise ClusterUnreachable(f"The scheduler at {self.address} has no worker.")
        return found


class _Work:
    """One ingestion's papers on the cluster."""

    def __init__(
        self,
        link: _Link,
        model: str,
        limits: ReadLimits,
        choose: ChooseTexts,
        paths: Iterable[Path],
    ) -> None:
        self.link = link
        self.model = model
        self.limits = limits
        self.choose = choose
        self.events: queue.SimpleQueue[_Event] = queue.SimpleQueue()
        self.feed = PathFeed(paths, self.events)
        self.fed = False
        self.tasks: set[_Task] = set()
        self.later: list[_Task] = []
        self.names = itertools.count()
        self.program = version("fmqa")
        self._looked = 0.0
        self._each = _FIRST_LOOK_SECONDS

    def run(self) -> Generator[EngineResult]:
        """The papers as they are done."""
        self.link.connect()
        try:
            self.feed.start()
            while not self.fed or self.tasks or self.later:
                self._resume()
                self._look()
                try:
                    event = self.events.get(timeout=self._each)
                except queue.Empty:
                    continue
                for paper in self._take(event):
                    assert paper.result is not None
                    yield paper.result, paper.vectors
                    self.feed.free()
        finally:
            self.feed.close()
            self.link.close()

    def _look(self) -> None:
        """Let as many files in as keep the workers busy, and see whether the scheduler lives."""
        if time.monotonic() - self._looked < self._each:
            return
        try:
            threads = self.link.threads()
            dropped = any(task.dropped for task in self.tasks)
        except _LOST:
            dropped, threads = True, 0
        if dropped:
            self._again()
        self.feed.allow(2 * threads + 1)
        self._each = _LOOK_SECONDS if threads else _FIRST_LOOK_SECONDS
        self._looked = time.monotonic()

    def _take(self, event: _Event) -> list[_Paper]:
        """What an event finishes, if anything."""
        if isinstance(event, BaseException):
            raise event
        if event is None:
            self.fed = True
            return []
        if isinstance(event, Path):
            self._submit(_Task(_Paper(event)))
            return []
        task, end = event
        if isinstance(end, ReadingError):
            return self._given_up(task, end.outcome, str(end))
        if task in self.tasks and task.future is end:
            return self._ended(task, end)
        return []  # it was handed to another scheduler, or its paper given up, meanwhile

    def _ended(self, task: _Task, end: Done) -> list[_Paper]:
        """What the end of a task finishes, if anything."""
        try:
            if end.status == "error":
                return self._failed(task, end.exception(timeout=_CONNECT_SECONDS))
            packed = end.result(timeout=self.limits.seconds)
        except _LOST:
            self._again()
            return []
        return self._finished(task, packed)

    def _failed(self, task: _Task, failure: BaseException | None) -> list[_Paper]:
        """A paper that ended its workers fails; what else a worker raises ends the ingestion.

        Raises:
            ClusterError: the workers can't do this work.
        """
        if isinstance(failure, KilledWorker):
            if not task.alone:  # Dask blames all that a worker which ended was given, begun or not
                self.tasks.discard(task)
                self.later.append(_Task(task.paper, task.part, alone=True))
                return []
            doing = "reading" if task.part is None else "embedding"
            detail = f"{doing} it ended several workers, one after the other"
            return self._given_up(task, Outcome.DAMAGED, detail)
        if isinstance(failure, FmqaError):
            raise failure
        raise ClusterError(f"A worker of the cluster failed ({type(failure).__name__}: {failure}).")

    def _resume(self) -> None:
        """Begin what had to wait until nothing is under way; what is alone comes last."""
        if not self.tasks:
            together = [task for task in self.later if not task.alone]
            for task in together or self.later[:1]:
                self.later.remove(task)
                self._submit(task)

    def _submit(self, task: _Task) -> None:
        if any(other.alone for other in self.tasks - {task}):
            self.later.append(task)
            return
        self.tasks.add(task)
        try:
            self._send(task)
        except ReadingError as error:
            self.tasks.discard(task)
            self.events.put((task, error))
        except _LOST:
            pass  # the next look finds it dropped

    def _send(self, task: _Task) -> None:
        client, paper, number = self.link.client, task.paper, next(self.names)
        assert client is not None
        call: Callable[..., bytes]
        given: tuple[Any, ...]
        if task.part is None:
            data, html = load(paper.path, self.limits), load_html(paper.path, self.limits)
            call, given = workers.read_paper, (data, html, paper.path.name, asdict(self.limits))
            key, held, priority = "read", self.program, 0
        else:
            call, given = workers.embed_texts, (list(paper.parts[task.part].values()),)
            # A paper that was begun is ended first: what is under way stays little.
            key, held, priority = "embed", self.model, 1
        task.future = client.submit(
            call, *given, held, key=f"{key}-{client.id}-{number}", priority=priority, pure=False
        )
        task.future.add_done_callback(lambda future: self.events.put((task, future)))

    def _finished(self, task: _Task, packed: bytes) -> list[_Paper]:
        """What a task's result finishes."""
        paper = task.paper
        self.tasks.discard(task)
        if task.part is None:
            return self._read(paper, packed)
        texts = paper.parts.pop(task.part)
        paper.vectors |= dict(zip(texts, workers.vectors(packed, len(texts)), strict=True))
        return [] if paper.parts else [paper]

    def _read(self, paper: _Paper, packed: bytes) -> list[_Paper]:
        """Embed what the record lacks of a paper that was read."""
        paper.result = replace(decode_result(packed), path=paper.path)
        # Texts of like length together are padded least.
        texts = sorted(self.choose(paper.result).items(), key=lambda item: len(item[1]))
        starts = range(0, len(texts), PART_TEXTS)
        paper.parts = {at: dict(texts[at : at + PART_TEXTS]) for at in starts}
        for part in list(paper.parts):
            self._submit(_Task(paper, part))
        return [] if paper.parts else [paper]

    def _given_up(self, task: _Task, outcome: Outcome, detail: str) -> list[_Paper]:
        """A paper that can't be brought in, with nothing of it left under way."""
        paper = task.paper
        self.tasks = {other for other in self.tasks if other.paper is not paper}
        self.later = [other for other in self.later if other.paper is not paper]
        digest = file_sha256(paper.path)
        paper.result = ReadResult(paper.path, outcome, detail, sha256=digest)
        paper.vectors.clear()
        return [paper]

    def _again(self) -> None:
        """Connect again, and hand over all that was under way."""
        self.link.notify(f"The scheduler at {self.link.address} was lost; its work is begun again.")
        self.link.close()
        self.link.connect()
        for task in list(self.tasks):
            self._submit(task)
