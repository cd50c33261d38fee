"""Figures over many questions: shares with intervals, times, and the risk of answering.

A share is a sum over questions divided by another ("facts said" by "facts expected"). Its interval
is the middle 95 % over resamples of the questions (Efron's percentile bootstrap), seeded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fmqa.evaluation.observing import Observed
from fmqa.evaluation.ranking import ndcg_at, recall_at

_RESAMPLES = 1000
_SEED = 0
_LEVEL = 0.95

Count = Callable[[Observed], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Share:
    """``part`` of ``whole``, with the interval of the share; None where the whole is 0."""

    part: float
    whole: float
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float | None:
        """The share, 0 to 1."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Point:
    """The answers whose confidence is at least ``confidence``.

    ``coverage`` is their share of all questions, ``risk`` the share of them that is wrong.
    """

    confidence: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What is reported of a set of questions. Times are milliseconds."""

    questions: int
    answered: int
    failed: int
    shares: dict[str, Share]
    times: dict[str, float]
    curve: tuple[Point, ...] = ()
    area: float | None = None
    tokens: tuple[int, int] | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        shares = {
            name: asdict(share) | {"value": share.value} for name, share in self.shares.items()
        }
        return asdict(self) | {"shares": shares}


def _answers(row: Observed) -> bool:
    return row.answered and row.question.answerable


def _facts(held: Callable[[Observed], Sequence[bool]]) -> Count:
    return lambda row: (sum(held(row)), len(row.question.expected_facts))


def _cited(row: Observed) -> int:
    return len(set(row.cited) & set(row.question.supporting_ids))


def _of_supported(counted: Count) -> Count:
    """Counts answers to questions whose supporting papers are known."""
    return lambda row: counted(row) if _answers(row) and row.question.supporting_ids else (0, 0)


def _quotes_of_supporting(row: Observed) -> tuple[float, float]:
    citations = row.answer.citations if row.answer else ()
    return sum(c.paper_id in row.question.supporting_ids for c in citations), len(citations)


def _placed(held: Callable[[Any], bool | None]) -> Count:
    def count(row: Observed) -> tuple[float, float]:
        known = [found for place in row.places if (found := held(place)) is not None]
        return sum(known), len(known)

    return count


def _sentences(row: Observed) -> tuple[int, int, int]:
    """How many were written and checked, are quotes themselves, were withheld."""
    if row.answer is None:
        return 0, 0, 0
    checked = sum(sentence.verdict == "supported" for sentence in row.answer.sentences)
    return checked, len(row.answer.sentences) - checked, len(row.answer.withheld)


def _retrieved(measured: Callable[[Observed], float]) -> Count:
    def count(row: Observed) -> tuple[float, float]:
        counts = row.question.answerable and bool(row.question.supporting_ids) and bool(row.ranked)
        return (measured(row), 1) if counts else (0, 0)

    return count


def _recall(k: int) -> Count:
    return _retrieved(lambda row: recall_at(row.ranked, row.question.supporting_ids, k))


def _judged(row: Observed) -> tuple[float, float]:
    verdicts = row.judgement.faithful if row.judgement else ()
    known = [verdict for verdict in verdicts if verdict is not None]
    return sum(known), len(known)


def _relevance(row: Observed) -> tuple[float, float]:
    relevance = row.judgement.relevance if row.judgement else None
    return (relevance, 1) if relevance is not None else (0, 0)


# docs/evaluation.md explains each.
MEASURES: dict[str, Count] = {
    "right": lambda row: (row.right, 1),
    "fact recall": _facts(lambda row: row.said),
    "fact recall in quotes": _facts(lambda row: row.quoted),
    "answered when answerable": lambda row: (_answers(row), row.question.answerable),
    "abstention recall": lambda row: (
        not row.answered and row.answer is not None and not row.question.answerable,
        not row.question.answerable,
    ),
    "abstention precision": lambda row: (
        (not row.question.answerable, 1) if row.answer and not row.answered else (0, 0)
    ),
    "cited papers that support": _of_supported(lambda row: (_cited(row), len(row.cited))),
    "supporting papers cited": _of_supported(
        lambda row: (_cited(row), len(set(row.question.supporting_ids)))
    ),
    "quotes of supporting papers": _of_supported(_quotes_of_supporting),
    "quotes that hold a fact": lambda row: (
        (sum(row.telling), len(row.telling))
        if _answers(row) and row.question.expected_facts
        else (0, 0)
    ),
    "quotes on their page": _placed(lambda place: place.in_record),
    "quotes at their offsets": _placed(lambda place: place.at_offsets),
    "quotes in the file, read anew": _placed(lambda place: place.in_file),
    "written sentences that pass": lambda row: (
        _sentences(row)[0], _sentences(row)[0] + _sentences(row)[2]
    ),
    "sentences that are quotes": lambda row: (_sentences(row)[1], sum(_sentences(row)[:2])),
    "retrieval recall@5": _recall(5),
    "retrieval recall@10": _recall(10),
    "retrieval recall@20": _recall(20),
    "retrieval nDCG@10": _retrieved(
        lambda row: ndcg_at(row.ranked, row.question.supporting_ids, 10)
    ),
    "judged faithful": _judged,
    "judged relevant": _relevance,
}  # fmt: skip


def figures(rows: Sequence[Observed]) -> Figures:
    """All figures of some questions."""
    curve, area = risk_curve(rows)
    spent = [row.tokens for row in rows if row.tokens is not None]
    return Figures(
        questions=len(rows),
        answered=sum(row.answered for row in rows),
        failed=sum(row.answer is None for row in rows),
        shares={
            name: made for name, count in MEASURES.items() if (made := share(rows, count)).whole
        },
        times=_times(rows),
        curve=curve,
        area=area,
        tokens=(sum(t[0] for t in spent), sum(t[1] for t in spent)) if spent else None,
    )


def share(rows: Sequence[Observed], count: Count) -> Share:
    """One share over the rows, with its interval."""
    import numpy as np

    counts = np.array([count(row) for row in rows], dtype=float).reshape(len(rows), 2)
    part, whole = map(float, counts.sum(axis=0))
    counts = counts[counts[:, 1] > 0]
    if len(counts) < 2:
        return Share(part, whole)
    drawn = np.random.default_rng(_SEED).integers(len(counts), size=(_RESAMPLES, len(counts)))
    sums = counts[drawn].sum(axis=1)
    edges = np.array([(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    low, high = np.quantile(sums[:, 0] / sums[:, 1], edges)
    return Share(part, whole, float(low), float(high))


def risk_curve(rows: Sequence[Observed]) -> tuple[tuple[Point, ...], float | None]:
    """Risk at each coverage, from the surest answer on, and the mean risk over the coverages.

    Answers are ordered by their confidence, and one point stands for all of equal confidence. The
    mean over the answers (the area under the curve, El-Yaniv and Wiener 2010, divided by its
    width) is None where nothing was answered.
    """
    answers = sorted((r for r in rows if r.answered), key=lambda row: -row.confidence)
    points: list[Point] = []
    wrong = 0
    for place, row in enumerate(answers, start=1):
        wrong += not row.right
        is_last = place == len(answers) or answers[place].confidence < row.confidence
        if is_last:
            points.append(Point(row.confidence, place / len(rows), wrong / place))
    if not points:
        return (), None
    area, before = 0.0, 0.0
    for point in points:
        area += point.risk * (point.coverage - before)
        before = point.coverage
    return tuple(points), area / before


def groups(rows: Sequence[Observed], key: Callable[[Observed], str]) -> dict[str, Figures]:
    """The figures of each group, the largest group first."""
    found: dict[str, list[Observed]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return {
        name: figures(group)
        for name, group in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    }


def _times(rows: Sequence[Observed]) -> dict[str, float]:
    answered = [row for row in rows if row.answered]
    firsts = [row.first_ms for row in answered if row.first_ms is not None]
    wholes = [row.total_ms for row in answered]
    return {
        f"{name}, {label}": round(percentile(values, share_))
        for name, values in (("first content", firsts), ("whole answer", wholes))
        for label, share_ in (("median", 50), ("p95", 95))
        if values
    }


def percentile(values: Sequence[float], share_: float) -> float:
    """By the nearest rank; ``share_`` in percent."""
    import math

    ordered = sorted(values)
    return ordered[max(0, math.ceil(share_ / 100 * len(ordered)) - 1)]
