"""Conversations that go on from one command to the next, and what readers thought."""

from __future__ import annotations

from fmqa.store.history import Feedback, StoredExchange
from fmqa.store.library import Library


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


def test_a_verdict_is_kept_changed_and_taken_back(library: Library) -> None:
    library.feedback.put(Feedback("What is MedSAM?", 1, "{}"))
    library.feedback.put(Feedback("What is UNI?", -1, "{}"))
    library.feedback.put(Feedback("What is MedSAM?", 1, "{}", user="ada"))
    assert [(one.question, one.rating, one.user) for one in library.feedback.list()] == [
        ("What is MedSAM?", 1, "ada"),
        ("What is UNI?", -1, ""),
        ("What is MedSAM?", 1, ""),
    ]
    library.feedback.put(Feedback("What is MedSAM?", -1, "{}"))
    library.feedback.put(Feedback("What is UNI?", 0, "{}"))
    assert [(one.question, one.rating, one.user) for one in library.feedback.list()] == [
        ("What is MedSAM?", -1, ""),
        ("What is MedSAM?", 1, "ada"),
    ]
    assert all(one.at for one in library.feedback.list())
