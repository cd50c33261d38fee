"""What a question asks for: its parts, its names, its rare words, and whether it asks a figure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from fmqa.answering.claims import content_stems, named_things, normal_name, numbers
from fmqa.answering.verification import paper_words
from fmqa.types import Hit, Quote

_LEXICAL, _NAMED, _FIGURE = 0.45, 0.25, 0.15
_PART = re.compile(
    r"[;?,]?\s+(?:and|but|or)\s+(?=(?:(?:on|in|with|by|for|at|from|to)\s+)?"
    r"(?:how|what|which|who|when|where|why)\b)|\?\s+(?=\w)",
    re.IGNORECASE,
)
_FIGURE_ASKED = re.compile(
    r"\bhow (?:many|much|large|big|long|fast|accurate)\b|\b(?:size|number|amount|share|percentage) of\b",
    re.IGNORECASE,
)


def parts_of(question: str) -> list[str]:
    """The questions that a compound question puts, each with the names of the first.

    >>> parts_of("How was MedSAM obtained from SAM, and on how much data?")
    ['How was MedSAM obtained from SAM', 'MedSAM: on how much data?']
    """
    texts = [text.strip(" ,;") for text in _PART.split(question) if text.strip(" ,;?")]
    if len(texts) < 2:
        return [question]
    names = list(named_things(f"x {texts[0]}").values())
    subject = names[0] if names else ""
    rest = [
        text if not subject or named_things(f"x {text}") else f"{subject}: {text}"
        for text in texts[1:]
    ]
    return [texts[0], *rest]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the sentences of an answer are looked for by.

    ``weights`` are the question's content stems with their rarity among the passages found.
    """

    parts: tuple[str, ...]
    names: dict[str, str]
    weights: dict[str, float]

    @classmethod
    def of(cls, question: str, hits: Sequence[Hit]) -> Self:
        """Reads a question, given the passages found for it."""
        texts = [set(content_stems(hit.passage.passage.text)) for hit in hits]
        weights = {
            stem: math.log(1 + (len(texts) + 1) / (1 + sum(stem in text for text in texts)))
            for stem in content_stems(question)
        }
        return cls(tuple(parts_of(question)), named_things(f"x {question}"), weights)

    def bonus(self, quote: Quote) -> float:
        """What the words say for a sentence, from 0 to about 0.85."""
        return self._worth(self.weights, _FIGURE_ASKED.search(" ".join(self.parts)), quote)

    def part_bonus(self, part: int, quote: Quote) -> float:
        """The same for one part of the question alone."""
        text = self.parts[part]
        stems = set(content_stems(text))
        weights = {stem: weight for stem, weight in self.weights.items() if stem in stems}
        return self._worth(weights, _FIGURE_ASKED.search(text), quote)

    def _worth(self, weights: dict[str, float], figure: object, quote: Quote) -> float:
        there = set(content_stems(quote.text))
        own = paper_words(quote.passage.paper)
        total = sum(weights.values()) or 1.0
        # A paper's own name stands behind each of its sentences, said or not.
        held = sum(w for stem, w in weights.items() if stem in there or normal_name(stem) in own)
        named = self.about(quote)
        figures = bool(figure) and bool(numbers(quote.text))
        return _LEXICAL * held / total + _NAMED * named + _FIGURE * figures

    def about(self, quote: Quote) -> bool:
        """Whether the question names this quote's paper, by its model's name."""
        own = normal_name(quote.passage.paper.name) or None
        lead = normal_name(quote.passage.paper.title.split(":")[0])
        return own in self.names or lead in self.names

    def coverage(self, quotes: Sequence[Quote]) -> float:
        """The share of the question's words, weighted by rarity, that the quotes hold."""
        total = sum(self.weights.values())
        if not total:
            return 0.0
        there: set[str] = set()
        for quote in quotes:
            paper = quote.passage.paper
            there.update(content_stems(f"{quote.text} {paper.title} {paper.name}"))
        return sum(weight for stem, weight in self.weights.items() if stem in there) / total

    def unknown(self, hits: Sequence[Hit]) -> tuple[str, ...]:
        """The question's names that stand in no passage found and in no title."""
        text = " ".join(
            f"{hit.passage.passage.text} {hit.passage.paper.title} {hit.passage.paper.name}"
            for hit in hits
        )
        words = text.replace("/", " ").split()
        held = {normal_name(word) for word in words} | set(named_things(f"x {text}"))
        # A name of two words in the papers may be one in the question: SAM-Med3D, Med SAM.
        held |= {normal_name(a + b) for a, b in zip(words, words[1:], strict=False)}
        return tuple(shown for name, shown in self.names.items() if name not in held)
