"""Asking one question after another: history, errors, an end before the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from fmqa.answering.conversation import Exchange
from fmqa.answering.schema import Answer
from fmqa.errors import ModelError
from fmqa.evaluation.evaluator import Point, evaluate
from fmqa.evaluation.html_report import curve_svg, page
from fmqa.evaluation.questions import Question


class Asked:
    """An assistant that refuses everything, and remembers what it was asked after."""

    def __init__(self, fails_at: str = "", error: BaseException | None = None) -> None:
        self.heard: list[tuple[str, list[str]]] = []
        self.fails_at = fails_at
        self.error = error

    def ask(self, question: str, filters: Any = None, history: Sequence[Exchange] = ()) -> Answer:
        if question == self.fails_at and self.error is not None:
            raise self.error
        self.heard.append((question, [one.asked for one in history]))
        return Answer(
            question=question, status="abstained", answer="No <b>papers</b>.", model="fake"
        )


def question(name: str, kind: str = "fact", *, answerable: bool = True) -> Question:
    return Question(
        id=name, question=f"{name}?", kind=kind, answerable=answerable,
        expected_facts=("<1,570,263>",) if answerable else (),
    )  # fmt: skip


FOUR = [
    question("a"),
    question("b", "follow-up:a"),
    question("c", "follow-up:b"),
    question("n", "unanswerable", answerable=False),
]


def test_a_follow_up_is_asked_after_all_before_it() -> None:
    asked = Asked()
    wrote: dict[str, Any] = {}

    made = evaluate(asked, FOUR, "fake", wrote=wrote.__setitem__)

    assert asked.heard == [("a?", []), ("b?", ["a?"]), ("c?", ["a?", "b?"]), ("n?", [])]
    assert list(wrote) == ["a", "b", "c", "n"]
    assert wrote["a"]["status"] == "abstained"
    assert set(made.seconds()) == {"median", "p95"}
    assert {name: count for name, (count, _) in made.by_kind().items()} == {
        "fact": 1, "follow-up": 2, "unanswerable": 1,
    }  # fmt: skip


def test_an_error_of_ours_is_written_down_and_counts_in_no_figure() -> None:
    made = evaluate(Asked("b?", ModelError("The key is wrong.")), FOUR, "fake")

    assert made.failed == {"b": "The key is wrong."}
    assert [one.question.id for one in made.grades] == ["a", "c", "n"]
    assert made.figures["wrong refusals"].whole == 2


def test_ctrl_c_keeps_what_was_done() -> None:
    made = evaluate(Asked("c?", KeyboardInterrupt()), FOUR, "fake")

    assert made.stopped
    assert made.as_dict()["asked"] == 2


def test_misses_are_drawn_the_same_again() -> None:
    made = evaluate(Asked(), FOUR, "fake")

    assert [one.question.id for one in made.misses()] == ["a", "b", "c"]
    assert made.misses(2) == made.misses(2)
    assert len(made.misses(2)) == 2


def test_the_page_shows_every_answer_and_escapes_it() -> None:
    made = evaluate(Asked(), FOUR, "fake")

    shown = page(made)

    assert shown.count("<details>") == 4
    assert "&lt;1,570,263&gt;" in shown
    assert "<b>papers" not in shown
    assert "<svg" not in shown  # no answer tells a confidence
    assert 'points="48.0,12.0 628.0,260.0"' in curve_svg([Point(1, 0, 1), Point(0.5, 1, 0)])


@pytest.mark.parametrize(("count", "expected"), [(1, 1.0), (20, 19.0), (100, 95.0)])
def test_percentiles_are_the_nearest_rank(count: int, expected: float) -> None:
    made = evaluate(Asked(), [], "fake")
    row = evaluate(Asked(), FOUR[:1], "fake").grades[0]
    made.grades = [
        type(row)(row.question, row.answer, row.refused, seconds=float(n))
        for n in range(1, count + 1)
    ]

    assert made.seconds()["p95"] == expected
