"""Question files: what is taken, what is refused and how that is said; and our own questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fmqa.errors import UsageError
from fmqa.evaluation.grading import states
from fmqa.evaluation.questions import Question, chosen, read_questions, starter_questions
from fmqa.sources.note_files import read_notes, starter_folder

QUOTE = {"paper": "2304.12306", "page": 1, "quote": "It is so.", "role": "core", "fact": 1}
ROW: dict[str, Any] = {
    "id": "a",
    "question": "How many?",
    "kind": "fact",
    "answerable": True,
    "evidence": [QUOTE, QUOTE | {"quote": "So it is."}, QUOTE | {"role": "helpful", "fact": None}],
    "expected_facts": ["1,570,263", ["SAM", "Segment Anything"]],
    "papers": ["2304.12306"],
    "why": "",
}
REFUSED = ROW | {"id": "n", "answerable": False, "expected_facts": [], "evidence": []}


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "questions.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_reads_rows(tmp_path: Path) -> None:
    follow = ROW | {"id": "b", "kind": "follow-up:a", "split": "fit", "more": "is left alone"}
    short = {
        "id": "c",
        "question": "?",
        "kind": "fact",
        "answerable": True,
        "expected_facts": ["x"],
    }
    path = write(tmp_path, ROW, "", follow, short, REFUSED | {"why": "no such model"})

    first, second, third, refused = read_questions(path)

    assert first.facts == (("1,570,263",), ("SAM", "Segment Anything"))
    assert first.wanted == (("It is so.", "So it is."),)
    assert (second.group, second.after, second.split) == ("follow-up", "a", "fit")
    assert third.wanted == ()
    assert refused.why == "no such model"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "Invalid JSON"),
        ("[]", "should be an object"),
        ({k: v for k, v in ROW.items() if k != "question"}, "question: Field required"),
        (ROW | {"id": 3}, "id: Input should be a valid string"),
        (ROW | {"question": ""}, "question: String should have at least 1 character"),
        (ROW | {"answerable": "yes"}, "answerable: Input should be a valid boolean"),
        (ROW | {"expected_facts": "1"}, "expected_facts: Input should be a valid"),
        (ROW | {"evidence": [QUOTE | {"role": "other"}]}, "evidence.0.role"),
        (ROW | {"evidence": [QUOTE | {"quote": ""}]}, "evidence.0.quote"),
        (ROW | {"expected_facts": [], "evidence": []}, "needs evidence or expected_facts"),
        (ROW | {"kind": "follow-up:z"}, "names no question above it"),
        (ROW | {"id": "first"}, "the id 'first' is taken"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: Any, said: str) -> None:
    path = write(tmp_path, ROW | {"id": "first"}, row)

    with pytest.raises(UsageError) as caught:
        read_questions(path)

    assert "questions.jsonl, line 2: " in str(caught.value)
    assert said in str(caught.value)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        read_questions(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="holds no row"):
        read_questions(write(tmp_path, ""))
    (tmp_path / "questions.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="can't be read"):
        read_questions(tmp_path / "questions.jsonl")


def some(count: int, *kinds: str) -> list[Question]:
    return [
        Question(
            id=f"q{n}", question="?", kind=kinds[n % len(kinds)], answerable=True,
            expected_facts=("x",),
        )
        for n in range(count)
    ]  # fmt: skip


def test_choosing() -> None:
    questions = some(20, "even", "odd")

    assert chosen(questions) == questions
    assert {q.kind for q in chosen(questions, kinds=["odd"])} == {"odd"}
    drawn = chosen(questions, limit=5)
    assert drawn == chosen(questions, limit=5)
    assert len(drawn) == 5
    assert [int(q.id[1:]) for q in drawn] == sorted(int(q.id[1:]) for q in drawn)
    with pytest.raises(UsageError, match="No question is of the kind none"):
        chosen(questions, kinds=["none"])


def test_what_a_follow_up_is_asked_after_comes_along() -> None:
    first, second, third, other = some(4, "fact")
    second = second.model_copy(update={"kind": "follow-up:q0"})
    third = third.model_copy(update={"kind": "follow-up:q1"})
    questions = [first, second, third, other]

    assert chosen(questions, kinds=["follow-up:q1"]) == [first, second, third]
    assert chosen(questions, kinds=["follow-up"]) == [first, second, third]


@pytest.fixture(scope="module")
def own() -> list[Question]:
    return read_questions(starter_questions())


def test_our_own_questions_are_of_all_kinds(own: list[Question]) -> None:
    refused = [one for one in own if not one.answerable]
    kinds = {one.group for one in own}

    assert len(own) >= 200
    assert len(refused) >= 50
    assert all(one.why for one in refused)
    assert {"single", "compound", "comparison", "which", "survey", "chinese", "follow-up"} <= kinds
    assert {"unknown model", "false premise", "personal advice", "attachment"} <= {
        one.group for one in refused
    }
    assert len({" ".join(one.question.lower().split()) for one in own}) == len(own)
    for split in ("fit", "test"):
        assert sum(one.split == split for one in own) > 0.4 * len(own)


def test_our_own_labels_stand_in_the_notes_and_state_their_facts(own: list[Question]) -> None:
    notes = {
        note.meta.paper_id: " ".join(note.text.split()) for note in read_notes(starter_folder())
    }
    for question in own:
        for one in question.evidence:
            assert one.paper in question.papers, question.id
            assert one.quote in notes[one.paper], (question.id, one.quote)
        by_number = [
            [one.quote for one in question.evidence if one.fact == number]
            for number, _ in enumerate(question.facts, start=1)
        ]
        for wordings, quotes in zip(question.facts, by_number, strict=True):
            assert any(states(q, fact) for q in quotes for fact in wordings), (
                question.id,
                wordings,
            )
