"""What an answer found, cited and stated of what was expected.

This looks at nothing but a labelled question and the published form of an answer (what
``fmqa ask --json`` prints), and shares no code and no list of words with what it grades.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fmqa.evaluation.questions import Question

# Two quotes are the same when a run of letters and digits that both have is this share of the
# shorter one; when one lies in the other, when the shorter one is long, or not much shorter.
_SHARED_RUN = 0.6
_LONG = 40
_NOT_MUCH_SHORTER = 0.5
_WORDS_STATED = 0.5  # of a fact's words

_EMPTY_WORDS = frozenset(
    "a an and are as at be been between both by for from in into is it its no not of on or over "
    "per than that the their them they this to via was were which with".split()
)
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ed", "es", "s")
_SCALES = {"k": 1e3, "m": 1e6, "b": 1e9}
_AMOUNT = re.compile(r"\d+(?:\.\d+)?\s?(?:%|[MBKmbk]\b)?")
_WORD = re.compile(r"[a-z][a-z0-9+-]+")


@dataclass(frozen=True, slots=True)
class Grade:
    """What came of one question.

    Of a question that isn't answerable only ``refused`` says something.

    Args:
        question: what was asked.
        answer: what was said, as `fmqa ask --json` prints it.
        refused: it abstained, or cites nothing.
        found: for each group of quotes wanted, whether one is cited.
        stated: for each expected fact, whether the said sentences state it.
        labelled: for each citation, whether its quote is among the labelled ones.
        seconds: that the answer took.
    """

    question: Question
    answer: Mapping[str, Any]
    refused: bool
    found: tuple[bool, ...] = ()
    stated: tuple[bool, ...] = ()
    labelled: tuple[bool, ...] = ()
    seconds: float | None = None

    @property
    def missed(self) -> bool:
        """Nothing that was wanted is there: no quote (no fact, where no quote is labelled)."""
        if not self.question.answerable:
            return not self.refused
        return not any(self.found or self.stated)

    @property
    def confidence(self) -> float | None:
        """How sure the answer says that it is, where it does."""
        told = self.answer.get("confidence")
        return float(told) if isinstance(told, int | float) else None


def quoted(citation: Mapping[str, Any]) -> str:
    """A citation's quote, with its end on the next page if it has one there."""
    parts = (citation, citation.get("goes_on") or {})
    return " ".join(filter(None, (str(part.get("quote", "")) for part in parts)))


def grade(question: Question, answer: Mapping[str, Any], seconds: float | None = None) -> Grade:
    """Compare an answer with its question's labels."""
    citations = answer.get("citations") or []
    refused = answer.get("status") == "abstained" or not citations
    if not question.answerable:
        return Grade(question, answer, refused, seconds=seconds)
    quotes = [quoted(citation) for citation in citations]
    # A row of a table is cited with its caption and heads, which a label may begin with.
    whole = [f"{one.get('context', '')} {quoted(one)}" for one in citations]
    said = " ".join(
        sentence.get("english") or sentence.get("text", "")
        for sentence in answer.get("sentences") or []
    )
    return Grade(
        question,
        answer,
        refused,
        found=tuple(
            any(same_quote(label, shown) for label in group for shown in quotes + whole)
            for group in question.wanted
        ),
        stated=tuple(any(states(said, one) for one in wordings) for wordings in question.facts),
        labelled=tuple(
            any(same_quote(one.quote, quote) for one in question.evidence) for quote in quotes
        ),
        seconds=seconds,
    )


def same_quote(one: str, other: str) -> bool:
    """Whether two quotes are the same sentence, however each was cut out of its page."""
    first, second = _letters(one), _letters(other)
    if not first or not second:
        return False
    shorter, longer = sorted((len(first), len(second)))
    if first in second or second in first:
        return shorter > _LONG or shorter / longer > _NOT_MUCH_SHORTER
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.find_longest_match().size / shorter >= _SHARED_RUN


def states(text: str, fact: str) -> bool:
    """Whether a text states a fact: all of its numbers, and half of its words."""
    there = _readings(_amounts(text))
    if any(there.isdisjoint(_readings({amount})) for amount in _amounts(fact)):
        return False
    words = _stems(fact)
    return len(words & _stems(text)) >= _WORDS_STATED * len(words)


@lru_cache(maxsize=10_000)
def _letters(text: str) -> str:
    """Letters and digits alone, in small letters."""
    return re.sub(r"[\W_]+", "", text.replace("\ufffe", "")).lower()


def _amounts(text: str) -> set[str]:
    """Numbers as they are written, with what scales them: "1.6m", "28%", "1570263"."""
    plain = text.replace("\u202f", "").replace(",", "")
    for word, letter in (("million", "M"), ("billion", "B"), ("thousand", "K")):
        plain = plain.replace(word, letter)
    return {re.sub(r"\s", "", found).rstrip(".").lower() for found in _AMOUNT.findall(plain)}


def _readings(amounts: set[str]) -> set[str]:
    """The same with each way that they may be written elsewhere."""
    ways = set(amounts)
    for amount in amounts:
        number, scale = amount[:-1], _SCALES.get(amount[-1])
        if scale is not None:
            ways.add(str(round(float(number) * scale)))
        ways.add(amount.rstrip("%"))
    return ways


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in _WORD.findall(text.lower()) if word not in _EMPTY_WORDS}


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if len(word) > len(ending) + 3 and word.endswith(ending):
            return word[: -len(ending)]
    return word
