"""Single versions of papers, as a reader opens them: facts, file, one page."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fmqa.store.engine import Database, Row
from fmqa.store.rows import paper_meta, status_of, unpack_runs
from fmqa.types import Page, PaperMeta, PaperStatus, Source

_VERSION = """SELECT papers.*, versions.id AS version_id, versions.version, versions.source,
    versions.active, versions.withdrawn, versions.file, versions.sha256, versions.lookups
    FROM versions JOIN papers ON papers.paper_id = versions.paper_id"""


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """One version of a paper with where it came from.

    ``file`` is the path that it was read from, empty for a note; ``lookups`` the addresses where
    a note's facts were looked up.
    """

    id: int
    meta: PaperMeta
    source: Source
    status: PaperStatus
    file: str
    sha256: str
    lookups: tuple[str, ...]


class Versions:
    """Reads versions and their pages.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def find(self, paper_id: str, version: int, source: Source) -> HeldVersion | None:
        """The version of this number, where it is held."""
        return self._one(
            f"{_VERSION} WHERE versions.paper_id = ? AND versions.version = ? "
            "AND versions.source = ?",
            paper_id,
            version,
            source.value,
        )

    def get(self, version_id: int) -> HeldVersion | None:
        """The version of this id, where it is held."""
        return self._one(f"{_VERSION} WHERE versions.id = ?", version_id)

    def active(self, paper_id: str) -> HeldVersion | None:
        """The version of a paper that is searched."""
        return self._one(f"{_VERSION} WHERE versions.paper_id = ? AND versions.active", paper_id)

    def page(self, version_id: int, number: int) -> Page | None:
        """One page of a version."""
        with self.database.snapshot() as db:
            row = db.execute(
                "SELECT number, text, runs FROM pages WHERE version_id = ? AND number = ?",
                (version_id, number),
            ).fetchone()
        return None if row is None else Page(row["number"], row["text"], unpack_runs(row["runs"]))

    def section(self, version_id: int, page: int, start: int) -> str:
        """The section of the passage that holds a character of a page; empty where none does."""
        with self.database.snapshot() as db:
            rows = db.execute(
                "SELECT section, spans FROM passages WHERE version_id = ? ORDER BY ordinal",
                (version_id,),
            ).fetchall()
        for row in rows:
            for at, low, high in json.loads(row["spans"]):
                if at == page and low <= start < high:
                    return str(row["section"])
        return ""

    def _one(self, sql: str, *values: object) -> HeldVersion | None:
        with self.database.snapshot() as db:
            row = db.execute(sql, values).fetchone()
        return None if row is None else _held(row)


def _held(row: Row) -> HeldVersion:
    return HeldVersion(
        id=row["version_id"],
        meta=paper_meta(row),
        source=Source(row["source"]),
        status=status_of(row),
        file=row["file"],
        sha256=row["sha256"],
        lookups=tuple(json.loads(row["lookups"])),
    )
