"""What is said where the papers don't answer: a reason that is true, by its code."""

from __future__ import annotations

from fmqa.answering.analysis import QueryAnalysis, Refusal
from fmqa.answering.evidence import Evidence

_REASONS = {
    Refusal.ADVICE: "It asks for personal advice, which papers about models can't give.",
    Refusal.ATTACHED_FILE: "It speaks of an image or a file, and only papers' text is read here.",
    Refusal.NOTHING_FOUND: "No passage of the papers has a sentence that could be quoted.",
    Refusal.NOT_ANSWERED: "None of the sentences nearest to the question seems to answer it.",
    Refusal.UNSUPPORTED: "No sentence could be written that the papers' words carry.",
}
_UNKNOWN = "No paper of the library mentions {names}."
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
