"""What a question asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import hit, quote
from fmqa.answering.question import Wanted, parts_of


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "How was MedSAM obtained from SAM, and on how much data?",
            ["How was MedSAM obtained from SAM", "MedSAM: on how much data?"],
        ),
        ("What is MedSAM?", ["What is MedSAM?"]),
        (
            "Which tasks and data sets does UNI cover?",
            ["Which tasks and data sets does UNI cover?"],
        ),
        (
            "What is UNI trained on and how does Virchow differ?",
            ["What is UNI trained on", "how does Virchow differ?"],
        ),
        ("What is LoRA? Who uses it?", ["What is LoRA", "LoRA: Who uses it?"]),
        ("?", ["?"]),
        ("", [""]),
    ],
)
def test_parts(question: str, parts: list[str]) -> None:
    assert parts_of(question) == parts


@given(text=st.text(max_size=200))
def test_no_question_is_too_odd(text: str) -> None:
    parts = parts_of(text)
    assert parts
    wanted = Wanted.of(text, [hit("A sentence on CT.")])
    assert 0.0 <= wanted.bonus(quote("A sentence on CT.")) <= 0.9
    assert 0.0 <= wanted.coverage([quote("A sentence on CT.")]) <= 1.0 + 1e-9
    wanted.unknown([hit("A sentence on CT.")])


def test_a_question_is_about_the_paper_that_it_names() -> None:
    wanted = Wanted.of("How was MedSAM trained?", [])
    assert wanted.about(quote("We train.", name="MedSAM"))
    assert wanted.about(quote("We train.", title="MedSAM: segment anything"))
    assert not wanted.about(quote("We train.", name="SAM"))
    assert not wanted.about(quote("MedSAM trains.", name=""))


def test_figures_are_worth_more_where_they_are_asked_for() -> None:
    figure, none = quote("It was trained on 86 tasks."), quote("It was trained on tasks.")
    asked = Wanted.of("On how many tasks was it trained?", [])
    assert asked.bonus(figure) > asked.bonus(none)
    other = Wanted.of("On which tasks was it trained?", [])
    assert other.bonus(figure) == other.bonus(none)


def test_unknown_names() -> None:
    hits = [hit("MedSAM adapts SAM to CT, as Med SAM 2 does.", title="SAM-Med3D: a study")]
    assert Wanted.of("Does MedSAM beat FooNet on CT?", hits).unknown(hits) == ("FooNet",)
    assert (
        Wanted.of("How does MedSAM2 work?", [hit("See MedSAM 2.")]).unknown([hit("MedSAM 2.")])
        == ()
    )
    assert Wanted.of("How does SAM work?", hits).unknown(hits) == ()
    assert Wanted.of("How does SAM-Med3D work?", hits).unknown(hits) == ()
    assert Wanted.of("HOW DOES MEDSAM ADAPT SAM", hits).unknown(hits) == ()


def test_coverage_counts_rare_words_and_titles() -> None:
    wanted = Wanted.of("pathology slides", [])
    assert wanted.coverage([quote("Slides.", title="On pathology")]) == pytest.approx(1.0)
    assert wanted.coverage([quote("Nothing.")]) == 0.0
