"""The papers as the survey counts them, and the review that they are set against.

A value that the user set comes first, then what is known of a paper without reading it (a note's
front matter was looked up), then what was read in it. A value that isn't from the text is shown by
the quote of the same value where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fmqa.answering.citing import Numbering
from fmqa.answering.schema import Citation, NamedPaper
from fmqa.store.library import Library
from fmqa.store.quoted_facets import Facet, FacetName, Origin
from fmqa.types import (
    ArxivRecord,
    PaperMeta,
    PaperStatus,
    Passage,
    PassageKind,
    Quote,
    StoredPassage,
)

_TOPIC = "topic:"
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


def is_paper(meta: PaperMeta) -> bool:
    """Whether it is a paper and not a note on a topic."""
    return not meta.paper_id.startswith(_TOPIC)


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


Facets = Mapping[str, Sequence[Facet]]


def paper_fields(meta: PaperMeta, names: Iterable[str] = NamedPaper.model_fields) -> dict[str, Any]:
    """What is known of a paper under these names, to make a `NamedPaper` or more from."""
    return {name: getattr(meta, name) for name in names if hasattr(meta, name)}


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a paper, and the facet that shows it; None where only its metadata say it."""

    value: str
    facet: Facet | None


def values(meta: PaperMeta, facets: Sequence[Facet], name: FacetName) -> list[Value]:
    """The values that a paper has of a facet, each once."""
    found = [facet for facet in facets if facet.name is name]
    known = _known(meta, name)
    if known and not any(facet.origin is Origin.USER for facet in found):
        shown = {facet.value.casefold(): facet for facet in reversed(found)}
        return [Value(value, shown.get(value.casefold())) for value in dict.fromkeys(known)]
    return list({facet.value: Value(facet.value, facet) for facet in reversed(found)}.values())


def _known(meta: PaperMeta, name: FacetName) -> tuple[str, ...]:
    if name is FacetName.KIND:
        return (meta.kind,) if meta.kind else ()
    if name is FacetName.MODALITY:
        return meta.modality
    return meta.tasks if name is FacetName.TASK else ()


def with_values(metas: Iterable[PaperMeta], facets: Facets) -> list[PaperMeta]:
    """The papers with kind, modality and tasks as the survey counts them."""
    counted = []
    for meta in metas:
        held = facets.get(meta.paper_id, ())
        kinds, modalities, tasks = (
            tuple(one.value for one in values(meta, held, name))
            for name in (FacetName.KIND, FacetName.MODALITY, FacetName.TASK)
        )
        counted.append(replace(meta, kind=next(iter(kinds), ""), modality=modalities, tasks=tasks))
    return counted


def place_of(named: str, version: int | None, source: str, page: int | None) -> str:
    """Where a quote stands: paper, version, page."""
    where = "our note" if source == "note" else f"page {page}"
    return f"{named}{f'v{version}' if version else ''}, {where}"


def cited(facet: Facet, meta: PaperMeta, pdf_url: str) -> Citation | None:
    """The citation of a facet's quote; None for a value that has none."""
    if not facet.quote:
        return None
    paper = replace(meta, version=facet.version)
    passage = Passage(0, "", PassageKind.BODY, facet.quote, (facet.span,))
    stored = StoredPassage(0, paper, facet.source, PaperStatus.CURRENT, passage)
    return Numbering(pdf_url).cite(Quote(facet.quote, facet.span, stored))[1]
