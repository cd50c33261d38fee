"""The search by words in SQLite: one FTS5 table, written with the record."""

from __future__ import annotations

from collections.abc import Sequence

from fmqa.store.engine import Connection, SearchedPassage, Within

# A word of the title counts twice; chosen on SciFact train, benchmarks/retrieval.py.
TITLE_WEIGHT = 2.0


class Fts5Words:
    """The passages that are searched, as rows of ``passages_fts``."""

    def add(self, db: Connection, passages: Sequence[SearchedPassage]) -> None:
        """Make passages searchable."""
        db.executemany(
            "INSERT INTO passages_fts (rowid, title, section, text) VALUES (?, ?, ?, ?)",
            [(one.id, one.title, one.section, one.text) for one in passages],
        )

    def remove(self, db: Connection, ids: Sequence[int]) -> None:
        """Take passages out of the search."""
        db.executemany("DELETE FROM passages_fts WHERE rowid = ?", [(one,) for one in ids])

    def clear(self, db: Connection) -> None:
        """Take all passages out of the search."""
        db.execute("DELETE FROM passages_fts")

    def ids(self, db: Connection) -> list[int]:
        """Ids of all of them, ascending."""
        return [row[0] for row in db.execute("SELECT rowid FROM passages_fts ORDER BY rowid")]

    def find(
        self, db: Connection, phrases: Sequence[str], limit: int, within: Within | None
    ) -> list[tuple[int, float]]:
        """The best passages with any of the phrases, by FTS5's BM25."""
        match = match_query(phrases)
        if not match:
            return []
        narrowed = f"AND passages_fts.rowid IN ({within.sql})" if within else ""
        rows = db.execute(
            f"""SELECT rowid, bm25(passages_fts, {TITLE_WEIGHT}, 1.0, 1.0) AS score
                FROM passages_fts WHERE passages_fts MATCH ? {narrowed}
                ORDER BY score, rowid LIMIT ?""",
            (match, *(within.values if within else ()), limit),
        ).fetchall()
        return [(row["rowid"], -row["score"]) for row in rows]


def match_query(phrases: Sequence[str]) -> str:
    """An FTS5 query that matches any of the phrases; empty when there is none.

    Each is quoted, so that nothing in a question is taken for query syntax.
    """
    quoted = (phrase.replace('"', " ").replace("\x00", " ") for phrase in phrases)
    return " OR ".join(f'"{phrase}"' for phrase in quoted if phrase.strip())
