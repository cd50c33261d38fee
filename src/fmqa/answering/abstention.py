"""When to say that the papers don't answer.

A question is answered when some quote is close to it and the quotes hold its telling words, and
every name in it, every kind of data and every year is known to the papers that it is about. The
thresholds were chosen on the fit half of `corpus/questions.jsonl`; `docs/benchmarks.md` reports the
other half, with the risk at each coverage.
"""

from __future__ import annotations

import re

from fmqa.answering.evidence import Evidence
from fmqa.types import Quote

ASKS_ADVICE = "It asks for personal advice, which papers about models can't give."
ASKS_ABOUT_FILE = "It speaks of an image or a file, and only papers' text is read here."
NOTHING_NEAR = "No sentence of the papers comes near the question."
NOT_CLOSE = "No sentence of the papers is close enough to the question."
NOT_COVERED = "The nearest sentences of the papers lack most of what the question asks about."
LEAST_CLOSENESS = 0.35
COVERAGE_WEIGHT = 0.4
LEAST_SUPPORT = 0.65

_OWN = (
    r"doctors?|child(?:ren)?|son|daughter|baby|mother|father|wife|husband|head|heart|chest|back|"
    r"moles?|tumou?rs?|cancer|scans?|x-?rays?|mri|ct|ultrasound|mammograms?|biops(?:y|ies)|"
    r"symptoms?|results?|report|diagnosis|blood|skin|eyes?|lungs?|pain|medication|patient"
)
_ADVICE = re.compile(
    # Who wants to work with the models may ask what to take.
    r"\b(?:should|can|may|must) i\b(?! (?:\w+ )?(?:use|choose|pick|read|cite|(?:pre-?)?train|"
    r"fine-?tune|adapt|prompt|segment|download|run|evaluate|combine|apply|compare|reproduce)\b)"
    r"|\b(?:is|are|do|does|could|was) (?:my|mine)\b"
    rf"|\bmy (?:own )?(?:{_OWN})\b|\bmy \w+['’]s (?:{_OWN})\b"
    r"|\bi (?:have|had|feel|suffer|am having|was diagnosed)\b|\bdo i have\b|\bi have to live\b"
    r"|\bis this (?:mole|lump|rash|spot|lesion)\b"
    r"|\bwhat dose of\b.*\b(?:take|give)\b",
    re.IGNORECASE,
)
_FILE = r"(?:image|scan|picture|photo|x-?ray|slide|figure|file|ct|mri|mammogram|document|pdf)s?"
_ATTACHED = re.compile(
    rf"\b(?:attached|uploaded|enclosed|this|above|below) (?:\w+ ){{0,2}}{_FILE}\b"
    rf"|\b{_FILE} (?:below|above|attached|here)\b"
    rf"|\b{_FILE} (?:that |which )?i(?:'ve| have)? (?:just )?(?:uploaded|attached|sent|gave)\b"
    rf"|\bhere(?:'s| is| are) (?:my|the|a|an|some|our) (?:\w+ ){{0,2}}{_FILE}\b"
    r"|\bin the attachment\b|\bi(?:'ve| have)? (?:uploaded|attached)\b",
    re.IGNORECASE,
)


def refusal(question: str) -> str:
    """Why a question is none for papers, in words; empty when it may be one."""
    if _ATTACHED.search(question):
        return ASKS_ABOUT_FILE
    if _ADVICE.search(question):
        return ASKS_ADVICE
    return ""


def support(evidence: Evidence) -> float:
    """How well the quotes carry an answer: what the decision and its risk curve go by.

    The best quote's cosine to the question and the weighted share of its telling words that the
    quotes hold; from about 0 to 1.4, and 0 without a quote.
    """
    if not evidence.quotes:
        return 0.0
    return evidence.closeness + COVERAGE_WEIGHT * evidence.coverage


def reason_to_abstain(evidence: Evidence) -> str:
    """Why the evidence is too little, in words; empty when it will do."""
    if not evidence.quotes:
        return NOTHING_NEAR
    if evidence.unknown:
        return f"The nearest papers don't mention {', '.join(evidence.unknown)} there."
    if evidence.missing:
        return f"The nearest papers don't speak of {', '.join(evidence.missing)} there."
    if evidence.closeness < LEAST_CLOSENESS:
        return NOT_CLOSE
    if support(evidence) < LEAST_SUPPORT:
        return NOT_COVERED
    return ""


def nearest(evidence: Evidence) -> Quote | None:
    """The sentence that comes nearest to a question that isn't answered, to show with the refusal.

    None where nothing comes near: a sentence on something else would only mislead.
    """
    if evidence.closeness < LEAST_CLOSENESS:
        return None
    return max(evidence.quotes, key=lambda quote: quote.score, default=None)
