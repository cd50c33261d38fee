"""The statements that a paper is written by; each is part of a transaction of `RecordWriter`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from fmqa.store.catalog import now
from fmqa.store.record import Vectors
from fmqa.store.rows import (
    content_hash,
    heading,
    index_text,
    meta_values,
    pack_runs,
    spans_json,
    to_json,
)
from fmqa.types import Document, PaperMeta, ReadResult, Source

# Whose word counts on a paper's title, authors and facets: notes were looked up, PDFs are parsed.
_META_RANK = {Source.PDF: 0, Source.NOTE: 1}


def next_generation(db: sqlite3.Connection) -> None:
    """What was opened before is out of date."""
    db.execute(
        "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'generation'"
    )


def upsert_paper(db: sqlite3.Connection, meta: PaperMeta, source: Source) -> None:
    """Write the paper's own facts; a note's word on them counts more than a PDF's."""
    old = db.execute(
        "SELECT meta_source FROM papers WHERE paper_id = ?", (meta.paper_id,)
    ).fetchone()
    lead = source if old is None else max(source, Source(old[0]), key=_META_RANK.__getitem__)
    values = meta_values(meta) | {"meta_source": lead.value, "added_at": now()}
    updates = ", ".join(f"{name} = excluded.{name}" for name in values if name != "added_at")
    db.execute(
        f"INSERT INTO papers ({', '.join(values)}) VALUES ({', '.join('?' * len(values))}) "
        f"ON CONFLICT (paper_id) DO UPDATE SET {updates}",
        tuple(values.values()),
    )


def takes_over(db: sqlite3.Connection, document: Document) -> bool:
    """Whether the document becomes the version that is searched."""
    held = db.execute(
        "SELECT version, source FROM versions WHERE paper_id = ? AND active",
        (document.meta.paper_id,),
    ).fetchone()
    if held is None:
        return True
    if held["source"] != document.source.value:
        return document.source is Source.PDF
    return bool(document.meta.version >= held["version"])


def deactivate(db: sqlite3.Connection, paper_id: str) -> None:
    """Take the paper's passages out of the search; they stay readable."""
    db.execute(
        """DELETE FROM passages_fts WHERE rowid IN (SELECT passages.id FROM passages
           JOIN versions ON versions.id = version_id WHERE paper_id = ? AND active)""",
        (paper_id,),
    )
    db.execute("UPDATE versions SET active = 0 WHERE paper_id = ?", (paper_id,))


def drop_version(db: sqlite3.Connection, paper_id: str, version: int, source: Source) -> None:
    """Make room for the same version, read again."""
    key = (paper_id, version, source.value)
    db.execute(
        """DELETE FROM passages_fts WHERE rowid IN (SELECT passages.id FROM passages
           JOIN versions ON versions.id = version_id
           WHERE paper_id = ? AND version = ? AND source = ?)""",
        key,
    )
    db.execute("DELETE FROM versions WHERE paper_id = ? AND version = ? AND source = ?", key)


def paper_title(db: sqlite3.Connection, paper_id: str) -> str:
    """The title of a paper; empty when it isn't there."""
    row = db.execute("SELECT title FROM papers WHERE paper_id = ?", (paper_id,)).fetchone()
    return str(row["title"]) if row else ""


def drop_bare_paper(db: sqlite3.Connection, paper_id: str) -> None:
    """Forget a paper of which no version is left."""
    db.execute(
        """DELETE FROM papers WHERE paper_id = ? AND NOT EXISTS
           (SELECT 1 FROM versions WHERE versions.paper_id = papers.paper_id)""",
        (paper_id,),
    )


def activate_newest(db: sqlite3.Connection, paper_id: str) -> None:
    """Search the newest version that is left; to be called when none is active."""
    left = db.execute(
        "SELECT id, title FROM versions WHERE paper_id = ? ORDER BY source = 'pdf' DESC, "
        "version DESC LIMIT 1",
        (paper_id,),
    ).fetchone()
    if left is None:
        return
    db.execute("UPDATE versions SET active = 1 WHERE id = ?", (left["id"],))
    db.execute(
        """INSERT INTO passages_fts (rowid, title, section, text)
           SELECT id, ?, section, text FROM passages WHERE version_id = ?""",
        (left["title"], left["id"]),
    )


def news_of(db: sqlite3.Connection, document: Document) -> tuple[str, str]:
    """What the changelog says of a document: kind and detail, both empty when it isn't news.

    Notes come with the program, and a version that is read again is no news either.
    """
    if document.source is Source.NOTE:
        return "", ""
    held = [
        row["version"]
        for row in db.execute(
            "SELECT version FROM versions WHERE paper_id = ? AND source = 'pdf' ORDER BY version",
            (document.meta.paper_id,),
        )
    ]
    if document.meta.version in held:
        return "", ""
    if held and document.meta.version > held[-1]:
        return "new_version", f"v{held[-1]} → v{document.meta.version}"
    return "added", f"v{document.meta.version}"


def insert_version(db: sqlite3.Connection, document: Document, active: bool, file: str) -> int:
    """Write the version's row; returns its id."""
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
            now(),
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def insert_pages(db: sqlite3.Connection, document: Document, version_id: int) -> None:
    """Write the pages with the way back to the file's characters."""
    db.executemany(
        "INSERT INTO pages VALUES (?, ?, ?, ?)",
        [(version_id, page.number, page.text, pack_runs(page.runs)) for page in document.pages],
    )


def passage_texts(document: Document) -> list[str]:
    """What is embedded for each passage of a document, in order."""
    head = heading(document.meta)
    return [index_text(head, p.section, p.text) for p in document.passages]


def insert_passages(
    db: sqlite3.Connection, document: Document, version_id: int, active: bool
) -> None:
    """Write the passages, and make them searchable where the version is active."""
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


def insert_embeddings(
    db: sqlite3.Connection, document: Document, vectors: Vectors, model: str
) -> None:
    """Write the passages' vectors."""
    hashes = [content_hash(text) for text in passage_texts(document)]
    write_embeddings(db, model, hashes, vectors)


def write_embeddings(
    db: sqlite3.Connection, model: str, hashes: Sequence[bytes], vectors: Vectors
) -> None:
    """Write vectors by the hash of their text; those that are there stay."""
    rows = zip(hashes, vectors.astype("<f4"), strict=True)
    db.executemany(
        "INSERT OR IGNORE INTO embeddings VALUES (?, ?, ?)",
        [(model, digest, vector.tobytes()) for digest, vector in rows],
    )


def insert_journal(db: sqlite3.Connection, result: ReadResult, meta: PaperMeta | None) -> None:
    """Write what became of a file."""
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
            now(),
        ),
    )
