"""Figures over many answers, each with its interval, and the risk of answering.

A figure is a sum over questions divided by another ("facts stated" by "facts expected"). Its
interval is the middle 95 % over resamples of the questions (Efron's percentile bootstrap), seeded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fmqa.evaluation.grading import Grade

_RESAMPLES = 1000
_SEED = 0
_LEVEL = 0.95

# What each figure counts of one answer, and of what; docs/evaluation.md explains them.
FIGURES: dict[str, Callable[[Grade], tuple[int, int]]] = {
    "evidence recall": lambda one: (sum(one.found), len(one.found)),
    "fact recall": lambda one: (sum(one.stated), len(one.stated)),
    "citation precision": lambda one: (sum(one.labelled), len(one.labelled)),
    "citations": lambda one: (len(one.labelled), one.question.answerable),
    "wrong refusals": lambda one: (
        one.refused and one.question.answerable, one.question.answerable,
    ),
    "refusal recall": lambda one: (
        one.refused and not one.question.answerable, not one.question.answerable,
    ),
    "refusal precision": lambda one: (
        one.refused and not one.question.answerable, one.refused,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """``part`` by ``whole``, with its interval; None where nothing was counted."""

    part: int
    whole: int
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float | None:
        """The figure."""
        return self.part / self.whole if self.whole else None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"value": self.value} | asdict(self)


@dataclass(frozen=True, slots=True)
class Point:
    """The answers whose confidence is at least ``confidence``.

    ``coverage`` is their share of all questions, ``risk`` the share of them that is wrong.
    """

    confidence: float
    coverage: float
    risk: float


def figures(grades: Sequence[Grade]) -> dict[str, Figure]:
    """All figures of some answers."""
    import numpy as np

    counts = np.array(
        [[count(one) for count in FIGURES.values()] for one in grades], dtype=float
    ).reshape(len(grades), len(FIGURES), 2)
    total = counts.sum(axis=0).astype(int)
    made = {name: Figure(int(a), int(b)) for name, (a, b) in zip(FIGURES, total, strict=True)}
    if len(grades) < 2:
        return made
    # How often each question is drawn, a row a resample.
    draws = np.random.default_rng(_SEED).multinomial(
        len(grades), np.full(len(grades), 1 / len(grades)), size=_RESAMPLES
    )
    sums = np.tensordot(draws.astype(float), counts, axes=1)
    edges = np.array([(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    for place, (name, figure) in enumerate(made.items()):
        counted = sums[:, place, 1] > 0
        if figure.whole and counted.any():
            parts, wholes = sums[counted, place, 0], sums[counted, place, 1]
            low, high = np.quantile(parts / wholes, edges)
            made[name] = Figure(figure.part, figure.whole, float(low), float(high))
    return made


def groups(
    grades: Sequence[Grade], key: Callable[[Grade], str]
) -> dict[str, tuple[int, dict[str, Figure]]]:
    """How many answers are in each group, and their figures."""
    found: dict[str, list[Grade]] = {}
    for one in grades:
        found.setdefault(key(one), []).append(one)
    return {name: (len(group), figures(group)) for name, group in sorted(found.items())}


def risk_curve(grades: Sequence[Grade]) -> list[Point]:
    """Risk at each coverage, from the surest answer on; nothing where answers tell no confidence.

    One point stands for all answers of equal confidence (El-Yaniv and Wiener 2010).
    """
    answers = sorted(
        ((one.confidence, one.missed) for one in grades
         if not one.refused and one.confidence is not None),
        key=lambda pair: -pair[0],
    )  # fmt: skip
    points: list[Point] = []
    wrong = 0
    for place, (confidence, missed) in enumerate(answers, start=1):
        wrong += missed
        if place == len(answers) or answers[place][0] < confidence:
            points.append(Point(confidence, place / len(grades), wrong / place))
    return points
