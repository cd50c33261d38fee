"""Whether a claim's numbers are the quote's, and of the same things there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fmqa.answering.claims import (
    METRICS,
    Number,
    content_stems,
    counters,
    numbers,
    same_number,
    stem,
    without_citations,
)
from fmqa.answering.verifying.lexicon import COUNTED, MODALITY_OF
from fmqa.answering.verifying.parsed import stands
from fmqa.store.lexical import STOP_WORDS

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_TIE = re.compile(r"\s*(?:\([^()]*\)\s*)?(on|for|in|with|at|of)\s+(?:the\s+)?([\w-]+)")
# What stands behind these isn't counted; `_other_tie` looks at it.
_LEADS_ON = re.compile(r"[\s),]*(?:in|on|for|with|by|during|under|when|while|after|before)\b")
_MEASURE_WITHIN = 40  # characters between a number and the metric that it is a value of
_METRIC_STEMS = frozenset(stem(word) for word in METRICS)


@dataclass(frozen=True, slots=True)
class _Figures:
    """A text's numbers, with its stems."""

    text: str
    found: list[Number]
    stems: frozenset[str]

    @classmethod
    def of(cls, text: str) -> _Figures:
        plain = without_citations(text)
        return cls(plain, numbers(text), frozenset(content_stems(text)))


def wrong_number(claim: str, quote: str) -> str | None:
    """The first of a claim's numbers that the quote doesn't have, or has of something else."""
    mine, there = _Figures.of(claim), _Figures.of(quote)
    for number in mine.found:
        equal = [other for other in there.found if same_number(number, other)]
        if not equal:
            return f"number {number.text} is not in the cited quote"
        if 1 < sum(same_number(number, other) for other in mine.found) > len(equal):
            return f"number {number.text} stands there fewer times"
        reason = (
            _counts_another(number, mine, there)
            or _not_beside(number, equal, mine, there)
            or _other_measure(number, equal, mine, there)
            or _other_tie(number, equal, mine, there)
        )
        if reason:
            return f"number {number.text} {reason}"
    return None


def _counts_another(number: Number, mine: _Figures, there: _Figures) -> str | None:
    """What the number counts stands nowhere in the quote."""
    behind = re.split(r"[.,;:()]", mine.text[number.end : number.end + 60])[0]
    for word in _WORD.findall(behind)[:3]:
        one = stem(word)
        if word.lower() in STOP_WORDS:
            break
        counted = one in COUNTED and one not in MODALITY_OF
        if counted and not stands(one, there.stems) and word.lower() not in there.text.lower():
            return f"counts “{word}”, which the cited quote doesn't name"
    return None


def _not_beside(number: Number, equal: list[Number], mine: _Figures, there: _Figures) -> str | None:
    """What stands behind the number has another number in the quote."""
    counted = next((one for one in number.after if one in there.stems), None)
    if not counted or _LEADS_ON.match(mine.text, number.end):
        return None
    # Only the word right behind a number is sure to be what it counts.
    own = counted == number.after[0] and any(
        owner.start == number.start for owner in counters(counted, mine.text)
    )
    owners = counters(counted, there.text) if own else []
    near = any(counted in other.around for other in equal)
    if any(same_number(number, owner) for owner in owners) if owners else near:
        return None
    return f"does not belong to “{counted}…” in the cited quote"


def _other_measure(
    number: Number, equal: list[Number], mine: _Figures, there: _Figures
) -> str | None:
    """The number is a value of another metric than in the quote, which has both."""
    said = _measure(number, mine)
    if said is None or said not in there.stems:
        return None
    values = {other.start: _measure(other, there) for other in there.found}
    true = [values[other.start] for other in equal]
    if all(one is None or one == said for one in true) or said in true:
        return None
    elsewhere = any(value == said for value in values.values())
    return f"is no value of “{said}” in the cited quote" if elsewhere else None


def _measure(number: Number, figures: _Figures) -> str | None:
    """The metric that is nearest to a number, its stem; the one before it where both are."""
    best: tuple[int, str] | None = None
    for match in _WORD.finditer(figures.text):
        one = stem(match.group())
        if one not in _METRIC_STEMS:
            continue
        apart = (
            number.start - match.end()
            if match.end() <= number.start
            else (match.start() - number.end)
        )
        between = figures.text[min(match.end(), number.end) : max(match.start(), number.start)]
        if (
            apart <= _MEASURE_WITHIN
            and not re.search(r"[;,]|\d", between)
            and (best is None or apart < best[0])
        ):
            best = apart, one
    return best[1] if best else None


def _other_tie(number: Number, equal: list[Number], mine: _Figures, there: _Figures) -> str | None:
    """ "0.78 on A and 0.75 on B": the number is tied by the same word to another thing."""
    said = _TIE.match(mine.text, number.end)
    if said is None:
        return None
    ties = {other.start: tie for other in there.found if (tie := _TIE.match(there.text, other.end))}
    own = [ties[other.start] for other in equal if other.start in ties]
    if len(own) < len(equal):
        return None
    thing = stem(said[2])
    if any(stem(tie[2]) == thing for tie in own):
        return None
    for start, tie in ties.items():
        if stem(tie[2]) == thing and start not in {other.start for other in equal}:
            return f"is not that “{said[1]} {said[2]}” in the cited quote"
    return None
