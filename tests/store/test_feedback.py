"""What readers thought of answers."""

from __future__ import annotations

from fmqa.store.feedback import Feedback
from fmqa.store.library import Library


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
