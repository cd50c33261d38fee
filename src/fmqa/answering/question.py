"""What a question asks for: its parts, its names, its rare words, and whether it asks a figure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from fmqa.answering.claims import content_stems, named_things, numbers, stem
from fmqa.answering.verification import paper_words
from fmqa.retrieval.expansion import expand_names, normal_name, title_lead
from fmqa.types import Hit, PaperMeta, Quote

_LEXICAL, _NAMED, _FIGURE, _TRAINING_DATA = 0.45, 0.35, 0.15, 0.15
_PART = re.compile(
    r"[;?,]?\s+(?:and|but|or)\s+(?=(?:(?:on|in|with|by|for|at|from|to)\s+)?"
    r"(?:how|what|which|who|when|where|why)\b)|\?\s+(?=\w)",
    re.IGNORECASE,
)
# Words that questions are made of. A sentence answers without them ("trained on 15 million pairs"
# to "how much data …"), so their absence says nothing.
_GENERIC = frozenset(
    stem(word)
    for word in """data dataset datasets use used using model models method methods approach paper
    papers work study many much large larger largest big size number amount share part
    parts kind type difference different differ compare comparison architecture
    parameters parameter train trained training make makes made work works get take
    takes long time image images medical imaging explain describe give mean main best
    good new year version versions foundation question answer""".split()
)
_FIRST_WORD = re.compile(r"[A-Za-z]+(?![\w-])")
_ASKING = frozenset(
    """compare contrast describe explain list name give tell show summarize summarise define discuss
    outline state find provide mention identify tabulate please""".split()
)
_LISTING = re.compile(
    r"^\s*(?:which|what|list|name|give)\b[^?]*?\b(?:models|papers|methods|studies|datasets|works|"
    r"approaches|techniques|strategies|challenges|solutions)\b",
    re.IGNORECASE,
)
_FIGURE_ASKED = re.compile(
    r"\bhow (?:many|much|large|big|long|fast|accurate)\b|"
    r"\b(?:size|number|amount|share|percentage) of\b",
    re.IGNORECASE,
)
_DATA_ASKED = re.compile(
    r"\bhow (?:much|many)\b[^?]*\b(?:data|images?|scans?|slides?|samples?|pairs?|clips?|volumes?)\b"
    r"|\bwh(?:at|ich) data\b|\bdata(?:set)?s?\b[^?]*\btrain",
    re.IGNORECASE,
)
_TRAINED = re.compile(r"train", re.IGNORECASE)


def question_names(question: str) -> dict[str, str]:
    """The names in a question: normal form → as written.

    Its first word has a capital anyway and may be a name ("Virchow was trained on what?"), unless
    it is what one asks with ("Compare …").
    """
    names = named_things(f"x {question}")
    first = _FIRST_WORD.match(question)
    if first and first[0].lower() in _ASKING:
        names.pop(normal_name(first[0]), None)
    return names


def parts_of(question: str) -> list[str]:
    """The questions that a compound question puts, each with the names of the first.

    >>> parts_of("How was MedSAM obtained from SAM, and on how much data?")
    ['How was MedSAM obtained from SAM', 'MedSAM: on how much data?']
    """
    texts = [text.strip(" ,;") for text in _PART.split(question) if text.strip(" ,;?")]
    if len(texts) < 2:
        return [question]
    names = list(question_names(texts[0]).values())
    subject = names[0] if names else ""
    rest = [
        text if not subject or question_names(text) else f"{subject}: {text}" for text in texts[1:]
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
    listing: bool

    @classmethod
    def of(cls, question: str, hits: Sequence[Hit]) -> Self:
        """Reads a question, given the passages found for it."""
        texts = [set(content_stems(hit.passage.passage.text)) for hit in hits]
        weights = {
            stem: math.log(1 + (len(texts) + 1) / (1 + sum(stem in text for text in texts)))
            for stem in content_stems(question)
        }
        names = question_names(question)
        listing = bool(_LISTING.search(question))
        return cls(tuple(parts_of(question)), names, weights, listing)

    def bonus(self, quote: Quote) -> float:
        """What the words say for a sentence, from 0 to about 0.85."""
        return self._worth(" ".join(self.parts), self.weights, quote)

    def part_bonus(self, part: int, quote: Quote) -> float:
        """The same for one part of the question alone."""
        text = self.parts[part]
        stems = set(content_stems(text))
        weights = {stem: weight for stem, weight in self.weights.items() if stem in stems}
        return self._worth(text, weights, quote)

    def _worth(self, asked: str, weights: dict[str, float], quote: Quote) -> float:
        there = set(content_stems(quote.text))
        own = paper_words(quote.passage.paper)
        total = sum(weights.values()) or 1.0
        # A paper's own name stands behind each of its sentences, said or not.
        held = sum(w for stem, w in weights.items() if stem in there or normal_name(stem) in own)
        named = self.about(quote) or (self.listing and self._names_in(quote.text))
        figures = bool(_FIGURE_ASKED.search(asked)) and bool(numbers(quote.text))
        trained = bool(_DATA_ASKED.search(asked)) and bool(_TRAINED.search(quote.text))
        return (
            _LEXICAL * held / total + _NAMED * named + _FIGURE * figures + _TRAINING_DATA * trained
        )

    def about(self, quote: Quote) -> bool:
        """Whether the question is about this quote's paper: names its model, and asks no list."""
        return not self.listing and self._names(quote.passage.paper)

    def coverage(self, quotes: Sequence[Quote]) -> float:
        """The share of the question's telling words, weighted by rarity, that the quotes hold."""
        telling = {stem: w for stem, w in self.weights.items() if stem not in _GENERIC}
        total = sum(telling.values())
        if not total:
            return 1.0
        there: set[str] = set()
        for quote in quotes:
            paper = quote.passage.paper
            there.update(content_stems(f"{quote.text} {paper.title} {paper.name}"))
        return sum(weight for stem, weight in telling.items() if stem in there) / total

    def unknown(self, hits: Sequence[Hit]) -> tuple[str, ...]:
        """The question's names that the papers found don't have.

        Where the question is about a paper, its other names have to stand in that paper's own
        passages ("on how many chest X-rays was CONCH trained"), unless they name papers too.
        """
        papers = [hit for hit in hits if self._names(hit.passage.paper)]
        own = {name for hit in papers for name in self.names if _is_called(hit.passage.paper, name)}
        scope = papers if own and not self.listing else hits
        held = _names_in_text(
            " ".join(
                f"{hit.passage.passage.text} {hit.passage.paper.title} {hit.passage.paper.name}"
                for hit in scope
            )
        )
        return tuple(
            shown for name, shown in self.names.items() if name not in held and name not in own
        )

    def _names(self, paper: PaperMeta) -> bool:
        return any(_is_called(paper, name) for name in self.names)

    def _names_in(self, text: str) -> bool:
        return bool(self.names) and not self.names.keys().isdisjoint(named_things(f"x {text}"))


def _is_called(paper: PaperMeta, name: str) -> bool:
    return name in {normal_name(paper.name), normal_name(title_lead(paper.title))}


def _names_in_text(text: str) -> set[str]:
    words = text.replace("/", " ").split()
    held = {normal_name(word) for word in words}
    # A name of two words in the papers may be one in the question: Med SAM, SAM-Med3D.
    held |= {normal_name(a + b) for a, b in pairwise(words)}
    return expand_names(text, held | set(named_things(f"x {text}")))
