"""Figures that differ between versions and papers are both said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import Add, document, quote, word_assistant
from fmqa.answering.conflicts import between_papers, differing_figures, unsaid_figures
from fmqa.answering.schema import Answer
from fmqa.store.library import Library

MASKS = "SAM-Med3D was trained on {masks} 3D masks covering {kinds} categories of anatomy."
OLD, NEW = MASKS.format(masks="131K", kinds="247"), MASKS.format(masks="143K", kinds="245")


@pytest.mark.parametrize(
    ("one", "other", "figures"),
    [
        (NEW, OLD, ("143K", "131K")),
        (
            "Merlin is validated on 44,098 external CTs of three hospitals.",
            "Merlin is validated on 7,000 external CTs of three hospitals.",
            ("44,098", "7,000"),
        ),
        (
            "The model reaches a Dice of 0.91 on liver CT.",
            "The model reaches a Dice of 0.84 on liver CT.",
            ("0.91", "0.84"),
        ),
    ],
)
def test_other_figures_of_one_thing_are_seen(
    one: str, other: str, figures: tuple[str, str]
) -> None:
    assert differing_figures(one, other) == figures
    assert differing_figures(other, one) == figures[::-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "We train on 1,570,263 image-mask pairs.",
            "We train on over 1.5 million image-mask pairs.",
        ),
        (
            "The model reaches a Dice of 0.91 on liver CT.",
            "The model reaches an AUC of 0.84 on liver CT.",
        ),
        (NEW, "The decoder of another network has 12 layers with 8 heads in each of them."),
        (NEW, NEW),
        (
            "The network was tested on 12 tasks and 30 hospitals of one country.",
            "The network was tested on 30 hospitals of one country.",
        ),
    ],
)
def test_what_only_looks_like_it_is_none(one: str, other: str) -> None:
    assert differing_figures(one, other) is None


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_text_is_taken_and_nothing_differs_from_itself(one: str, other: str) -> None:
    differing_figures(one, other)
    assert differing_figures(one, one) is None


def test_papers_that_say_otherwise_of_one_model() -> None:
    said = [
        quote(NEW, paper_id="2310.15161"),
        quote(OLD, paper_id="2401.00001"),
        quote(OLD.replace("SAM-Med3D", "MedLAM"), paper_id="2401.00002"),
    ]
    assert [difference.figures for difference in between_papers(said)] == [("143K", "131K")]


def asked(library: Library, question: str = "On how many masks was SAM-Med3D trained?") -> Answer:
    return word_assistant(library).ask(question)


def test_an_answer_says_what_the_older_version_said(library: Library, add: Add) -> None:
    meta = {"title": "SAM-Med3D: Towards General-purpose Models", "name": "SAM-Med3D"}
    add(document("2310.15161", [OLD], version=1, **meta))
    add(document("2310.15161", ["First words.", NEW], version=3, **meta))
    answer = asked(library)
    assert answer.status == "answered"
    assert [(c.version, c.status, c.quote) for c in answer.citations] == [
        (3, "current", NEW),
        (1, "superseded", OLD),
    ]
    assert answer.sentences[-1].text == f"Version 1 of the paper said: “{OLD}”"
    assert answer.answer.endswith("[2].")


def test_an_older_version_that_agrees_isn_t_mentioned(library: Library, add: Add) -> None:
    meta = {"title": "SAM-Med3D: Towards General-purpose Models", "name": "SAM-Med3D"}
    add(document("2310.15161", [NEW], version=1, **meta))
    add(document("2310.15161", ["First words.", NEW], version=3, **meta))
    assert len(library.record.earlier_passages("2310.15161")) == 1
    answer = asked(library)
    assert [citation.version for citation in answer.citations] == [3]


def test_an_answer_says_what_another_file_of_the_work_says(library: Library, add: Add) -> None:
    meta = {"title": "SAM-Med3D: Towards General-purpose Models", "authors": ("Jun Ma", "Bo Li")}
    add(document("2310.15161", [OLD], name="SAM-Med3D", **meta))
    add(document("local:1", [NEW], arxiv_id=None, year=2024, **meta))
    answer = asked(library)
    assert {c.paper_id: c.quote for c in answer.citations} == {"2310.15161": OLD, "local:1": NEW}
    told = " ".join([answer.answer, *answer.notices])
    assert "version" in told
    assert "sources differ" not in told


@pytest.mark.parametrize(
    ("question", "unsaid"),
    [
        ("Which paper says 2,570,263 pairs?", ["2,570,263"]),
        ("Which paper says 1,570,263 pairs?", []),
        ("Which paper says 1.57 million pairs?", []),
        ("Which paper of 2024 says ten pairs?", []),
        ("Which paper says 11,026,000 pairs?", ["11,026,000"]),
        ("Which paper says about 11,026,000 pairs?", ["11,026,000"]),
        ("Which paper says 1.3 million pairs?", ["1.3 million pairs"]),
        ("Which models saw more than 1.3 million pairs?", []),
        ("Which paper says 91.3%?", []),
        ("Which paper says 92.4%?", ["92.4%"]),
        ("Which paper uses 3T scanners?", []),
    ],
)
def test_figures_that_nobody_gives(question: str, unsaid: list[str]) -> None:
    said = ["MedSAM saw 1,570,263 pairs.", "SAM saw over 11 million.", "Its Dice is 0.913."]
    assert unsaid_figures(question, said) == unsaid


def test_a_figure_that_is_given_of_something_else_is_not_given() -> None:
    said = ["MedSAM saw 1.3 million pairs.", "SAM saw slides."]
    assert unsaid_figures("1.3 million slides", said) == []
    assert unsaid_figures("1.3 million slides", said, counted=True) == ["1.3 million slides"]
    assert unsaid_figures("1.3 million pairs", said, counted=True) == []


def test_an_answer_says_that_no_paper_gives_a_figure(library: Library, add: Add) -> None:
    add(document("2310.15161", [NEW], name="SAM-Med3D"))
    answer = asked(library, "Which paper says that SAM-Med3D was trained on 131,999 3D masks?")
    assert "No paper says 131,999." in answer.notices
    assert answer.status == "answered"
