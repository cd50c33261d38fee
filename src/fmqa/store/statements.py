"""The statements that a paper is written by; each is part of a transaction of `RecordWriter`."""

from __future__ import annotations

from collections.abc import Sequence

from fmqa.store.catalog import now
from fmqa.store.engine import Connection, Searched, SearchedPassage, marks, upsert
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
from fmqa.types import Document, PaperMeta, Passage, ReadResult, Source

_PUT_JOURNAL = upsert(
    "journal",
    ("path", "sha256", "outcome", "detail", "paper_id", "version", "seconds", "at"),
    ("path",),
)
_AT_ONCE = 200  # passages of one statement, which takes a value for each of their columns
# Whose word counts on a paper's title, authors and facets: notes were looked up, PDFs are parsed.
_META_RANK = {Source.PDF: 0, Source.NOTE: 1}


def next_generation(db: Connection) -> None:
    """What was opened before is out of date."""
    db.execute(
        "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'generation'"
    )


def upsert_paper(db: Connection, meta: PaperMeta, source: Source) -> None:
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


def takes_over(db: Connection, document: Document) -> bool:
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


def deactivate(db: Connection, searched: Searched, paper_id: str) -> None:
    """Take the paper's passages out of the search; they stay readable."""
    rows = db.execute(
        """SELECT passages.id FROM passages JOIN versions ON versions.id = version_id
           WHERE paper_id = ? AND active""",
        (paper_id,),
    ).fetchall()
    searched.remove(db, [row["id"] for row in rows])
    db.execute("UPDATE versions SET active = false WHERE paper_id = ?", (paper_id,))


def drop_version(
    db: Connection, searched: Searched, paper_id: str, version: int, source: Source
) -> None:
    """Make room for the same version, read again."""
    key = (paper_id, version, source.value)
    rows = db.execute(
        """SELECT passages.id FROM passages JOIN versions ON versions.id = version_id
           WHERE paper_id = ? AND version = ? AND source = ? AND active""",
        key,
    ).fetchall()
    searched.remove(db, [row["id"] for row in rows])
    db.execute("DELETE FROM versions WHERE paper_id = ? AND version = ? AND source = ?", key)


def paper_title(db: Connection, paper_id: str) -> str:
    """The title of a paper; empty when it isn't there."""
    row = db.execute("SELECT title FROM papers WHERE paper_id = ?", (paper_id,)).fetchone()
    return str(row["title"]) if row else ""


def drop_bare_paper(db: Connection, paper_id: str) -> None:
    """Forget a paper of which no version is left."""
    db.execute(
        """DELETE FROM papers WHERE paper_id = ? AND NOT EXISTS
           (SELECT 1 FROM versions WHERE versions.paper_id = papers.paper_id)""",
        (paper_id,),
    )


def activate_newest(db: Connection, searched: Searched, paper_id: str) -> None:
    """Search the newest version that is left; to be called when none is active."""
    left = db.execute(
        "SELECT id, title FROM versions WHERE paper_id = ? ORDER BY source = 'pdf' DESC, "
        "version DESC LIMIT 1",
        (paper_id,),
    ).fetchone()
    if left is None:
        return
    db.execute("UPDATE versions SET active = true WHERE id = ?", (left["id"],))
    rows = db.execute(
        """SELECT id, section, text, content_hash FROM passages WHERE version_id = ?
           ORDER BY ordinal""",
        (left["id"],),
    ).fetchall()
    searched.add(db, [SearchedPassage(row[0], left["title"], *list(row)[1:]) for row in rows])


def news_of(db: Connection, document: Document) -> tuple[str, str]:
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


def insert_version(db: Connection, document: Document, active: bool, file: str) -> int:
    """Write the version's row; returns its id."""
    meta = document.meta
    (row,) = db.execute(
        """INSERT INTO versions (paper_id, version, source, title, sha256, active, reader, file,
                                 outline, links, hidden, lookups, read_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id""",
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
    ).fetchall()
    return int(row["id"])


def insert_pages(db: Connection, document: Document, version_id: int) -> None:
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
    db: Connection, searched: Searched, document: Document, version_id: int, active: bool
) -> None:
    """Write the passages, and make them searchable where the version is active.

    Their vectors have to be written before.
    """
    texts = passage_texts(document)
    for start in range(0, len(texts), _AT_ONCE):
        part = document.passages[start : start + _AT_ONCE]
        hashes = [content_hash(text) for text in texts[start : start + _AT_ONCE]]
        ids = _insert_passages(db, part, hashes, version_id)
        if active:
            head = heading(document.meta)
            searched.add(
                db,
                [
                    SearchedPassage(ids[one.ordinal], head, one.section, one.text, digest)
                    for one, digest in zip(part, hashes, strict=True)
                ],
            )


def _insert_passages(
    db: Connection, passages: Sequence[Passage], hashes: Sequence[bytes], version_id: int
) -> dict[int, int]:
    """Write some passages; returns their ids by ordinal."""
    values: list[object] = []
    for one, digest in zip(passages, hashes, strict=True):
        kind, spans = one.kind.value, spans_json(one.spans)
        values += (version_id, one.ordinal, one.section, kind, one.text, spans, digest)
    row = f"({marks(range(7))})"
    rows = db.execute(
        "INSERT INTO passages (version_id, ordinal, section, kind, text, spans, content_hash) "
        f"VALUES {', '.join([row] * len(passages))} RETURNING ordinal, id",
        values,
    ).fetchall()
    return {row["ordinal"]: row["id"] for row in rows}


def insert_embeddings(db: Connection, document: Document, vectors: Vectors, model: str) -> None:
    """Write the passages' vectors."""
    hashes = [content_hash(text) for text in passage_texts(document)]
    write_embeddings(db, model, hashes, vectors)


def write_embeddings(db: Connection, model: str, hashes: Sequence[bytes], vectors: Vectors) -> None:
    """Write vectors by the hash of their text; those that are there stay."""
    rows = zip(hashes, vectors.astype("<f4"), strict=True)
    db.executemany(
        "INSERT INTO embeddings VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(model, digest, vector.tobytes()) for digest, vector in rows],
    )


def insert_journal(db: Connection, result: ReadResult, meta: PaperMeta | None) -> None:
    """Write what became of a file."""
    db.execute(
        _PUT_JOURNAL,
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
