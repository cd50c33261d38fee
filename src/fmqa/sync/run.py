"""One run of `fmqa ingest` or `fmqa sync`, and its plan (`--dry-run`).

A run holds the writer's lock. What it learns is committed at once, step by step, so that the next
run goes on where a killed one ended, without asking again for what was committed:

1. in a sync, works of Zotero, of bibliography files and of folders; wishes: what seeds.toml and the
   user name, and what the saved queries find;
2. facts: what arXiv says of each paper that is tracked;
3. the papers whose references are followed: fetched, read, and their references resolved by what is
   printed and by Semantic Scholar, until no new paper comes up;
4. withdrawals;
5. all other papers, fetched while others are read and embedded, and after the known ones those that
   only a title search finds;
6. in a sync, Crossref's word on retractions and corrections;
7. in a sync, papers that nothing asks for any longer are let go.

A plan changes nothing in the library. To know what a paper cites, it has to be read: papers whose
references are followed are fetched. What is looked up is kept, so that the run need not ask again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from fmqa.errors import FmqaError, SourceError, UsageError
from fmqa.reading.pool import read_files
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.store.writer import RecordWriter
from fmqa.sync.acquisition import Acquisition, Fetching, MissingVersions
from fmqa.sync.items import ItemsRun, item_line
from fmqa.sync.notices import NoticeStep
from fmqa.sync.origins import read_origin, shown
from fmqa.sync.resolution import Resolver, methods
from fmqa.sync.run_types import PaperLine, Parts, Request, SyncReport, Unresolved
from fmqa.sync.tracking import TrackedPaper, Tracker, tracked_papers
from fmqa.types import ArxivRecord, Reference


def synchronize(parts: Parts, request: Request) -> SyncReport:
    """Do one run. A service that can't be reached ends it early, which the report says.

    Raises:
        RecordBusy: another process writes.
        DiskFull: no room; what was committed stays.
    """
    report = SyncReport(request.kind)
    library = parts.ingestor.library
    with library.writing(parts.ingestor.model, request.kind) as writer:
        assert writer.run is not None
        state = "interrupted"
        try:
            _Run(parts, request, report, writer).go()
            state = "unreachable" if report.unreachable else "done"
        except FmqaError as error:
            state = "failed"
            report.unreachable = report.unreachable or str(error)
            raise
        finally:
            library.catalog.end_run(writer.run, state, report.counts(), report.summary())
    return report


def plan(parts: Parts, request: Request) -> SyncReport:
    """What `synchronize` would fetch, in the report's ``planned``."""
    report = SyncReport(request.kind)
    _Plan(parts, request, report).go()
    return report


class _Steps:
    """What a run and a plan share."""

    def __init__(self, parts: Parts, request: Request, report: SyncReport) -> None:
        self.parts = parts
        self.request = request
        self.report = report
        self.library = parts.ingestor.library
        self.room = request.limit
        self.tracker = Tracker(parts, request, report)
        self.missing = MissingVersions(self.tracker)
        self.resolver = Resolver(
            self.library.catalog, parts.arxiv, parts.scholar, notify=parts.notify
        )

    def resolve(
        self,
        paper: ArxivId,
        references: Sequence[Reference],
        progress: Callable[[int, int], None] = lambda done, total: None,
        *,
        titles: bool = True,
    ) -> list[Reference]:
        """The references with the arXiv ids that can be found now."""
        if self.report.unreachable:
            self.resolver.arxiv = self.resolver.scholar = None
        resolved = self.resolver.resolve(paper, references, progress, titles=titles)
        if self.resolver.unreachable is not None:
            self.tracker.give_up(self.resolver.unreachable)
        return resolved

    def limited(self, records: list[ArxivRecord]) -> list[ArxivRecord]:
        """As many of them as the limit leaves room for."""
        if self.room is None:
            return records
        self.report.left = max(0, len(records) - self.room)
        records = records[: self.room]
        self.room -= len(records)
        return records

    def report_references(self, paper_id: str, references: Sequence[Reference]) -> None:
        """Count what became of a paper's references."""
        self.report.cited += len(references)
        self.report.resolved = dict(Counter(self.report.resolved) + Counter(methods(references)))
        self.report.unresolved += [
            Unresolved(paper_id, reference.number, reference.text)
            for reference in references
            if not reference.arxiv_id
        ]


class _Run(_Steps):
    """The steps of one run."""

    def __init__(
        self, parts: Parts, request: Request, report: SyncReport, writer: RecordWriter
    ) -> None:
        super().__init__(parts, request, report)
        self.writer = writer
        self.acquisition = Acquisition(self.missing, writer)

    def go(self) -> None:
        """All steps, in order."""
        if self.request.refresh:
            self._follow_items()
        self.tracker.make_wishes()
        papers = self._follow(titles=False)
        notices = NoticeStep(self.parts, self.writer, self.report, self.tracker.facts)
        notices.mark()
        papers = self._bring_in_the_rest(papers)
        if self.request.refresh and self.parts.crossref is not None:
            notices.ask(self.parts.crossref)
            notices.mark()
        for paper in papers:
            if paper.depth > 0:
                references = self.library.bibliography.references(paper.arxiv_id)
                self.report_references(paper.arxiv_id, references)
        if self.request.refresh and not self.report.unreachable:
            self._let_go(papers)

    def _follow_items(self) -> None:
        """Step 1: what came, changed and went in Zotero, bibliography files and folders."""
        parts = self.parts
        run = ItemsRun(
            parts.ingestor,
            self.writer,
            parts.limits,
            retry=self.request.retry,
            workers=self.request.workers,
            step=parts.step,
        )
        for origin in self.library.items.origins():
            before = {paper for paper, _ in self.library.record.held_pdfs()}
            failures = {item.failure for item in self.library.items.of(origin).values()}
            try:
                done = run.bring_in(origin, read_origin(origin, parts.zotero_url))
            except (UsageError, SourceError) as error:
                parts.notify(f"{shown(origin)} is left as it is: {error}")
                continue
            for item in done.added:
                new = item.paper_id not in before
                lines = self.report.ingested if new else self.report.updated
                lines.append(item_line(item))
            for item in done.failed:
                old = item.failure in failures
                lines = self.report.still_failing if old else self.report.failed
                lines.append(item_line(item))
            self.report.unfollowed += map(item_line, done.gone)
            self.report.passages += done.passages

    def _tracked(self) -> list[TrackedPaper]:
        catalog, bibliography = self.library.catalog, self.library.bibliography
        return tracked_papers(self.tracker.wishes(), bibliography.cited, catalog.excluded())

    def _follow(self, *, titles: bool) -> list[TrackedPaper]:
        """Steps 2 and 3; returns all papers that are tracked, as far as they are known."""
        known: list[TrackedPaper] | None = None
        while (papers := self._tracked()) != known:
            known = papers
            self._look_up(papers)
            leading = [paper for paper in papers if paper.depth > 0]
            self.acquisition.bring_in(self.missing.of(leading))
            self._resolve(leading, titles=titles)
        return papers

    def _look_up(self, papers: Sequence[TrackedPaper]) -> None:
        ids = [paper.arxiv_id for paper in papers]
        if self.request.refresh:
            self.tracker.look_up([*ids, *self.library.record.arxiv_ids()])
            return
        files = self.library.catalog.files()
        self.tracker.look_up(
            one
            for one in ids
            if one not in self.tracker.facts and (self.request.retry or (one, 0) not in files)
        )

    def _resolve(self, papers: Sequence[TrackedPaper], *, titles: bool) -> None:
        """Find the arXiv ids of these papers' references; with ``titles`` by title search too."""
        for paper in papers:
            references = self.library.bibliography.references(paper.arxiv_id)
            if not references:
                continue
            versions = self.library.record.versions(paper.arxiv_id)
            active = next((version for version, _, active in versions if active), None)
            resolved = self.resolve(
                ArxivId(paper.arxiv_id, active),
                references,
                lambda done, total: self.parts.step("Looking up titles", done, total),
                titles=titles,
            )
            if resolved != references:
                self.library.bibliography.resolve(paper.arxiv_id, resolved)
            if titles and not self.report.unreachable:  # what is found later would pass for new
                cited = self.library.bibliography.cited(paper.arxiv_id)
                self.library.catalog.note_citations(paper.arxiv_id, cited, self.writer.run)

    def _bring_in_the_rest(self, papers: Sequence[TrackedPaper]) -> list[TrackedPaper]:
        """Step 5: titles are searched for while what is known already is read and embedded.

        Returns:
            All papers that are tracked.
        """

        def found_by_title() -> list[ArxivRecord]:
            self._resolve([paper for paper in papers if paper.depth > 0], titles=True)
            more = self._tracked()
            self._look_up(more)
            return self._missing(more)

        self.acquisition.bring_in(self._missing(papers), found_by_title)
        tracked_now = self._follow(titles=True)  # what those lead to in turn
        self.acquisition.bring_in(self._missing(tracked_now))
        return tracked_now

    def _missing(self, papers: Sequence[TrackedPaper]) -> list[ArxivRecord]:
        """What to fetch, up to the limit; in a sync, versions of the user's own files, too."""
        if self.request.refresh:
            named = {paper.arxiv_id for paper in papers}
            own = {paper for paper, _ in self.library.record.held_pdfs()}
            more = sorted(one for one in own - named if one in self.tracker.facts)
            papers = [*papers, *(TrackedPaper(one, 0, "a file of yours") for one in more)]
        return self.limited(self.missing.of(papers))

    def _let_go(self, papers: Sequence[TrackedPaper]) -> None:
        """Step 7: remove what a run fetched and nothing asks for any longer."""
        wanted = {paper.arxiv_id for paper in papers}
        files = self.library.catalog.files()
        ours = {file.sha256 for file in files.values() if file.sha256}
        others = {
            paper
            for (paper, _), sha256 in self.library.record.held_pdfs().items()
            if sha256 not in ours
        }
        for arxiv_id in sorted({file.arxiv_id for file in files.values()} - wanted - others):
            record = self.tracker.facts.get(arxiv_id)
            if self.writer.retire(arxiv_id, "nothing asks for it any longer"):
                title = record.title if record else ""
                self.report.unfollowed.append(PaperLine(arxiv_id, 0, title))
            for name in self.library.catalog.forget_files(arxiv_id):
                path = self.parts.folder / name
                for file in (path, path.with_suffix(".html")):
                    with suppress(OSError):
                        file.unlink()


class _Plan(_Steps):
    """The steps of a plan."""

    def __init__(self, parts: Parts, request: Request, report: SyncReport) -> None:
        super().__init__(parts, request, report)
        self.references: dict[str, list[Reference]] = {}
        self.planned: dict[str, ArxivRecord] = {}

    def go(self) -> None:
        """All steps, in order."""
        self.tracker.make_wishes()
        known: list[TrackedPaper] | None = None
        while (papers := self._tracked()) != known:
            known = papers
            ids = (paper.arxiv_id for paper in papers)
            self.tracker.look_up(one for one in ids if one not in self.tracker.facts)
            leading = [paper for paper in papers if paper.depth > 0]
            self._read(self.missing.of(leading))
            for paper in leading:
                self._resolve(paper.arxiv_id)
        rest = self.limited(self.missing.of(papers))
        self.planned.update((record.arxiv_id, record) for record in rest)
        reasons = {paper.arxiv_id: paper.reason for paper in papers}
        self.report.planned = [
            PaperLine(one, record.version, record.title, reasons.get(one, ""))
            for one, record in self.planned.items()
        ]
        for arxiv_id, references in self.references.items():
            self.report_references(arxiv_id, references)

    def _tracked(self) -> list[TrackedPaper]:
        asked = {paper.bare for paper in self.request.asked}
        excluded = self.library.catalog.excluded() - asked
        return tracked_papers(self.tracker.wishes(), self._cited, excluded)

    def _cited(self, arxiv_id: str) -> list[str]:
        found = [reference.arxiv_id for reference in self.references.get(arxiv_id, ())]
        return [one for one in found if one] or self.library.bibliography.cited(arxiv_id)

    def _read(self, records: list[ArxivRecord]) -> None:
        """The references of papers that aren't in the library, from their PDFs."""
        self.planned.update((record.arxiv_id, record) for record in records)
        ids = [ArxivId(record.arxiv_id, record.version) for record in records]
        self.missing.tried.update(ids)
        if self.report.unreachable or not ids:
            return
        names = {one.file_name: one.bare for one in ids}
        failures: list[tuple[str, str]] = []

        def done(paper: ArxivId, failure: str) -> None:
            if failure:
                failures.append((paper.bare, failure))

        catalog, parts = self.library.catalog, self.parts
        fetching = Fetching(parts.arxiv, catalog, parts.folder, ids, done=done)
        for result in read_files(fetching, parts.limits):
            bare = names[result.path.name]
            if result.document is None:
                failures.append((bare, result.detail))
            else:
                self.references[bare] = list(result.document.references)
        for bare, failure in failures:
            record = self.planned.pop(bare)
            self.report.failed.append(PaperLine(bare, record.version, record.title, failure))
        if fetching.error is not None:
            self.report.unreachable = str(fetching.error)
            self.report.hint = fetching.error.hint

    def _resolve(self, arxiv_id: str) -> None:
        known = self.references.get(arxiv_id)
        if known is None:
            known = self.library.bibliography.references(arxiv_id)
        record = self.tracker.facts.get(arxiv_id)
        version = ArxivId(arxiv_id, record.version if record else None)
        self.references[arxiv_id] = self.resolve(version, known)
