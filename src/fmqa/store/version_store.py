"""Single versions of papers as a reader opens them, and what each version cites."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

from fmqa.store.engine import Connection, RecordRow, Tables, columns_of, insert, of_row
from fmqa.store.mappers import PAGE_COLUMNS, page_of, status_of
from fmqa.types import (
    Document,
    Page,
    PaperMeta,
    PaperStatus,
    PassageKind,
    Reference,
    Source,
    Span,
)

_VERSION = """SELECT papers.*, versions.id AS version_id, versions.version, versions.source,
    versions.active, versions.withdrawn, versions.file, versions.sha256, versions.lookups,
    versions.labels
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
    labels: tuple[str, ...]


class Versions(Tables):
    """Reads versions and their pages."""

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
        sql = f"SELECT {PAGE_COLUMNS} FROM pages WHERE version_id = ? AND number = ?"
        return next(map(page_of, self.rows(sql, version_id, number)), None)

    def section(self, version_id: int, page: int, start: int) -> str:
        """The section of the passage that holds a character of a page; empty where none does."""
        with self.database.snapshot() as db:
            return _section(_sections(db, version_id), page, start)

    def heads(self, version_id: int, page: int, start: int) -> tuple[Span, ...]:
        """Where the heads of a table stand, and what stands over a row of it that begins there.

        Empty where the place is no row, or the table's heads aren't known.
        """
        sql = "SELECT text, spans FROM passages WHERE version_id = ? AND kind = ? ORDER BY ordinal"
        for row in self.rows(sql, version_id, PassageKind.TABLE.value):
            *before, rows = [Span(*span) for span in json.loads(row["spans"])]
            if "\t" in row["text"] and rows.page == page and rows.holds(start):
                return tuple(before[1:])  # the first is the caption
        return ()

    def _one(self, sql: str, *values: object) -> HeldVersion | None:
        return next(map(_held, self.rows(sql, *values)), None)


def _held(row: RecordRow) -> HeldVersion:
    return HeldVersion(
        id=row["version_id"],
        meta=of_row(PaperMeta, row),
        source=Source(row["source"]),
        status=status_of(row),
        file=row["file"],
        sha256=row["sha256"],
        lookups=tuple(json.loads(row["lookups"])),
        labels=tuple(json.loads(row["labels"])),
    )


_LEAST_TITLE = 24  # letters and digits


@dataclass(frozen=True, slots=True)
class CitingSentence:
    """A sentence of a paper's text with the references that it names."""

    text: str
    page: int
    section: str
    numbers: tuple[int, ...]


class BibliographyStore(Tables):
    """Reads and mends the bibliographies of the versions that are held."""

    def references(self, paper_id: str) -> list[Reference]:
        """What the paper's version that is searched cites, in the bibliography's order."""
        rows = self.rows(
            """SELECT bibliography.* FROM bibliography
               JOIN versions ON versions.id = version_id AND versions.active
               WHERE paper_id = ? ORDER BY place""",
            paper_id,
        )
        return [of_row(Reference, row) for row in rows]

    def cited(self, paper_id: str) -> list[str]:
        """The arXiv ids that any held version of the paper cites, the newest version's first."""
        rows = self.rows(
            """SELECT bibliography.arxiv_id FROM bibliography
               JOIN versions ON versions.id = version_id
               WHERE paper_id = ? AND bibliography.arxiv_id IS NOT NULL
               ORDER BY version DESC, place""",
            paper_id,
        )
        return list(dict.fromkeys(row["arxiv_id"] for row in rows))

    def links(self) -> list[tuple[str, str]]:
        """Which held paper cites which: (citing, cited) ids of papers, by the versions searched.

        A reference is the paper of its arXiv id, and where it has none, that of its whole title.
        """
        with self.database.snapshot() as db:
            references = db.execute(
                """SELECT paper_id, bibliography.arxiv_id, bibliography.title FROM bibliography
                   JOIN versions ON versions.id = version_id AND versions.active"""
            ).fetchall()
            held = _Held(db)
        found = {(row["paper_id"], held.paper(row["arxiv_id"], row["title"])) for row in references}
        return sorted((citing, cited) for citing, cited in found if cited not in {"", citing})

    def held(self, references: Sequence[Reference]) -> set[str]:
        """Ids of the held papers that these references are, as `links` tells them."""
        with self.database.snapshot() as db:
            held = _Held(db)
        return {held.paper(one.arxiv_id, one.title) for one in references} - {""}

    def resolve(self, paper_id: str, references: Sequence[Reference]) -> None:
        """Write the references of `references` back, with what was found out about them since."""
        with self.database.atomic() as db:
            version = db.execute(
                "SELECT id FROM versions WHERE paper_id = ? AND active", (paper_id,)
            ).fetchone()
            if version is not None:
                db.execute("DELETE FROM bibliography WHERE version_id = ?", (version["id"],))
                _insert_references(db, references, version["id"])

    def mentions(self, paper_id: str) -> list[CitingSentence]:
        """The sentences of the paper that cite, in reading order."""
        with self.database.snapshot() as db:
            rows = db.execute(
                """SELECT versions.id AS version_id, page, numbers, start,
                          substr(pages.text, start + 1, "end" - start) AS sentence
                   FROM mentions JOIN versions ON versions.id = mentions.version_id
                   JOIN pages ON pages.version_id = versions.id AND pages.number = page
                   WHERE paper_id = ? AND versions.active AND source = ? ORDER BY place""",
                (paper_id, Source.PDF.value),
            ).fetchall()
            spans = _sections(db, rows[0]["version_id"]) if rows else []
        return [
            CitingSentence(
                " ".join(row["sentence"].split()),
                row["page"],
                _section(spans, row["page"], row["start"]),
                tuple(json.loads(row["numbers"])),
            )
            for row in rows
        ]


class _Held:
    """The papers by what a reference may name."""

    def __init__(self, db: Connection) -> None:
        rows = db.execute("SELECT paper_id, arxiv_id, title FROM papers").fetchall()
        self._by_id: dict[str, str] = {r["arxiv_id"]: r["paper_id"] for r in rows if r["arxiv_id"]}
        keys = {row["paper_id"]: title_key(row["title"]) for row in rows}
        self._by_title: dict[str, str] = {key: paper for paper, key in keys.items() if key}

    def paper(self, arxiv_id: str | None, title: str) -> str:
        """The paper of this arXiv id or, where there is none, of this title; empty for none."""
        if arxiv_id:
            return self._by_id.get(arxiv_id, "")
        return self._by_title.get(title_key(title), "")


def _sections(db: Connection, version_id: int) -> list[tuple[str, int, int, int]]:
    """A version's passages as section, page, start and end, in reading order."""
    rows = db.execute(
        "SELECT section, spans FROM passages WHERE version_id = ? ORDER BY ordinal", (version_id,)
    ).fetchall()
    return [(row["section"], *span) for row in rows for span in json.loads(row["spans"])]


def _section(spans: Sequence[tuple[str, int, int, int]], page: int, start: int) -> str:
    """The section of the first passage that holds a character of a page; empty where none does."""
    return next((s for s, at, low, high in spans if at == page and low <= start < high), "")


def insert_bibliography(db: Connection, document: Document, version_id: int) -> None:
    """Keep a document's references and mentions with its version; part of its transaction."""
    _insert_references(db, document.references, version_id)
    db.executemany(
        "INSERT INTO mentions VALUES (?, ?, ?, ?, ?, ?)",
        [
            (version_id, place, *astuple(mention.span), json.dumps(mention.numbers))
            for place, mention in enumerate(document.mentions)
        ],
    )


def _insert_references(db: Connection, references: Sequence[Reference], version_id: int) -> None:
    names = [one.name for one in fields(Reference)]
    db.executemany(
        insert("bibliography", ("version_id", "place", *names)),
        [(version_id, place, *columns_of(one).values()) for place, one in enumerate(references)],
    )


def title_key(title: str) -> str:
    """A title without case, marks and spaces; empty when it is too short to tell papers apart."""
    key = "".join(filter(str.isalnum, title.casefold()))
    return key if len(key) >= _LEAST_TITLE else ""
