"""What changed since the review: new papers, new solutions, revised figures, contradictions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from fmqa.answering.citing import Numbering
from fmqa.answering.conflicts import Difference, differing_figures
from fmqa.answering.numbers import numbers
from fmqa.answering.quotes import is_quotable, sentences_of
from fmqa.answering.schema import Citation, NamedPaper, WireModel
from fmqa.store.library import Library
from fmqa.store.quoted_facets import Facet, FacetName
from fmqa.survey.contradictions import Contradiction, contradictions
from fmqa.survey.corpus import (
    Facets,
    Standing,
    cited,
    is_paper,
    paper_fields,
    standing,
    with_values,
)
from fmqa.survey.facet_maker import FacetMaker, Step
from fmqa.types import Hit, PaperMeta, PaperStatus, PassageKind, Quote, StoredPassage


def revised_figures(
    now: Iterable[StoredPassage], before: Iterable[StoredPassage]
) -> list[Difference]:
    """The sentences of the replaced versions whose figures another sentence says differently now.

    A sentence that still stands, or stood already, has not changed. Each is compared with the one
    most like it only.

    Args:
        before: those of the versions that it replaced, the oldest first.

    Returns:
        Differences with the new quote as ``one`` and the old as ``other``, in the text's order.
    """
    new, old = _figured(now), _figured(before)
    standing, stood = {_key(quote) for quote in new}, {_key(quote) for quote in old}
    new = [quote for quote in new if _key(quote) not in stood]
    old = [quote for quote in old if _key(quote) not in standing]
    texts = [_key(quote) for quote in old]
    found = []
    for quote in new:
        alike = process.extractOne(_key(quote), texts, scorer=fuzz.token_sort_ratio)
        figures = differing_figures(quote.text, old[alike[2]].text) if alike else None
        if alike and figures:
            found.append(Difference(quote, old[alike[2]], figures))
    return found


def _figured(passages: Iterable[StoredPassage]) -> list[Quote]:
    """The sentences with figures, each once."""
    found: dict[str, Quote] = {}
    for stored in passages:
        if stored.passage.kind is PassageKind.TABLE:
            continue
        for quote in sentences_of(Hit(stored, 0.0)):
            if is_quotable(quote.text) and numbers(quote.text):
                found.setdefault(_key(quote), quote)
    return list(found.values())


def _key(quote: Quote) -> str:
    return " ".join(quote.text.split())


@dataclass(frozen=True, slots=True)
class Proposal:
    """A paper that names a challenge and proposes a solution.

    ``first`` says that no paper before the review brings the two together.
    """

    paper_id: str
    challenge: Facet
    solution: Facet
    first: bool


def proposals(facets: Facets, since: Iterable[str]) -> list[Proposal]:
    """What the new papers propose, those that are first of their kind before others.

    A solution belongs to the challenge that the same sentence names, and otherwise to the paper's
    only challenge; where neither is so, nothing is said.
    """
    new = set(since)
    known = {
        (challenge.value, solution.value)
        for paper, held in facets.items()
        if paper not in new
        for challenge, solution in _challenge_pairs(held)
    }
    found = [
        Proposal(paper, challenge, solution, (challenge.value, solution.value) not in known)
        for paper in sorted(new & facets.keys())
        for challenge, solution in _challenge_pairs(facets[paper])
    ]
    return sorted(found, key=lambda one: (not one.first, one.challenge.value, one.solution.value))


def _challenge_pairs(facets: Sequence[Facet]) -> list[tuple[Facet, Facet]]:
    challenges = [facet for facet in facets if facet.name is FacetName.CHALLENGE and facet.quote]
    solutions = [facet for facet in facets if facet.name is FacetName.SOLUTION and facet.quote]
    only = challenges[0] if len({one.value for one in challenges}) == 1 else None
    found: dict[tuple[str, str], tuple[Facet, Facet]] = {}
    for solution in solutions:
        same = [one for one in challenges if one.span == solution.span]
        for challenge in same or ([only] if only else []):
            found.setdefault((challenge.value, solution.value), (challenge, solution))
    return list(found.values())


_KEY = "since the review, form 3"  # counted up when it is made in another way
_READING = "Comparing figures"
_PER_REVISION = 5  # changed figures shown of one paper; a rewritten one would drown the others
_CONTRADICTIONS = 12
_PROPOSALS = 60
_BATCH = 4000  # passages read at once


class NewPaper(NamedPaper):
    """A paper that came out after the review."""

    published: str
    kind: str
    modality: tuple[str, ...]
    tasks: tuple[str, ...]
    withdrawn: bool


class Revised(WireModel):
    """A figure that a paper's newer version gives otherwise."""

    figures: tuple[str, str]
    """The old and the new one, as written."""
    old: Citation
    new: Citation


class Contradicted(WireModel):
    """A figure that two papers give differently."""

    about: str
    figures: tuple[str, str]
    one: Citation
    other: Citation


class Solved(WireModel):
    """A challenge that a new paper proposes something for, each with its quote."""

    challenge: str
    solution: str
    first: bool
    """Whether no paper before the review brings the two together."""
    named: Citation
    proposed: Citation


class ReviewChanges(WireModel):
    """All of it. ``published`` is the review's date as far as it is known, ISO 8601."""

    review_id: str
    title: str
    published: str
    cited: int
    """Papers of this library that the review cites; 0 where its PDF isn't held."""
    papers: tuple[NewPaper, ...]
    revised: tuple[Revised, ...]
    contradicted: tuple[Contradicted, ...]
    solved: tuple[Solved, ...] = ()


def review_changes(maker: FacetMaker) -> ReviewChanges:
    """What changed since the review, kept in the record until what is searched changes."""
    review_id, pdf_url = maker.review, maker.pdf_url

    def make(generation: int) -> ReviewChanges:
        library, numbering = maker.library, Numbering(pdf_url)
        stands = standing(library, review_id)
        rows, facets = library.record.papers(), maker.facets()
        metas = with_values([row.meta for row in rows if is_paper(row.meta)], facets)
        withdrawn = {row.meta.paper_id for row in rows if row.status is PaperStatus.WITHDRAWN}
        stand = [meta for meta in metas if meta.paper_id not in withdrawn]
        against = contradictions(stand, _searched(library, maker.step))[:_CONTRADICTIONS]
        return ReviewChanges(
            review_id=review_id,
            title=stands.review.title,
            published=stands.review.published,
            cited=len(stands.review.cited),
            papers=tuple(_new_papers(metas, stands, withdrawn)),
            revised=tuple(_revised(library, numbering, stands)),
            contradicted=tuple(_contradiction(pair, numbering) for pair in against),
            solved=tuple(_solved(metas, facets, stands.since - withdrawn, pdf_url)),
        )

    return maker.cached(f"{_KEY}, {review_id}, {pdf_url}", ReviewChanges, make)


def _solved(
    metas: Iterable[PaperMeta], facets: Facets, since: frozenset[str], pdf_url: str
) -> Iterable[Solved]:
    by_id = {meta.paper_id: meta for meta in metas}
    for one in proposals(facets, since & by_id.keys())[:_PROPOSALS]:
        meta = by_id[one.paper_id]
        named, proposed = (cited(shown, meta, pdf_url) for shown in (one.challenge, one.solution))
        if named and proposed:
            yield Solved(
                challenge=one.challenge.value,
                solution=one.solution.value,
                first=one.first,
                named=named,
                proposed=proposed,
            )


def _revised(library: Library, numbering: Numbering, stands: Standing) -> Iterable[Revised]:
    """Revisions by arXiv's word after the review; where their date isn't known, all."""
    record, facts = library.record, library.catalog.facts()
    for paper in record.revised():
        fact = facts.get(paper)
        if fact is not None and fact.updated and not stands.review.precedes(fact.updated):
            continue
        found = revised_figures(record.passages_of(paper), record.earlier_passages(paper))
        for difference in found[:_PER_REVISION]:
            new, old = difference.figures
            yield Revised(
                figures=(old, new),
                old=numbering.cite(difference.other)[1],
                new=numbering.cite(difference.one)[1],
            )


def _searched(library: Library, step: Step) -> Iterable[StoredPassage]:
    """All passages that are searched, some at a time."""
    ids = library.record.active_ids()
    for start in range(0, len(ids), _BATCH):
        step(_READING, start, len(ids))
        yield from library.record.passages(ids[start : start + _BATCH]).values()
    step(_READING, len(ids), len(ids))


def _new_papers(
    metas: Iterable[PaperMeta], stands: Standing, withdrawn: set[str]
) -> Iterable[NewPaper]:
    """The newest first."""
    new = [meta for meta in metas if meta.paper_id in stands.since]
    new.sort(key=lambda meta: meta.paper_id)
    new.sort(key=lambda meta: stands.published[meta.paper_id], reverse=True)
    for meta in new:
        yield NewPaper(
            **paper_fields(meta, NewPaper.model_fields),
            published=stands.published[meta.paper_id],
            withdrawn=meta.paper_id in withdrawn,
        )


def _contradiction(pair: Contradiction, numbering: Numbering) -> Contradicted:
    return Contradicted(
        about=pair.one.label,
        figures=(pair.one.number.text, pair.other.number.text),
        one=numbering.cite(pair.one.quote)[1],
        other=numbering.cite(pair.other.quote)[1],
    )
