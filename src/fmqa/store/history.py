"""What readers asked, what they were answered, and what they thought of it."""

from __future__ import annotations

from dataclasses import dataclass

from fmqa.errors import StoreError
from fmqa.store.arxiv_catalog import now
from fmqa.store.engine import Tables, columns_of, insert, of_row, upsert

_KEPT_EXCHANGES = 50  # exchanges of a session; older ones are forgotten


@dataclass(frozen=True, slots=True)
class StoredExchange:
    """A question as asked and as understood, and the names of what it was about.

    ``answer`` is what was answered, as JSON; empty where it wasn't kept.
    """

    asked: str
    standalone: str
    subjects: tuple[str, ...]
    answer: str = ""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as a listing shows it."""

    name: str
    questions: int
    last_at: str


class Sessions(Tables):
    """Reads and writes conversations by name."""

    def history(self, name: str) -> list[StoredExchange]:
        """What was asked in a session, oldest first; empty for a new one."""
        rows = self.rows(
            "SELECT asked, standalone, subjects, answer FROM exchanges WHERE session = ? "
            "ORDER BY place",
            name,
        )
        return [of_row(StoredExchange, row) for row in rows]

    def append(self, name: str, exchange: StoredExchange) -> None:
        """Add an exchange to a session."""
        with self.database.atomic() as db:
            last = db.execute(
                "SELECT coalesce(max(place), 0) AS place FROM exchanges WHERE session = ?", (name,)
            ).fetchone()
            place = last["place"] + 1
            values = columns_of(exchange) | {"session": name, "place": place, "at": now()}
            db.execute(insert("exchanges", tuple(values)), tuple(values.values()))
            db.execute(
                "DELETE FROM exchanges WHERE session = ? AND place <= ?",
                (name, place - _KEPT_EXCHANGES),
            )

    def list(self) -> list[SessionRow]:
        """All sessions, the newest first."""
        rows = self.rows(
            """SELECT session, count(*) AS n, max(at) AS at FROM exchanges
               GROUP BY session ORDER BY at DESC, session"""
        )
        return [SessionRow(*row) for row in rows]

    def forget(self, name: str) -> bool:
        """Forget a session. Returns whether it was there."""
        with self.database.atomic() as db:
            gone = db.execute("DELETE FROM exchanges WHERE session = ?", (name,)).rowcount
        return bool(gone)


_KEPT_ANSWERS = 1000


class AnswerCache(Tables):
    """Answers as JSON, by key. Keeping one forgets those of earlier generations."""

    def get(self, key: str, generation: int) -> str | None:
        """The answer that was given in this state of the library."""
        sql = "SELECT answer FROM answers WHERE key = ? AND generation = ?"
        return next((str(row["answer"]) for row in self.rows(sql, key, generation)), None)

    def put(self, key: str, generation: int, answer: str) -> None:
        """Keep an answer, if that can be done: nothing depends on it."""
        try:
            with self.database.atomic() as db:
                db.execute("DELETE FROM answers WHERE generation != ?", (generation,))
                db.execute(
                    upsert("answers", ("key", "generation", "answer", "at"), ("key",)),
                    (key, generation, answer, now()),
                )
                db.execute(
                    """DELETE FROM answers WHERE key NOT IN
                       (SELECT key FROM answers ORDER BY at DESC, key LIMIT ?)""",
                    (_KEPT_ANSWERS,),
                )
        except StoreError:  # a full disk or a busy record is no reason not to answer
            return


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


class FeedbackStore(Tables):
    """Reads and writes verdicts; one a reader, question and answer."""

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
        sql = 'SELECT question, rating, answer, "user", at FROM feedback ORDER BY id DESC'
        return [Feedback(*row) for row in self.rows(sql)]
