"""What is known of arXiv, and what is wanted of it: facts, wishes, files, answers, runs, changes.

Everything here is written in small transactions of its own, as soon as it is known, so that a kill
costs at most the request that was under way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fmqa.store.engine import Connection, Tables, columns_of, of_row, upsert
from fmqa.types import ArxivRecord, Document, Source


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a paper, or in a run, and when.

    ``at`` is ISO 8601 in UTC. ``what`` is one of added, new_version, withdrawn, restored,
    corrected, removed, followed, unfollowed, new_reference, failed, hidden_text and run.
    """

    id: int
    at: str
    what: str
    detail: str
    paper_id: str
    version: int | None
    title: str
    run: int | None


@dataclass(frozen=True, slots=True)
class News:
    """An entry that is about to be written; the fields are those of `Change`."""

    what: str
    detail: str
    paper_id: str = ""
    version: int | None = None
    title: str = ""
    run: int | None = None


_FACTS = (*(field.name for field in fields(ArxivRecord)), "checked_at")
_PUT_FACTS = upsert("arxiv", _FACTS, ("arxiv_id",))
_PUT_LOOKUP = upsert("lookups", ("service", "key", "answer", "at"), ("service", "key"))
_FILE_COLUMNS = ("arxiv_id", "version", "name", "sha256", "bytes", "failure", "at")
_PUT_FILE = upsert("files", _FILE_COLUMNS, ("arxiv_id", "version"))


@dataclass(frozen=True, slots=True)
class Wish:
    """A paper that is followed, and why.

    ``why`` is ``seed`` (seeds.toml), ``asked`` (named by the user) or ``query`` (found by the saved
    query ``source``). The references of a paper are followed ``depth`` steps far; ``version`` is
    the one named, None for the newest.
    """

    arxiv_id: str
    why: str
    source: str = ""
    version: int | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A version's PDF: its name in the folder of papers, or why it couldn't be had."""

    arxiv_id: str
    version: int
    name: str = ""
    sha256: str = ""
    size: int = 0
    failure: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One ingestion or sync: ``state`` is running, done, unreachable, failed or interrupted."""

    id: int
    kind: str
    started_at: str
    ended_at: str | None
    state: str
    summary: dict[str, Any]


class Catalog(Tables):
    """Reads and writes these tables. Usable from several threads."""

    def put_facts(self, records: Sequence[ArxivRecord]) -> None:
        """Keep what arXiv says of papers now."""
        with self.database.atomic() as db:
            db.executemany(
                _PUT_FACTS, [(*columns_of(record).values(), now()) for record in records]
            )

    def facts(self) -> dict[str, ArxivRecord]:
        """What arXiv said last of each paper, by id."""
        rows = self.rows("SELECT * FROM arxiv")
        return {row["arxiv_id"]: of_row(ArxivRecord, row) for row in rows}

    def wishes(self) -> list[Wish]:
        """All papers that are followed for their own sake, not as another's reference."""
        rows = self.rows(
            """SELECT arxiv_id, why, source, version, depth FROM wanted
               ORDER BY why = 'seed' DESC, at, arxiv_id"""
        )
        return [Wish(*row) for row in rows]

    def want(self, wishes: Iterable[Wish]) -> None:
        """Follow papers; one that was removed by the user comes back only when it is asked for."""
        with self.database.atomic() as db:
            for wish in wishes:
                db.execute(
                    """INSERT INTO wanted VALUES (?, ?, ?, ?, ?, ?)
                       ON CONFLICT (arxiv_id, why, source) DO UPDATE
                       SET version = excluded.version,
                       depth = CASE WHEN wanted.depth > excluded.depth THEN wanted.depth
                               ELSE excluded.depth END""",
                    (wish.arxiv_id, wish.why, wish.source, wish.version, wish.depth, now()),
                )
                if wish.why == "asked":
                    db.execute("DELETE FROM excluded WHERE paper_id = ?", (wish.arxiv_id,))

    def unwant(self, wishes: Iterable[Wish]) -> None:
        """Follow them no longer for that reason."""
        with self.database.atomic() as db:
            db.executemany(
                "DELETE FROM wanted WHERE arxiv_id = ? AND why = ? AND source = ?",
                [(wish.arxiv_id, wish.why, wish.source) for wish in wishes],
            )

    def set_depth(self, wish: Wish) -> None:
        """Follow a paper's references no farther than the wish says."""
        with self.database.atomic() as db:
            db.execute(
                "UPDATE wanted SET depth = ? WHERE arxiv_id = ? AND why = ? AND source = ?",
                (wish.depth, wish.arxiv_id, wish.why, wish.source),
            )

    def excluded(self) -> set[str]:
        """Papers that the user removed: no reason but his asking brings them back."""
        return {row["paper_id"] for row in self.rows("SELECT paper_id FROM excluded")}

    def files(self) -> dict[tuple[str, int], FetchedFile]:
        """What became of each version's PDF, by arXiv id and version."""
        rows = self.rows(f"SELECT {', '.join(_FILE_COLUMNS)} FROM files")
        return {(row["arxiv_id"], row["version"]): FetchedFile(*row) for row in rows}

    def put_file(self, file: FetchedFile) -> None:
        """Keep what became of a PDF."""
        with self.database.atomic() as db:
            db.execute(_PUT_FILE, astuple(replace(file, at=now())))

    def forget_files(self, arxiv_id: str) -> list[str]:
        """Forget a paper's files; returns their names, so that they can be deleted."""
        with self.database.atomic() as db:
            rows = db.execute("SELECT name FROM files WHERE arxiv_id = ?", (arxiv_id,)).fetchall()
            db.execute("DELETE FROM files WHERE arxiv_id = ?", (arxiv_id,))
        return [row["name"] for row in rows if row["name"]]

    def answer(self, service: str, key: str, newer_than: timedelta | None = None) -> Any:
        """A service's answer as it was kept, or None when there is none (that new)."""
        rows = self.rows(
            "SELECT answer, at FROM lookups WHERE service = ? AND key = ?", service, key
        )
        if not rows:
            return None
        age = datetime.now(UTC) - datetime.fromisoformat(rows[0]["at"])
        return None if newer_than and age > newer_than else json.loads(rows[0]["answer"])

    def put_answer(self, service: str, key: str, answer: Any) -> None:
        """Keep a service's answer."""
        with self.database.atomic() as db:
            packed = json.dumps(answer, ensure_ascii=False)
            db.execute(_PUT_LOOKUP, (service, key, packed, now()))

    def begin_run(self, kind: str) -> int:
        """Open a run. Runs that were still open were killed, and are marked so.

        To be called under the writer's lock.
        """
        with self.database.atomic() as db:
            db.execute("UPDATE runs SET state = 'interrupted' WHERE state = 'running'")
            (row,) = db.execute(
                """INSERT INTO runs (kind, started_at, state, summary)
                   VALUES (?, ?, 'running', '{}') RETURNING id""",
                (kind, now()),
            ).fetchall()
        return int(row["id"])

    def end_run(self, run: int, state: str, summary: dict[str, Any], words: str) -> None:
        """Close a run, with an entry of its own in the changelog."""
        with self.database.atomic() as db:
            db.execute(
                "UPDATE runs SET ended_at = ?, state = ?, summary = ? WHERE id = ?",
                (now(), state, json.dumps(summary, ensure_ascii=False), run),
            )
            insert_change(db, News("run", words, run=run))

    def runs(self, limit: int = 20) -> list[Run]:
        """The last runs, newest first."""
        rows = self.rows(
            """SELECT id, kind, started_at, ended_at, state, summary FROM runs
               ORDER BY id DESC LIMIT ?""",
            limit,
        )
        return [replace(Run(*row), summary=json.loads(row["summary"])) for row in rows]

    def changes(self, since: datetime | None = None) -> list[Change]:
        """What changed, oldest first."""
        start = since.astimezone(UTC).isoformat(timespec="seconds") if since else ""
        rows = self.rows(
            """SELECT changes.id, changes.at, what, detail, changes.paper_id, changes.version,
                      coalesce(nullif(changes.title, ''), papers.title, arxiv.title, ''), run
               FROM changes LEFT JOIN arxiv ON arxiv.arxiv_id = changes.paper_id
               LEFT JOIN papers ON papers.paper_id = changes.paper_id
               WHERE changes.at >= ? ORDER BY changes.id""",
            start,
        )
        return [Change(*row) for row in rows]

    def note_citations(self, arxiv_id: str, cited: Sequence[str], run: int | None) -> list[str]:
        """Note which papers a paper has come to cite since this was last called for it.

        Returns:
            Those papers; none at the first call, when all of them are.
        """
        with self.database.atomic() as db:
            row = db.execute(
                "SELECT answer FROM lookups WHERE service = 'cited' AND key = ?", (arxiv_id,)
            ).fetchone()
            known = set(json.loads(row["answer"])) if row else set(cited)
            new = [paper for paper in cited if paper not in known]
            for paper in new:
                insert_change(db, News("new_reference", f"now cited by {arxiv_id}", paper, run=run))
            if new or row is None:
                packed = json.dumps(sorted(known | set(cited)))
                db.execute(_PUT_LOOKUP, ("cited", arxiv_id, packed, now()))
        return new

    def note_change(self, news: News) -> None:
        """Put an entry of its own into the changelog."""
        with self.database.atomic() as db:
            insert_change(db, news)


def news_of(db: Connection, document: Document) -> tuple[str, str]:
    """What the changelog says of a document: kind and detail, both empty when it isn't news.

    Notes come with the program, and a version that is read again is no news either.
    """
    if document.source is Source.NOTE:
        return "", ""
    sql = "SELECT version FROM versions WHERE paper_id = ? AND source = 'pdf' ORDER BY version"
    held = [row["version"] for row in db.execute(sql, (document.meta.paper_id,))]
    if document.meta.version in held:
        return "", ""
    if held and document.meta.version > held[-1]:
        return "new_version", f"v{held[-1]} → v{document.meta.version}"
    return "added", f"v{document.meta.version}"


def insert_change(db: Connection, news: News) -> None:
    """Write one entry of the changelog, as part of the transaction that made the change."""
    db.execute(
        """INSERT INTO changes (at, paper_id, version, what, detail, title, run)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (now(), news.paper_id, news.version, news.what, news.detail, news.title, news.run),
    )


def now() -> str:
    """This moment, ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
