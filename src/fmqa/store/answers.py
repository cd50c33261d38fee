"""Answers that were given already, kept for the state of the library that they were given in."""

from __future__ import annotations

from fmqa.errors import StoreError
from fmqa.store.catalog import now
from fmqa.store.engine import Database, upsert

_KEPT = 1000


class AnswerCache:
    """Answers as JSON, by key. Those of an earlier generation are forgotten with the next one kept.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def get(self, key: str, generation: int) -> str | None:
        """The answer that was given in this state of the library."""
        with self.database.snapshot() as db:
            row = db.execute(
                "SELECT answer FROM answers WHERE key = ? AND generation = ?", (key, generation)
            ).fetchone()
        return str(row["answer"]) if row else None

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
                    (_KEPT,),
                )
        except StoreError:  # a full disk or a busy record is no reason not to answer
            return
