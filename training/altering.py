"""Unfaithful sentences made of faithful ones by one exact change, to train the checker on.

Two numbers or two names exchanged, a "not" put in or taken out, a word of direction turned. What is
made so is unfaithful whatever the quote says, where the sentence followed from it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from fmqa.answering.claims import named_things
from fmqa.answering.numbers import numbers

_TURNED = """higher lower|increase decrease|increases decreases|increased decreased|more fewer|
more less|better worse|best worst|before after|with without|above below|largest smallest|
larger smaller|longer shorter|improves worsens|improved worsened|gain loss|rises falls|
faster slower|early late|stronger weaker|first last|always never|outperforms underperforms|
exceeds trails|training test|source target|teacher student|encoder decoder|internal external|
supervised unsupervised|sensitivity specificity|precision recall|global local|
positive negative|upper lower"""
_PAIRS = [line.split() for line in _TURNED.replace("\n", "").split("|")]
_OPPOSITE = {a: b for one, other in reversed(_PAIRS) for a, b in ((one, other), (other, one))}
_WORD = re.compile(r"[A-Za-z]+")
_AFFIRMED = re.compile(r"\b(is|are|was|were|can|could|does|did|has|have|may|might)\b(?! not\b)")
_DENIED = re.compile(r"\b(is|are|was|were|can|could|does|did|has|have|may|might) not\b|\bcannot\b")


def exchanged_numbers(text: str, chance: random.Random) -> tuple[str, str] | None:
    """Two figures in each other's place."""
    found = [one for one in numbers(text) if text[one.start].isdigit()]
    pairs = [(a, b) for a in found for b in found if a.end <= b.start and a.value != b.value]
    if not pairs:
        return None
    one, other = chance.choice(pairs)
    return _exchanged(text, (one.start, one.end), (other.start, other.end)), "number"


def exchanged_names(text: str, chance: random.Random) -> tuple[str, str] | None:
    """Two names in each other's place, unless they are only listed."""
    spans = [
        (at.start(), at.end())
        for name in named_things(f"x {text}").values()
        if len(at_all := list(re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))) == 1
        for at in at_all
    ]
    pairs = [
        (a, b)
        for a in spans
        for b in spans
        if a[1] <= b[0] and len(re.findall(r"[a-z]{2,}", text[a[1] : b[0]])) > 1
        and not text[a[0]].isdigit() and not text[b[0]].isdigit()
    ]  # fmt: skip
    if not pairs:
        return None
    one, other = chance.choice(pairs)
    return _exchanged(text, one, other), "role"


def denied(text: str, chance: random.Random) -> tuple[str, str] | None:
    """A "not" taken out, else one put in."""
    if found := _DENIED.search(text):
        kept = "can" if found.group() == "cannot" else found[1]
        return text[: found.start()] + kept + text[found.end() :], "negation"
    places = list(_AFFIRMED.finditer(text))
    if not places:
        return None
    at = chance.choice(places).end()
    return f"{text[:at]} not{text[at:]}", "negation"


def turned(text: str, chance: random.Random) -> tuple[str, str] | None:
    """A word for its opposite."""
    places = [word for word in _WORD.finditer(text) if word.group() in _OPPOSITE]
    if not places:
        return None
    word = chance.choice(places)
    return text[: word.start()] + _OPPOSITE[word.group()] + text[word.end() :], "direction"


CHANGES: tuple[Callable[[str, random.Random], tuple[str, str] | None], ...] = (
    exchanged_numbers, exchanged_names, denied, turned,
)  # fmt: skip


def altered(text: str, chance: random.Random, most: int = 2) -> list[tuple[str, str]]:
    """Up to so many changed sentences, each with its fault."""
    changes = chance.sample(CHANGES, len(CHANGES))
    made = [found for change in changes if (found := change(text, chance)) and found[0] != text]
    return made[:most]


def _exchanged(text: str, one: tuple[int, int], other: tuple[int, int]) -> str:
    return (
        text[: one[0]] + text[slice(*other)] + text[one[1] : other[0]] + text[slice(*one)]
        + text[other[1] :]
    )  # fmt: skip
