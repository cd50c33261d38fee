"""Figures that differ: between the versions of one paper, and between papers.

Two sentences say different figures of one thing when most of their words are shared, both count the
same (the word behind the number, or the measure before it), and no number of the one is a number of
the other for that. Rounding is no difference ("over 1.5 million" and 1,570,263).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fmqa.answering.claims import METRICS, content_stems, named_things, stem, without_citations
from fmqa.answering.numbers import Number, gives, numbers, same_number
from fmqa.answering.quotes import sentences_of
from fmqa.types import Hit, Quote, Source, StoredPassage

Earlier = Callable[[str], Sequence[StoredPassage]]
"""The passages of a paper's other versions, by the paper's id."""

_SHARED = 0.6  # of the shorter sentence's words, for two versions of one sentence
_SHARED_BY_PAPERS = 0.5
_LEAST_WORDS = 4
_EXACT_DIGITS = 4
_YEARS = 1900, 2100
# "3T" is a field strength.
_SCALED = re.compile(r"\d[- ]?(?:[KkMB]|[a-z]+llion|thousand|%|per ?cent)$")
_NEXT_WORD = re.compile(r"\s+([a-z][\w-]+)")
_METRIC_STEMS = frozenset(map(stem, METRICS))


@dataclass(frozen=True, slots=True)
class Difference:
    """Two quotes with different figures for one thing, and the figures as written."""

    one: Quote
    other: Quote
    figures: tuple[str, str]


def differing_figures(one: str, other: str, shared: float = _SHARED) -> tuple[str, str] | None:
    """The figures that two sentences give for the same thing, where they aren't the same."""
    words, words_too = set(content_stems(one)), set(content_stems(other))
    fewer = min(len(words), len(words_too))
    if fewer < _LEAST_WORDS or len(words & words_too) < shared * fewer:
        return None
    here, there = numbers(one), numbers(other)
    for mine in here:
        rivals = [theirs for theirs in there if _same_object(mine, theirs)]
        if not rivals or any(_agree(mine, theirs) for theirs in there):
            continue
        # Where the other's figure stands here too, both are said of the thing.
        new = [theirs for theirs in rivals if not any(_agree(known, theirs) for known in here)]
        if new:
            return mine.text, new[0].text
    return None


def _same_object(one: Number, other: Number) -> bool:
    if one.percent != other.percent:
        return False
    measures, measures_too = one.around & _METRIC_STEMS, other.around & _METRIC_STEMS
    if measures or measures_too:
        return bool(measures & measures_too)
    return bool(set(one.after[:2]) & set(other.after[:2]))


def _agree(one: Number, other: Number) -> bool:
    return same_number(one, other) or same_number(other, one)


def between_papers(quotes: Sequence[Quote]) -> list[Difference]:
    """The pairs of quotes, of whatever papers, that give different figures for one thing."""
    found = []
    for place, one in enumerate(quotes):
        for other in quotes[place + 1 :]:
            figures = differing_figures(one.text, other.text, _SHARED_BY_PAPERS)
            if figures is not None and _same_subject(one, other):
                found.append(Difference(one, other, figures))
    return found


def _same_subject(one: Quote, other: Quote) -> bool:
    """Whether the sentences share a name; two papers' own results are no contradiction."""
    mine, theirs = _subjects(one.text), _subjects(other.text)
    return bool(mine) and mine == theirs


def _subjects(text: str) -> set[str]:
    """The names in a text, without figures ("143K") and metrics."""
    names = named_things(f"x {text}").keys() - METRICS
    return {name for name in names if not name[0].isdigit()}


def unsaid_figures(question: str, texts: Iterable[str], *, counted: bool = False) -> list[str]:
    """The figures that a question gives for its own, and that no text gives.

    They are those with four digits and more, no years, and others with a scale or a sign of per
    cent, unless these only bound what is asked after ("over 1 million"). A figure with a scale
    comes with what it counts ("1.3 million slides").

    Args:
        question: or a figure as it was returned.
        texts: what papers say.
        counted: whether only texts count that speak of what the figure counts.
    """
    said = [(frozenset(content_stems(text)), numbers(text)) for text in texts]
    return [
        _shown(asked, question)
        for asked in numbers(question)
        if _is_exact(asked)
        and not any(
            gives(number, asked)
            for words, there in said
            if not counted or words.issuperset(asked.after)
            for number in there
        )
    ]


def _shown(asked: Number, question: str) -> str:
    """A figure as it is written, one with a scale with the word behind it."""
    behind = _NEXT_WORD.match(without_citations(question)[asked.end :])
    scaled = not asked.percent and _SCALED.search(asked.text)
    return f"{asked.text} {behind[1]}" if scaled and behind and asked.after else asked.text


def _is_exact(asked: Number) -> bool:
    if _YEARS[0] <= asked.value <= _YEARS[1]:
        return False
    digits = "".join(filter(str.isdigit, asked.text))
    if asked.approximate and len(digits.strip("0")) < _EXACT_DIGITS:
        return False
    return len(digits) >= _EXACT_DIGITS or bool(_SCALED.search(asked.text))


def from_earlier_versions(quotes: Iterable[Quote], earlier: Earlier) -> list[Difference]:
    """For each quote the sentence of another version of its paper that gives another figure.

    Of several versions, the first that differs counts.

    Args:
        quotes: what the answer says.
        earlier: the passages of a paper's other versions, the oldest first.
    """
    held: dict[str, list[Quote]] = {}
    found = []
    for quote in quotes:
        if quote.passage.source is not Source.PDF or not numbers(quote.text):
            continue
        paper = quote.passage.paper.paper_id
        if paper not in held:
            held[paper] = [old for passage in earlier(paper) for old in _numbered(passage)]
        for old in held[paper]:
            figures = differing_figures(quote.text, old.text)
            if figures is not None:
                found.append(Difference(quote, old, figures))
                break
    return found


def _numbered(passage: StoredPassage) -> list[Quote]:
    return [quote for quote in sentences_of(Hit(passage, 0.0)) if numbers(quote.text)]
