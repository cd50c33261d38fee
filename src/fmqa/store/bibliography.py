"""Bibliographies in the record: what each version cites, and the sentences that cite it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from fmqa.store.engine import Connection, Database, Row
from fmqa.types import Document, Reference, Source

_LEAST_TITLE = 24  # letters and digits


@dataclass(frozen=True, slots=True)
class CitingSentence:
    """A sentence of a paper's text with the references that it names."""

    text: str
    page: int
    section: str
    numbers: tuple[int, ...]


class Bibliography:
    """Reads and mends the bibliographies of the versions that are held.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def references(self, paper_id: str) -> list[Reference]:
        """What the paper's version that is searched cites, in the bibliography's order."""
        with self.database.snapshot() as db:
            rows = db.execute(
                """SELECT bibliography.* FROM bibliography
                   JOIN versions ON versions.id = version_id AND versions.active
                   WHERE paper_id = ? ORDER BY place""",
                (paper_id,),
            ).fetchall()
        return [_reference(row) for row in rows]

    def cited(self, paper_id: str) -> list[str]:
        """The arXiv ids that any held version of the paper cites, the newest version's first."""
        with self.database.snapshot() as db:
            rows = db.execute(
                """SELECT bibliography.arxiv_id FROM bibliography
                   JOIN versions ON versions.id = version_id
                   WHERE paper_id = ? AND bibliography.arxiv_id IS NOT NULL
                   ORDER BY version DESC, place""",
                (paper_id,),
            ).fetchall()
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
            papers = db.execute("SELECT paper_id, arxiv_id, title FROM papers").fetchall()
        by_id = {row["arxiv_id"]: row["paper_id"] for row in papers if row["arxiv_id"]}
        by_title = {key: row["paper_id"] for row in papers if (key := _title_key(row["title"]))}
        found = set()
        for row in references:
            if row["arxiv_id"]:
                cited = by_id.get(row["arxiv_id"])
            else:
                cited = by_title.get(_title_key(row["title"]))
            if cited is not None and cited != row["paper_id"]:
                found.add((row["paper_id"], cited))
        return sorted(found)

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
                """SELECT page, numbers, start,
                          substr(pages.text, start + 1, "end" - start) AS sentence
                   FROM mentions JOIN versions ON versions.id = mentions.version_id
                   JOIN pages ON pages.version_id = versions.id AND pages.number = page
                   WHERE paper_id = ? AND versions.active AND source = ? ORDER BY place""",
                (paper_id, Source.PDF.value),
            ).fetchall()
            passages = db.execute(
                """SELECT section, spans FROM passages JOIN versions ON versions.id = version_id
                   WHERE paper_id = ? AND active AND source = ? ORDER BY ordinal""",
                (paper_id, Source.PDF.value),
            ).fetchall()
        spans = [(row["section"], *span) for row in passages for span in json.loads(row["spans"])]
        return [
            CitingSentence(
                " ".join(row["sentence"].split()),
                row["page"],
                _section(spans, row["page"], row["start"]),
                tuple(json.loads(row["numbers"])),
            )
            for row in rows
        ]


def _section(spans: Sequence[tuple[str, int, int, int]], page: int, start: int) -> str:
    """The section of the first passage that holds a character of a page; empty where none does."""
    return next((s for s, at, low, high in spans if at == page and low <= start < high), "")


def insert_bibliography(db: Connection, document: Document, version_id: int) -> None:
    """Keep a document's references and mentions with its version; part of its transaction."""
    _insert_references(db, document.references, version_id)
    db.executemany(
        "INSERT INTO mentions VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                version_id,
                place,
                mention.span.page,
                mention.span.start,
                mention.span.end,
                json.dumps(mention.numbers),
            )
            for place, mention in enumerate(document.mentions)
        ],
    )


def _insert_references(db: Connection, references: Sequence[Reference], version_id: int) -> None:
    db.executemany(
        "INSERT INTO bibliography VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                version_id,
                place,
                reference.number,
                reference.text,
                reference.title,
                json.dumps(reference.authors, ensure_ascii=False),
                reference.year,
                reference.arxiv_id,
                reference.doi,
                reference.method,
                reference.score,
            )
            for place, reference in enumerate(references)
        ],
    )


def _title_key(title: str) -> str:
    """A title without case, marks and spaces; empty when it is too short to tell papers apart."""
    key = "".join(filter(str.isalnum, title.casefold()))
    return key if len(key) >= _LEAST_TITLE else ""


def _reference(row: Row) -> Reference:
    return Reference(
        number=row["number"],
        text=row["text"],
        title=row["title"],
        authors=tuple(json.loads(row["authors"])),
        year=row["year"],
        arxiv_id=row["arxiv_id"],
        doi=row["doi"],
        method=row["method"],
        score=row["score"],
    )
