"""What a question asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import hit, quote
from fmqa.answering.phrasing import parts_of
from fmqa.answering.question import Wanted


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
        (
            "What are the main limits of CT models, and how are they overcome?",
            [
                "What are the main limits of CT models",
                "CT: how are they overcome?",
            ],
        ),
        (
            "What are the challenges of foundation models and which solutions are there?",
            [
                "What are the challenges of foundation models",
                "challenges of foundation models: which solutions are there?",
            ],
        ),
        (
            "Which problems do foundation models have, and how are these solved?",
            [
                "Which problems do foundation models have",
                "problems of foundation models: how are these solved?",
            ],
        ),
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


def test_a_name_in_other_words_is_the_papers() -> None:
    hits = [hit("MedSAM was trained.", name="MedSAM"), hit("SAM is one.", name="SAM")]
    wanted = Wanted.of("What is med sam's data?", hits)
    assert wanted.names == {"medsam": "MedSAM"}
    assert wanted.about(quote("We train.", name="MedSAM"))
    assert not wanted.about(quote("We train.", name="SAM"))


def test_a_version_that_is_not_there_is_unknown() -> None:
    hits = [hit("SAM segments. SAM 2 segments videos.", name="SAM")]
    assert Wanted.of("How many parameters does SAM 5 have?", hits).unknown(hits) == ("SAM 5",)
    assert Wanted.of("How does SAM 2 work?", hits).unknown(hits) == ()
    assert Wanted.of("Was SAM 5 times quicker?", hits).unknown(hits) == ()


def test_a_name_is_known_where_a_sentence_has_it_beside_the_papers() -> None:
    sam = hit("SAM segments.", name="SAM")
    topic = hit("MobileSAM shrinks the encoder of SAM.", paper_id="topic:x", passage_id=2)
    asked = "By how much does MobileSAM shrink SAM?"
    assert Wanted.of(asked, [sam]).unknown([sam]) == ("MobileSAM",)
    assert Wanted.of(asked, [sam, topic]).unknown([sam, topic]) == ()


def test_coverage_of_a_paper_counts_its_own_quotes() -> None:
    own = quote("Swin UNETR was pre-trained on volumes.", paper_id="a", name="Swin UNETR")
    other = quote("REFERS learns from radiology reports.", paper_id="b", name="REFERS")
    hits = [hit(own.text, paper_id="a", name="Swin UNETR"), hit(other.text, paper_id="b")]
    wanted = Wanted.of("Which radiology reports was Swin UNETR trained on?", hits)
    assert wanted.coverage([own, other]) == wanted.coverage([own])
    assert wanted.coverage([own]) < 0.6


def test_forms_of_a_word_cover_each_other() -> None:
    wanted = Wanted.of("What makes it interpretable?", [])
    assert wanted.coverage([quote("Interpretability is sought.")]) == pytest.approx(1.0)
    assert wanted.coverage([quote("Interpreters are sought.")]) == 0.0


@pytest.mark.parametrize(
    ("text", "kind", "named"),
    [
        ("The challenge of prompting is that good prompts take time.", "topic", True),
        ("Ambiguous prompts are an obstacle to segmentation.", "vision-only", True),
        ("Privacy is a challenge.", "topic", False),
        ("Prompts may be points or boxes.", "topic", False),
        ("FLARE22 is a challenge of segmentation.", "dataset", False),
    ],
)
def test_a_challenge_of_what_the_question_asks_for(text: str, kind: str, named: bool) -> None:
    wanted = Wanted.of("What are the challenges of prompting for segmentation?", [])
    assert wanted.challenges
    assert wanted.names_challenge(quote(text, kind=kind)) is named


def test_the_fields_challenges_are_any() -> None:
    wanted = Wanted.of("What are the main challenges of foundation models?", [])
    assert wanted.names_challenge(quote("Privacy is a challenge."))
    assert not wanted.names_challenge(quote("Foundation models have six main architectures."))
    assert not Wanted.of("What is the challenge of MedSAM?", []).challenges
