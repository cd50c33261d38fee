"""Which paper of the library a work is that a draft cites or a reference manager keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fmqa.sources.arxiv_ids import parse_doi
from fmqa.sync.matching import authors_agree, title_score, title_words
from fmqa.types import ArxivRecord, PaperMeta, Reference


class WorkFinder:
    """The papers of a library, found by what is said of works.

    Args:
        papers: of the library.
        facts: what arXiv says of them, by arXiv id.
    """

    def __init__(self, papers: Iterable[PaperMeta], facts: Mapping[str, ArxivRecord]) -> None:
        self.papers: dict[str, PaperMeta] = {}
        self._by_arxiv: dict[str, PaperMeta] = {}
        self._by_doi: dict[str, PaperMeta] = {}
        self._words: dict[str, set[str]] = {}
        for paper in papers:
            record = facts.get(paper.arxiv_id or "")
            self.put(paper, record.doi if record else None)

    def put(self, paper: PaperMeta, doi: str | None = None) -> None:
        """Take in one paper more."""
        self.papers[paper.paper_id] = paper
        self._words[paper.paper_id] = set(title_words(paper.title))
        if paper.arxiv_id:
            self._by_arxiv[paper.arxiv_id] = paper
        if doi:
            self._by_doi[doi.lower()] = paper

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
