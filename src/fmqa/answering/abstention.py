"""What is said where the papers don't answer: a reason that is true, by its code."""

from __future__ import annotations

from collections.abc import Sequence

from fmqa.answering.analysis import QueryAnalysis, Refusal
from fmqa.answering.evidence import Evidence
from fmqa.answering.schema import Missing, MissingKind
from fmqa.retrieval.search import nearest_papers
from fmqa.store.record import Record
from fmqa.types import Gap, Hit

_REASONS = {
    Refusal.NO_QUESTION: "That asks nothing. Ask what the papers say.",
    Refusal.ADVICE: "It asks for personal advice, which papers about models can't give.",
    Refusal.ATTACHED_FILE: "It speaks of an image or a file, and only papers' text is read here.",
    Refusal.NOTHING_FOUND: "No passage of the papers has a sentence that could be quoted.",
    Refusal.NOT_ANSWERED: "None of the sentences nearest to the question seems to answer it.",
    Refusal.UNSUPPORTED: "No sentence could be written that the papers' words carry.",
}
_UNKNOWN = "No paper of the library mentions {names}."
_MISSING: dict[MissingKind, str] = {
    "unreadable": "What stands on p. {pages} of “{title}” couldn't be read.",
    "scanned": "What stands on p. {pages} of “{title}” is a scan without text, so it "
    "couldn't be searched.",
    "table": "A table on p. {pages} of “{title}” couldn't be read.",
}
_IN_PASSING = "The papers mention {names} only in passing."


def refusal_of(query: QueryAnalysis, evidence: Evidence, least: float) -> Refusal | None:
    """Why a question isn't answered; None when it is.

    Args:
        query: what it speaks of.
        evidence: what was found.
        least: the probability of an answer below which none is given.
    """
    if query.refusal is not None:
        return query.refusal
    if query.unknown:
        return Refusal.UNKNOWN_NAME
    if evidence.quotes and evidence.answerability >= least:
        return None
    if query.in_passing:
        return Refusal.NAMED_IN_PASSING
    return Refusal.NOT_ANSWERED if evidence.quotes else Refusal.NOTHING_FOUND


def reason_of(refusal: Refusal, query: QueryAnalysis) -> str:
    """The reason in English."""
    if refusal is Refusal.UNKNOWN_NAME:
        return _UNKNOWN.format(names=" or ".join(query.unknown))
    if refusal is Refusal.NAMED_IN_PASSING:
        return _IN_PASSING.format(names=" and ".join(query.in_passing))
    return _REASONS[refusal]


def missing_pages(query: QueryAnalysis, hits: Sequence[Hit], record: Record) -> tuple[Missing, ...]:
    """The pages that might have answered a question and couldn't be searched.

    They are those of the papers that the question names, else of the papers nearest to it.
    """
    if query.refusal is not None:
        return ()
    named = [paper for papers in query.papers.values() for paper in papers]
    near = [hit.passage.paper.paper_id for hit in nearest_papers(hits)]
    held = record.gaps(list(dict.fromkeys(named or near)))
    return tuple(one for paper in held for one in missing_in(*paper))


def missing_in(paper_id: str, title: str, gaps: Sequence[Gap]) -> tuple[Missing, ...]:
    """What can't be searched of a paper, by kind."""
    by_kind = {kind: tuple(gap.page for gap in gaps if gap.kind == kind) for kind in _MISSING}
    return tuple(
        Missing(paper_id=paper_id, title=title, pages=pages, kind=kind)
        for kind, pages in by_kind.items()
        if pages
    )


def tell_missing(missing: Missing) -> str:
    """What couldn't be searched, as a sentence."""
    pages = ", ".join(map(str, missing.pages))
    return _MISSING[missing.kind].format(pages=pages, title=missing.title)
