"""The record, as it is written: one transaction per paper.

One version of a paper is active; only its passages are searched. A paper's own PDF takes the
place of a note on it, and a later version that of an earlier one; what was replaced stays readable.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from fmqa.errors import StoreError
from fmqa.store.record import MODEL_KEY, Record, Vectors
from fmqa.store.rows import (
    META_COLUMNS,
    content_hash,
    heading,
    index_text,
    meta_values,
    pack_runs,
    paper_meta,
    spans_json,
    to_json,
)
from fmqa.types import Document, PaperMeta, ReadResult, Source

# Whose word counts on a paper's title, authors and facets: notes were looked up, PDFs are parsed.
_META_RANK = {Source.PDF: 0, Source.NOTE: 1}
_BIBLIOGRAPHY = ("title", "authors", "year", "arxiv_id")  # what a PDF says of itself


class RecordWriter(Record):
    """Writes the record file. One process at a time may hold one, see `Library.writing`."""

    def set_meta(self, key: str, value: str) -> None:
        """Remember a fact about the record itself."""
        with self.database.atomic() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def set_model(self, fingerprint: str) -> None:
        """From now on this model's vectors are searched; what was opened before is out of date."""
        with self.database.atomic() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (MODEL_KEY, fingerprint))
            _next_generation(db)

    def known(self, document: Document) -> Document:
        """The document with what the record knows of its paper already, such as a note's facets.

        To be called before its passages are embedded, since they are embedded under its title.
        """
        with self.database.snapshot() as db:
            old = db.execute(
                """SELECT papers.*, coalesce(versions.version, 0) AS version FROM papers
                   LEFT JOIN versions ON versions.paper_id = papers.paper_id AND versions.active
                   WHERE papers.paper_id = ?""",
                (document.meta.paper_id,),
            ).fetchone()
        if old is None:
            return document
        held, found = paper_meta(old), document.meta
        if document.source is Source.NOTE:
            # What a changed note no longer says is not to stay from its earlier state.
            merged = _merged(found, held, _BIBLIOGRAPHY)
        elif old["meta_source"] == Source.NOTE.value or found.version < held.version:
            merged = _merged(held, found)
        else:
            merged = _merged(found, held)
        return replace(document, meta=replace(merged, version=found.version))

    def add(
        self, document: Document, vectors: Vectors, model: str, result: ReadResult | None = None
    ) -> bool:
        """Commit one version of a paper with its passages' vectors, in one transaction.

        Args:
            document: what was read.
            vectors: one unit vector per passage, shape (passages, dimension).
            model: fingerprint of the embedder that made them.
            result: the file it was read from, for the journal; None for a note.

        Returns:
            Whether the version is now the one that is searched.
        """
        if len(vectors) != len(document.passages):
            raise StoreError("A passage has no vector; nothing was written.")
        meta = document.meta
        with self.database.atomic() as db:
            _upsert_paper(db, meta, document.source)
            _drop_version(db, meta.paper_id, meta.version, document.source)
            active = _takes_over(db, document)
            if active:
                _deactivate(db, meta.paper_id)
            version_id = _insert_version(db, document, active, str(result.path) if result else "")
            _insert_pages(db, document, version_id)
            _insert_passages(db, document, version_id, active)
            _insert_embeddings(db, document, vectors, model)
            if result is not None:
                _insert_journal(db, result, meta)
            _insert_change(db, meta.paper_id, meta.version, "added", document.source.value)
            _next_generation(db)
        return active

    def remove(self, paper_id: str) -> bool:
        """Forget a paper with all its versions. Returns whether it was there."""
        with self.database.atomic() as db:
            if not db.execute("SELECT 1 FROM papers WHERE paper_id = ?", (paper_id,)).fetchone():
                return False
            _deactivate(db, paper_id)
            # So that ingesting its file again brings it back.
            db.execute("DELETE FROM journal WHERE paper_id = ?", (paper_id,))
            db.execute("DELETE FROM papers WHERE paper_id = ?", (paper_id,))
            _insert_change(db, paper_id, None, "removed", "")
            _next_generation(db)
        return True

    def drop_notes(self, paper_id: str) -> None:
        """Forget the notes on a paper; its own versions stay."""
        with self.database.atomic() as db:
            versions = db.execute(
                "SELECT version FROM versions WHERE paper_id = ? AND source = 'note'", (paper_id,)
            ).fetchall()
            for row in versions:
                _drop_version(db, paper_id, row["version"], Source.NOTE)
            db.execute(
                """DELETE FROM papers WHERE paper_id = ? AND NOT EXISTS
                   (SELECT 1 FROM versions WHERE versions.paper_id = papers.paper_id)""",
                (paper_id,),
            )
            _next_generation(db)

    def log(self, result: ReadResult, meta: PaperMeta | None = None) -> None:
        """Put the outcome of one file into the journal."""
        with self.database.atomic() as db:
            _insert_journal(db, result, meta)

    def put_embeddings(self, model: str, hashes: Sequence[bytes], vectors: Vectors) -> None:
        """Keep vectors by the hash of the text that they were made from."""
        with self.database.atomic() as db:
            _write_embeddings(db, model, hashes, vectors)
            _next_generation(db)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _next_generation(db: sqlite3.Connection) -> None:
    db.execute(
        "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'generation'"
    )


def _upsert_paper(db: sqlite3.Connection, meta: PaperMeta, source: Source) -> None:
    old = db.execute(
        "SELECT meta_source FROM papers WHERE paper_id = ?", (meta.paper_id,)
    ).fetchone()
    lead = source if old is None else max(source, Source(old[0]), key=_META_RANK.__getitem__)
    values = meta_values(meta) | {"meta_source": lead.value, "added_at": _now()}
    updates = ", ".join(f"{name} = excluded.{name}" for name in values if name != "added_at")
    db.execute(
        f"INSERT INTO papers ({', '.join(values)}) VALUES ({', '.join('?' * len(values))}) "
        f"ON CONFLICT (paper_id) DO UPDATE SET {updates}",
        tuple(values.values()),
    )


def _merged(lead: PaperMeta, other: PaperMeta, fields: Sequence[str] = META_COLUMNS) -> PaperMeta:
    """``lead`` with those of the ``fields`` that it leaves empty filled from ``other``."""
    names = (name for name in fields if not getattr(lead, name))
    return replace(lead, **{name: getattr(other, name) for name in names})


def _takes_over(db: sqlite3.Connection, document: Document) -> bool:
    held = db.execute(
        "SELECT version, source FROM versions WHERE paper_id = ? AND active",
        (document.meta.paper_id,),
    ).fetchone()
    if held is None:
        return True
    if held["source"] != document.source.value:
        return document.source is Source.PDF
    return bool(document.meta.version >= held["version"])


def _deactivate(db: sqlite3.Connection, paper_id: str) -> None:
    """Take the paper's passages out of the search; they stay readable."""
    db.execute(
        """DELETE FROM passages_fts WHERE rowid IN (SELECT passages.id FROM passages
           JOIN versions ON versions.id = version_id WHERE paper_id = ? AND active)""",
        (paper_id,),
    )
    db.execute("UPDATE versions SET active = 0 WHERE paper_id = ?", (paper_id,))


def _drop_version(db: sqlite3.Connection, paper_id: str, version: int, source: Source) -> None:
    """Make room for the same version, read again."""
    key = (paper_id, version, source.value)
    db.execute(
        """DELETE FROM passages_fts WHERE rowid IN (SELECT passages.id FROM passages
           JOIN versions ON versions.id = version_id
           WHERE paper_id = ? AND version = ? AND source = ?)""",
        key,
    )
    db.execute("DELETE FROM versions WHERE paper_id = ? AND version = ? AND source = ?", key)


def _insert_version(db: sqlite3.Connection, document: Document, active: bool, file: str) -> int:
    meta = document.meta
    cursor = db.execute(
        """INSERT INTO versions (paper_id, version, source, title, sha256, active, reader, file,
                                 outline, links, hidden, lookups, read_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            meta.paper_id,
            meta.version,
            document.source.value,
            heading(meta),
            document.sha256,
            active,
            document.reader,
            file,
            to_json(document.outline),
            to_json(document.links),
            to_json(document.hidden),
            to_json(document.lookups),
            _now(),
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _insert_pages(db: sqlite3.Connection, document: Document, version_id: int) -> None:
    db.executemany(
        "INSERT INTO pages VALUES (?, ?, ?, ?)",
        [(version_id, page.number, page.text, pack_runs(page.runs)) for page in document.pages],
    )


def passage_texts(document: Document) -> list[str]:
    """What is embedded for each passage of a document, in order."""
    head = heading(document.meta)
    return [index_text(head, p.section, p.text) for p in document.passages]


def _insert_passages(
    db: sqlite3.Connection, document: Document, version_id: int, active: bool
) -> None:
    for passage, text in zip(document.passages, passage_texts(document), strict=True):
        cursor = db.execute(
            """INSERT INTO passages (version_id, ordinal, section, kind, text, spans, content_hash)
               VALUES (?, ?, ?, ?, ?, ?, ?)""",
            (
                version_id,
                passage.ordinal,
                passage.section,
                passage.kind.value,
                passage.text,
                spans_json(passage.spans),
                content_hash(text),
            ),
        )
        if active:
            db.execute(
                "INSERT INTO passages_fts (rowid, title, section, text) VALUES (?, ?, ?, ?)",
                (cursor.lastrowid, heading(document.meta), passage.section, passage.text),
            )


def _insert_embeddings(
    db: sqlite3.Connection, document: Document, vectors: Vectors, model: str
) -> None:
    hashes = [content_hash(text) for text in passage_texts(document)]
    _write_embeddings(db, model, hashes, vectors)


def _write_embeddings(
    db: sqlite3.Connection, model: str, hashes: Sequence[bytes], vectors: Vectors
) -> None:
    rows = zip(hashes, vectors.astype("<f4"), strict=True)
    db.executemany(
        "INSERT OR IGNORE INTO embeddings VALUES (?, ?, ?)",
        [(model, digest, vector.tobytes()) for digest, vector in rows],
    )


def _insert_journal(db: sqlite3.Connection, result: ReadResult, meta: PaperMeta | None) -> None:
    db.execute(
        "INSERT OR REPLACE INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            str(result.path),
            result.sha256,
            result.outcome.value,
            result.detail,
            meta.paper_id if meta else None,
            meta.version if meta else None,
            result.seconds,
            _now(),
        ),
    )


def _insert_change(
    db: sqlite3.Connection, paper_id: str, version: int | None, what: str, detail: str
) -> None:
    db.execute(
        "INSERT INTO changes (at, paper_id, version, what, detail) VALUES (?, ?, ?, ?, ?)",
        (_now(), paper_id, version, what, detail),
    )
