"""When to say that the papers don't answer.

A question is answered when some quote is close to it and the quotes hold its telling words, and
every name in it is known to the papers that it is about. The thresholds were chosen on the half of
`benchmarks/questions.jsonl` marked `fit`; `benchmarks/answers.py` reports the other half.
"""

from __future__ import annotations

import re

from fmqa.answering.evidence import Evidence

ASKS_ADVICE = "It asks for personal advice, which papers about models can't give."
ASKS_ABOUT_FILE = "It speaks of an image or a file, and only papers' text is read here."
NOTHING_NEAR = "No sentence of the papers comes near the question."
NOT_CLOSE = "No sentence of the papers is close enough to the question."
NOT_COVERED = "The nearest sentences of the papers lack most of what the question asks about."
LEAST_CLOSENESS = 0.35
COVERAGE_WEIGHT = 0.4
LEAST_SUPPORT = 0.64

_ADVICE = re.compile(
    r"\b(?:should|can|may|must) i\b|\b(?:is|are|do|does|could|was) (?:my|mine)\b|"
    r"\bmy (?:doctor|child|mother|father|wife|husband|head|mole|tumou?r|scan|x-?ray|symptom)",
    re.IGNORECASE,
)
_ATTACHED = re.compile(
    r"\b(?:attached|uploaded|enclosed|this|above|below) (?:\w+ ){0,2}"
    r"(?:image|scan|picture|photo|x-?ray|slide|figure|file)\b",
    re.IGNORECASE,
)


def refusal(question: str) -> str:
    """Why a question is none for papers, in words; empty when it may be one."""
    if _ADVICE.search(question):
        return ASKS_ADVICE
    if _ATTACHED.search(question):
        return ASKS_ABOUT_FILE
    return ""


def reason_to_abstain(evidence: Evidence) -> str:
    """Why the evidence is too little, in words; empty when it will do."""
    if not evidence.quotes:
        return NOTHING_NEAR
    if evidence.unknown:
        names = ", ".join(evidence.unknown)
        return f"The nearest papers don't mention {names} there."
    if evidence.closeness < LEAST_CLOSENESS:
        return NOT_CLOSE
    if evidence.closeness + COVERAGE_WEIGHT * evidence.coverage < LEAST_SUPPORT:
        return NOT_COVERED
    return ""
