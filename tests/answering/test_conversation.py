"""Follow-ups are joined to what was asked before, and new topics are left alone."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models import FakeListChatModel

from fakes import quote
from fmqa.answering.asking import LanguageModel
from fmqa.answering.conversation import (
    JOINT,
    Exchange,
    FollowUps,
    ModelRewriter,
    asks_for_more,
    unsaid,
    with_kin_named,
    with_review_named,
)
from fmqa.answering.evidence import Evidence
from fmqa.errors import ModelUnavailable
from fmqa.retrieval.naming import NameBook
from fmqa.retrieval.search import Searcher
from fmqa.types import PaperMeta

MADE = "How was MedSAM made?"
MEDSAM = [Exchange(MADE, MADE, ("MedSAM",))]


def paper(name: str) -> PaperMeta:
    return PaperMeta(paper_id=name, version=1, title=f"{name}: a model", name=name)


BOOK = NameBook.of(map(paper, ["MedSAM", "SAM", "CONCH", "UNI", "BiomedCLIP", "MedSAM2"]))


def alone(question: str, history: Any = MEDSAM, cosine: float = 0.4) -> str:
    """As over a library whose best passage comes so near to the question."""
    hits = [SimpleNamespace(cosine=cosine)]
    searcher = SimpleNamespace(names=BOOK, search=lambda question, limit: hits)
    return FollowUps(cast("Searcher", searcher))(question, history)


@pytest.mark.parametrize(
    "asked",
    [
        "On how many images?",
        "and in pathology?",
        "Which loss?",
        "Why?",
        "And patients?",
        "What about its licence?",
        "the second one",
        "yes",
        "tell me more",
        "no, I meant the test set",
        "compare that with CONCH",
        "How many parameters does it have?",
    ],
)
def test_a_question_that_leans_is_joined_to_the_one_before(asked: str) -> None:
    assert alone(asked) == f"{MADE}{JOINT}{asked}"


@pytest.mark.parametrize(
    "question",
    [
        "Which challenges do foundation models face?",
        "What is the architecture of UNI?",
        "Was UNI trained on slides, and does CONCH use DINOv2?",
        "Which models segment tumours of the head and neck in PET scans?",
        "Which of the papers that use LoRA freeze the encoder of BiomedCLIP?",
    ],
)
def test_a_new_topic_is_left_as_it_is(question: str) -> None:
    assert alone(question) == question


def test_the_nearer_the_papers_come_to_a_question_the_likelier_it_stands_alone() -> None:
    assert alone("what is federated learning?", cosine=0.8) == "what is federated learning?"
    assert JOINT in alone("how long did training take?", cosine=0.2)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("And UNI?", "How was UNI made?"),
        ("What about CONCH then?", "How was CONCH made?"),
        ("And MedSAM?", f"{MADE}{JOINT}And MedSAM?"),
    ],
)
def test_a_mere_name_gets_the_question_before(asked: str, meant: str) -> None:
    assert alone(asked) == meant


def test_a_chain_of_follow_ups_stays_short() -> None:
    history = list(MEDSAM)
    for asked in ["On how many images?", "and patients?", "which loss?"]:
        history.append(Exchange(asked, alone(asked, history), ("MedSAM",)))
    assert history[-1].standalone == JOINT.join([MADE, "and patients?", "which loss?"])
    assert alone("And UNI?", history) == JOINT.join(["How was UNI made?", "which loss?"])


def test_its_successor_is_that_of_the_paper_before() -> None:
    asked = alone("and its successor?")
    assert with_kin_named(asked, BOOK) == f"{MADE}{JOINT}and MedSAM2?"


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


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(alone(text), str)
    assert alone(text, []) == text


def rewriter(*answers: str) -> ModelRewriter:
    def joined(question: str, history: Any) -> str:
        return f"joined: {question}"

    return ModelRewriter(LanguageModel(lambda: FakeListChatModel(responses=list(answers))), joined)


def test_a_model_rewrites_where_there_is_one() -> None:
    assert rewriter("How large is  MedSAM?")("How large is it?", MEDSAM) == "How large is MedSAM?"


@pytest.mark.parametrize(
    "said", ["How was MedSAM2 trained?", "", "word " * 200, "MedSAM was trained on SA-1B."]
)
def test_a_model_that_adds_names_or_talks_isn_t_believed(said: str) -> None:
    assert rewriter(said)("and its successor?", MEDSAM) == "joined: and its successor?"


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

    watched = LanguageModel(lambda: Watched(responses=[meant]))
    made = ModelRewriter(watched, lambda question, past: "joined")
    assert made(asked, history) == meant
    assert history[0].said in told[0]
    assert asked in told[0]


def test_a_model_isn_t_asked_about_a_first_question() -> None:
    assert rewriter("something else")("How large is it?", []) == "How large is it?"


def test_a_model_that_fails_is_stood_in_for() -> None:
    class Broken(FakeListChatModel):
        def _call(self, *args: Any, **kwargs: Any) -> str:
            raise ModelUnavailable("gone")

    broken = LanguageModel(lambda: Broken(responses=["x"]))
    made = ModelRewriter(broken, lambda question, history: "joined")
    assert made("How large is it?", MEDSAM) == "joined"


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


@pytest.mark.parametrize(
    ("asked", "more"),
    [
        ("yes", True),
        ("Tell me more.", True),
        ("yes please, go on", True),
        ("And why?", False),
        ("GPUs?", False),
        ("tell me about CONCH", False),
        ("yes, which loss?", False),
    ],
)
def test_asking_for_more_is_told_from_asking_something(asked: str, more: bool) -> None:
    assert asks_for_more(asked) == more


def test_more_is_what_was_not_said() -> None:
    texts = ["MedSAM has one encoder.", "It saw many scans.", "Its code is open."]
    units = tuple(replace(quote(text), score=0.9 - n / 4) for n, text in enumerate(texts))
    evidence = Evidence(units[:1], passages=(units,))
    assert unsaid(evidence, "").quotes == units[:1]
    assert unsaid(evidence, "[MedSAM] has one encoder.").quotes == units[1:2]
    assert unsaid(evidence, " ".join(texts)) == evidence
