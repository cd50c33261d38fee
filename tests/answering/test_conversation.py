"""Follow-ups are made to stand alone, and new topics are left alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models import FakeListChatModel

from fmqa.answering.conversation import (
    Exchange,
    ModelRewriter,
    standalone,
    with_kin_named,
    with_review_named,
)
from fmqa.errors import ModelUnavailable
from fmqa.retrieval.naming import NameBook
from fmqa.types import PaperMeta

PAPERS = {"medsam", "sam", "conch", "uni", "biomedclip", "medsam2", "virchow"}
MEDSAM = [Exchange("How was MedSAM made?", "How was MedSAM made?", ("MedSAM",))]
BOTH = [Exchange("Compare MedSAM with SAM", "Compare MedSAM with SAM", ("MedSAM", "SAM"))]


def alone(question: str, history: Any = MEDSAM) -> str:
    return standalone(question, history, PAPERS.__contains__)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("On how many images?", "MedSAM: on how many images?"),
        ("and in pathology?", "MedSAM: in pathology?"),
        ("Which loss?", "MedSAM: which loss?"),
        ("What was the training data?", "MedSAM: what was the training data?"),
        ("Which datasets were used?", "MedSAM: which datasets were used?"),
        ("Why?", "MedSAM: why?"),
        ("and its successor?", "What is MedSAM's successor?"),
        ("What are its limitations?", "What are MedSAM's limitations?"),
        ("How many parameters does it have?", "How many parameters does MedSAM have?"),
        ("Who wrote that paper?", "Who wrote MedSAM?"),
        ("compare that with CONCH", "Compare MedSAM with CONCH"),
        ("How does this compare with UNI?", "How does MedSAM compare with UNI?"),
        ("Does it outperform UNI?", "Does MedSAM outperform UNI?"),
        ("And UNI?", "How was UNI made?"),
    ],
)
def test_follow_ups_get_what_they_leave_out(asked: str, meant: str) -> None:

    assert alone(asked) == meant


@pytest.mark.parametrize(
    "question",
    [
        "Which challenges do foundation models face?",
        "How are foundation models evaluated?",
        "What is the architecture of UNI?",
        "Was UNI trained on slides, and does it use DINOv2?",
        "Is it possible to train without labels?",
        "Which models use DINOv2?",
        "what is federated learning?",
        "Which of the papers that use LoRA freeze the encoder?",
    ],
)
def test_a_new_topic_is_left_as_it_is(question: str) -> None:
    assert alone(question) == question


def test_it_is_the_first_of_several_and_they_are_all() -> None:
    assert alone("How large is it?", BOTH) == "How large is MedSAM?"
    assert alone("What are their losses?", BOTH) == "What are MedSAM and SAM's losses?"
    assert alone("Which of them is faster?", BOTH) == "Which of MedSAM and SAM is faster?"


def test_what_about_a_matter_is_a_new_topic_unless_the_paper_speaks_of_it() -> None:
    def speaks(subject: str, text: str) -> bool:
        return "prompts" in text

    def meant(question: str) -> str:
        return standalone(question, MEDSAM, PAPERS.__contains__, speaks)

    assert meant("What about federated learning?") == "What about federated learning?"
    assert meant("What about box prompts?") == "MedSAM: what about box prompts?"
    assert meant("What about limitations?") == "MedSAM: what about limitations?"
    assert meant("What about its licence?") == "What about MedSAM's licence?"


def paper(name: str) -> PaperMeta:
    return PaperMeta(paper_id=name, version=1, title=f"{name}: a model", name=name)


KIN = NameBook.of(
    map(paper, ["MedSAM", "MedSAM2", "DINO", "DINOv2", "DINOv3", "MAIRA-1", "MAIRA-2", "UNI"])
)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("What is MedSAM's successor?", "What is MedSAM2?"),
        ("How large is the successor of DINO?", "How large is DINOv2?"),
        ("Does DINOv2's direct successor need labels?", "Does DINOv3 need labels?"),
        ("Does MAIRA-2's predecessor read lateral images?", "Does MAIRA-1 read lateral images?"),
        ("Is the predecessor of MedSAM2 slower?", "Is MedSAM slower?"),
        ("What is UNI's successor?", "What is UNI's successor?"),
        ("Who is the successor of Caesar?", "Who is the successor of Caesar?"),
    ],
)
def test_kin_is_named_where_the_library_knows_it(asked: str, meant: str) -> None:
    assert with_kin_named(asked, KIN) == meant


@given(st.text(max_size=80))
def test_naming_kin_takes_any_text(text: str) -> None:
    assert isinstance(with_kin_named(f"{text} MedSAM's successor {text}", KIN), str)


def test_the_last_question_with_a_subject_counts() -> None:
    survey = Exchange("Which challenges are there?", "Which challenges are there?")
    assert alone("On how many images?", [*MEDSAM, survey]) == "MedSAM: on how many images?"
    assert alone("On how many images?", [survey]) == "On how many images?"
    assert alone("On how many images?", []) == "On how many images?"


def test_follow_ups_of_follow_ups() -> None:
    history = list(MEDSAM)
    for asked, meant in [
        ("And UNI?", "How was UNI made?"),
        ("on how many slides?", "UNI: on how many slides?"),
        ("And CONCH?", "CONCH: on how many slides?"),
    ]:
        assert alone(asked, history) == meant
        subject = next(name for name in ("UNI", "CONCH") if name in meant)
        history.append(Exchange(asked, meant, (subject,)))


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(alone(text, BOTH), str)
    assert standalone(text, [], PAPERS.__contains__) == text


def rewriter(*answers: str) -> ModelRewriter:
    def rules(question: str, history: Any) -> str:
        return f"by rules: {question}"

    return ModelRewriter(FakeListChatModel(responses=list(answers)), rules)


def test_the_reasoning_before_a_rewriting_is_left_out() -> None:
    history = [Exchange("What is MedSAM?", "What is MedSAM?", ("MedSAM",))]
    said = rewriter("<think>It is MedSAM, not SAM-2.</think>\nHow large is MedSAM?")
    assert said("How large is it?", history) == "How large is MedSAM?"


def test_a_model_rewrites_where_there_is_one() -> None:
    assert rewriter("How large is  MedSAM?")("How large is it?", MEDSAM) == "How large is MedSAM?"


@pytest.mark.parametrize(
    "said", ["How was MedSAM2 trained?", "", "word " * 200, "MedSAM was trained on SA-1B."]
)
def test_a_model_that_adds_names_or_talks_isn_t_believed(said: str) -> None:
    assert rewriter(said)("and its successor?", MEDSAM) == "by rules: and its successor?"


COMPARED = [
    Exchange(
        "Which models read pathology slides?",
        "Which models read pathology slides?",
        (),
        "UNI is a ViT-L of DINOv2. CONCH saw 1.17 million image-caption pairs.",
    )
]


@pytest.mark.parametrize(
    ("asked", "meant", "history"),
    [
        ("And patients?", "How was MedSAM made of patients' images?", MEDSAM),
        ("What about its licence?", "What is the licence of MedSAM?", MEDSAM),
        ("the second one", "What is CONCH?", COMPARED),
        ("yes", "What else is there to know of UNI and CONCH?", COMPARED),
        ("tell me more", "What else is there to know of UNI and CONCH?", COMPARED),
        ("What is federated learning?", "What is federated learning?", COMPARED),
    ],
)
def test_a_model_is_told_the_answer_and_may_name_what_it_names(
    asked: str, meant: str, history: list[Exchange]
) -> None:
    told: list[str] = []

    class Watched(FakeListChatModel):
        def _call(self, messages: Any, *args: Any, **options: Any) -> str:
            told.append(str(messages[-1].content))
            return super()._call(messages, *args, **options)

    made = ModelRewriter(Watched(responses=[meant]), lambda question, past: "by rules")
    assert made(asked, history) == meant
    assert history[0].said in told[0]
    assert asked in told[0]


def test_a_model_isn_t_asked_about_a_first_question() -> None:
    assert rewriter("something else")("How large is it?", []) == "How large is it?"


def test_a_model_that_fails_is_stood_in_for() -> None:
    class Broken(FakeListChatModel):
        def _call(self, *args: Any, **kwargs: Any) -> str:
            raise ModelUnavailable("gone")

    made = ModelRewriter(Broken(responses=["x"]), lambda question, history: "by rules")
    assert made("How large is it?", MEDSAM) == "by rules"


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("What does the review say of privacy?", "What does the Smith review say of privacy?"),
        ("This review article: its aims?", "This Smith review: its aims?"),
        ("What does the review of adapters say?", "What does the review of adapters say?"),
        ("What does the Li review say?", "What does the Li review say?"),
        ("Who reviewed it?", "Who reviewed it?"),
    ],
)
def test_the_review_is_the_one_that_the_library_starts_from(asked: str, meant: str) -> None:
    assert with_review_named(asked, "Smith review") == meant
    assert with_review_named(asked, "") == asked
