"""The record, as it is written: one transaction per paper.

One version of a paper is active; only its passages are searched. A paper's own PDF takes the
place of a note on it, and a later version that of an earlier one; what was replaced stays readable.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from fmqa.errors import RecordUnreachable, StoreError
from fmqa.store.arxiv_catalog import News, insert_change, news_of, now
from fmqa.store.engine import (
    Connection,
    Database,
    RecordRow,
    SearchedPassage,
    SearchTables,
    Vectors,
    columns_of,
    insert,
    of_row,
    placeholders,
    upsert,
)
from fmqa.store.mappers import (
    content_hash,
    heading,
    page_values,
    passage_texts,
    spans_json,
    to_json,
)
from fmqa.store.record import MODEL_KEY, PUT_META, Record
from fmqa.store.version_store import insert_bibliography
from fmqa.store.works import with_work
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
    values = columns_of(meta) | {"meta_source": lead.value, "added_at": now()}
    del values["version"]  # of the paper's versions each has its own
    updates = ", ".join(f"{name} = excluded.{name}" for name in values if name != "added_at")
    db.execute(
        f"{insert('papers', tuple(values))} ON CONFLICT (paper_id) DO UPDATE SET {updates}",
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


def deactivate(db: Connection, searched: SearchTables, paper_id: str) -> None:
    """Take the paper's passages out of the search; they stay readable."""
    _remove_from_search(db, searched, "paper_id = ?", (paper_id,))
    db.execute("UPDATE versions SET active = false WHERE paper_id = ?", (paper_id,))


def drop_versions(
    db: Connection,
    searched: SearchTables,
    paper_id: str,
    source: Source,
    version: int | None = None,
) -> bool:
    """Forget a paper's versions of one source, or one of them; whether there were any."""
    this, key = "paper_id = ? AND source = ?", list[object]([paper_id, source.value])
    if version is not None:
        this, key = f"{this} AND version = ?", [*key, version]
    _remove_from_search(db, searched, this, key)
    return bool(db.execute(f"DELETE FROM versions WHERE {this}", key).rowcount)


def _remove_from_search(
    db: Connection, searched: SearchTables, which: str, values: Sequence[object]
) -> None:
    rows = db.execute(
        f"""SELECT passages.id FROM passages JOIN versions ON versions.id = version_id
            WHERE {which} AND active""",
        values,
    ).fetchall()
    searched.remove(db, [row["id"] for row in rows])


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


def activate_newest(db: Connection, searched: SearchTables, paper_id: str) -> None:
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


def insert_version(db: Connection, document: Document, active: bool, file: str) -> int:
    """Write the version's row; returns its id."""
    meta = document.meta
    values = {
        "paper_id": meta.paper_id,
        "version": meta.version,
        "source": document.source.value,
        "title": heading(meta),
        "sha256": document.sha256,
        "active": active,
        "reader": document.reader,
        "file": file,
        "read_at": now(),
    }
    for name in ("hidden", "lookups", "gaps", "labels"):
        values[name] = to_json(getattr(document, name))
    sql = f"{insert('versions', tuple(values))} RETURNING id"
    (row,) = db.execute(sql, tuple(values.values())).fetchall()
    return int(row["id"])


def insert_pages(db: Connection, document: Document, version_id: int) -> None:
    """Write the pages with the way back to the file's characters."""
    db.executemany(
        "INSERT INTO pages VALUES (?, ?, ?, ?, ?)",
        [(version_id, *page_values(page)) for page in document.pages],
    )


def insert_passages(
    db: Connection, searched: SearchTables, document: Document, version_id: int, active: bool
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
    row = f"({placeholders(range(7))})"
    rows = db.execute(
        "INSERT INTO passages (version_id, ordinal, section, kind, text, spans, content_hash) "
        f"VALUES {', '.join([row] * len(passages))} RETURNING ordinal, id",
        values,
    ).fetchall()
    return {row["ordinal"]: row["id"] for row in rows}


def write_embeddings(db: Connection, model: str, hashes: Sequence[bytes], vectors: Vectors) -> None:
    """Write vectors by the hash of their text; those that are there stay."""
    rows = zip(hashes, vectors.astype("<f4"), strict=True)
    db.executemany(
        "INSERT INTO embeddings VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(model, digest, vector.tobytes()) for digest, vector in rows],
    )


def insert_journal(db: Connection, result: ReadResult, meta: PaperMeta | None) -> None:
    """Write what became of a file."""
    paper, version = (meta.paper_id, meta.version) if meta else (None, None)
    facts = (str(result.path), result.sha256, result.outcome.value, result.detail)
    db.execute(_PUT_JOURNAL, (*facts, paper, version, result.seconds, now()))


_META = tuple(one.name for one in fields(PaperMeta) if one.name != "version")
_OUTLIVES = ("title", "authors", "year", "arxiv_id", "notice")  # a note that is changed


class RecordWriter(Record):
    """Writes the record file. One process at a time may hold one, see `Library.writing`.

    Args:
        run: number of the run that the changes are part of.
    """

    def __init__(self, database: Database, run: int | None = None) -> None:
        super().__init__(database)
        self.run = run

    def set_meta(self, key: str, value: str) -> None:
        """Remember a fact about the record itself."""
        with self.database.atomic() as db:
            db.execute(PUT_META, (key, value))

    def set_model(self, fingerprint: str) -> None:
        """From now on this model's vectors are searched; what was opened before is out of date."""
        with self.database.atomic() as db:
            db.execute(PUT_META, (MODEL_KEY, fingerprint))
            next_generation(db)

    def known(self, document: Document) -> Document:
        """The document with what the record knows of its paper already, such as a note's facets.

        To be called before its passages are embedded, since they are embedded under its title.
        """
        with self.database.snapshot() as db:
            document = with_work(db, document)
        rows = self._held(document.meta.paper_id)
        if not rows:
            return document
        old, held, found = rows[0], of_row(PaperMeta, rows[0]), document.meta
        if document.source is Source.NOTE:
            # What a changed note no longer says is not to stay from its earlier state.
            merged = _merged(found, held, _OUTLIVES)
        elif old["meta_source"] == Source.NOTE.value or found.version < held.version:
            merged = _merged(held, found)
        else:
            merged = _merged(found, held)
        return replace(document, meta=replace(merged, version=found.version))

    def held(self, paper_id: str) -> PaperMeta | None:
        """What the record knows of a paper."""
        return next((of_row(PaperMeta, row) for row in self._held(paper_id)), None)

    def _held(self, paper_id: str) -> list[RecordRow]:
        return self.rows(
            """SELECT papers.*, coalesce(versions.version, 0) AS version FROM papers
               LEFT JOIN versions ON versions.paper_id = papers.paper_id AND versions.active
               WHERE papers.paper_id = ?""",
            paper_id,
        )

    def add(
        self, document: Document, vectors: Vectors, model: str, result: ReadResult | None = None
    ) -> bool:
        """Commit one version of a paper with its passages' vectors, in one transaction.

        Args:
            vectors: one unit vector per passage, shape (passages, dimension).
            result: the file it was read from, for the journal; None for a note.

        Returns:
            Whether the version is now the one that is searched.
        """
        if len(vectors) != len(document.passages):
            raise StoreError("A passage has no vector; nothing was written.")
        try:
            return self._add(document, vectors, model, result)
        except RecordUnreachable:
            # A server that was restarted meanwhile. What is there of it already is replaced.
            return self._add(document, vectors, model, result)

    def _add(
        self, document: Document, vectors: Vectors, model: str, result: ReadResult | None
    ) -> bool:
        meta, searched = document.meta, self.database.searched
        with self.database.atomic() as db:
            upsert_paper(db, meta, document.source)
            what, detail = news_of(db, document)
            drop_versions(db, searched, meta.paper_id, document.source, meta.version)
            active = takes_over(db, document)
            if active:
                deactivate(db, searched, meta.paper_id)
            version_id = insert_version(db, document, active, str(result.path) if result else "")
            insert_pages(db, document, version_id)
            hashes = [content_hash(text) for text in passage_texts(document)]
            write_embeddings(db, model, hashes, vectors)
            insert_passages(db, searched, document, version_id, active)
            insert_bibliography(db, document, version_id)
            if result is not None:
                insert_journal(db, result, meta)
                db.execute("DELETE FROM excluded WHERE paper_id = ?", (meta.paper_id,))
            if what:
                self._log_change(db, what, detail, meta)
            if document.hidden:
                count = f"{len(document.hidden)} hidden runs of text, kept out of answers"
                self._log_change(db, "hidden_text", count, meta)
            next_generation(db)
        return active

    def _log_change(self, db: Connection, what: str, detail: str, meta: PaperMeta) -> None:
        news = News(what, detail, meta.paper_id, meta.version or None, meta.title, self.run)
        insert_change(db, news)

    def found_at(self, sha256: str, path: Path) -> None:
        """A file that was read lies here; its pages are shown from here if it has been moved."""
        rows = self.rows("SELECT file FROM versions WHERE sha256 = ?", sha256)
        # Unlike a Path's, this is False where this user can't look.
        if rows and not any(os.path.isfile(row["file"]) for row in rows):  # noqa: PTH113
            with self.database.atomic() as db:
                db.execute("UPDATE versions SET file = ? WHERE sha256 = ?", (str(path), sha256))

    def set_withdrawn(self, paper_id: str, withdrawn: bool, detail: str) -> bool:
        """Mark all versions of a paper as withdrawn or retracted, or as standing (again).

        They are kept, and each citation of them says so.

        Args:
            detail: why, or what was corrected of a paper that stands; kept as its notice.

        Returns:
            Whether it was marked otherwise before.
        """
        with self.database.atomic() as db:
            changed = db.execute(
                "UPDATE versions SET withdrawn = ? WHERE paper_id = ? AND withdrawn != ?",
                (withdrawn, paper_id, withdrawn),
            ).rowcount
            noted = db.execute(
                "UPDATE papers SET notice = ? WHERE paper_id = ? AND notice != ?",
                (detail, paper_id, detail),
            ).rowcount
            what = "withdrawn" if withdrawn else "restored" if changed else "corrected"
            if changed or (noted and detail and not withdrawn):
                title = paper_title(db, paper_id)
                insert_change(db, News(what, detail, paper_id, title=title, run=self.run))
            if changed or noted:
                next_generation(db)
        return bool(changed)

    def retire(self, paper_id: str, detail: str) -> bool:
        """Forget a paper's own versions, since nothing asks for it any longer.

        A note on it, if there is one, answers again. Returns whether there was anything to forget.
        """
        searched = self.database.searched
        with self.database.atomic() as db:
            title = paper_title(db, paper_id)
            if not drop_versions(db, searched, paper_id, Source.PDF):
                return False
            db.execute("DELETE FROM journal WHERE paper_id = ?", (paper_id,))
            activate_newest(db, searched, paper_id)
            drop_bare_paper(db, paper_id)
            insert_change(db, News("unfollowed", detail, paper_id, None, title, self.run))
            next_generation(db)
        return True

    def remove(self, paper_id: str) -> bool:
        """Forget a paper with all its versions; a note that it had replaced answers again.

        Nothing but the user's asking for it brings it back. Returns whether it was there.
        """
        searched = self.database.searched
        with self.database.atomic() as db:
            if not db.execute("SELECT 1 FROM papers WHERE paper_id = ?", (paper_id,)).fetchone():
                return False
            title = paper_title(db, paper_id)
            db.execute("DELETE FROM excluded WHERE paper_id = ?", (paper_id,))
            db.execute("INSERT INTO excluded VALUES (?, ?)", (paper_id, now()))
            db.execute("DELETE FROM wanted WHERE arxiv_id = ? AND why = 'asked'", (paper_id,))
            deactivate(db, searched, paper_id)
            # So that ingesting its file again brings it back.
            db.execute("DELETE FROM journal WHERE paper_id = ?", (paper_id,))
            if drop_versions(db, searched, paper_id, Source.PDF):
                activate_newest(db, searched, paper_id)
                drop_bare_paper(db, paper_id)
            else:
                db.execute("DELETE FROM papers WHERE paper_id = ?", (paper_id,))
            insert_change(db, News("removed", "", paper_id, None, title, self.run))
            next_generation(db)
        return True

    def drop_notes(self, paper_id: str) -> None:
        """Forget the notes on a paper; its own versions stay."""
        with self.database.atomic() as db:
            drop_versions(db, self.database.searched, paper_id, Source.NOTE)
            drop_bare_paper(db, paper_id)
            next_generation(db)

    def log(self, result: ReadResult, meta: PaperMeta | None = None) -> None:
        """Put the outcome of one file into the journal."""
        with self.database.atomic() as db:
            insert_journal(db, result, meta)

    def put_embeddings(self, model: str, hashes: Sequence[bytes], vectors: Vectors) -> None:
        """Keep vectors by the hash of the text that they were made from."""
        with self.database.atomic() as db:
            write_embeddings(db, model, hashes, vectors)
            next_generation(db)


def _merged(lead: PaperMeta, other: PaperMeta, names: Sequence[str] = _META) -> PaperMeta:
    """``lead`` with those of the fields that it leaves empty filled from ``other``."""
    empty = (name for name in names if not getattr(lead, name))
    return replace(lead, **{name: getattr(other, name) for name in empty})
