"""The record and its index together: what the later stages open.

The record is kept by SQLite in the data folder, or by PostgreSQL where an address is set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fmqa.errors import ForeignIndex, SettingsError, StoreError
from fmqa.store.arxiv_catalog import Catalog
from fmqa.store.engine import Database, DenseSearch, VectorIndex
from fmqa.store.history import AnswerCache, FeedbackStore, Sessions
from fmqa.store.item_store import ItemStore
from fmqa.store.quoted_facets import FacetStore
from fmqa.store.record import COPYING_KEY, Record
from fmqa.store.sqlite.sqlite_database import SqliteDatabase
from fmqa.store.version_store import BibliographyStore, Versions
from fmqa.store.writer import RecordWriter
from fmqa.types import Embedder

_SCHEMES = ("postgresql://", "postgres://")


def is_postgres(url: str) -> bool:
    """Whether an address is one of PostgreSQL."""
    return url.startswith(_SCHEMES)


def open_database(record_path: Path, url: str = "") -> Database:
    """The record's engine.

    Args:
        record_path: the SQLite file, for when there is no address.
        url: address of a PostgreSQL database.

    Raises:
        SettingsError: the address is none, or psycopg isn't installed.
        StoreError: the record can't be opened; the subclasses say why.
    """
    if not url:
        return SqliteDatabase(record_path)
    if not is_postgres(url):
        raise SettingsError(
            "FMQA_DATABASE_URL is no address of a PostgreSQL database.",
            hint="It looks like postgresql://USER:PASSWORD@HOST:5432/DATABASE.",
        )
    try:
        from fmqa.store.postgres.postgres_database import PostgresDatabase
    except ImportError as error:
        raise SettingsError(
            f"PostgreSQL is set, and its driver can't be imported: {error}.",
            hint="pip install 'fmqa[postgres]'",
        ) from error
    return PostgresDatabase(url)


def dense_search(record: Record, index_dir: Path) -> DenseSearch:
    """The index of a record's vectors that goes with its engine.

    Args:
        index_dir: where an SQLite record's index files are.
    """
    if isinstance(record.database, SqliteDatabase):
        from fmqa.store.sqlite.faiss_index import FaissGenerations

        return FaissGenerations(index_dir, record)
    from fmqa.store.postgres.hnsw import PostgresVectors
    from fmqa.store.postgres.postgres_database import PostgresDatabase

    assert isinstance(record.database, PostgresDatabase)
    return PostgresVectors(record.database)


Progress = Callable[[str, int, int], None]

_WRITER_SECONDS = 0.5  # readers hold the writer's lock for an instant, to see whether it is free
_REBUILD_BATCH = 256  # passages between two commits


class Library:
    """One data folder's record and the generation of the index that answers from it.

    Args:
        index_dir: folder of the record and its indexes.
        url: address of the PostgreSQL database that keeps the record in its place; see
            `fmqa.settings.Settings.database_url`.

    Raises:
        StoreError: the record can't be opened; the subclasses say why.
    """

    def __init__(self, index_dir: Path, record_path: Path, url: str = "") -> None:
        self.index_dir = index_dir
        self.url = url
        self._database = open_database(record_path, url)
        self.record = Record(self._database)
        self.catalog = Catalog(self._database)
        self.items = ItemStore(self._database)
        self.bibliography = BibliographyStore(self._database)
        self.facets = FacetStore(self._database)
        self.sessions = Sessions(self._database)
        self.answers = AnswerCache(self._database)
        self.versions = Versions(self._database)
        self.feedback = FeedbackStore(self._database)
        source = self.record.meta(COPYING_KEY)
        if source is not None:
            where = self._database.where
            self._database.close()
            raise StoreError(
                f"{where} is an unfinished copy of the record in {source}.",
                hint="Run the same `fmqa migrate` again; it goes on from there.",
            )
        self._dense = dense_search(self.record, index_dir)

    def check_model(self, fingerprint: str) -> None:
        """Refuse a record that another model embedded.

        Raises:
            ForeignIndex: its vectors can't be compared with this model's.
        """
        held = self.record.model
        if held is not None and held != fingerprint:
            raise ForeignIndex(
                f"The record was embedded by {held!r}, and {fingerprint!r} is set now."
            )

    def index(self, fingerprint: str) -> VectorIndex:
        """The dense index of what is committed, made again from the record when it isn't whole.

        Raises:
            ForeignIndex: another model made it.
        """
        self.check_model(fingerprint)
        return self._dense.index(fingerprint)

    @contextmanager
    def writing(self, fingerprint: str, kind: str = "") -> Iterator[RecordWriter]:
        """The right to write, for one process at a time; publishes a generation at the end.

        Args:
            kind: opens a run of this kind, whose number the writer carries; none when empty.

        Raises:
            RecordBusy: another process writes.
            ForeignIndex: the record is another model's.
        """
        with self._database.lock("writer", _WRITER_SECONDS):
            self.check_model(fingerprint)
            writer = RecordWriter(self._database, self.catalog.begin_run(kind) if kind else None)
            before = self.record.generation
            if self.record.model is None:
                writer.set_model(fingerprint)
            try:
                yield writer
            finally:
                if self.record.generation != before:
                    self._dense.publish(fingerprint)

    def publish(self, fingerprint: str) -> None:
        """Let questions find what was committed so far, in the middle of a long writing."""
        self._dense.publish(fingerprint)

    def rebuild(self, embedder: Embedder, progress: Progress = lambda *step: None) -> int:
        """Make the record this embedder's: embed what it hasn't, and publish.

        A kill in the middle keeps the vectors made so far.

        Returns:
            How many passages had to be embedded.
        """
        with self._database.lock("writer", _WRITER_SECONDS):
            writer = RecordWriter(self._database)
            missing = writer.without_vector(embedder.fingerprint)
            for start in range(0, len(missing), _REBUILD_BATCH):
                part = writer.texts_to_embed(missing[start : start + _REBUILD_BATCH])
                vectors = embedder.embed_array([text for _, text in part])
                writer.put_embeddings(embedder.fingerprint, [key for key, _ in part], vectors)
                progress("Embedding", start + len(part), len(missing))
            writer.set_model(embedder.fingerprint)
            self._dense.publish(embedder.fingerprint)
        return len(missing)

    def check(self) -> list[str]:
        """Problems of the record or its index, each as a sentence; empty when all is whole."""
        problems = self._database.check()
        if problems:
            return [f"The record is damaged: {problem}" for problem in problems[:5]]
        return self._dense.check()

    def close(self) -> None:
        """Close the record's connections."""
        self._database.close()
