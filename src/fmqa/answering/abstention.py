"""When to say that the papers don't answer.

A question is answered only when some quote is close to it, the quotes hold most of its rare
words, and every name in it is known. The thresholds are chosen on written questions, answerable
and not, by `benchmarks/answers.py`, which prints the risk and coverage that follow.
"""

from __future__ import annotations

from fmqa.answering.evidence import Evidence

LEAST_CLOSENESS = 0.35
LEAST_COVERAGE = 0.45


def reason_to_abstain(evidence: Evidence) -> str:
    """Why the evidence is too little, in words; empty when it will do."""
    if not evidence.quotes:
        return "No sentence of the papers comes near the question."
    if evidence.unknown:
        names = ", ".join(evidence.unknown)
        return f"The papers that were found don't mention {names}."
    if evidence.closeness < LEAST_CLOSENESS:
        return "No sentence of the papers is close enough to the question."
    if evidence.coverage < LEAST_COVERAGE:
        return "The nearest sentences of the papers lack most of what the question asks about."
    return ""
