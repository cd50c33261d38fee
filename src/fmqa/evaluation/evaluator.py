"""Puts questions one by one, and counts what came of them; keeps it when it is stopped.

A figure is a sum over questions divided by another ("facts stated" by "facts expected"). Its
interval is the middle 95 % over resamples of the questions (Efron's percentile bootstrap), seeded.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from fmqa.answering.assistant import exchange
from fmqa.errors import FmqaError
from fmqa.evaluation.grading import Grade, grade

if TYPE_CHECKING:
    from fmqa.answering.assistant import Asked
    from fmqa.answering.conversation import Exchange
    from fmqa.evaluation.questions import Question

Progress = Callable[[str, int, int], None]
Wrote = Callable[[str, dict[str, Any]], None]


@dataclass
class Evaluation:
    """What was asked and what came of it.

    ``failed`` are the questions that an error of ours kept from an answer, with its words; they
    count in no figure. ``stopped`` when it ended before its last question.
    """

    model: str
    grades: list[Grade] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    stopped: bool = False

    @property
    def figures(self) -> dict[str, Figure]:
        """Of all questions."""
        return figures(self.grades)

    def by_kind(self) -> dict[str, tuple[int, dict[str, Figure]]]:
        """Of each kind of question; of each split too, where there are several."""
        kinds = groups(self.grades, lambda one: one.question.group)
        splits = groups(self.grades, lambda one: one.question.split)
        return kinds | ({f"split {k}": v for k, v in splits.items()} if len(splits) > 1 else {})

    def seconds(self) -> dict[str, float]:
        """Median and 95th percentile of the time that an answer took (nearest rank)."""
        taken = sorted(one.seconds for one in self.grades if one.seconds is not None)
        at = {"median": 0.5, "p95": 0.95}
        return {n: taken[math.ceil(p * len(taken)) - 1] for n, p in at.items() if taken}

    def misses(self, most: int | None = None) -> list[Grade]:
        """The answers that have nothing of what was wanted; ``most`` of them, drawn by a seed."""
        missed = [one for one in self.grades if one.missed]
        if most is None or most >= len(missed):
            return missed
        return random.Random(_SEED).sample(missed, most)  # noqa: S311 (no secret)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the figures, and what came of each question."""

        def told(made: dict[str, Figure]) -> dict[str, Any]:
            return {name: figure.as_dict() for name, figure in made.items()}

        return {
            "model": self.model,
            "asked": len(self.grades),
            "stopped": self.stopped,
            "failed": self.failed,
            "figures": told(self.figures),
            "kinds": {
                name: {"asked": count, "figures": told(made)}
                for name, (count, made) in self.by_kind().items()
            },
            "seconds": self.seconds(),
            "risk": [asdict(point) for point in risk_curve(self.grades)],
            "questions": [
                {
                    "id": one.question.id,
                    "kind": one.question.kind,
                    "answerable": one.question.answerable,
                    "refused": one.refused,
                    "missed": one.missed,
                    "found": list(one.found),
                    "stated": list(one.stated),
                    "labelled": list(one.labelled),
                    "seconds": one.seconds,
                }
                for one in self.grades
            ],
        }


def evaluate(
    assistant: Asked,
    questions: Sequence[Question],
    model: str,
    *,
    wrote: Wrote = lambda name, answer: None,
    progress: Progress = lambda label, done, total: None,
) -> Evaluation:
    """Asks them all. Ctrl-C ends it early, with what was done.

    Args:
        assistant: what is asked.
        questions: in their order; what a follow-up is asked after stands before it.
        model: names it.
        wrote: told of each answer, in its published form, by the question's id.
        progress: told of (label, done, all).
    """
    made = Evaluation(model)
    told: dict[str, tuple[Exchange, ...]] = {}
    try:
        for done, question in enumerate(questions):
            progress("Asking", done, len(questions))
            history = told.get(question.after, ())
            began = time.monotonic()
            try:
                answer = assistant.ask(question.question, None, history)
            except FmqaError as error:
                made.failed[question.id] = str(error)
                continue
            seconds = round(time.monotonic() - began, 3)
            told[question.id] = (*history, exchange(answer))
            content = answer.model_dump(mode="json")
            wrote(question.id, content)
            made.grades.append(grade(question, content, seconds))
        progress("Asking", len(questions), len(questions))
    except KeyboardInterrupt:
        made.stopped = True
    return made


_RESAMPLES = 1000
_SEED = 0  # the same intervals and misses in each run
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
