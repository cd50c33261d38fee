"""Shares, intervals, ranks and the risk curve, on numbers that can be checked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from fakes import hit
from fmqa.answering.schema import Answer, Citation, Sentence
from fmqa.evaluation.figures import figures, groups, percentile, risk_curve, share
from fmqa.evaluation.matching import Fact
from fmqa.evaluation.observing import Observed
from fmqa.evaluation.placing import Place
from fmqa.evaluation.questions import Question
from fmqa.evaluation.ranking import ndcg_at, ranked_papers, recall_at


def citation(paper: str, number: int = 1) -> Citation:
    return Citation(
        number=number, paper_id=paper, arxiv_id=paper, version=1, title="T", authors=(), year=2023,
        page=1, section="", quote="A quote.", start=0, end=8, url="", source="pdf",
        status="current",
    )  # fmt: skip


def row(
    *cited: str,
    wanted: tuple[str, ...] = ("a",),
    facts: tuple[bool, ...] = (True,),
    answerable: bool = True,
    abstained: bool = False,
    **more: Any,
) -> Observed:
    expected = tuple(Fact.of(f"fact {place}") for place in range(10, 10 + len(facts)))
    question = Question(
        "q", "?", more.pop("type", "single"), expected if answerable else (),
        wanted if answerable else (), answerable,
    )  # fmt: skip
    citations = tuple(citation(paper, n) for n, paper in enumerate(cited, start=1))
    answer = Answer(
        question="?",
        status="abstained" if abstained else "answered",
        answer="",
        model="none",
        sentences=tuple(
            Sentence(text="A quote.", citations=(c.number,), verdict="verbatim") for c in citations
        ),
        citations=citations,
    )
    held = facts if answerable and not abstained else (False,) * len(expected)
    values: dict[str, Any] = {"said": held, "quoted": held} | more
    return Observed(question, "?", answer, **values)


def value(rows: list[Observed], name: str) -> float | None:
    made = figures(rows).shares.get(name)
    return made.value if made else None


def test_right_and_wrong() -> None:
    assert row("a").right
    assert not row("a", facts=(True, False)).right
    assert row("a", facts=(True, False)).missed == ["fact 11"]
    assert row("b").right  # a fact may stand in a paper that nobody listed
    assert row("a", facts=()).right
    assert not row("b", facts=()).right
    assert not row("a", facts=(), abstained=True).right
    assert not row(abstained=True).right
    assert row(answerable=False, abstained=True).right
    assert not row("a", answerable=False).right
    failed = Observed(row("a", answerable=False).question, "?", None, "no model")
    assert not failed.right  # nothing was refused


def test_shares_of_facts_papers_and_quotes() -> None:
    rows = [
        row("a", "b", facts=(True, True), telling=(True, False)),
        row("b", wanted=("a", "c"), facts=(False,), telling=(False,)),
        row("x", answerable=False),
        row(answerable=False, abstained=True),
        row(abstained=True),
    ]

    assert value(rows, "fact recall") == 2 / 4
    assert value(rows, "right") == 2 / 5
    assert value(rows, "answered when answerable") == 2 / 3
    assert value(rows, "abstention recall") == 1 / 2
    assert value(rows, "abstention precision") == 1 / 2
    assert value(rows, "cited papers that support") == 1 / 3
    assert value(rows, "supporting papers cited") == 1 / 3
    assert value(rows, "quotes of supporting papers") == 1 / 3
    assert value(rows, "quotes that hold a fact") == 1 / 3
    assert value(rows, "sentences that are quotes") == 1
    assert value(rows, "written sentences that pass") is None
    assert value(rows, "judged faithful") is None


def test_quotes_on_their_page() -> None:
    found, lost = Place(True, True, None), Place(True, False, False)
    rows = [row("a", places=(found, lost))]

    assert value(rows, "quotes on their page") == 1
    assert value(rows, "quotes at their offsets") == 1 / 2
    assert value(rows, "quotes in the file, read anew") == 0  # that of the note isn't counted


def test_retrieval_counts_answerable_questions_only() -> None:
    rows = [row("a", ranked=("b", "a")), row("a", answerable=False, ranked=("b",))]

    assert value(rows, "retrieval recall@5") == 1
    assert value(rows, "retrieval nDCG@10") == pytest.approx(0.6309, abs=1e-4)


def test_ranks() -> None:
    hits = [hit("x", paper_id=paper, passage_id=n) for n, paper in enumerate("aabac")]

    assert ranked_papers(hits) == ["a", "b", "c"]
    assert recall_at(["a", "b", "c"], ["b", "z"], 2) == 0.5
    assert recall_at(["a"], ["b"], 5) == recall_at(["a"], [], 5) == 0
    assert ndcg_at(["a", "b"], ["a", "b"], 10) == 1
    assert ndcg_at(["x", "a"], ["a"], 10) == pytest.approx(0.6309, abs=1e-4)
    assert ndcg_at(["x", "a"], ["a"], 1) == 0


def test_the_interval_holds_the_share_and_is_the_same_again() -> None:
    rows = [row("a", facts=(n % 4 != 0,)) for n in range(40)]
    made = share(rows, lambda r: (sum(r.said), 1))

    assert made.value == 0.75
    assert made.low is not None
    assert made.high is not None
    assert 0.55 < made.low < 0.75 < made.high < 0.95
    assert made == share(rows, lambda r: (sum(r.said), 1))
    assert share(rows[:1], lambda r: (1, 1)).low is None  # of one there is no interval
    assert share([row("a")] * 5, lambda r: (1, 1)).low == 1


def test_risk_grows_where_the_unsure_are_wrong() -> None:
    rows = [
        row("a", confidence=0.9),
        row("a", facts=(False,), confidence=0.5),
        row("a", confidence=0.8),
        row(abstained=True, confidence=0.99),
    ]

    points, area = risk_curve(rows)

    assert [(p.coverage, p.risk) for p in points] == [
        (0.25, 0),
        (0.5, 0),
        (0.75, pytest.approx(1 / 3)),
    ]
    assert area == pytest.approx(1 / 9)
    assert risk_curve([row(abstained=True)]) == ((), None)


def test_equal_confidence_is_one_point() -> None:
    points, _ = risk_curve([row("a", facts=(False,), confidence=0.5), row("a", confidence=0.5)])

    assert [(p.coverage, p.risk) for p in points] == [(1, 0.5)]


def test_groups_and_times() -> None:
    rows = [row("a", type="x", first_ms=5.0, total_ms=9.0), row("a", type="x"), row("b", type="y")]

    made = groups(rows, lambda r: r.question.kind)

    assert list(made) == ["x", "y"]
    assert made["x"].questions == 2
    assert figures(rows[:1]).times == {
        "first content, median": 5,
        "first content, p95": 5,
        "whole answer, median": 9,
        "whole answer, p95": 9,
    }
    assert figures(rows[:1]).as_dict()["shares"]["right"]["value"] == 1
    assert figures([]).shares == {}


def test_percentile_is_the_nearest_rank() -> None:
    values = [float(v) for v in range(1, 101)]

    assert percentile(values, 50) == 50
    assert percentile(values, 95) == 95
    assert percentile([4.0], 95) == 4


def test_tokens_are_summed_where_told() -> None:
    assert figures([row("a", tokens=(10, 2)), row("a", tokens=(1, 1)), row("a")]).tokens == (11, 3)
    assert figures([row("a")]).tokens is None
