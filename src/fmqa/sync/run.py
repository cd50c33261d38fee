"""From seeds to a corpus, and keeping it current: one run of `fmqa ingest` or `fmqa sync`.

A run holds the writer's lock. What it learns is committed at once, step by step, so that a killed
run is gone on with by the next one, without asking again for what was committed:

1. wishes: what seeds.toml and the user name, and what the saved queries find;
2. facts: what arXiv says of each paper that is followed;
3. the papers whose references are followed: fetched, read, and their references resolved by what is
   printed and by Semantic Scholar, until no new paper comes up;
4. withdrawals;
5. all other papers, fetched while others are read and embedded, and after the known ones those that
   only a title search finds;
6. in a sync, papers that nothing asks for any longer are let go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from fmqa.errors import FmqaError
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.store.writer import RecordWriter
from fmqa.sync.acquisition import Acquisition, Needs
from fmqa.sync.following import Followed, followed
from fmqa.sync.inquiry import Inquiry
from fmqa.sync.report import PaperLine, SyncReport, Unresolved
from fmqa.sync.request import Parts, Request
from fmqa.sync.resolution import Resolver, methods
from fmqa.types import ArxivRecord

_RESOLVING = "Looking up titles"


def synchronize(parts: Parts, request: Request) -> SyncReport:
    """Do one run. That a service can't be reached ends it early, which the report says.

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
            library.catalog.end_run(writer.run, state, report.counts(), report.in_words())
    return report


class _Run:
    """The steps of one run, over what they share."""

    def __init__(
        self, parts: Parts, request: Request, report: SyncReport, writer: RecordWriter
    ) -> None:
        self.parts = parts
        self.request = request
        self.report = report
        self.writer = writer
        self.library = parts.ingestor.library
        self.room = request.limit
        self.inquiry = Inquiry(parts, request, report)
        self.needs = Needs(self.inquiry)
        self.acquisition = Acquisition(self.needs, writer)
        self.resolver = Resolver(
            self.library.catalog, parts.arxiv, parts.scholar, notify=parts.notify
        )

    def go(self) -> None:
        """All steps, in order."""
        self.inquiry.make_wishes()
        papers = self._follow(titles=False)
        self._mark_withdrawn()
        papers = self._bring_in_the_rest(papers)
        self._tell_references(papers)
        if self.request.kind == "sync" and not self.report.unreachable:
            self._let_go(papers)

    def _followed(self) -> list[Followed]:
        catalog, bibliography = self.library.catalog, self.library.bibliography
        return followed(self.inquiry.wishes(), bibliography.cited, catalog.excluded())

    def _follow(self, *, titles: bool) -> list[Followed]:
        """Steps 2 and 3; returns all papers that are followed, as far as they are known."""
        known: list[Followed] | None = None
        while (papers := self._followed()) != known:
            known = papers
            self._look_up(papers)
            leading = [paper for paper in papers if paper.depth > 0]
            self.acquisition.bring_in(self.needs.missing(leading))
            self._resolve(leading, titles=titles)
        return papers

    def _look_up(self, papers: Sequence[Followed]) -> None:
        ids = [paper.arxiv_id for paper in papers]
        if self.request.kind == "sync":
            self.inquiry.look_up([*ids, *self.library.record.arxiv_ids()])
            return
        files = self.library.catalog.files()
        self.inquiry.look_up(
            one
            for one in ids
            if one not in self.inquiry.facts and (self.request.retry or (one, 0) not in files)
        )

    def _resolve(self, papers: Sequence[Followed], *, titles: bool) -> None:
        """Find the arXiv ids of these papers' references, by title searches only if so wished."""
        if self.report.unreachable:
            self.resolver.arxiv = self.resolver.scholar = None
        for paper in papers:
            references = self.library.bibliography.references(paper.arxiv_id)
            if not references:
                continue
            version = self._active_version(paper.arxiv_id)
            resolved = self.resolver.resolve(
                ArxivId(paper.arxiv_id, version),
                references,
                lambda done, total: self.parts.step(_RESOLVING, done, total),
                titles=titles,
            )
            if resolved != references:
                self.library.bibliography.resolve(paper.arxiv_id, resolved)
            if self.resolver.unreachable is not None:
                self.inquiry.give_up(self.resolver.unreachable)
            if titles and not self.report.unreachable:  # what is found later would pass for new
                cited = self.library.bibliography.cited(paper.arxiv_id)
                self.library.catalog.note_citations(paper.arxiv_id, cited, self.writer.run)

    def _active_version(self, paper_id: str) -> int | None:
        versions = self.library.record.versions(paper_id)
        return next((version for version, _, active in versions if active), None)

    def _mark_withdrawn(self) -> None:
        """Step 4: what arXiv says is withdrawn, and what isn't any longer."""
        held = {row.meta.paper_id: row.meta for row in self.library.record.papers()}
        for arxiv_id, record in self.inquiry.facts.items():
            meta = held.get(arxiv_id)
            if meta is None:
                continue
            if self.writer.set_withdrawn(arxiv_id, record.withdrawn, record.comment):
                line = PaperLine(arxiv_id, meta.version, meta.title, record.comment)
                told = self.report.withdrawn if record.withdrawn else self.report.restored
                told.append(line)

    def _bring_in_the_rest(self, papers: Sequence[Followed]) -> list[Followed]:
        """Step 5: titles are searched for while what is known already is read and embedded.

        Returns:
            All papers that are followed.
        """

        def found_by_title() -> list[ArxivRecord]:
            self._resolve([paper for paper in papers if paper.depth > 0], titles=True)
            more = self._followed()
            self._look_up(more)
            return self._missing(more)

        self.acquisition.bring_in(self._missing(papers), found_by_title)
        followed_now = self._follow(titles=True)  # what those lead to in turn
        self.acquisition.bring_in(self._missing(followed_now))
        return followed_now

    def _missing(self, papers: Sequence[Followed]) -> list[ArxivRecord]:
        """What to fetch, up to the limit; in a sync, versions of the user's own files, too."""
        if self.request.kind == "sync":
            named = {paper.arxiv_id for paper in papers}
            own = {paper for paper, _ in self.library.record.held_pdfs()}
            more = sorted(one for one in own - named if one in self.inquiry.facts)
            papers = [*papers, *(Followed(one, 0, "a file of yours") for one in more)]
        missing = self.needs.missing(papers)
        if self.room is None:
            return missing
        self.report.left = max(0, len(missing) - self.room)
        missing = missing[: self.room]
        self.room -= len(missing)
        return missing

    def _tell_references(self, papers: Sequence[Followed]) -> None:
        """What became of the references of the papers that they are followed of."""
        counts: Counter[str] = Counter()
        for paper in papers:
            if paper.depth == 0:
                continue
            references = self.library.bibliography.references(paper.arxiv_id)
            self.report.cited += len(references)
            counts.update(methods(references))
            self.report.unresolved += [
                Unresolved(paper.arxiv_id, reference.number, reference.text)
                for reference in references
                if not reference.arxiv_id
            ]
        self.report.resolved = dict(counts)

    def _let_go(self, papers: Sequence[Followed]) -> None:
        """Step 6: what arXiv was asked for once, and nothing asks for any longer."""
        wanted = {paper.arxiv_id for paper in papers}
        files = self.library.catalog.files()
        ours = {file.sha256 for file in files.values() if file.sha256}
        others = {
            paper
            for (paper, _), sha256 in self.library.record.held_pdfs().items()
            if sha256 not in ours
        }
        for arxiv_id in sorted({file.arxiv_id for file in files.values()} - wanted - others):
            record = self.inquiry.facts.get(arxiv_id)
            if self.writer.retire(arxiv_id, "nothing asks for it any longer"):
                title = record.title if record else ""
                self.report.unfollowed.append(PaperLine(arxiv_id, 0, title))
            for name in self.library.catalog.forget_files(arxiv_id):
                with suppress(OSError):
                    (self.parts.folder / name).unlink()
