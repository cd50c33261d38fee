"""Whether quotes carry a sentence.

The default verifier is a floor of rules with one measure of closeness, and needs no language model:
a small one is no judge (asked to tell support from contradiction on SciFact, 1.5 billion parameters
reach an AUC of 0.52). The rules stand in `fmqa.answering.verifying`, each a part that can be
measured alone. A claim is carried by a quote when

1. ``numbers``: each of its numbers stands in the quote, as the same kind (share or count), of what
   it counts or measures there;
2. ``names``: each model, data set, modality or metric that it names stands in the quote, or is the
   name of the cited paper;
3. ``negation``: it denies nothing that the quote doesn't, and affirms nothing that it denies;
4. ``direction``: none of its words is turned into its opposite;
5. ``roles``: the sides of a comparison and what is said of whom aren't exchanged;
6. ``lent``: none of its words is lent by the question, that is, stands there and not in the quote:
   a small model likes to answer in the question's words whatever the quote says;
7. ``wording``: most of its words stand there, or enough of them do and the meanings are close.

Where the named quote fails, the others are tried, and the claim is re-attributed to the first that
carries it. What no quote carries alone is split into the sentences that it is made of
(`verifying.splitting`), each of which is verified by itself; so a comparison may rest on two
quotes. A judge of entailment can be plugged in behind the rules; it can only refuse.

`docs/benchmarks.md` says how the thresholds and the score's weights were fitted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from fmqa.answering.claims import content_stems
from fmqa.answering.verifying.figures import wrong_number
from fmqa.answering.verifying.leaning import lean_alike, lean_apart
from fmqa.answering.verifying.lexicon import MODALITY_NAMES
from fmqa.answering.verifying.naming import (
    paper_words,
    with_same_shorts,
    without_title,
    wrong_kind,
    wrong_name,
)
from fmqa.answering.verifying.parsed import Parsed, stands
from fmqa.answering.verifying.polarity import wrong_direction, wrong_negation
from fmqa.answering.verifying.roles import exchanged_roles, turned_comparison
from fmqa.answering.verifying.splitting import parts_of
from fmqa.retrieval.expansion import normal_name
from fmqa.types import Quote

__all__ = ["PARTS", "EntailmentJudge", "Part", "RuleVerifier", "Verdict", "Verifier", "paper_words"]

# Share of a claim's content stems that must stand in the quote, alone or with a close meaning.
COVERAGE_ALONE = 0.80
COVERAGE_CLOSE = 0.60
CLOSE = 0.70

# Of the score: a logistic over what the parts find, fitted on SciFact train.
BIAS = -2.55
WEIGHTS = MappingProxyType(
    {
        "together": 2.71,
        "closeness": 1.04,
        "negation": -1.23,
        "direction": -2.07,
        "lean alike": 0.27,
        "lean apart": -1.43,
    }
)
_GRADED = 2  # quotes that the score looks at

PARTS = ("numbers", "lent", "names", "negation", "direction", "roles", "wording")
"""The verifier's parts, in the order in which they are asked."""

Closeness = Callable[[str, str], float]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the sentences that a compound claim was split into, and what became of it."""

    text: str
    quote: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a claim.

    ``quote`` is the index of the one quote that carries the whole claim; None when none does.
    ``reason`` says why not. ``score`` is how well the best quote carries it, 0 to 1: comparable
    between claims, for ranking and curves; it decides nothing. ``parts`` is there when no quote
    carries the claim whole and it could be split.
    """

    quote: int | None
    reason: str = ""
    score: float = 0.0
    parts: tuple[Part, ...] = ()

    @property
    def supported(self) -> bool:
        """Whether the quotes carry the claim: one whole, or several each a part.

        Parts that all rest on one quote don't add up to what that quote didn't carry whole.
        """
        return self.quote is not None or (
            len(self.quotes) > 1 and all(part.quote is not None for part in self.parts)
        )

    @property
    def quotes(self) -> tuple[int, ...]:
        """The quotes that carry the claim or what could be kept of it, in the claim's order."""
        if self.quote is not None:
            return (self.quote,)
        return tuple(dict.fromkeys(p.quote for p in self.parts if p.quote is not None))


class Verifier(Protocol):
    """Decides whether quotes carry a claim."""

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


class EntailmentJudge(Protocol):
    """A second opinion on what the rules let pass: a language model, or one trained for it."""

    def entails(self, quote: str, claim: str) -> bool:
        """Whether the claim follows from the quote."""
        ...


class RuleVerifier:
    """The default verifier, see the module's text.

    Args:
        closeness: cosine of two sentences' embeddings, in [-1, 1].
        judge: asked last, of each claim that the rules let pass; None asks nobody.
        parts: which of `PARTS` are in force.
    """

    def __init__(
        self,
        closeness: Closeness,
        judge: EntailmentJudge | None = None,
        parts: Sequence[str] = PARTS,
    ) -> None:
        self.closeness = closeness
        self.judge = judge
        self.parts = frozenset(parts)

    def verify(
        self, claim: str, quotes: Sequence[Quote], named: int | None = None, question: str = ""
    ) -> Verdict:
        """See `Verifier`. The named quote is tried first; its reason is the one given."""
        pairs = [_Pair.of(claim, quote) for quote in quotes]
        score = self._score(pairs)
        index, reason = self._carrier(pairs, named, question)
        if index is not None:
            return Verdict(index, score=score)
        pieces = parts_of(claim)
        if len(pieces) == 1 or not quotes:
            return Verdict(None, reason, score)
        parts = tuple(self._part(piece, quotes, named, question) for piece in pieces)
        if all(part.quote is None for part in parts):
            return Verdict(None, reason, score)
        return Verdict(None, reason, score, parts)

    def _part(self, piece: str, quotes: Sequence[Quote], named: int | None, question: str) -> Part:
        pairs = [_Pair.of(piece, quote) for quote in quotes]
        return Part(piece, *self._carrier(pairs, named, question))

    def _carrier(
        self, pairs: Sequence[_Pair], named: int | None, question: str
    ) -> tuple[int | None, str]:
        """The first quote that carries a sentence, and the first one's reason when none does."""
        order = list(range(len(pairs)))
        if named is not None:
            order.sort(key=lambda index: index != named)
        first_reason = ""
        for index in order:
            reason = self._objection(pairs[index], question)
            if reason is None:
                return index, ""
            first_reason = first_reason or reason
        return None, first_reason or "there is no quote"

    def objection(self, claim: str, quote: Quote, question: str = "") -> str | None:
        """Why the quote doesn't carry the claim, in words; None when it does."""
        return self._objection(_Pair.of(claim, quote), question)

    def _objection(self, pair: _Pair, question: str) -> str | None:
        if pair.same:
            return None
        for part in PARTS:
            if part in self.parts:
                reason = self._asked(part, pair, question)
                if reason is not None:
                    return reason
        if self.judge is not None and not self.judge.entails(*reversed(pair.whole)):
            return "the judge finds that it does not follow from the cited quote"
        return None

    def _asked(self, part: str, pair: _Pair, question: str) -> str | None:
        """One part's objection."""
        asked: dict[str, Callable[[], str | None]] = {
            "numbers": lambda: wrong_number(pair.claim, pair.quote),
            "lent": lambda: _lent_word(pair, question),
            "names": lambda: (
                wrong_name(pair.claim, pair.quote, pair.own)
                or wrong_kind(pair.said, pair.there, pair.own)
            ),
            "negation": lambda: wrong_negation(pair.said, pair.there),
            "direction": lambda: wrong_direction(pair.said, pair.there),
            "roles": lambda: (
                turned_comparison(pair.said, pair.there) or exchanged_roles(pair.said, pair.there)
            ),
            "wording": lambda: self._too_far(pair),
        }
        return asked[part]()

    def _too_far(self, pair: _Pair) -> str | None:
        if not pair.asked and not pair.said.negators and pair.claim != pair.whole[0]:
            return "it says nothing but the paper's title"
        covered = pair.coverage
        if covered >= COVERAGE_ALONE:
            return None
        if covered >= COVERAGE_CLOSE and self.closeness(*pair.whole) >= CLOSE:
            return None
        return f"“{pair.missing[0]}…” and other words are not in the cited quote"

    def features(self, claim: str, quotes: Sequence[Quote]) -> dict[str, float]:
        """What the score of a claim against quotes is made of, by the names of `WEIGHTS`."""
        return self._features([_Pair.of(claim, quote) for quote in quotes])

    def _features(self, pairs: Sequence[_Pair]) -> dict[str, float]:
        # Those that hold most of the claim's words; of two alike, the one that says less besides.
        likely = sorted(pairs, key=lambda p: (-round(p.coverage, 2), len(p.there.content)))
        first, likely = likely[0], likely[:_GRADED]
        missing = set(first.missing).intersection(*(pair.missing for pair in pairs))
        flags = {
            "negation": [self._asked("negation", pair, "") is not None for pair in likely],
            "direction": [self._asked("direction", pair, "") is not None for pair in likely],
            "lean alike": [lean_alike(pair.said, pair.there) for pair in likely],
            "lean apart": [lean_apart(pair.said, pair.there) for pair in likely],
        }
        return {
            "together": 1 - len(missing) / first.asked if first.asked else 1.0,
            "closeness": self.closeness(*first.whole),
            **{name: sum(held) / len(held) for name, held in flags.items()},
        }

    def _score(self, pairs: Sequence[_Pair]) -> float:
        return graded(self._features(pairs)) if pairs else 0.0


def graded(features: Mapping[str, float]) -> float:
    """The logistic of the weighted features."""
    total = BIAS + sum(WEIGHTS[name] * value for name, value in features.items())
    return 1.0 / (1.0 + math.exp(-total))


@dataclass(frozen=True, slots=True)
class _Pair:
    """A claim and a quote, each with the other's abbreviations, and read; ``whole`` as they are."""

    whole: tuple[str, str]
    claim: str
    quote: str
    said: Parsed
    there: Parsed
    own: frozenset[str]
    coverage: float
    missing: tuple[str, ...]
    asked: int

    @classmethod
    def of(cls, claim: str, quote: Quote) -> _Pair:
        own = paper_words(quote.passage.paper) - MODALITY_NAMES
        text = with_same_shorts(quote.text, claim)
        whole = claim, quote.text
        claim = with_same_shorts(without_title(claim, quote.passage.paper), quote.text)
        said, there = Parsed(claim), Parsed(text)
        asked = [one for one in said.content if normal_name(one) not in own]
        held = frozenset(there.content)
        missing = tuple(one for one in asked if not stands(one, held))
        coverage = 1 - len(missing) / len(asked) if asked else 1.0
        return cls(whole, claim, text, said, there, own, coverage, missing, len(asked))

    @property
    def same(self) -> bool:
        """Whether the claim is the quote, word for word."""
        claim, quote = self.whole
        return claim.split() == quote.split()


def _lent_word(pair: _Pair, question: str) -> str | None:
    asked = set(content_stems(question))
    there = set(pair.there.content)
    for one in content_stems(pair.claim):
        if one in asked and not stands(one, there) and normal_name(one) not in pair.own:
            return f"“{one}…” is the question's word and not in the cited quote"
    return None
