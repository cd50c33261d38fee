"""Whether a claim exchanges who does what: the sides of a comparison, the ends of a change.

A comparison has a side that is said to be more (or less) and a side behind "than", "over",
"outperforms" and the like; a passive puts them the other way round. A claim is turned when its
sides stand in the quote in each other's place and in no comparison of the quote in their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from fmqa.answering.verifying.lexicon import opposed
from fmqa.answering.verifying.parsed import Parsed, Word, alike

_BEATS = ("outperform", "surpass", "exceed", "beat", "underperform", "dominat", "overtak")
_BE = frozenset("is are was were be been being".split())
_STOPS = frozenset(
    """on in for with at when while by across to from as even if and but because during under over
    using after before without where that which""".split()
)
_BEHIND = {"than": "more", "superior": "more", "inferior": "more", "versus": "more",
           "against": "more", "over": "more"}  # fmt: skip
_CHOICE = {("rather", "than"), ("instead", "of"), ("but", "not")}
_LONGEST_SIDE = 5


@dataclass(frozen=True, slots=True)
class Sides:
    """The two sides of a comparison of one family, as stems."""

    family: str
    one: frozenset[str]
    other: frozenset[str]


def turned_comparison(claim: Parsed, quote: Parsed) -> str | None:
    """A comparison, choice or change of the claim that the quote makes the other way round."""
    there = comparisons(quote)
    for said in comparisons(claim):
        same = [c for c in there if c.family == said.family]
        if any(_meets(said, c) for c in same):
            continue
        if any(_meets(Sides(said.family, said.other, said.one), c) for c in same):
            return "the comparison is turned round against the cited quote"
    return None


def exchanged_roles(claim: Parsed, quote: Parsed) -> str | None:
    """A subject of the claim that has, in the quote, another clause's predicate.

    Both the subject and what is said of it stand in the quote, in different clauses, and each with
    a partner of its own there.
    """
    there = predications(quote)
    if len(there) < 2:
        return None
    for subject, said in predications(claim):
        with_subject = [p for p in there if subject & p[0] and not subject & p[1]]
        with_said = [p for p in there if said & p[1]]
        if not with_subject or not with_said:
            continue
        here = max(len(subject & (p[0] | p[1])) for p in with_said)
        elsewhere = max(len(subject & p[0]) for p in with_subject)
        if here < elsewhere:
            return "what is said of one thing is said of another in the cited quote"
    return None


def comparisons(parsed: Parsed) -> list[Sides]:
    """The comparisons that a sentence makes."""
    found: list[Sides] = []
    words = parsed.words
    for at, word in enumerate(words):
        follows = words[at + 1].text if at + 1 < len(words) else ""
        if word.stem.startswith(_BEATS):
            passive = follows == "by" and any(w.text in _BE for w in words[max(0, at - 3) : at])
            sides = _before(words, at), _behind(words, at + 1 + passive)
            found += _made("more", *(reversed(sides) if passive else sides))
        elif (word.text, follows) in _CHOICE:
            found += _made("choice", _before(words, at, near=True), _behind(words, at + 2))
        elif word.text in _BEHIND:
            start = at + 1 + (follows == "to")
            found += _made(_BEHIND[word.text], _before(words, at), _behind(words, start))
        elif word.text == "compared":
            found += _made("more", _before(words, at), _behind(words, at + 2))
        elif word.text == "from":
            end = next((i for i in range(at + 1, min(at + 6, len(words)))
                        if words[i].text == "to"), None)  # fmt: skip
            if end is not None:
                one = frozenset(w.stem for w in words[at + 1 : end] if w.telling)
                found += _made("change", one, _behind(words, end + 1, 2))
    return found


def predications(parsed: Parsed) -> list[tuple[frozenset[str], frozenset[str]]]:
    """For each clause with a form of "to be": the stems before it, and the two behind it."""
    found = []
    for at, word in enumerate(parsed.words):
        if word.text not in _BE:
            continue
        before = [w.stem for w in parsed.words[:at] if w.clause == word.clause and w.telling]
        behind = [w.stem for w in parsed.words[at + 1 :] if w.clause == word.clause and w.telling]
        if before and behind:
            found.append((frozenset(before[-3:]), frozenset(behind[:1])))
    return found


def _made(family: str, one: frozenset[str], other: frozenset[str]) -> list[Sides]:
    both = one & other
    return [Sides(family, one - both, other - both)] if one - both and other - both else []


def _before(words: list[Word], at: int, *, near: bool = False) -> frozenset[str]:
    """The telling words before a place, back to the clause's beginning."""
    clause = words[at].clause
    side = [w.stem for w in words[:at] if w.telling and w.clause == clause]
    return frozenset(side[-3:] if near else side)


def _behind(words: list[Word], start: int, most: int = _LONGEST_SIDE) -> frozenset[str]:
    """The telling words from a place on, up to the phrase's end."""
    side: list[str] = []
    if start >= len(words):
        return frozenset()
    clause = words[start].clause
    for word in words[start:]:
        stop = word.clause != clause or (word.text in _STOPS and side)
        if stop or len(side) == most:
            break
        if word.telling and word.text not in _STOPS:
            side.append(word.stem)
    return frozenset(side)


def _meets(said: Sides, there: Sides) -> bool:
    """Whether the sides stand as they do there, and not just as well the other way round."""
    straight = _common(said.one, there.one) + _common(said.other, there.other)
    crossed = _common(said.one, there.other) + _common(said.other, there.one)
    return straight > crossed


def _common(one: frozenset[str], other: frozenset[str]) -> float:
    if not one:
        return 0.0
    return sum(any(alike(a, b) and not opposed(a, b) for b in other) for a in one) / len(one)
