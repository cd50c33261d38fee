"""Which paper of the library a cited work is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fmqa.sources.arxiv_ids import parse_doi
from fmqa.sync.matching import authors_agree, title_score, title_words
from fmqa.types import ArxivRecord, PaperMeta, Reference


class WorkFinder:
    """The papers of a library, found by what drafts say of works.

    Args:
        papers: of the library.
        facts: what arXiv says of them, by arXiv id.
    """

    def __init__(self, papers: Iterable[PaperMeta], facts: Mapping[str, ArxivRecord]) -> None:
        self.papers = {paper.paper_id: paper for paper in papers}
        self._by_arxiv = {p.arxiv_id: p for p in self.papers.values() if p.arxiv_id}
        self._by_doi = {
            record.doi.lower(): self._by_arxiv[arxiv_id]
            for arxiv_id, record in facts.items()
            if record.doi and arxiv_id in self._by_arxiv
        }
        self._words = {key: set(title_words(paper.title)) for key, paper in self.papers.items()}

    def find(self, work: Reference) -> PaperMeta | None:
        """The paper by arXiv id, DOI or title; None when the library hasn't it, or several fit."""
        arxiv_id = work.arxiv_id
        if work.doi and arxiv_id is None and (found := parse_doi(work.doi)):
            arxiv_id = found.bare
        if arxiv_id in self._by_arxiv:
            return self._by_arxiv[arxiv_id]
        if work.doi and work.doi.lower() in self._by_doi:
            return self._by_doi[work.doi.lower()]
        return self._by_title(work) if work.title else None

    def _by_title(self, work: Reference) -> PaperMeta | None:
        words = set(title_words(work.title))
        found = []
        for key, paper in self.papers.items():
            if 2 * len(words & self._words[key]) < min(len(words), len(self._words[key])):
                continue  # the exact comparison takes its time
            score, whole = title_score(work.title, paper.title)
            agree = authors_agree(work, paper.authors)
            if score and agree is not False and (whole or agree):
                found.append((score, paper))
        best = max((score for score, _ in found), default=0.0)
        fitting = [paper for score, paper in found if score == best]
        return fitting[0] if len(fitting) == 1 else None


def how_to_fetch(work: Reference) -> str:
    """What brings a work into the library."""
    if work.arxiv_id:
        return f"fmqa ingest {work.arxiv_id}"
    where = f" (doi:{work.doi})" if work.doi else ""
    return f"get its PDF{where} and run fmqa ingest FILE"


def shown(key: str, work: Reference | None) -> str:
    """What to call a work."""
    title = (work.title or work.text[:80]) if work else ""
    return f"{key} ({title})" if title and title != key else key
