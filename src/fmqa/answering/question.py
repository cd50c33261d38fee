"""What a question asks for: its parts, its names, its rare words, and whether it asks a figure."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

from fmqa.answering.claims import content_stems, named_things, numbers, stem
from fmqa.answering.cues import (
    DATA_ASKED,
    FIGURE_ASKED,
    LIMITED,
    LIMITS_ASKED,
    MEASURE_ASKED,
    OF_CHALLENGES,
    TRAINED,
    asks_for_challenges,
    counted_in,
    may_tell_number,
    speaks_of_challenge,
    tells_number,
)
from fmqa.answering.key_terms import Term, key_terms
from fmqa.answering.phrasing import parts_of, question_names, with_versions, with_whole_names
from fmqa.answering.premises import kinds_in, kinds_missing, ranks_missing, years_missing
from fmqa.answering.rows import is_row
from fmqa.answering.synonyms import ALIKE
from fmqa.answering.verification import paper_words
from fmqa.reading.sentences import split_sentences
from fmqa.retrieval.expansion import expand_names, normal_name
from fmqa.retrieval.naming import NameBook, is_called
from fmqa.retrieval.shape import asks_for_several, sides_of
from fmqa.types import Hit, PaperMeta, Quote

_LEXICAL, _NAMED, _FIGURE, _TRAINING_DATA, _LIMITS = 0.45, 0.35, 0.15, 0.15, 0.15
_COUNT = 0.15  # for a sentence that has the number of what is counted, besides that for a figure
# For a sentence that holds a whole term of the question, one whose words stand in few of the
# passages found: in one of so many at most.
_TERM, _RARE = 0.35, 8
_ENDING = re.compile(r"(?:abilit[iy]|ibilit[iy]|abl|ibl|ness|iveness|iv|ment)$")
_SHORTEST_ROOT = 5
# For a sentence that says what a paper's model is, where several are asked for.
_INTRODUCTION = 0.15
_INTRODUCES = re.compile(
    r"^(?:The )?(?P<name>[\w.-]+(?: [\w.-]+){0,3}?)(?: \([^)]*\)|,[^,]*,)? is an? "
)
_OTHER_KIND = 0.20  # off a sentence on none of the kinds of images that the question speaks of
_OVERVIEW = 0.20  # off a sentence that only says what a survey covers
_SURVEY = re.compile(r"\b(?:survey|review|perspective|overview)s?\b", re.IGNORECASE)
_BOTH = 0.10  # for a sentence that names several sides of a comparison
# Words that questions are made of. A sentence answers without them ("trained on 15 million pairs"
# to "how much data …"), so their absence says nothing.
_GENERIC = frozenset(
    stem(word)
    for word in """data dataset datasets use used using model models method methods approach paper
    papers work study many much large larger largest big size number amount share part
    parts kind type difference different differ compare comparison architecture
    parameters parameter train trained training make makes made work works get take
    takes long time image images medical imaging explain describe give mean main best
    good new year version versions foundation question answer say says said mention
    mentions propose proposed face faced""".split()
)
_EXISTS = frozenset(map(stem, ("exist", "exists", "available")))  # no answer has to say so
_THING = re.compile(r"(?=.*[A-Z])(?:.*[a-z].*[A-Z].*|.*\d.*)")
_OWN = (
    r"limits?|limitations?|weaknesses|drawbacks|shortcomings|problems|challenges|tasks|stages|steps|"
    r"parts|components|versions|sizes|strengths|advantages|authors"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the sentences of an answer are looked for by.

    ``names`` are the question's, normal form → as written; ``papers`` those of them that papers go
    by. ``weights`` are the question's content stems with their rarity among the passages found, and
    ``terms`` the pairs of rare ones that it turns on. ``kinds`` are the kinds of data it speaks of.
    ``challenges`` says that several of these are asked for.
    ``sides`` say, where papers are compared, what is asked of each of them, by its name.
    """

    parts: tuple[str, ...]
    names: dict[str, str]
    weights: dict[str, float]
    listing: bool
    papers: dict[str, str] = field(default_factory=dict)
    sides: dict[str, str] = field(default_factory=dict)
    question: str = ""
    terms: tuple[Term, ...] = ()
    kinds: tuple[re.Pattern[str], ...] = ()
    challenges: bool = False

    @classmethod
    def of(cls, question: str, hits: Sequence[Hit]) -> Self:
        """Reads a question, given the passages found for it."""
        book = NameBook.of(hit.passage.paper for hit in hits)
        question = book.canonical(question)
        texts = [set(content_stems(hit.passage.passage.text)) for hit in hits]
        stems = [s for s in content_stems(question) if s not in _EXISTS]
        spread = {s: sum(s in text for text in texts) for s in stems}
        weights = {s: math.log(1 + (len(texts) + 1) / (1 + n)) for s, n in spread.items()}
        papers = book.in_text(question)
        names = with_whole_names(question_names(question), papers)
        names = with_versions(names, papers, question)
        papers = {name: shown for name, shown in papers.items() if name in names}
        sides = sides_of(question, papers, names)
        listing = asks_for_several(question) and not sides and not _doer(question, papers)
        most = max(1, len(texts) // _RARE)
        rare = {s for s, n in spread.items() if n <= most and s not in _GENERIC}
        parts, terms = tuple(parts_of(question)), key_terms(question, rare)
        kinds = kinds_in(_without(papers, question))
        challenges = listing and asks_for_challenges(question)
        return cls(
            parts, names, weights, listing, papers, sides, question, terms, kinds, challenges
        )

    def bonus(self, quote: Quote) -> float:
        """What the words say for a sentence: 0 or more, and seldom above 1."""
        return max(0.0, self._worth(" ".join(self.parts), self.weights, quote))

    def row(self, label: str) -> bool:
        """Whether a table's row of this label may answer: a figure is asked, and of what it names.

        The label names a thing that the question names, or holds a word that few passages have.
        """
        if not (FIGURE_ASKED.search(self.question) or MEASURE_ASKED.search(self.question)):
            return False
        if not self.names.keys().isdisjoint(_names_in_text(label)):
            return True
        telling = {s for s in self.weights if s not in _GENERIC}
        return not self.names and not telling.isdisjoint(content_stems(label))

    def part_bonus(self, part: int, quote: Quote) -> float:
        """The same for one part of the question alone."""
        text = self.parts[part]
        stems = set(content_stems(text))
        weights = {stem: weight for stem, weight in self.weights.items() if stem in stems}
        return self._worth(text, weights, quote)

    def side_bonus(self, side: str, quote: Quote) -> float:
        """What the words say for one side of a comparison; 0 where the quote isn't of that side.

        A sentence of the side's own paper is, and one of another paper that names it.
        """
        own = is_called(quote.passage.paper, [side])
        there = _names_in_text(quote.text)
        both = sum(name in there for name in self.sides) > 1
        # What a third paper's sentence says of one side alone compares it with something else.
        sentence = not is_row(quote)
        third = sentence and not is_called(quote.passage.paper, self.sides)
        if not own and (side not in there or (third and side in self.papers and not both)):
            return 0.0
        text = self.sides[side]
        stems = set(content_stems(text)) - set(content_stems(self.names[side]))
        weights = {stem: weight for stem, weight in self.weights.items() if stem in stems}
        total = sum(weights.values()) or 1.0
        words = set(content_stems(quote.text))
        held = sum(weight for stem, weight in weights.items() if _stands(stem, words))
        data = bool(DATA_ASKED.search(self.question))
        # Who compares training data wants to hear how much there is.
        figures = data or bool(FIGURE_ASKED.search(self.question))
        figures = figures and bool(numbers(quote.text))
        trained = data and bool(TRAINED.search(quote.text))
        return (
            _LEXICAL * held / total
            + (_NAMED if own else _NAMED / 2)
            + _BOTH * both
            + _FIGURE * figures
            + _TRAINING_DATA * trained
        )

    def _worth(self, asked: str, weights: dict[str, float], quote: Quote) -> float:
        there = set(content_stems(quote.text))
        own = paper_words(quote.passage.paper)
        total = sum(weights.values()) or 1.0
        # A paper's own name stands behind each of its sentences, said or not.
        held = sum(w for s, w in weights.items() if _stands(s, there) or normal_name(s) in own)
        named = self.about(quote) or (self.listing and self._names_in(quote.text))
        figures = bool(FIGURE_ASKED.search(asked)) and bool(numbers(quote.text))
        counts = (not self.papers or self.about(quote)) and any(
            tells_number(noun, quote.text) for noun in counted_in(asked)
        )
        trained = bool(DATA_ASKED.search(asked)) and bool(TRAINED.search(quote.text))
        limits = bool(LIMITS_ASKED.search(asked)) and bool(LIMITED.search(quote.text))
        overview = (self.listing or not self.names) and self._only_surveys(quote)
        what = self.introduces(quote)
        term = any(all(_stands(s, there) for s in term) for term in self.terms)
        return (
            _LEXICAL * held / total
            + max(_NAMED * named, _TERM * term)
            + _FIGURE * figures
            + _COUNT * counts
            + _TRAINING_DATA * trained
            + _LIMITS * limits
            + _INTRODUCTION * what
            - _OVERVIEW * overview
            - _OTHER_KIND * self._of_another_kind(quote)
        )

    def _of_another_kind(self, quote: Quote) -> bool:
        """Whether the question names a kind of data, and neither the sentence nor its paper does.

        A topic's note speaks of many; there the sentence has to.
        """
        if not self.kinds or self.about(quote):
            return False
        paper = quote.passage.paper
        facets = paper.title if paper.kind == "topic" else _facets(paper)
        said = f"{quote.text} {quote.context} {facets}"
        return "multi" not in facets and not any(kind.search(said) for kind in self.kinds)

    def introduces(self, quote: Quote) -> bool:
        """Whether several are asked for and a sentence says what one is: "MedSAM is a …"."""
        match = _INTRODUCES.match(quote.text) if self.listing else None
        return match is not None and is_called(quote.passage.paper, [normal_name(match["name"])])

    def _only_surveys(self, quote: Quote) -> bool:
        """Whether a sentence tells what a survey does, where no survey is asked for."""
        return bool(_SURVEY.search(quote.text)) and not _SURVEY.search(self.question)

    def about(self, quote: Quote) -> bool:
        """Whether the question is about this quote's paper: names its model, and asks no list."""
        return not self.listing and is_called(quote.passage.paper, self.names)

    def share(self, quote: Quote) -> float:
        """The share of the question's words, weighted by rarity, that a sentence holds."""
        there = set(content_stems(f"{quote.context} {quote.text}"))
        total = sum(self.weights.values()) or 1.0
        return sum(w for s, w in self.weights.items() if _stands(s, there)) / total

    def names_challenge(self, quote: Quote) -> bool:
        """Whether a sentence speaks of a challenge, and of what the question asks for those of.

        The challenge that a data set was made for is none.
        """
        if quote.passage.paper.kind == "dataset" or not speaks_of_challenge(quote.text):
            return False
        there = set(content_stems(quote.text))
        asked = self.weights.keys() - _GENERIC - OF_CHALLENGES
        return not asked or any(_stands(one, there) for one in asked)

    def names_thing(self, quote: Quote) -> bool:
        """Whether a sentence names what the question is about where that is no paper.

        A data set or a model of another paper's: "SA-1B", and no abbreviation ("MRI").
        """
        if self.papers or self.listing:
            return False
        things = {name for name, shown in self.names.items() if _THING.fullmatch(shown)}
        return not things.isdisjoint(_names_in_text(quote.text))

    def names_asked(self, quote: Quote) -> bool:
        """Whether a sentence names something that the question names."""
        return self._names_in(quote.text)

    def coverage(self, quotes: Sequence[Quote]) -> float:
        """The share of the question's telling words, weighted by rarity, that the quotes hold.

        Where the question is about a paper, only quotes of it and those that name it count.
        """
        own = [q for q in quotes if self.about(q) or self._names_in(q.text)]
        there: set[str] = set()
        for quote in own if any(map(self.about, quotes)) else quotes:
            paper = quote.passage.paper
            there.update(content_stems(f"{quote.text} {quote.context} {paper.title} {paper.name}"))
        telling = {stem: w for stem, w in self.weights.items() if stem not in _GENERIC}
        total = sum(telling.values())
        return sum(w for s, w in telling.items() if _stands(s, there)) / total if total else 1.0

    def unknown(self, hits: Sequence[Hit]) -> tuple[str, ...]:
        """The question's names that the papers found don't have.

        Where the question is about a paper, its other names have to stand in that paper's own
        passages ("on how many chest X-rays was CONCH trained") or in a sentence that names it,
        unless they name papers too.
        """
        held = _names_in_text(" ".join(self._said(hits)))
        own = self._own(hits)
        return tuple(
            shown for name, shown in self.names.items() if name not in held and name not in own
        )

    def missing(self, hits: Sequence[Hit]) -> tuple[str, ...]:
        """What the question takes for granted and the papers that it is about don't speak of.

        Kinds of data where it is about a paper, and years.
        """
        said = self._said(hits)
        years = years_missing(self.question, said, (hit.passage.paper.year for hit in hits))
        if self.listing or not self._own(hits):
            return years
        return kinds_missing(_without(self.papers, self.question), said) + years

    def untold(self, chosen: Sequence[Quote]) -> tuple[str, ...]:
        """What a question asks for and no chosen quote tells: a number, or which is the largest.

        Of one paper's models ("the largest STU-Net") the paper's figures tell which it is.
        """
        texts = [quote.text for quote in chosen]
        ranks = () if any(map(self.about, chosen)) else ranks_missing(self.question, texts)
        if any(map(is_row, chosen)):  # a table's row has its nouns elsewhere
            return ranks
        untold = (noun for noun in counted_in(self.question) if not may_tell_number(noun, texts))
        return (*ranks, *(f"how many {noun}" for noun in untold))

    def _own(self, hits: Sequence[Hit]) -> set[str]:
        """The names in the question by which some of the papers found go."""
        return {
            name for name in self.names if any(is_called(h.passage.paper, [name]) for h in hits)
        }

    def _said(self, hits: Sequence[Hit]) -> list[str]:
        """What is said of the papers that the question is about; all that was found without any."""
        own = self._own(hits)
        narrow = bool(own) and not self.listing
        papers = [hit for hit in hits if not narrow or is_called(hit.passage.paper, own)]
        said = [f"{hit.passage.passage.text} {_facets(hit.passage.paper)}" for hit in papers]
        return said + (self._sentences_naming(own, hits) if narrow else [])

    def _sentences_naming(self, own: set[str], hits: Sequence[Hit]) -> list[str]:
        found = []
        for hit in hits:
            text = hit.passage.passage.text
            for start, end in split_sentences(text):
                if not own.isdisjoint(named_things(f"x {text[start:end]}")):
                    found.append(text[start:end])
        return found

    def _names_in(self, text: str) -> bool:
        return bool(self.names) and not self.names.keys().isdisjoint(named_things(f"x {text}"))


def _without(papers: Mapping[str, str], question: str) -> str:
    """The question without the names of papers in it."""
    for shown in papers.values():
        question = question.replace(shown, " ")
    return question


def _doer(question: str, papers: Mapping[str, str]) -> bool:
    """Whether a question asks what one paper does or has.

    "Which benchmark did the BioViL authors …", "What are the limits of BioViL".
    """
    before = rf"(?:do|does|did|is|was|ha[sd]|can|(?:{_OWN}) of)"
    return any(
        re.search(rf"\b{before} (?:the )?{re.escape(shown)}(?!\w)", question)
        for shown in papers.values()
    )


def _stands(asked: str, there: Collection[str]) -> bool:
    """Whether a stem is there, in another form (interpretability) or as a word for the same."""
    if asked in there or not ALIKE.get(asked, frozenset()).isdisjoint(there):
        return True
    root = _ENDING.sub("", asked)
    return len(root) >= _SHORTEST_ROOT and any(
        one.startswith(root) and _ENDING.sub("", one) == root for one in there
    )


def _facets(paper: PaperMeta) -> str:
    facets = (paper.architecture, paper.training, paper.data, *paper.modality, *paper.tasks)
    return " ".join((paper.title, paper.name, *facets))


def _names_in_text(text: str) -> set[str]:
    words = text.replace("/", " ").split()
    held = {normal_name(word) for word in words}
    # A name of two words in the papers may be one in the question: Med SAM, SAM-Med3D.
    held |= {normal_name(a + b) for a, b in pairwise(words)}
    return expand_names(text, held | set(named_things(f"x {text}")))
