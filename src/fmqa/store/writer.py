"""The record, as it is written: one transaction per paper.

One version of a paper is active; only its passages are searched. A paper's own PDF takes the
place of a note on it, and a later version that of an earlier one; what was replaced stays readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fmqa.errors import RecordUnreachable, StoreError
from fmqa.store.bibliography import insert_bibliography
from fmqa.store.catalog import insert_change, now
from fmqa.store.changes import News
from fmqa.store.engine import Connection, Database
from fmqa.store.record import MODEL_KEY, PUT_META, Record, Vectors
from fmqa.store.rows import (
    META_COLUMNS,
    paper_meta,
)
from fmqa.store.statements import (
    activate_newest,
    deactivate,
    drop_bare_paper,
    drop_version,
    insert_embeddings,
    insert_journal,
    insert_pages,
    insert_passages,
    insert_version,
    news_of,
    next_generation,
    paper_title,
    takes_over,
    upsert_paper,
    write_embeddings,
)
from fmqa.types import Document, PaperMeta, ReadResult, Source

_BIBLIOGRAPHY = ("title", "authors", "year", "arxiv_id")  # what a PDF says of itself


class RecordWriter(Record):
    """Writes the record file. One process at a time may hold one, see `Library.writing`.

    Args:
        database: where it is kept.
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
            drop_version(db, searched, meta.paper_id, meta.version, document.source)
            active = takes_over(db, document)
            if active:
                deactivate(db, searched, meta.paper_id)
            version_id = insert_version(db, document, active, str(result.path) if result else "")
            insert_pages(db, document, version_id)
            insert_embeddings(db, document, vectors, model)
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

    def set_withdrawn(self, paper_id: str, withdrawn: bool, detail: str) -> bool:
        """Mark all versions of a paper as withdrawn, or as standing again.

        They are kept, and each citation of them says so. Returns whether that was news.
        """
        with self.database.atomic() as db:
            changed = db.execute(
                "UPDATE versions SET withdrawn = ? WHERE paper_id = ? AND withdrawn != ?",
                (withdrawn, paper_id, withdrawn),
            ).rowcount
            if changed:
                title = paper_title(db, paper_id)
                what = "withdrawn" if withdrawn else "restored"
                insert_change(db, News(what, detail, paper_id, None, title, self.run))
                next_generation(db)
        return bool(changed)

    def retire(self, paper_id: str, detail: str) -> bool:
        """Forget a paper's own versions, since nothing asks for it any longer.

        A note on it, if there is one, answers again. Returns whether there was anything to forget.
        """
        searched = self.database.searched
        with self.database.atomic() as db:
            title = paper_title(db, paper_id)
            versions = db.execute(
                "SELECT version FROM versions WHERE paper_id = ? AND source = 'pdf'", (paper_id,)
            ).fetchall()
            if not versions:
                return False
            for row in versions:
                drop_version(db, searched, paper_id, row["version"], Source.PDF)
            db.execute("DELETE FROM journal WHERE paper_id = ?", (paper_id,))
            activate_newest(db, searched, paper_id)
            drop_bare_paper(db, paper_id)
            insert_change(db, News("unfollowed", detail, paper_id, None, title, self.run))
            next_generation(db)
        return True

    def remove(self, paper_id: str) -> bool:
        """Forget a paper with all its versions. Returns whether it was there.

        Nothing but the user's asking for it brings it back.
        """
        with self.database.atomic() as db:
            if not db.execute("SELECT 1 FROM papers WHERE paper_id = ?", (paper_id,)).fetchone():
                return False
            title = paper_title(db, paper_id)
            db.execute("DELETE FROM excluded WHERE paper_id = ?", (paper_id,))
            db.execute("INSERT INTO excluded VALUES (?, ?)", (paper_id, now()))
            db.execute("DELETE FROM wanted WHERE arxiv_id = ? AND why = 'asked'", (paper_id,))
            deactivate(db, self.database.searched, paper_id)
            # So that ingesting its file again brings it back.
            db.execute("DELETE FROM journal WHERE paper_id = ?", (paper_id,))
            db.execute("DELETE FROM papers WHERE paper_id = ?", (paper_id,))
            insert_change(db, News("removed", "", paper_id, None, title, self.run))
            next_generation(db)
        return True

    def drop_notes(self, paper_id: str) -> None:
        """Forget the notes on a paper; its own versions stay."""
        searched = self.database.searched
        with self.database.atomic() as db:
            versions = db.execute(
                "SELECT version FROM versions WHERE paper_id = ? AND source = 'note'", (paper_id,)
            ).fetchall()
            for row in versions:
                drop_version(db, searched, paper_id, row["version"], Source.NOTE)
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


def _merged(lead: PaperMeta, other: PaperMeta, fields: Sequence[str] = META_COLUMNS) -> PaperMeta:
    """``lead`` with those of the ``fields`` that it leaves empty filled from ``other``."""
    names = (name for name in fields if not getattr(lead, name))
    return replace(lead, **{name: getattr(other, name) for name in names})
