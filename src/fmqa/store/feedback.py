"""What readers thought of answers: kept in the record, sent nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from fmqa.store.catalog import now
from fmqa.store.engine import Database


@dataclass(frozen=True, slots=True)
class Feedback:
    """One reader's verdict on one answer.

    ``rating`` is 1 for a thumb up and -1 for one down; ``answer`` the whole answer as JSON, so
    that what was judged can be read when the library has long changed. ``user`` is the reader's
    name where a login is asked for, else empty.
    """

    question: str
    rating: int
    answer: str
    user: str = ""
    at: str = ""


class FeedbackStore:
    """Reads and writes verdicts; one a reader, question and answer.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def put(self, feedback: Feedback) -> None:
        """Keep a verdict; a rating of 0 takes back the one that was given."""
        with self.database.atomic() as db:
            db.execute(
                'DELETE FROM feedback WHERE "user" = ? AND question = ? AND answer = ?',
                (feedback.user, feedback.question, feedback.answer),
            )
            if feedback.rating:
                db.execute(
                    'INSERT INTO feedback (at, "user", question, rating, answer) '
                    "VALUES (?, ?, ?, ?, ?)",
                    (now(), feedback.user, feedback.question, feedback.rating, feedback.answer),
                )

    def list(self) -> list[Feedback]:
        """All verdicts, the newest first."""
        with self.database.snapshot() as db:
            rows = db.execute("SELECT * FROM feedback ORDER BY id DESC").fetchall()
        return [
            Feedback(row["question"], row["rating"], row["answer"], row["user"], row["at"])
            for row in rows
        ]
