"""From passages to quotes: which sentences answer the question, and how sure that is.

Each sentence gets the probability that it is evidence, from the marker's log-odds and a few
features that need no model. The likeliest are chosen one by one, none that repeats another, for as
long as the expected F-measure grows (Ye et al., arXiv:1206.4625). Of their scores comes the
probability that they answer the question.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Self

from fmqa.answering.analysis import QueryAnalysis
from fmqa.answering.claims import content_stems
from fmqa.answering.marking import EvidenceMarker, MarkedPassage
from fmqa.answering.numbers import numbers
from fmqa.answering.quotes import is_quotable
from fmqa.answering.rows import is_row
from fmqa.retrieval.expansion import normal_name
from fmqa.types import Hit, Quote
from fmqa.weights import TRAINED

CALIBRATION = TRAINED / "calibration.json"
_SAME = 0.85  # of the shorter one's stems, that two sentences share which say the same
_HALF = 0.5
_SUREST = 0.9999  # a sentence's probability, for the log-odds
# How much more it matters to miss a sentence than to say one too many; the same where many papers
# are asked. There and where sides are compared: quotes beyond the limit, and what a probability is
# multiplied by for each quote of its paper before it. Chosen on training questions.
_RECALL, _RECALL_OF_MANY = 1.0, 3.0
_MORE, _AGAIN = 4, 0.85


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression over named features; ``least`` is the probability that is enough."""

    bias: float
    weights: Mapping[str, float]
    least: float = 0.5

    @classmethod
    def read(cls, path: Path, name: str) -> Self:
        """The one of this name in a file that `training.calibrate` wrote.

        Args:
            path: of the file.
            name: in it.
        """
        held = json.loads(path.read_text(encoding="utf-8"))[name]
        return cls(held["bias"], held["weights"], held.get("least", 0.5))

    def __call__(self, features: Mapping[str, float]) -> float:
        """The probability, 0 to 1."""
        total = self.bias + sum(w * features[name] for name, w in self.weights.items())
        return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, total))))


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence that can be quoted, and what speaks for it."""

    quote: Quote
    features: Mapping[str, float]
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The chosen quotes, the likeliest first, each with its probability as its score.

    ``answerability`` is the probability that they answer the question; ``nearest`` the likeliest
    sentence of all, whether chosen or not. ``passages`` are all that was looked through, each as
    its sentences or rows with their probabilities, in the marker's order of whole passages.
    """

    quotes: tuple[Quote, ...]
    answerability: float = 0.0
    nearest: Quote | None = None
    passages: tuple[tuple[Quote, ...], ...] = ()


def scored_sentences(query: QueryAnalysis, marked: Sequence[MarkedPassage]) -> list[Scored]:
    """All sentences of marked passages that can be quoted, each text once, with their features."""
    asked = set(content_stems(query.question))
    texts = [frozenset(content_stems(_whole(passage.hit))) for passage in marked]
    rarity = {
        stem: math.log(1 + (len(texts) + 1) / (1 + sum(stem in text for text in texts)))
        for stem in sorted(asked)
    }
    total = sum(rarity.values()) or 1.0
    found: dict[str, Scored] = {}
    for rank, passage in enumerate(marked):
        paper = passage.hit.passage.paper
        title = frozenset(content_stems(f"{paper.title} {paper.name}"))
        for quote, logit in zip(passage.units, passage.logits, strict=True):
            if not is_row(quote) and not is_quotable(quote.text):
                continue
            said = f"{quote.context} {quote.text}" if is_row(quote) else quote.text
            stems = frozenset(content_stems(said))
            features = {
                "logit": logit,
                "rank": math.log(1 + rank),
                "title": sum(w for s, w in rarity.items() if s in stems or s in title) / total,
                "names": _named(query, quote),
                "row": float(is_row(quote)),
            }
            found.setdefault(" ".join(said.lower().split()), Scored(quote, features, stems))
    return list(found.values())


def answer_features(
    query: QueryAnalysis, marked: Sequence[MarkedPassage], ranked: Sequence[Quote]
) -> dict[str, float]:
    """What the probability of an answer goes by, given the sentences by probability.

    How likely the best sentence, the best passage and the middle one of all passages are.
    """
    wholes = [passage.whole for passage in marked] or [-10.0]
    cosines = [p.hit.cosine for p in marked[:5] if p.hit.cosine is not None]
    best = min(max((quote.score for quote in ranked), default=0.0), _SUREST)
    return {
        "best": math.log(max(best, 1 - _SUREST) / (1 - best)),
        "whole": max(wholes),
        "median": median(wholes),
        "cosine": max(cosines, default=0.0),
        "names": max((_named(query, quote) for quote in ranked[:3]), default=0.0),
    }


def ranked_sentences(sentences: Sequence[Scored], is_evidence: Logistic) -> list[Scored]:
    """The sentences by the probability that each is evidence, which becomes its quote's score."""
    scored = [
        replace(one, quote=replace(one.quote, score=is_evidence(one.features))) for one in sentences
    ]
    return sorted(scored, key=lambda one: -one.quote.score)


def ranked_passages(
    marked: Sequence[MarkedPassage], ranked: Sequence[Scored]
) -> tuple[tuple[Quote, ...], ...]:
    """The passages by the marker, the likeliest first, each sentence's probability as its score.

    What is no evidence by itself (a short sentence, a formula, what stands elsewhere too) has 0.
    """
    scores = {one.quote.key: one.quote.score for one in ranked}
    return tuple(
        tuple(replace(u, score=scores.get(u.key, 0.0)) for u in passage.units)
        for passage in sorted(marked, key=lambda passage: -passage.whole)
    )


class EvidenceSelector:
    """Chooses quotes.

    Args:
        marker: scores the sentences of passages.
        limit: how many quotes at most.
        calibration: file of the two regressions, see `training.calibrate`.
    """

    def __init__(
        self, marker: EvidenceMarker, limit: int = 10, calibration: Path = CALIBRATION
    ) -> None:
        self.marker = marker
        self.limit = limit
        self.is_evidence = Logistic.read(calibration, "evidence")
        self.is_answer = Logistic.read(calibration, "answer")

    def select(
        self,
        query: QueryAnalysis,
        hits: Sequence[Hit],
        *,
        sides: Sequence[Collection[str]] = (),
        broad: bool = False,
    ) -> Evidence:
        """The quotes for a question, from its passages, the likeliest first.

        Args:
            query: the question.
            hits: its passages.
            sides: the papers that it sets side by side, each of which is to be heard.
            broad: whether it asks many papers, so that each further quote of one counts for less.
        """
        marked = self.marker.mark(query.question, hits)
        ranked = ranked_sentences(scored_sentences(query, marked), self.is_evidence)
        passages = ranked_passages(marked, ranked)
        nearest = ranked[0].quote if ranked else None
        if query.in_passing:
            # What is said of another model is no answer on one that papers only mention.
            ranked = [one for one in ranked if one.features["names"]]
        if not ranked:
            return Evidence((), nearest=nearest, passages=passages)
        quotes = [one.quote for one in ranked]
        answerability = self.is_answer(answer_features(query, marked, quotes))
        picked = self._choose(ranked, sides, broad=broad)
        chosen = sorted((one.quote for one in picked), key=lambda quote: -quote.score)
        return Evidence(tuple(chosen), answerability, nearest, passages)

    def _choose(
        self, ranked: Sequence[Scored], sides: Sequence[Collection[str]], *, broad: bool
    ) -> list[Scored]:
        """The likeliest sentences: of many papers, of each side, or of all."""
        most = self.limit + _MORE
        if broad:
            return _picked(ranked, most, _RECALL_OF_MANY, again=_AGAIN)
        chosen: list[Scored] = []
        for side in sides:
            own = [one for one in ranked if one.quote.passage.paper.paper_id in side]
            chosen += _picked(own, self.limit // (len(sides) + 1), _RECALL, chosen)
        left = (most if sides else self.limit) - len(chosen)
        return [*chosen, *_picked(ranked, left, _RECALL, chosen)]


def _picked(
    ranked: Sequence[Scored],
    most: int,
    recall: float,
    before: Sequence[Scored] = (),
    *,
    again: float = 1.0,
) -> list[Scored]:
    """The likeliest sentences, as many as raise the expected F-measure; none repeats another.

    Args:
        ranked: sentences, the likeliest first.
        most: how many at most.
        recall: how much more it matters to miss a sentence than to say one too many.
        before: what has been picked already.
        again: what a sentence's probability is multiplied by for each one of its paper before it.
    """
    picked: list[Scored] = []
    left = [one for one in ranked if one not in before]
    papers: Counter[str] = Counter()
    expected = sum(one.quote.score for one in left)

    def worth(one: Scored) -> float:
        return one.quote.score * again ** papers[one.quote.passage.paper.paper_id]

    while left and len(picked) < most:
        best = max(left, key=worth)
        left.remove(best)
        found = sum(one.quote.score for one in picked)
        # One more raises (1 + b²) · found / (picked + b² · expected) only above this.
        if picked and worth(best) < found / (len(picked) + recall**2 * expected):
            break
        if not _repeats(best, [*before, *picked]):
            picked.append(best)
            papers[best.quote.passage.paper.paper_id] += 1
    return picked


def _repeats(pick: Scored, chosen: Sequence[Scored]) -> bool:
    """Whether a sentence says what another one says already.

    In mostly the same words or, of one paper, in half of them and with several figures; the figures
    have to be the same.
    """
    if is_row(pick.quote):
        return False
    figures = {number.value for number in numbers(pick.quote.text)}
    for other in chosen:
        shared = len(pick.stems & other.stems) / (min(len(pick.stems), len(other.stems)) or 1)
        if is_row(other.quote) or shared < _HALF:
            continue
        ours, theirs = (one.quote.passage.paper.paper_id for one in (pick, other))
        told = {number.value for number in numbers(other.quote.text)}
        if figures <= told and (shared >= _SAME or (len(figures) > 1 and ours == theirs)):
            return True
    return False


def _named(query: QueryAnalysis, quote: Quote) -> float:
    """The share of the question's models and data sets that a quote or its paper names."""
    things = query.things
    if not things:
        return 1.0
    paper = quote.passage.paper
    text = f"{quote.context} {quote.text} {paper.title} {paper.name}"
    there = set(map(normal_name, text.replace("/", " ").split()))
    joined = normal_name("".join(text.split()))
    held = (
        n in there or (len(n) > 3 and n in joined) or paper.paper_id in query.papers.get(n, ())
        for n in things
    )
    return sum(held) / len(things)


def _whole(hit: Hit) -> str:
    paper = hit.passage.paper
    return f"{paper.title} {paper.name} {hit.passage.passage.text}"
