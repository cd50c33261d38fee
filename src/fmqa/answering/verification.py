"""Whether quotes carry a sentence: what needs no model by rule, the rest by a learned checker.

A sentence that is the quote passes. A number that the quote hasn't in any form never does, nor does
a sentence that was cut off. Everything else is a probability: a logistic regression over the
checker's log-odds and what the exact rules found (`training.calibrate_checker` fits it). Where no
quote carries a compound sentence whole, each of its parts is checked by itself, so that a
comparison may rest on two quotes and a half-true sentence loses the other half.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from fmqa.answering.claims import as_said, missing_names, own_names, shared_words
from fmqa.answering.entailment import Claim, EntailmentChecker
from fmqa.answering.evidence import Logistic
from fmqa.answering.numbers import missing_numbers
from fmqa.types import Quote
from fmqa.weights import TRAINED

CHECKER_CALIBRATION = TRAINED / "checker.json"

_HEDGES = re.compile(
    r"\b(?:may|might|could|can|suggests?|suggesting|seems?|appears?|likely|possibly|potentially|"
    r"preliminary|some|most|often|usually|typically|partly|up to)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:not|no|never|neither|nor|cannot|without|nothing|none|nobody|unable|unrelated"
    r"|avoid\w*|fail\w*|lack\w*)\b|n['’]t\b",
    re.IGNORECASE,
)
_ENDED = re.compile(r"[.!?。！？][\"'”’»)\]}*]*$")
_UNENDED = re.compile(r"(?:\b(?:the|a|an|of|and|or|with|to|by|in|for|than)|[,(–-])$", re.IGNORECASE)
# A compound sentence is cut where both sides have a verb.
_CUT = re.compile(r";\s+|,?\s+(?:while|whereas|but|and)\s+(?=[\w-])")
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|does|did|needs?|uses?|reach(?:es|ed)?|achieves?d?|"
    r"trained|outperforms?|covers?|holds?|contains?|requires?|performs?|shows?|takes?|keeps?|"
    r"improves?|reduces?|adds?|learns?|gives?|works?|fails?|scores?|exceeds?|beats?)\b"
)
_SUBJECT = re.compile(
    r"^(?P<subject>(?:The |A |An )?[A-Z][\w-]*(?: [A-Z0-9][\w-]*){0,2}) (?=[a-z])"
)
_SHORTEST_PART = 4  # words
_ENOUGH = 0.45  # of a sentence's words
MOST_TOGETHER = 4
"""Quotes that are read as one where none of them carries a claim alone."""


class Objection(StrEnum):
    """What speaks against a sentence."""

    NUMBER = "number"
    NAME = "name"
    HEDGE = "hedge"
    NEGATION = "negation"
    NOT_CARRIED = "not_carried"
    CUT_OFF = "cut_off"
    NO_QUOTE = "no_quote"


_REASONS = {
    Objection.NUMBER: "number {detail} is not in the cited quote",
    Objection.NAME: "{detail} is not in the cited quote",
    Objection.HEDGE: "the cited quote says “{detail}”, and the sentence doesn't",
    Objection.NEGATION: "“{detail}” stands in the sentence or in the cited quote, not in both",
    Objection.NOT_CARRIED: "not all of it follows from the cited quote",
    Objection.CUT_OFF: "the sentence is cut off",
    Objection.NO_QUOTE: "there is no quote",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a sentence isn't said: a code, and the word or number that it is about."""

    objection: Objection
    detail: str = ""

    def __str__(self) -> str:
        return _REASONS[self.objection].format(detail=self.detail)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the sentences that a compound claim was split into, and what became of it."""

    text: str
    quote: int | None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a claim.

    ``quote`` is the index of the one quote that carries the whole claim; None when none does, and
    then ``reason`` says why the first one doesn't. ``probability`` is that of the likeliest quote.
    ``together`` are the quotes that carry the claim when they are read as one; ``parts`` is there
    when no quote carries the claim whole and it could be split.
    """

    quote: int | None
    reason: Reason | None = None
    probability: float = 0.0
    parts: tuple[Part, ...] = ()
    together: tuple[int, ...] = ()

    @property
    def supported(self) -> bool:
        """Whether the quotes carry the claim: one whole, several together, or each a part."""
        return self.quote is not None or (
            len(self.quotes) > 1
            and (bool(self.together) or all(part.quote is not None for part in self.parts))
        )

    @property
    def quotes(self) -> tuple[int, ...]:
        """The quotes that carry the claim or what could be kept of it, in the claim's order."""
        if self.quote is not None:
            return (self.quote,)
        if self.together:
            return self.together
        return tuple(dict.fromkeys(p.quote for p in self.parts if p.quote is not None))


class CheckingVerifier:
    """Decides whether quotes carry claims; see the module's text.

    ``at_once`` when it is best asked about all sentences of an answer together.

    Args:
        checker: says how surely a quote carries a sentence.
        calibration: file of the regression and its thresholds.
    """

    def __init__(self, checker: EntailmentChecker, calibration: Path = CHECKER_CALIBRATION) -> None:
        self.checker = checker
        self.at_once = checker.at_once
        self.carries = Logistic.read(calibration, "carries")
        self.least = self.carries.least
        self._known: dict[tuple[str, str, str], float] = {}

    def asked(self, drafts: Sequence[tuple[str, Sequence[Quote]]]) -> CheckingVerifier:
        """A verifier that has looked at these sentences and the quotes that they name already.

        Raises:
            ModelError: a language model that should judge them can't.
        """
        claims = [Claim(text, quote) for text, quotes in drafts for quote in quotes]
        claims += [Claim(text, _joined(quotes)) for text, quotes in drafts if len(quotes) > 1]
        made = copy(self)
        found = zip(map(_key, claims), self._log_odds(claims), strict=True)
        made._known = self._known | dict(found)
        return made

    def verify(self, claim: str, quotes: Sequence[Quote]) -> Verdict:
        """The verdict on a sentence, by the quotes that it may rest on, the likeliest first."""
        if not quotes:
            return Verdict(None, Reason(Objection.NO_QUOTE))
        same = next((n for n, quote in enumerate(quotes) if _is_quote(claim, quote)), None)
        if same is not None:
            return Verdict(same, probability=1.0)
        if breaks_off(claim):
            return Verdict(None, Reason(Objection.CUT_OFF))
        whole = self._carriers([claim], quotes)[0]
        if whole[0] is not None:
            return Verdict(*whole)
        # A model that judges has seen whole sentences only, and repairs what fails.
        pieces = [] if self.at_once else parts_of(claim)
        carried = zip(pieces, self._carriers(pieces, quotes), strict=True)
        parts = tuple(Part(text, quote, reason) for text, (quote, reason, _) in carried)
        # Parts that all rest on one quote don't add up to what that quote didn't carry whole.
        found = Verdict(*whole, parts if len({part.quote for part in parts}) > 1 else ())
        if not found.supported and 1 < len(quotes) <= MOST_TOGETHER:
            probability = self.probabilities([Claim(claim, _joined(quotes))])[0]
            if probability >= self.least:
                return Verdict(None, whole[1], probability, together=tuple(range(len(quotes))))
        return found

    def probabilities(self, claims: Sequence[Claim]) -> list[float]:
        """How surely each sentence follows from its quote; 0 where an exact rule forbids it."""
        log_odds = self._log_odds(claims)
        return [
            1.0
            if _is_quote(one.sentence, one.quote)
            else 0.0
            if wrong_number(one)
            else self.carries(features(one, value))
            for one, value in zip(claims, log_odds, strict=True)
        ]

    def _log_odds(self, claims: Sequence[Claim]) -> list[float]:
        new = {_key(one): one for one in claims if _key(one) not in self._known}
        found = self.checker.log_odds(list(new.values())) if new else []
        known = self._known | dict(zip(new, found, strict=True))
        return [known[_key(one)] for one in claims]

    def _carriers(
        self, pieces: Sequence[str], quotes: Sequence[Quote]
    ) -> list[tuple[int | None, Reason | None, float]]:
        """For each sentence the first quote that carries it, else why the first one doesn't."""
        claims = [Claim(piece, quote) for piece in pieces for quote in quotes]
        scores = self.probabilities(claims)
        found: list[tuple[int | None, Reason | None, float]] = []
        for place in range(0, len(claims), len(quotes)):
            held = scores[place : place + len(quotes)]
            carrier = next((n for n, score in enumerate(held) if score >= self.least), None)
            if carrier is None:
                found.append((None, reason_of(claims[place]), max(held)))
            else:
                found.append((carrier, None, held[carrier]))
        return found


def _key(claim: Claim) -> tuple[str, str, str]:
    return claim.sentence, claim.before, claim.quote.text


def features(claim: Claim, log_odds: float) -> dict[str, float]:
    """What the regression goes by.

    ``touched`` is the share of the sentence's words that the quote has, as far as that tells
    whether it speaks of the same matter at all: beyond that, faithful sentences share fewer words
    with their quotes than those that change one.
    """
    return {
        "log_odds": log_odds,
        "names": float(bool(_wrong_name(claim))),
        "touched": min(_ENOUGH, shared_words(claim.sentence, _there(claim))),
    }


def reason_of(claim: Claim) -> Reason:
    """Why a quote doesn't carry a sentence, as far as that can be told in true words."""
    if number := wrong_number(claim):
        return Reason(Objection.NUMBER, number)
    if name := _wrong_name(claim):
        return Reason(Objection.NAME, name)
    hedge = next(
        (
            word.group()
            for word in _HEDGES.finditer(claim.quote.text)
            if not re.search(rf"\b{re.escape(word.group())}\b", claim.sentence, re.IGNORECASE)
        ),
        "",
    )
    denied = [_DENIES.search(text) for text in (claim.quote.text, claim.sentence)]
    if bool(denied[0]) != bool(denied[1]):
        return Reason(Objection.NEGATION, next(found.group() for found in denied if found))
    if hedge and not _HEDGES.search(claim.sentence):
        return Reason(Objection.HEDGE, hedge)
    return Reason(Objection.NOT_CARRIED)


def breaks_off(sentence: str) -> bool:
    """Whether a sentence ends in its midst."""
    text = sentence.rstrip()
    return not _ENDED.search(text) and bool(_UNENDED.search(text))


def _joined(quotes: Sequence[Quote]) -> Quote:
    """Quotes as one, each of another paper behind that one's title."""
    first = quotes[0]
    texts = [
        quote.text
        if quote.passage.paper.paper_id == first.passage.paper.paper_id
        else f"{quote.passage.paper.title}: {quote.text}"
        for quote in quotes
    ]
    return replace(first, text=" ".join(texts))


def _is_quote(sentence: str, quote: Quote) -> bool:
    """Whether a sentence is the quote, but for its reference numbers."""
    return as_said(sentence) == as_said(quote.text)


def _there(claim: Claim) -> str:
    return f"{claim.before} {claim.quote.text}"


def wrong_number(claim: Claim) -> str:
    """The first number of a sentence that its quote hasn't in any form; empty without one."""
    return next((one.text for one in missing_numbers(claim.sentence, _there(claim))), "")


def _wrong_name(claim: Claim) -> str:
    own = own_names(claim.quote.passage.paper)
    return next(iter(missing_names(claim.sentence, _there(claim), own)), "")


def parts_of(sentence: str) -> list[str]:
    """The sentences that a compound one is made of; the sentence itself when it is none.

    A part without a subject is given the first one's when that is short enough to be a name.
    """
    end = sentence[-1] if sentence[-1:] in {".", "!"} else "."
    body = sentence.rstrip(".! ")
    pieces: list[str] = []
    start = 0
    for cut in _CUT.finditer(body):
        one, rest = body[start : cut.start()], body[cut.end() :]
        if _is_whole(one) and _is_whole(rest):
            pieces.append(one)
            start = cut.end()
    pieces.append(body[start:])
    if len(pieces) == 1:
        return [sentence]
    subject = _SUBJECT.match(pieces[0])
    return [_stood_up(piece, subject["subject"] if subject else "") + end for piece in pieces]


def _is_whole(piece: str) -> bool:
    return len(piece.split()) >= _SHORTEST_PART and bool(_VERB.search(piece))


def _stood_up(piece: str, subject: str) -> str:
    """With a capital, and with the subject where the piece begins with its verb."""
    if _VERB.match(piece) and subject:
        return f"{subject} {piece}"
    return piece[:1].upper() + piece[1:]
