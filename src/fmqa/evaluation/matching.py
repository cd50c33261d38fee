"""Whether a sentence holds a fact.

A fact is taken apart into numbers, and words. It is held when **one** text (a said sentence, or a
quote) has all of them:

- a number when the text has one of equal value and kind (a share or not): "1,570,263" is
  "1570263". A number that is written with a scale ("1.57 million", "33K", "157万") stands for all
  that round to it at its last written digit, if it shows two digits or more: "1.57 million" is
  1,570,263, "1.5 million" is 1,488,550, but "2 million" is only itself. This goes both ways.
- a word by its stem ("fine-tuned" is "fine-tuning", "fine tuning"), stop words left out; a name
  with its digits and hyphens pressed together ("ViT-B/16" is "ViT B/16"). A text in Chinese can
  hold numbers and Latin names, and so the facts of questions that may be answered in Chinese are
  such.

Order and negation aren't looked at: "is not frozen" holds "frozen".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from fmqa.answering.claims import stem
from fmqa.store.lexical import STOP_WORDS

_CITATION = re.compile(r"\[\s*\d+(?:\s*[,;–-]\s*\d+)*\s*\]")
_TIMES = re.compile(r"(?<=\d)(?:\s?×\s?|x|\sx\s)(?=\d)")
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[-/.,'’+][A-Za-z0-9]+)*")
_PIECE = re.compile(r"[A-Za-z0-9]+")
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9.,/])(?<![A-Za-z]-)"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:\s?(?P<percent>%|per\s?cent\b)"
    r"|[- ]?(?P<word>thousand|million|billion|trillion)s?\b"
    r"|\s?(?P<letter>[KkMBT])(?![A-Za-z0-9])"
    r"|\s?(?P<han>百万|千万|万|亿|千))?"
    r"(?![A-Za-z0-9])"  # "5x" and "3D" are words
)
_SCALES = {
    "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
    "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12,
    "千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8,
}  # fmt: skip
_WORDS = {
    word: float(value)
    for value, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve".split(), start=2
    )
}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a text. ``grain`` is the worth of its last written digit where it is scaled, and
    so perhaps rounded; 0 where it stands for itself alone.
    """

    value: float
    percent: bool
    grain: float = 0.0

    def is_same(self, other: Amount) -> bool:
        """Whether the two may mean one number (see the module's head)."""
        if self.percent != other.percent:
            return False
        apart = abs(self.value - other.value)
        if apart <= 1e-9 * max(1.0, abs(self.value)):
            return True
        # Half a grain is what rounding can take; the coarser of the two is the rounded one.
        return apart <= max(self.grain, other.grain) / 2 * (1 + 1e-9)


@dataclass(frozen=True, slots=True)
class Said:
    """What a text holds: its amounts and its words, as facts are looked for in it."""

    amounts: tuple[Amount, ...]
    words: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Self:
        """Reads a text."""
        plain = _plain(text)
        return cls(tuple(_amounts(plain)), frozenset(_words_in(plain)))


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact in one or several wordings, any of which will do."""

    options: tuple[str, ...]
    parts: tuple[tuple[tuple[Amount, ...], frozenset[str]], ...]

    @classmethod
    def of(cls, *options: str) -> Self:
        """A fact from its wordings.

        Raises:
            ValueError: a wording has nothing that can be looked for.
        """
        parts = []
        for option in options:
            amounts, words = _parts(option)
            if not amounts and not words:
                raise ValueError(f"the fact {option!r} has no number, name or telling word")
            parts.append((amounts, words))
        return cls(options, tuple(parts))

    @property
    def text(self) -> str:
        """The fact as it is shown: its first wording."""
        return self.options[0]

    def held_by(self, text: str | Said) -> bool:
        """Whether one text holds all parts of one of the wordings."""
        said = Said.of(text) if isinstance(text, str) else text
        return any(
            words <= said.words
            and all(any(one.is_same(other) for other in said.amounts) for one in amounts)
            for amounts, words in self.parts
        )

    def held_by_any(self, texts: Iterable[str | Said]) -> bool:
        """Whether one of the texts holds it."""
        return any(self.held_by(text) for text in texts)


def held(facts: Sequence[Fact], texts: Sequence[str]) -> tuple[bool, ...]:
    """For each fact whether one of the texts holds it."""
    said = [Said.of(text) for text in texts]
    return tuple(fact.held_by_any(said) for fact in facts)


def _plain(text: str) -> str:
    return _TIMES.sub(" × ", _CITATION.sub(" ", unicodedata.normalize("NFKC", text)))


def _amounts(plain: str) -> Iterable[Amount]:
    for match in _NUMBER.finditer(plain):
        unit = (match["word"] or match["letter"] or match["han"] or "").lower()
        scale = _SCALES.get(unit, 1.0)
        digits = match["digits"].replace(",", "")
        decimals = len(digits.partition(".")[2])
        shown = len(digits.replace(".", "").lstrip("0"))
        grain = scale * 10.0**-decimals if unit and shown >= 2 else 0.0
        yield Amount(float(digits) * scale, bool(match["percent"]), grain)
    for match in re.finditer(r"\b[a-z]+\b", plain.lower()):
        if match.group() in _WORDS:
            yield Amount(_WORDS[match.group()], percent=False)


def _parts(option: str) -> tuple[tuple[Amount, ...], frozenset[str]]:
    """A wording's amounts and words; what is part of a number is no word."""
    plain = _plain(option)
    rest = _NUMBER.sub(" ", plain)
    words = {
        _normal(match.group())
        for match in _TOKEN.finditer(rest)
        if match.group().lower() not in STOP_WORDS | _WORDS.keys()
    }
    return tuple(_amounts(plain)), frozenset(words - {""})


def _words_in(plain: str) -> Iterable[str]:
    """The stems of a text's words: whole, in their pieces, and each two neighbours as one."""
    tokens = [match.group() for match in _TOKEN.finditer(plain)]
    for token in tokens:
        yield _normal(token)
        pieces = _PIECE.findall(token)
        if len(pieces) > 1:
            yield from map(_normal, pieces)
            yield from (_normal(one + other) for one, other in pairwise(pieces))
    yield from (_normal(one + other) for one, other in pairwise(tokens))


def _normal(token: str) -> str:
    """A word's stem, a name pressed together."""
    return stem(re.sub(r"[^a-z0-9]", "", re.sub(r"['’]s$", "", token.lower())))
