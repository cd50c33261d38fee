"""Conversations that go on from one command to the next."""

from __future__ import annotations

from fmqa.store.library import Library
from fmqa.store.sessions import StoredExchange


def exchange(number: int) -> StoredExchange:
    return StoredExchange(f"Question {number}?", f"MedSAM: question {number}?", ("MedSAM", "SAM 2"))


def test_a_session_is_kept_apart_from_others_and_in_order(library: Library) -> None:
    sessions = library.sessions
    assert sessions.history("a") == []
    for number in (1, 2, 3):
        sessions.append("a", exchange(number))
    sessions.append("'b; --", exchange(9))
    assert sessions.history("a") == [exchange(1), exchange(2), exchange(3)]
    assert sessions.history("'b; --") == [exchange(9)]
    assert {(row.name, row.questions) for row in sessions.list()} == {("a", 3), ("'b; --", 1)}


def test_old_exchanges_are_forgotten(library: Library) -> None:
    for number in range(60):
        library.sessions.append("long", exchange(number))
    held = library.sessions.history("long")
    assert len(held) == 50
    assert held[-1] == exchange(59)


def test_a_session_can_be_forgotten(library: Library) -> None:
    library.sessions.append("a", exchange(1))
    assert library.sessions.forget("a")
    assert not library.sessions.forget("a")
    assert library.sessions.history("a") == []
