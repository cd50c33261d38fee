"""Figures, intervals and the risk curve, on numbers that can be checked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from fmqa.evaluation.evaluator import figures, groups, risk_curve
from fmqa.evaluation.grading import Grade
from fmqa.evaluation.questions import Question


def made(
    *, answerable: bool = True, refused: bool = False, kind: str = "fact", **more: Any
) -> Grade:
    question = Question(
        id="q", question="?", kind=kind, answerable=answerable,
        expected_facts=("a fact",) if answerable else (),
    )  # fmt: skip
    confidence = more.pop("confidence", None)
    said = {} if confidence is None else {"confidence": confidence}
    return Grade(question, said, refused, **more)


ROWS = [
    made(found=(True, False), stated=(True,), labelled=(True, False, False)),
    made(found=(True,), stated=(True, True), labelled=(True,)),
    made(found=(False,), stated=(False,), refused=True),
    made(answerable=False, refused=True),
    made(answerable=False),
]


def test_each_figure() -> None:
    assert {name: figure.value for name, figure in figures(ROWS).items()} == {
        "evidence recall": 2 / 4,
        "fact recall": 3 / 4,
        "citation precision": 2 / 4,
        "citations": 4 / 3,
        "wrong refusals": 1 / 3,
        "refusal recall": 1 / 2,
        "refusal precision": 1 / 2,
    }


def test_of_nothing_there_is_no_figure() -> None:
    assert {figure.value for figure in figures([]).values()} == {None}
    of_one = figures(ROWS[:1])
    assert of_one["evidence recall"].value == 0.5
    assert of_one["evidence recall"].low is None
    assert of_one["refusal recall"].as_dict() == {
        "value": None, "part": 0, "whole": 0, "low": None, "high": None,
    }  # fmt: skip


def test_the_interval_holds_the_figure_and_is_the_same_again() -> None:
    rows = [made(found=(n % 4 != 0,)) for n in range(40)]

    first = figures(rows)["evidence recall"]

    assert first.value == 0.75
    assert first.low is not None
    assert first.high is not None
    # 1.96 standard errors of a share of 0.75 of 40 are 0.134.
    assert first.low == pytest.approx(0.75 - 0.134, abs=0.03)
    assert first.high == pytest.approx(0.75 + 0.134, abs=0.03)
    assert figures(rows)["evidence recall"] == first
    assert figures([made(found=(True,))] * 5)["evidence recall"].low == 1


def test_groups_are_told_apart() -> None:
    rows = [made(kind="fact"), made(kind="follow-up:a"), made(kind="follow-up:b", refused=True)]

    found = groups(rows, lambda one: one.question.group)

    assert {name: count for name, (count, _) in found.items()} == {"fact": 1, "follow-up": 2}
    assert found["follow-up"][1]["wrong refusals"].value == 0.5


def test_risk_grows_where_the_unsure_are_wrong() -> None:
    rows = [
        made(found=(True,), confidence=0.9),
        made(found=(False,), confidence=0.5),
        made(found=(True,), confidence=0.8),
        made(found=(False,), confidence=0.99, refused=True),
    ]

    points = risk_curve(rows)

    assert [(one.coverage, one.risk) for one in points] == [
        (0.25, 0),
        (0.5, 0),
        (0.75, pytest.approx(1 / 3)),
    ]
    assert risk_curve([made(found=(True,))]) == []
    equal = [made(found=(False,), confidence=0.5), made(found=(True,), confidence=0.5)]
    assert [(one.coverage, one.risk) for one in risk_curve(equal)] == [(1, 0.5)]
