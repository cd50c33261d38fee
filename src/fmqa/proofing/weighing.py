"""How surely what is cited carries a sentence of a draft: a regression over what it has of it.

All passages of the cited papers are looked through; of what cites nothing, those that a search
finds. Their sentences that have most of the draft's words, each word counting by its rarity there,
and stand in the nearest passages, are embedded and shown to the entailment checker. All sentences
of a draft go through the models together. `training.proofing` fits the regression.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from fmqa.answering.claims import content_stems, missing_names, named_things, own_names
from fmqa.answering.entailment import Claim, EntailmentChecker
from fmqa.answering.numbers import missing_numbers
from fmqa.answering.quotes import units_of
from fmqa.answering.verification import Objection, reason_of
from fmqa.errors import NothingToSearch
from fmqa.types import Hit, Quote, StoredPassage
from fmqa.weights import TRAINED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fmqa.retrieval.search import Searcher

CALIBRATION = TRAINED / "proofing.json"

_FOUND = 12  # passages, for what cites nothing
_EMBEDDED, _KEPT, _TOGETHER = 12, 8, 3  # quotes
_CHECKED = 2
_ELSEWHERE = 60  # passages of the library
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_ISE = re.compile(r"(?<=[a-z]{3}[iy])s(?=(?:e[ds]?|ing|ations?)\b)")
_OUR = re.compile(r"(?<=[a-z]{3})our(?=s?\b)")


class Matter:
    """Passages that are looked through, and their sentences.

    Args:
        passages: of what is cited.
    """

    def __init__(self, passages: Sequence[StoredPassage]) -> None:
        units = [unit for one in passages for unit in units_of(Hit(one, 0.0)) if not unit.rest]
        self.quotes = list({unit.text: unit for unit in units}.values())
        self.passages = [one.id for one in passages]
        self.papers = {one.paper.paper_id: one.paper for one in passages}

    @cached_property
    def terms(self) -> list[frozenset[str]]:
        """Of each sentence, with what it is read behind."""
        return [terms_of(behind(quote)) for quote in self.quotes]

    @cached_property
    def counts(self) -> Counter[str]:
        """How many sentences have each term."""
        return Counter(term for held in self.terms for term in held)

    @cached_property
    def text(self) -> str:
        """All of it."""
        return " ".join(behind(quote) for quote in self.quotes)


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence of a draft and what may carry it.

    ``quotes`` are the likeliest, best first, and ``near`` their cosines; ``rarity`` is that of the
    sentence's terms in ``matter``. ``passage`` is the cosine of the nearest passage, ``elsewhere``
    that of the nearest one of other papers. ``log_odds`` are the checker's on the first quotes, and
    on those that are read together.
    """

    text: str
    matter: Matter
    rarity: dict[str, float]
    quotes: tuple[Quote, ...] = ()
    near: tuple[float, ...] = ()
    passage: float = 0.0
    elsewhere: float = 0.0
    log_odds: tuple[float, ...] = ()

    def share(self, terms: frozenset[str]) -> float:
        """The share of the sentence's terms, by their rarity, that are among others."""
        total = sum(self.rarity.values()) or 1.0
        return sum(rare for term, rare in self.rarity.items() if term in terms) / total

    @property
    def together(self) -> str:
        """The quotes that are read together, with what they are read behind."""
        return " ".join(behind(quote) for quote in self.quotes[:_TOGETHER])

    def joined(self, count: int) -> Quote:
        """The first quotes as one; there is at least one."""
        return replace(self.quotes[0], text=" ".join(one.text for one in self.quotes[:count]))

    @property
    def absent(self) -> bool:
        """Whether a figure of the sentence stands nowhere in what is looked through."""
        missing = missing_numbers(self.text, self.together)
        return bool(missing and missing_numbers(self.text, self.matter.text))

    def denied_by(self, quote: Quote) -> bool:
        """Whether either a quote or the sentence denies, and not both."""
        claim = Claim(self.text, replace(quote, context=self.together))
        return reason_of(claim).objection is Objection.NEGATION


@dataclass(frozen=True, slots=True)
class Regression:
    """A multinomial logistic regression: a sentence is right, or has a fault of some kind.

    ``weights`` are those of each feature by kind, "" for right, and ``bias`` among them; ``least``
    is the probability of "" that is enough.
    """

    weights: Mapping[str, Mapping[str, float]]
    least: float

    @classmethod
    def read(cls, path: Path) -> Self:
        """The one that `training.proofing` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def right(self, features: Mapping[str, float]) -> float:
        """The probability that a sentence has no fault, 0 to 1."""
        told = {"bias": 1.0, **features}
        scores = {
            kind: sum(weight * told[name] for name, weight in weights.items())
            for kind, weights in self.weights.items()
        }
        return 1.0 / sum(math.exp(min(50.0, score - scores[""])) for score in scores.values())


def terms_of(text: str) -> frozenset[str]:
    """The stems of a text's words, in one spelling ("normalised" as "normalized"), and its figures.

    Other words may change by that, on both sides alike.
    """
    spelled = _OUR.sub("or", _ISE.sub("z", text))
    return frozenset((*content_stems(spelled), *_FIGURE.findall(text)))


def behind(quote: Quote) -> str:
    """A quote with what it is read behind."""
    paper = quote.passage.paper
    return f"{paper.name} {paper.title} {' '.join(paper.authors)} {quote.context} {quote.text}"


class Weigher:
    """Finds what may carry sentences.

    Args:
        searcher: over the library.
        checker: says how surely a quote carries a sentence; the regression is fitted on the one
            that comes with the package.
        calibration: file of the regression.
    """

    def __init__(
        self, searcher: Searcher, checker: EntailmentChecker, calibration: Path = CALIBRATION
    ) -> None:
        self.searcher = searcher
        self.checker = checker
        self.regression = Regression.read(calibration)

    def cases(
        self,
        asked: Sequence[tuple[str, tuple[str, ...]]],
        step: Callable[[str, int, int], None] = lambda *told: None,
    ) -> list[Case]:
        """The cases of sentences, without what the checker says.

        Args:
            asked: each with the ids of the papers that it cites, if it does.
            step: told of the progress.
        """
        if not asked:
            return []
        embed = self.searcher.embedder.embed_array
        vectors = embed([text for text, _ in asked])
        read: dict[tuple[str, ...], Matter] = {}
        found = []
        for place, ((text, papers), vector) in enumerate(zip(asked, vectors, strict=True)):
            step("Checking sentences", place, len(asked))
            matter = read.get(papers) or self._matter(text, papers)
            if papers:
                read[papers] = matter
            found.append(self._looked_through(text, matter, vector))
        quotes = list({quote.text: None for case in found for quote in case.quotes})
        near = dict(zip(quotes, embed(quotes), strict=True))
        return [_in_order(case, vector, near) for case, vector in zip(found, vectors, strict=True)]

    def carried(self, cases: Sequence[Case]) -> list[bool]:
        """Whether the quotes of each case carry its sentence."""
        return [
            bool(case.quotes) and self.regression.right(features(case)) >= self.regression.least
            for case in self.checked(cases)
        ]

    def _matter(self, text: str, papers: Sequence[str]) -> Matter:
        """What is looked through for a sentence."""
        if papers:
            record = self.searcher.library.record
            return Matter([one for paper in papers for one in record.passages_of(paper)])
        try:
            return Matter([hit.passage for hit in self.searcher.search(text, _FOUND)])
        except NothingToSearch:
            return Matter([])

    def _looked_through(self, text: str, matter: Matter, vector: NDArray[np.float32]) -> Case:
        """A sentence with those of the matter that have most of it, not in order yet."""
        searcher = self.searcher
        index = searcher.library.index(searcher.embedder.fingerprint)
        cosines = index.scores(vector, matter.passages)
        passage = max(cosines.values(), default=0.0)
        others = dict(index.search(vector, _ELSEWHERE))
        papers = searcher.library.record.papers_of(list(others))
        elsewhere = max(
            (others[key] for key, paper in papers.items() if paper not in matter.papers),
            default=0.0,
        )
        count = len(matter.quotes)
        rarity = {
            term: math.log(1 + (count + 1) / (1 + matter.counts[term])) for term in terms_of(text)
        }
        case = Case(text, matter, rarity, passage=passage, elsewhere=elsewhere)
        told = [
            case.share(terms) + cosines.get(quote.passage.id, 0.0)
            for terms, quote in zip(matter.terms, matter.quotes, strict=True)
        ]
        best = sorted(range(count), key=lambda place: -told[place])[:_EMBEDDED]
        return replace(case, quotes=tuple(matter.quotes[place] for place in best))

    def checked(self, cases: Sequence[Case]) -> list[Case]:
        """The cases with what the checker says of them."""
        claims = [
            [Claim(one.text, quote) for quote in (*one.quotes[:_CHECKED], one.joined(_TOGETHER))]
            if one.quotes
            else []
            for one in cases
        ]
        told = iter(self.checker.log_odds([claim for held in claims for claim in held]))
        return [
            replace(one, log_odds=tuple(next(told) for _ in held))
            for one, held in zip(cases, claims, strict=True)
        ]


def features(case: Case) -> dict[str, float]:
    """What the regression goes by; the case has quotes, and the checker was asked."""
    terms = [terms_of(behind(quote)) for quote in case.quotes]
    best = max(map(case.share, terms))
    held = list(zip(map(case.share, case.matter.terms), case.matter.terms, strict=True))
    # How much more than a figure's or a name's own sentences the best one has of the draft's.
    lost = {
        term: best - max((share for share, there in held if term in there), default=0.0)
        for term in case.rarity
    }
    named = {term for name in named_things(f"x {case.text}").values() for term in terms_of(name)}
    own = frozenset().union(*(own_names(paper) for paper in case.matter.papers.values()))
    own |= frozenset(named_things(case.matter.quotes[0].passage.passage.text))
    return {
        "cosine": max(case.near),
        "words": best,
        "words_together": case.share(frozenset().union(*terms[:_TOGETHER])),
        "words_known": case.share(frozenset(case.matter.counts)),
        "figures": float(len(missing_numbers(case.text, behind(case.quotes[0])))),
        "figures_together": float(len(missing_numbers(case.text, case.together))),
        "figures_known": float(case.absent),
        "names_together": float(len(missing_names(case.text, case.together, own))),
        "figure_apart": max((lost[term] for term in lost if term[0].isdigit()), default=0.0),
        "name_apart": max((lost[term] for term in lost if term in named), default=0.0),
        "denied_first": float(case.denied_by(case.quotes[0])),
        "denied": float(sum(map(case.denied_by, case.quotes[:_TOGETHER]))),
        "entailed": max(case.log_odds[:-1]),
        "entailed_together": case.log_odds[-1],
        "elsewhere": max(0.0, case.elsewhere - case.passage),
    }


def _in_order(case: Case, vector: NDArray[np.float32], known: Mapping[str, Any]) -> Case:
    """A case with the nearest of its quotes."""
    told = [
        (float(known[quote.text] @ vector), case.share(terms_of(behind(quote))), quote)
        for quote in case.quotes
    ]
    told.sort(key=lambda one: -one[0] - one[1])
    quotes = tuple(quote for *_, quote in told[:_KEPT])
    return replace(case, quotes=quotes, near=tuple(near for near, *_ in told[:_KEPT]))
