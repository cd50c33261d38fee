"""Conversations that go on from one command to the next."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fmqa.store.catalog import now
from fmqa.store.engine import Database

_KEPT = 50  # exchanges of a session; older ones are forgotten


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


class Sessions:
    """Reads and writes conversations by name.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def history(self, name: str) -> list[StoredExchange]:
        """What was asked in a session, oldest first; empty for a new one."""
        with self.database.snapshot() as db:
            rows = db.execute(
                "SELECT asked, standalone, subjects, answer FROM exchanges WHERE session = ? "
                "ORDER BY place",
                (name,),
            ).fetchall()
        return [
            StoredExchange(
                row["asked"], row["standalone"], tuple(json.loads(row["subjects"])), row["answer"]
            )
            for row in rows
        ]

    def append(self, name: str, exchange: StoredExchange) -> None:
        """Add an exchange to a session."""
        with self.database.atomic() as db:
            last = db.execute(
                "SELECT coalesce(max(place), 0) AS place FROM exchanges WHERE session = ?", (name,)
            ).fetchone()
            place = last["place"] + 1
            subjects = json.dumps(exchange.subjects, ensure_ascii=False)
            asked, standalone, answer = exchange.asked, exchange.standalone, exchange.answer
            db.execute(
                """INSERT INTO exchanges (session, place, asked, standalone, subjects, at, answer)
                   VALUES (?, ?, ?, ?, ?, ?, ?)""",
                (name, place, asked, standalone, subjects, now(), answer),
            )
            db.execute(
                "DELETE FROM exchanges WHERE session = ? AND place <= ?", (name, place - _KEPT)
            )

    def list(self) -> list[SessionRow]:
        """All sessions, the newest first."""
        with self.database.snapshot() as db:
            rows = db.execute(
                """SELECT session, count(*) AS n, max(at) AS at FROM exchanges
                   GROUP BY session ORDER BY at DESC, session"""
            ).fetchall()
        return [SessionRow(row["session"], row["n"], row["at"]) for row in rows]

    def forget(self, name: str) -> bool:
        """Forget a session. Returns whether it was there."""
        with self.database.atomic() as db:
            gone = db.execute("DELETE FROM exchanges WHERE session = ?", (name,)).rowcount
        return bool(gone)
