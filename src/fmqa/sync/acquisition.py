"""Which versions a run has to fetch, and bringing them in.

One thread fetches PDFs at arXiv's pace while others are read and embedded.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fmqa.errors import FmqaError, NotServed, SourceRefused, SourceUnreachable
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.store.arxiv_catalog import Catalog, FetchedFile, News
from fmqa.store.writer import RecordWriter
from fmqa.sync.ingestor import paper_meta
from fmqa.sync.run_types import PaperLine
from fmqa.sync.tracking import TrackedPaper, Tracker
from fmqa.types import ArxivRecord, Outcome, ReadResult

if TYPE_CHECKING:
    from fmqa.sources.arxiv import ArxivClient


_MOST_REFUSED = 3  # in a row; then arXiv means us, not the paper


class Fetching:
    """An iterator over files that a thread fetches, in order; each is in the catalog before.

    A PDF that can't be had is noted and passed over. When arXiv itself can't be reached, or the
    disk is full, the iteration ends early and `error` says why.

    Args:
        papers: versions to fetch; may take its time to say which, in the thread that fetches.
        done: called in the thread after each paper, with what went wrong; empty if nothing did.
    """

    def __init__(
        self,
        source: ArxivClient,
        catalog: Catalog,
        folder: Path,
        papers: Iterable[ArxivId],
        *,
        done: Callable[[ArxivId, str], None] = lambda paper, failure: None,
    ) -> None:
        self.error: FmqaError | None = None
        self._source = source
        self._catalog = catalog
        self._folder = folder
        self._papers = papers
        self._done = done
        self._ready: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._failed: BaseException | None = None
        self._refused = 0
        self._thread = threading.Thread(target=self._run, name="fetching", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Path]:
        return self

    def __next__(self) -> Path:
        path = None if self._closed.is_set() else self._ready.get()
        if path is not None:
            return path
        self._closed.set()
        if self._failed is not None:
            raise self._failed
        raise StopIteration

    def close_waiting(self) -> None:
        """End the iteration, and the thread after the request that is under way."""
        self._closed.set()
        self._ready.put(None)  # for who is waiting

    def _run(self) -> None:
        try:
            for paper in self._papers:
                if self._closed.is_set():
                    break
                self._one(paper)
        except FmqaError as error:
            self.error = error
        except BaseException as error:  # raised where the files are used
            self._failed = error
        finally:
            self._ready.put(None)

    def _one(self, paper: ArxivId) -> None:
        assert paper.version is not None
        try:
            fetched = self._source.fetch_pdf(paper, self._folder)
        except SourceRefused as error:
            self._refused += 1
            self._done(paper, str(error))
            if self._refused >= _MOST_REFUSED:
                raise SourceUnreachable(str(error), hint=error.hint) from error
            return
        except NotServed as error:
            self._catalog.put_file(FetchedFile(paper.bare, paper.version, failure=str(error)))
            self._done(paper, str(error))
            return
        self._refused = 0
        name = fetched.path.name
        self._catalog.put_file(
            FetchedFile(paper.bare, paper.version, name, fetched.sha256, fetched.size)
        )
        self._ready.put(fetched.path)
        self._done(paper, "")


_PUBLISH_SECONDS = 120.0  # then questions find what came in meanwhile
_PUBLISH_SHARE = 0.1  # of the time, at most: a large index takes minutes to build
_FAILURE_LASTS = timedelta(days=7)  # then a sync asks again for what couldn't be had
Later = Callable[[], Iterable[ArxivRecord]]
_FETCHING, _READING = "Fetching from arXiv", "Reading and embedding"


class MissingVersions:
    """What a run has to fetch."""

    def __init__(self, tracker: Tracker) -> None:
        self.tracker = tracker
        self.request = tracker.request
        self.report = tracker.report
        self.record = tracker.parts.ingestor.library.record
        self.tried: set[ArxivId] = set()

    def of(self, papers: Iterable[TrackedPaper]) -> list[ArxivRecord]:
        """What to fetch: of each paper the version that is wanted and isn't there.

        What is there, withdrawn or known not to be had goes into the report.
        """
        held = self.record.held_pdfs()
        files = self.tracker.catalog.files()
        unreadable = {
            result.sha256: result
            for result in self.record.journal()
            if result.outcome is not Outcome.OK
        }
        jobs = []
        for paper in papers:
            record = self._version_of(paper)
            if record is None:
                self._note_failure(paper.arxiv_id, files.get((paper.arxiv_id, 0)))
                continue
            key = (record.arxiv_id, record.version)
            if _id(record) in self.tried:
                continue
            file = files.get(key)
            if key in held:
                self.tried.add(_id(record))
                self.report.known += 1
            elif record.withdrawn and record == self.tracker.facts[record.arxiv_id]:
                # The withdrawing version has no text; an older one that is held stays.
                self.tried.add(_id(record))
                if all(held_id != paper.arxiv_id for held_id, _ in held):
                    why = record.comment or "withdrawn"
                    line = PaperLine(record.arxiv_id, record.version, record.title, why)
                    self.report.skipped.append(line)
            elif file is not None and file.failure and not self._try_again(file):
                self._note_failure(record.arxiv_id, file, record)
            elif file is not None and file.sha256 in unreadable and not self.request.retry:
                bad = replace(file, failure=unreadable[file.sha256].detail)
                self._note_failure(record.arxiv_id, bad, record)
            else:
                jobs.append(record)
        return jobs

    def _version_of(self, paper: TrackedPaper) -> ArxivRecord | None:
        """The facts of the version that is wanted: the one named, in a sync the newest."""
        record = self.tracker.facts.get(paper.arxiv_id)
        if record is None or paper.version is None or self.request.refresh:
            return record
        return replace(record, version=paper.version)

    def _try_again(self, file: FetchedFile) -> bool:
        age = datetime.now(UTC) - datetime.fromisoformat(file.at)
        return self.request.retry or (self.request.refresh and age > _FAILURE_LASTS)

    def _note_failure(
        self, arxiv_id: str, file: FetchedFile | None, record: ArxivRecord | None = None
    ) -> None:
        """A failure of an earlier run, which is reported again but is no news."""
        if file is None or not file.failure:
            return
        line = PaperLine(arxiv_id, file.version, record.title if record else "", file.failure)
        if line not in self.report.still_failing:
            self.report.still_failing.append(line)


class Acquisition:
    """Brings versions of papers into the library, in one run."""

    def __init__(self, missing: MissingVersions, writer: RecordWriter) -> None:
        self.missing = missing
        self.tracker = missing.tracker
        self.parts = missing.tracker.parts
        self.report = missing.report
        self.writer = writer
        self.library = missing.tracker.parts.ingestor.library
        self._publish_from = time.monotonic() + _PUBLISH_SECONDS

    def bring_in(self, records: Sequence[ArxivRecord], later: Later = lambda: ()) -> None:
        """Fetch, read, embed and commit these versions, each step while the others go on.

        Args:
            later: what is missing besides, which takes requests to find out: called by the thread
                that fetches, when it has fetched those.
        """
        failures: list[tuple[ArxivId, str]] = []
        coming = _by_name(self._here(records))
        fetching = self._fetching(coming, later, failures)
        before = {paper for paper, _ in self.library.record.held_pdfs()}
        results = self.parts.ingestor.read_in(
            self.writer,
            fetching,
            self.parts.limits,
            workers=self.missing.request.workers,
            facts=lambda path: paper_meta(coming[path.name]),
        )
        for done, result in enumerate(results, start=1):
            self._note(result, coming[result.path.name], before)
            self.parts.step(_READING, done, len(coming))
            self._publish()
        for paper, failure in failures:
            self._fail(coming[paper.file_name], failure)
        if coming:
            for label in (_FETCHING, _READING):
                self.parts.step(label, len(coming), len(coming))
        if isinstance(fetching.error, SourceUnreachable):
            self.tracker.give_up(fetching.error)
        elif fetching.error is not None:
            raise fetching.error

    def _here(self, records: Iterable[ArxivRecord]) -> list[ArxivRecord]:
        """Of these versions those that can be had: all, or, without arXiv, what lies here."""
        found = list(records)
        self.missing.tried.update(map(_id, found))
        if not self.report.unreachable:
            return found
        return [one for one in found if (self.parts.folder / _id(one).file_name).is_file()]

    def _fetching(
        self, coming: dict[str, ArxivRecord], later: Later, failures: list[tuple[ArxivId, str]]
    ) -> Fetching:
        """The fetching of what comes, under way; more of it and what fails are added."""
        fetched = itertools.count(1)

        def done(paper: ArxivId, failure: str) -> None:
            if failure:
                failures.append((paper, failure))
            self.parts.step(_FETCHING, next(fetched), len(coming))

        def papers() -> Iterator[ArxivId]:
            yield from list(map(_id, coming.values()))
            more = self._here(later())
            coming.update(_by_name(more))
            yield from map(_id, more)

        catalog, parts = self.tracker.catalog, self.parts
        return Fetching(parts.arxiv, catalog, parts.folder, papers(), done=done)

    def _note(self, result: ReadResult, record: ArxivRecord, before: set[str]) -> None:
        if result.outcome is not Outcome.OK:
            self._fail(record, result.detail)
            return
        line = PaperLine(record.arxiv_id, record.version, record.title)
        (self.report.updated if record.arxiv_id in before else self.report.ingested).append(line)
        self.report.passages += result.passages
        if record.withdrawn:
            self.writer.set_withdrawn(record.arxiv_id, True, record.comment)

    def _fail(self, record: ArxivRecord, why: str) -> None:
        line = PaperLine(record.arxiv_id, record.version, record.title, why)
        self.report.failed.append(line)
        news = News("failed", why, record.arxiv_id, record.version, record.title, self.writer.run)
        self.tracker.catalog.note_change(news)

    def _publish(self) -> None:
        began = time.monotonic()
        if began >= self._publish_from:
            self.library.publish(self.parts.ingestor.model)
            ended = time.monotonic()
            self._publish_from = ended + max(_PUBLISH_SECONDS, (ended - began) / _PUBLISH_SHARE)


def _id(record: ArxivRecord) -> ArxivId:
    return ArxivId(record.arxiv_id, record.version)


def _by_name(records: Iterable[ArxivRecord]) -> dict[str, ArxivRecord]:
    """Versions by their files' names."""
    return {_id(record).file_name: record for record in records}
