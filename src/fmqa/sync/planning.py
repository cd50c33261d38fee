"""`fmqa ingest --dry-run`: what a run would fetch, with nothing brought into the library.

To know what a paper cites, it has to be read: papers whose references are followed are fetched.
What is looked up for the plan is kept, so that the run itself needn't ask again.
"""

from __future__ import annotations

from fmqa.reading.pool import read_files
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sync.acquisition import Needs
from fmqa.sync.fetching import Fetching
from fmqa.sync.following import Followed, followed
from fmqa.sync.inquiry import Inquiry
from fmqa.sync.report import PaperLine, SyncReport, Unresolved
from fmqa.sync.request import Parts, Request
from fmqa.sync.resolution import Resolver, methods
from fmqa.types import ArxivRecord, Reference


def plan(parts: Parts, request: Request) -> SyncReport:
    """What `synchronize` would fetch, in the report's ``planned``."""
    report = SyncReport(request.kind)
    _Plan(parts, request, report).make()
    return report


class _Plan:
    """The steps of a plan, over what they share."""

    def __init__(self, parts: Parts, request: Request, report: SyncReport) -> None:
        self.parts = parts
        self.report = report
        self.library = parts.ingestor.library
        self.inquiry = Inquiry(parts, request, report)
        self.needs = Needs(self.inquiry)
        self.limit = request.limit
        self.references: dict[str, list[Reference]] = {}
        self.planned: dict[str, ArxivRecord] = {}
        self.resolver = Resolver(
            self.library.catalog, parts.arxiv, parts.scholar, notify=parts.notify
        )

    def make(self) -> None:
        """All steps, in order."""
        self.inquiry.make_wishes()
        papers: list[Followed] = []
        while True:
            known, papers = papers, self._followed()
            if papers == known:
                break
            ids = (paper.arxiv_id for paper in papers)
            self.inquiry.look_up(one for one in ids if one not in self.inquiry.facts)
            leading = [paper for paper in papers if paper.depth > 0]
            self._read(self.needs.missing(leading))
            self._resolve(leading)
        self._finish(papers)

    def _followed(self) -> list[Followed]:
        asked = {paper.bare for paper in self.inquiry.request.asked}
        excluded = self.library.catalog.excluded() - asked
        return followed(self.inquiry.wishes(), self._cited, excluded)

    def _cited(self, arxiv_id: str) -> list[str]:
        found = [reference.arxiv_id for reference in self.references.get(arxiv_id, ())]
        return [one for one in found if one] or self.library.bibliography.cited(arxiv_id)

    def _read(self, records: list[ArxivRecord]) -> None:
        """The references of papers that aren't in the library, from their PDFs."""
        self.planned.update((record.arxiv_id, record) for record in records)
        ids = [ArxivId(record.arxiv_id, record.version) for record in records]
        self.needs.tried.update(ids)
        if self.report.unreachable or not ids:
            return
        names = {one.file_name: one.bare for one in ids}
        failures: list[tuple[str, str]] = []

        def told(paper: ArxivId, failure: str) -> None:
            if failure:
                failures.append((paper.bare, failure))

        catalog, parts = self.library.catalog, self.parts
        fetching = Fetching(parts.arxiv, catalog, parts.folder, ids, told=told)
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

    def _resolve(self, papers: list[Followed]) -> None:
        if self.report.unreachable:
            self.resolver.arxiv = self.resolver.scholar = None
        for paper in papers:
            known = self.references.get(paper.arxiv_id)
            if known is None:
                known = self.library.bibliography.references(paper.arxiv_id)
            record = self.inquiry.facts.get(paper.arxiv_id)
            version = ArxivId(paper.arxiv_id, record.version if record else None)
            self.references[paper.arxiv_id] = self.resolver.resolve(version, known)
            if self.resolver.unreachable is not None:
                self.inquiry.give_up(self.resolver.unreachable)

    def _finish(self, papers: list[Followed]) -> None:
        rest = self.needs.missing(papers)
        if self.limit is not None:
            self.report.left = max(0, len(rest) - self.limit)
            rest = rest[: self.limit]
        self.planned.update((record.arxiv_id, record) for record in rest)
        reasons = {paper.arxiv_id: paper.reason for paper in papers}
        self.report.planned = [
            PaperLine(one, record.version, record.title, reasons.get(one, ""))
            for one, record in self.planned.items()
        ]
        for arxiv_id, references in self.references.items():
            self.report.cited += len(references)
            for method, count in methods(references).items():
                self.report.resolved[method] = self.report.resolved.get(method, 0) + count
            self.report.unresolved += [
                Unresolved(arxiv_id, reference.number, reference.text)
                for reference in references
                if not reference.arxiv_id
            ]
