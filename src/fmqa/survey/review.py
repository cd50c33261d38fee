"""The review that the survey is measured against: what it cites, and what came after it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fmqa.store.library import Library
from fmqa.types import ArxivRecord, PaperMeta

_ID = re.compile(r"(\d\d)(\d\d)\.\d{4,5}")


@dataclass(frozen=True, slots=True)
class Review:
    """A review as this library knows it.

    ``published`` is ISO 8601, as far as it is known: a day, a month or nothing. ``cited`` holds ids
    of papers of this library; it is empty where the review's own PDF isn't held.
    """

    paper_id: str
    title: str
    published: str
    cited: frozenset[str]

    def precedes(self, published: str) -> bool:
        """Whether something of that date came after the review, for sure."""
        digits = min(len(published), len(self.published))
        return digits >= 4 and published[:digits] > self.published[:digits]


@dataclass(frozen=True, slots=True)
class Standing:
    """The papers of a library on both sides of a review, and the date of each."""

    review: Review
    published: Mapping[str, str]
    since: frozenset[str]


def published(meta: PaperMeta, facts: Mapping[str, ArxivRecord]) -> str:
    """When a paper came out: arXiv's day, else the month of its arXiv id, else its year."""
    record = facts.get(meta.arxiv_id or "")
    if record is not None and record.published:
        return record.published[:10]
    numbered = _ID.fullmatch(meta.arxiv_id or "")
    if numbered:
        return f"20{numbered[1]}-{numbered[2]}"
    return str(meta.year or "")


def standing(library: Library, review_id: str) -> Standing:
    """What a library's papers are to a review.

    Args:
        library: it needn't hold the review itself, whose date its id says.
        review_id: its arXiv id.
    """
    metas = {row.meta.paper_id: row.meta for row in library.record.papers()}
    facts = library.catalog.facts()
    own = metas.get(review_id) or PaperMeta(review_id, 0, review_id, arxiv_id=review_id)
    by_arxiv = {meta.arxiv_id: paper for paper, meta in metas.items() if meta.arxiv_id}
    cited = {by_arxiv[one] for one in library.bibliography.cited(review_id) if one in by_arxiv}
    cited |= {to for citing, to in library.bibliography.links() if citing == review_id}
    review = Review(review_id, own.title, published(own, facts), frozenset(cited - {review_id}))
    dates = {paper: published(meta, facts) for paper, meta in metas.items()}
    since = {paper for paper, date in dates.items() if review.precedes(date)}
    return Standing(review, dates, frozenset(since - {review_id}))
