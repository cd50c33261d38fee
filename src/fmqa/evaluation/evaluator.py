"""Puts questions one by one, and keeps what was done when it is stopped."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from fmqa.answering.assistant import exchange
from fmqa.errors import FmqaError
from fmqa.evaluation.figures import Figure, figures, groups, risk_curve
from fmqa.evaluation.grading import Grade, grade

if TYPE_CHECKING:
    from fmqa.answering.assistant import Asked
    from fmqa.answering.conversation import Exchange
    from fmqa.evaluation.questions import Question

_SEED = 0  # shows the same misses in each run

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
