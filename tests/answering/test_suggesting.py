"""What is offered to be asked next."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from fakes import Add, document
from fmqa.answering.schema import Answer, Citation, Related
from fmqa.answering.suggesting import BOTH, DATA, DESIGN, WHAT, Suggester
from fmqa.store.library import Library


@pytest.fixture
def tried() -> list[str]:
    """The questions whose answer was tried."""
    return []


@pytest.fixture
def suggester(library: Library, add: Add, tried: list[str]) -> Suggester:
    facts: dict[str, Any] = {"data": "1,000 scans", "architecture": "ViT"}
    add(document("2301.00001", ["Alpha is a model."], name="Alpha", kind="vision-only", **facts))
    add(document("2301.00002", ["Beta is a model."], name="Beta", kind="vision-only"))
    add(document("2301.00003", ["Gone is a model."], name="Gone", kind="vision-only"))
    add(document("topic:ultrasound", ["On ultrasound."], name="Ultrasound", kind="topic"))

    def find(question: str, filters: Any) -> tuple[str | None]:
        """All would be answered but those with "Gone"."""
        tried.append(question)
        return ("unknown_name" if "Gone" in question else None,)

    return Suggester(SimpleNamespace(find=find), library)  # type: ignore[arg-type]


def cited(paper: str) -> Citation:
    return Citation(
        number=1, paper_id=paper, arxiv_id=paper, version=1, title="", authors=(), year=None,
        page=1, section="", quote="A quote.", start=0, end=8, url="", source="pdf",
        status="current",
    )  # fmt: skip


def answer(question: str, *near: str, papers: tuple[str, ...] = ()) -> Answer:
    return Answer(
        question=question,
        status="answered" if papers else "abstained",
        answer="",
        citations=tuple(map(cited, papers)),
        related=tuple(Related(paper_id=one, arxiv_id=one, title="") for one in near),
        model="none",
    )


def test_what_the_record_knows_of_the_cited_paper_and_how_it_differs(suggester: Suggester) -> None:
    offered = suggester.after(answer("What is Alpha?", "2301.00002", papers=("2301.00001",)))
    assert [(one.form, one.name, one.other) for one in offered] == [
        (DATA, "Alpha", ""),
        (DESIGN, "Alpha", ""),
        (BOTH, "Alpha", "Beta"),
    ]


def test_a_topic_is_nothing_to_ask_what_it_is(suggester: Suggester) -> None:
    offered = suggester.after(answer("What of ultrasound?", "topic:ultrasound", "2301.00002"))
    assert [one.english for one in offered] == ["What is Beta?"]


def test_neither_what_was_asked_nor_what_would_not_be_answered(suggester: Suggester) -> None:
    near = ("2301.00001", "2301.00002", "2301.00003")
    offered = suggester.after(answer("Which models?", *near), asked=["what is  alpha"])
    assert [(one.form, one.name) for one in offered] == [(WHAT, "Beta")]


def test_a_question_is_tried_once_for_each_state_of_the_library(
    suggester: Suggester, add: Add, tried: list[str]
) -> None:
    for _ in range(2):
        suggester.after(answer("Which models?", "2301.00002"))
    assert tried == ["What is Beta?"]
    add(document("2301.00009", ["Another paper."]))
    suggester.after(answer("Which models?", "2301.00002"))
    assert tried == ["What is Beta?"] * 2
