"""A repeated question is answered from what was said, while nothing has changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from fakes import Add, document
from fmqa.answering import caching
from fmqa.answering.assistant import Finished, SentenceReady, SentenceWithheld
from fmqa.answering.caching import CachingAssistant, program_digest, relevant
from fmqa.answering.conversation import Exchange
from fmqa.answering.schema import Answer, Sentence, Withheld
from fmqa.settings import Settings
from fmqa.store.library import Library
from fmqa.types import Filters


class Counting:
    """An assistant that says how often it was asked."""

    def __init__(self, *, lasting: bool = True) -> None:
        self.asked = 0
        self.lasting = lasting

    def stream(
        self, question: str, filters: Filters | None = None, history: Sequence[Exchange] = ()
    ) -> Iterator[Any]:
        self.asked += 1
        sentence = Sentence(text=f"Said {self.asked} times.", citations=(), verdict="supported")
        yield SentenceReady(sentence, ())
        yield SentenceWithheld(Withheld(text="No.", reason="not there"))
        yield Finished(
            Answer(
                question=question,
                status="answered",
                answer="Said.",
                sentences=(sentence,),
                model="fake",
            ),
            lasting=self.lasting,
        )


@pytest.fixture
def counting() -> Counting:
    return Counting()


def remembering(library: Library, inner: Any, settings: str = "") -> CachingAssistant:
    return CachingAssistant(
        lambda: inner, library.answers, lambda: library.record.generation, settings
    )


def test_the_same_question_is_answered_once(library: Library, counting: Counting) -> None:
    made = remembering(library, counting)
    first = made.ask("What is MedSAM?")
    again = made.ask("  What is   MedSAM? ")
    assert counting.asked == 1
    same = {"timings_ms"}
    assert again.model_dump(exclude=same) == first.model_dump(exclude=same)
    kinds = [type(event) for event in made.stream("What is MedSAM?")]
    assert kinds == [SentenceReady, Finished]


def test_whatever_an_answer_depends_on_makes_it_a_new_one(
    library: Library, counting: Counting, add: Add
) -> None:
    made = remembering(library, counting)
    made.ask("What is MedSAM?")
    made.ask("What is MedSAM?", Filters(years=(2023, None)))
    made.ask("What is MedSAM?", None, [Exchange("And?", "And?", ("UNI",))])
    remembering(library, counting, "another model").ask("What is MedSAM?")
    assert counting.asked == 4
    add(document("2304.12306", ["Something new."]))
    made.ask("What is MedSAM?")
    assert counting.asked == 5


def test_every_setting_counts_but_where_things_lie(tmp_path: Path) -> None:
    mine = relevant(Settings(home=tmp_path))
    for change in ({"review": "2401.00001"}, {"llm": "none"}, {"quotes": 7}, {"passages": 50}):
        assert relevant(Settings(home=tmp_path, **change)) != mine, change
    assert relevant(Settings(home=tmp_path / "other")) == mine
    assert "secret" not in relevant(Settings(llm_api_key="secret", database_url="secret"))


@pytest.mark.parametrize(
    "name", ["prompts.py", "reading/sentences.py", "answering/schema.py", "retrieval/search.py"]
)
def test_the_program_counts_by_its_text(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(caching.__file__).parents[1]
    there = tmp_path / "fmqa"
    shutil.copytree(root, there, ignore=shutil.ignore_patterns("apps", "__pycache__"))
    monkeypatch.setattr(caching, "__file__", str(there / "answering" / "caching.py"))
    digest = program_digest.__wrapped__
    before = digest()
    assert before == program_digest()
    with (there / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert digest() != before


def test_an_answer_that_a_model_failed_in_isn_t_kept(library: Library) -> None:
    failing = Counting(lasting=False)
    made = remembering(library, failing)
    made.ask("What is MedSAM?")
    made.ask("What is MedSAM?")
    assert failing.asked == 2


def test_what_can_t_be_understood_any_more_is_asked_anew(
    library: Library, counting: Counting
) -> None:
    made = remembering(library, counting)
    made.ask("What is MedSAM?")
    library.record.database.connection.execute("UPDATE answers SET answer = '{\"old\": 1}'")
    assert made.ask("What is MedSAM?").status == "answered"
    assert counting.asked == 2


def test_a_record_that_can_t_be_written_answers_none_the_less(
    library: Library, counting: Counting
) -> None:
    library.record.database.connection.execute("PRAGMA query_only = ON")
    assert remembering(library, counting).ask("What is MedSAM?").status == "answered"
