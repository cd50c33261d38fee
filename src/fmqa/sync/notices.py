"""Withdrawals, retractions and corrections: what arXiv, publishers and papers' own pages say.

Crossref is asked in a sync about each paper whose DOI is known, once a week. Its answers are kept,
so that papers stay marked without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta

from fmqa.errors import SourceRefused, SourceUnreachable
from fmqa.reading.bibliography.ids import find_doi
from fmqa.sources.arxiv_ids import parse_doi
from fmqa.sources.crossref import ArticleNotices, CrossrefClient
from fmqa.store.mappers import PaperRow
from fmqa.store.writer import RecordWriter
from fmqa.sync.ingestor import OWN_PAGES
from fmqa.sync.matching import title_score
from fmqa.sync.run_types import PaperLine, Parts, SyncReport
from fmqa.types import ArxivRecord, PaperMeta, PaperStatus, Source

_CROSSREF = "crossref"
_ASKING = "Asking Crossref about retractions"
_ASKED_AGAIN = timedelta(days=7)
_NOTHING = ArticleNotices("", False, "")


class NoticeStep:
    """Marks the papers of a library in one run.

    Args:
        facts: what arXiv says of papers, by id.
    """

    def __init__(
        self,
        parts: Parts,
        writer: RecordWriter,
        report: SyncReport,
        facts: Mapping[str, ArxivRecord],
    ) -> None:
        self.parts = parts
        self.writer = writer
        self.report = report
        self.facts = facts
        self.library = parts.ingestor.library

    def ask(self, crossref: CrossrefClient) -> None:
        """Ask about the papers that weren't asked about for a week; the run goes on without it."""
        catalog = self.library.catalog
        dois = sorted({doi for _, doi, _ in self._dois(self.library.record.papers())})
        waiting = [doi for doi in dois if catalog.answer(_CROSSREF, doi, _ASKED_AGAIN) is None]
        for done, doi in enumerate(waiting):
            self.parts.step(_ASKING, done, len(waiting))
            try:
                found = crossref.notices(doi)
            except SourceUnreachable as error:
                left = len(waiting) - done
                self.parts.notify(f"{error} {left} papers weren't asked about for retractions.")
                break
            except SourceRefused as error:
                self.parts.notify(f"The DOI {doi} is left out: {error}")
                continue
            catalog.put_answer(_CROSSREF, doi, asdict(found or _NOTHING))
        if waiting:
            self.parts.step(_ASKING, len(waiting), len(waiting))

    def mark(self) -> None:
        """Mark what is withdrawn, retracted or corrected, and what isn't any longer."""
        rows = self.library.record.papers()
        said = self._said(rows)
        for row in rows:
            paper, meta = row.meta.paper_id, row.meta
            arxiv, crossref = self.facts.get(paper), said.get(paper, _NOTHING)
            if arxiv is None and paper not in said:
                continue
            gone = arxiv if arxiv is not None and arxiv.withdrawn else None
            withdrawn = gone is not None or crossref.retracted
            notice = "; ".join(filter(None, (gone.comment if gone else "", crossref.words)))
            if not notice and meta.notice == OWN_PAGES:
                continue
            if notice == meta.notice and withdrawn is (row.status is PaperStatus.WITHDRAWN):
                continue
            changed = self.writer.set_withdrawn(paper, withdrawn, notice)
            line = PaperLine(paper, meta.version, meta.title, notice)
            if changed:
                (self.report.withdrawn if withdrawn else self.report.restored).append(line)
            elif notice and not withdrawn:
                self.report.corrected.append(line)

    def _said(self, rows: Iterable[PaperRow]) -> dict[str, ArticleNotices]:
        """Crossref's answers that are kept, by paper."""
        found: dict[str, ArticleNotices] = {}
        for meta, doi, sure in self._dois(rows):
            answer = self.library.catalog.answer(_CROSSREF, doi)
            if answer is None:
                continue
            notices = ArticleNotices(**answer)
            # A DOI on page 1 may be that of a paper that it cites.
            if sure or title_score(meta.title, notices.title)[0]:
                found[meta.paper_id] = notices
        return found

    def _dois(self, rows: Iterable[PaperRow]) -> Iterator[tuple[PaperMeta, str, bool]]:
        """The papers whose DOI is known, with it, and whether it is surely theirs."""
        items = self.library.items.by_paper()
        for row in rows:
            meta, sure = row.meta, True
            record, item = self.facts.get(meta.paper_id), items.get(meta.paper_id)
            doi = (record.doi if record else "") or (item.doi if item else "")
            if not doi and meta.arxiv_id is None and row.source is Source.PDF:
                doi, sure = self._printed(meta), False
            if doi and parse_doi(doi) is None:  # arXiv's own DOIs aren't Crossref's
                yield meta, doi.lower(), sure

    def _printed(self, meta: PaperMeta) -> str:
        held = self.library.versions.active(meta.paper_id)
        page = self.library.versions.page(held.id, 1) if held else None
        return (find_doi(page.text) or "") if page else ""
