"""Conversations of the page that are kept in the record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from served import answer

from fmqa.apps.asgi import NOBODY, Person
from fmqa.apps.web.chat import KEPT, ConversationStore, Stage, Turn
from fmqa.apps.web.tabs.ask import AskTab
from fmqa.store.history import StoredExchange
from fmqa.store.library import Library

NAME, OTHER = "0" * 32, "f" * 32


@pytest.fixture
def remembered(library: Library) -> ConversationStore:
    return ConversationStore(library)


def turns(*questions: str) -> tuple[Turn, ...]:
    return tuple(Turn(q, stage=Stage.DONE, answer=answer(q)) for q in questions)


def asked(remembered: ConversationStore, name: str = NAME, person: Person = NOBODY) -> list[str]:
    return [turn.question for turn in remembered.turns(name, person)]


def test_it_comes_back_as_it_was(remembered: ConversationStore) -> None:
    remembered.keep(NAME, NOBODY, turns("one", "two"))
    held = remembered.turns(NAME, NOBODY)
    assert [turn.answer for turn in held] == [answer("one"), answer("two")]
    assert all(turn.stage is Stage.DONE and turn.citations for turn in held)
    remembered.keep(NAME, NOBODY, turns("one", "two", "three"))
    assert asked(remembered) == ["one", "two", "three"]


def test_a_question_that_was_changed_takes_what_followed_with_it(
    remembered: ConversationStore,
) -> None:
    remembered.keep(NAME, NOBODY, turns("one", "two", "three"))
    remembered.keep(NAME, NOBODY, turns("one", "another"))
    assert asked(remembered) == ["one", "another"]


def test_what_failed_or_was_stopped_is_no_answer(remembered: ConversationStore) -> None:
    remembered.keep(NAME, NOBODY, (*turns("one"), Turn("stopped", stage=Stage.STOPPED)))
    assert asked(remembered) == ["one"]


def test_each_has_their_own(remembered: ConversationStore) -> None:
    remembered.keep(NAME, Person(name="ada"), turns("one"))
    assert asked(remembered, NAME, Person(name="bob")) == []
    assert asked(remembered, OTHER, Person(name="ada")) == []
    assert asked(remembered, NAME, Person(name="ada")) == ["one"]


@pytest.mark.parametrize("name", ["", "default", "0" * 31, "0" * 33, "0" * 31 + "/", "A" * 32])
def test_no_name_of_another_kind_is_taken(
    name: str, remembered: ConversationStore, library: Library
) -> None:
    library.sessions.append("default", StoredExchange("private", "private", ()))
    remembered.keep(name, NOBODY, turns("one"))
    assert asked(remembered, name) == []
    assert [row.name for row in library.sessions.list()] == ["default"]


def test_it_is_forgotten_when_it_is_cleared_and_after_a_week(
    remembered: ConversationStore, library: Library
) -> None:
    library.sessions.append("default", StoredExchange("of the terminal", "", ()))
    for name in (NAME, OTHER):
        remembered.keep(name, NOBODY, turns("one"))
    remembered.forget(OTHER, NOBODY)
    assert asked(remembered, OTHER) == []
    assert remembered.sweep() == 0
    assert remembered.sweep(datetime.now(UTC) + KEPT + timedelta(hours=1)) == 1
    assert [row.name for row in library.sessions.list()] == ["default"]


def test_an_answer_of_another_version_is_left_out(
    remembered: ConversationStore, library: Library
) -> None:
    library.sessions.append(f"page::{NAME}", StoredExchange("old", "old", (), '{"question": 1}'))
    remembered.keep(OTHER, NOBODY, turns("one"))
    assert asked(remembered) == []


def test_a_replica_that_holds_no_turns_goes_on_with_those_of_the_record(
    remembered: ConversationStore,
) -> None:
    remembered.keep(NAME, NOBODY, turns("one"))
    tab = SimpleNamespace(remembered=remembered)
    request = SimpleNamespace(request=SimpleNamespace(scope={}))
    assert [t.question for t in AskTab._so_far(tab, (), NAME, request)] == ["one"]
    here = turns("two")
    assert AskTab._so_far(tab, here, NAME, request) is here
    off = SimpleNamespace(remembered=None)
    assert AskTab._so_far(off, (), NAME, request) == ()
