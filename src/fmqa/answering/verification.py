"""Whether a quote carries a sentence.

The default verifier uses rules and one closeness measure, and needs no language model: a small
one is no judge (asked to tell support from contradiction on SciFact, 1.5 billion parameters reach
an AUC of 0.52). A claim is carried by a quote when

1. each of its numbers stands in the quote, as the same kind (share or count), beside what it
   counts in the quote;
2. each model, data set, modality or metric that it names stands in the quote, or is the name of
   the cited paper;
3. nothing that it affirms is negated there, or the other way round, and no comparison is turned;
4. none of its words is lent by the question, that is, stands there and not in the quote: a small
   model likes to answer in the question's words whatever the quote says;
5. most of its words stand there, or enough of them do and the meanings are close (cosine).

Where the named quote fails, the others are tried, and the claim is re-attributed to the first that
carries it. `docs/design.md` says how the thresholds were chosen.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from fmqa.answering.claims import (
    compared,
    content_stems,
    counters,
    leading_name,
    named_things,
    negated_stems,
    numbers,
    opposite,
    same_number,
    stem,
)
from fmqa.retrieval.expansion import expand_names, normal_name, title_lead
from fmqa.types import PaperMeta, Quote

# Share of a claim's content stems that must stand in the quote, alone or with a close meaning.
COVERAGE_ALONE = 0.80
COVERAGE_CLOSE = 0.60
CLOSE = 0.70
# Two stems are of one word when they begin with as many letters, and as much of the longer one.
_ROOT, _SHARED = 5, 0.65

_NAME_IN_TITLE = re.compile(r"[A-Za-z][A-Z]|[a-z][A-Z0-9]|[A-Z][0-9]")

Closeness = Callable[[str, str], float]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``quote`` is the index of the quote that carries the claim; None when none does."""

    quote: int | None
    reason: str = ""

    @property
    def supported(self) -> bool:
        """Whether some quote carries the claim."""
        return self.quote is not None


class Verifier(Protocol):
    """Decides whether one of the quotes carries a claim."""

    def verify(
        self, claim: str, quotes: Sequence[Quote], named: int | None = None, question: str = ""
    ) -> Verdict:
        """The verdict.

        Args:
            claim: a sentence.
            quotes: those that it may rest on.
            named: index of the quote that it names.
            question: what it answers.
        """
        ...


class RuleVerifier:
    """The default verifier, see the module's text.

    Args:
        closeness: cosine of two sentences' embeddings, in [-1, 1].
    """

    def __init__(self, closeness: Closeness) -> None:
        self.closeness = closeness

    def verify(
        self, claim: str, quotes: Sequence[Quote], named: int | None = None, question: str = ""
    ) -> Verdict:
        """See `Verifier`. The named quote is tried first; its reason is the one given."""
        order = list(range(len(quotes)))
        if named is not None:
            order.sort(key=lambda index: index != named)
        first_reason = ""
        for index in order:
            reason = self.objection(claim, quotes[index], question)
            if reason is None:
                return Verdict(index)
            first_reason = first_reason or reason
        return Verdict(None, first_reason or "there is no quote")

    def objection(self, claim: str, quote: Quote, question: str = "") -> str | None:
        """Why the quote doesn't carry the claim, in words; None when it does."""
        text = quote.text
        own = paper_words(quote.passage.paper)
        return (
            _wrong_number(claim, text)
            or _wrong_name(claim, text, own)
            or _wrong_polarity(claim, text)
            or _lent_word(claim, text, own, question)
            or self._too_far(claim, text, own)
        )

    def _too_far(self, claim: str, text: str, own: frozenset[str]) -> str | None:
        said = [s for s in dict.fromkeys(content_stems(claim)) if normal_name(s) not in own]
        if not said:
            return None
        there = set(content_stems(text))
        covered = sum(_stands(one, there) for one in said) / len(said)
        if covered >= COVERAGE_ALONE:
            return None
        if covered >= COVERAGE_CLOSE and self.closeness(claim, text) >= CLOSE:
            return None
        missing = next(one for one in said if not _stands(one, there))
        return f"“{missing}…” and other words are not in the cited quote"


def _lent_word(claim: str, text: str, own: frozenset[str], question: str) -> str | None:
    there = set(content_stems(text))
    asked = set(content_stems(question))
    for one in content_stems(claim):
        if one in asked and not _stands(one, there) and normal_name(one) not in own:
            return f"“{one}…” is the question's word and not in the cited quote"
    return None


def paper_words(paper: PaperMeta) -> frozenset[str]:
    """The names that a sentence on this paper may use though the quote says "we" or "our model"."""
    # A title's words begin with capitals; only what has one inside is a name there.
    names = (word for word in paper.title.split() if _NAME_IN_TITLE.search(word))
    title_names = {normal_name(word.strip(":,()")) for word in names}
    lead = title_lead(paper.title) if ":" in paper.title else ""
    own = {normal_name(word) for word in f"{paper.name} {lead}".split()}
    return frozenset({*own, *title_names, normal_name(paper.name)} - {""})


def _stands(one: str, there: set[str]) -> bool:
    if one in there:
        return True
    for other in there:
        shared = max(_ROOT, math.ceil(_SHARED * max(len(one), len(other))))
        if len(one) >= shared and other[:shared] == one[:shared]:
            return True
    return False


def _wrong_number(claim: str, quote: str) -> str | None:
    there = numbers(quote)
    stems = set(content_stems(quote))
    for number in numbers(claim):
        equal = [other for other in there if same_number(number, other)]
        if not equal:
            return f"number {number.text} is not in the cited quote"
        counted = next((one for one in number.after if one in stems), None)
        if not counted:
            continue
        # Only the word right behind a number is sure to be what it counts.
        own = counted == number.after[0] and any(
            owner.start == number.start for owner in counters(counted, claim)
        )
        owners = counters(counted, quote) if own else []
        near = any(counted in other.around for other in equal)
        if not (any(same_number(number, owner) for owner in owners) if owners else near):
            return f"number {number.text} does not belong to “{counted}…” in the cited quote"
    return None


def _wrong_name(claim: str, quote: str, own: frozenset[str]) -> str | None:
    there = expand_names(
        quote, set(named_things(f"x {quote}")) | {normal_name(word) for word in quote.split()}
    )
    for name, shown in named_things(claim).items():
        if name not in there and name not in own and not _is_number(shown):
            return f"{shown} is not in the cited quote"
    lead = leading_name(claim)
    known = lead is None or {normal_name(lead)} & {*there, *own}
    if lead and not known and not _stands(stem(lead), set(content_stems(quote))):
        return f"{lead} is not in the cited quote"
    return None


def _is_number(token: str) -> bool:
    return token[0].isdigit() and not any(c.isalpha() for c in token.rstrip("KMBTkx%"))


def _wrong_polarity(claim: str, quote: str) -> str | None:
    claimed, quoted = set(content_stems(claim)), set(content_stems(quote))
    denied, denied_there = negated_stems(claim), negated_stems(quote)
    if denied and not denied_there:
        return "the cited quote does not deny this"
    turned = (denied & quoted) - denied_there or (denied_there & claimed) - denied
    if turned and not denied & denied_there:
        return f"the cited quote says the opposite of “{sorted(turned)[0]}…”"
    turned_word = opposite(claim, quote)
    if turned_word:
        return f"“{turned_word}…” is turned round against the cited quote"
    said, there = compared(claim), compared(quote)
    if said and there and said != there and (said[0] == there[1] or said[1] == there[0]):
        return "the comparison is turned round against the cited quote"
    return None
