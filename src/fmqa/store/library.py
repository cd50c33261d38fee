"""The record and its index together: what the later stages open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmqa.errors import ForeignIndex, RecordBusy, StoreError
from fmqa.store.answers import AnswerCache
from fmqa.store.bibliography import Bibliography
from fmqa.store.catalog import Catalog
from fmqa.store.database import Database
from fmqa.store.feedback import FeedbackStore
from fmqa.store.quoted_facets import FacetStore
from fmqa.store.record import Record
from fmqa.store.sessions import Sessions
from fmqa.store.vectors import FaissIndex, VectorIndex, publish, read_manifest
from fmqa.store.versions import Versions
from fmqa.store.writer import RecordWriter
from fmqa.types import Embedder

Vectors = NDArray[np.float32]
Progress = Callable[[str, int, int], None]

_WRITER_SECONDS = 0.5  # readers hold the writer's lock for an instant, to see whether it is free
_PUBLISH_SECONDS = 600.0  # the largest index takes some minutes to build
_REBUILD_BATCH = 256  # passages between two commits


class Library:
    """One data folder's record and the generation of the index that answers from it.

    Args:
        index_dir: folder of the record and its indexes.
        record_path: the SQLite file.

    Raises:
        StoreError: the record can't be opened; the subclasses say why.
    """

    def __init__(self, index_dir: Path, record_path: Path) -> None:
        self.index_dir = index_dir
        self._database = Database(record_path)
        self.record = Record(self._database)
        self.catalog = Catalog(self._database)
        self.bibliography = Bibliography(self._database)
        self.facets = FacetStore(self._database)
        self.sessions = Sessions(self._database)
        self.answers = AnswerCache(self._database)
        self.versions = Versions(self._database)
        self.feedback = FeedbackStore(self._database)
        self._index: FaissIndex | None = None
        self._guard = threading.Lock()

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
        """The dense index of what is committed, rebuilt from the record when it isn't whole.

        While another process writes, the last whole generation serves.

        Raises:
            ForeignIndex: another model made it.
        """
        self.check_model(fingerprint)
        with self._guard:
            generation = self.record.generation
            if self._index is not None and self._index.generation == generation:
                return self._index
            newest = self._open_current(fingerprint)
            if newest is None or newest.generation != generation:
                newest = self._renew(fingerprint, newest)
            self._index = newest
            return newest

    def _open_current(self, fingerprint: str) -> FaissIndex | None:
        manifest = read_manifest(self.index_dir)
        if manifest is None or manifest.model != fingerprint:
            return None
        try:
            return FaissIndex.open(self.index_dir, manifest)
        except StoreError:
            return None

    def _renew(self, fingerprint: str, older: FaissIndex | None) -> FaissIndex:
        """Bring the index up to date. While another process writes, what there is must do."""
        try:
            with self._lock("writer", 0.0):
                pass
        except RecordBusy:
            return older or FaissIndex.build(*self.record.active_vectors(fingerprint))
        return self._publish(fingerprint)

    def _publish(self, fingerprint: str) -> FaissIndex:
        """Make the record's generation the current one, unless another process just did.

        Under a lock of its own, so that a question that mends the index stops no writer.
        """
        with self._lock("index", _PUBLISH_SECONDS):
            newest = self._open_current(fingerprint)
            if newest is None or newest.generation != self.record.generation:
                generation, ids, vectors = self.record.active_vectors(fingerprint)
                publish(self.index_dir, generation, fingerprint, ids, vectors)
                newest = self._open_current(fingerprint)
        if newest is None:
            raise StoreError("The index could not be opened right after it was written.")
        return newest

    @contextmanager
    def writing(self, fingerprint: str, kind: str = "") -> Iterator[RecordWriter]:
        """The right to write, for one process at a time; publishes a generation at the end.

        Args:
            fingerprint: the embedder's.
            kind: opens a run of this kind, whose number the writer carries; none when empty.

        Raises:
            RecordBusy: another process writes.
            ForeignIndex: the record is another model's.
        """
        with self._lock("writer", _WRITER_SECONDS):
            self.check_model(fingerprint)
            writer = RecordWriter(self._database, self.catalog.begin_run(kind) if kind else None)
            before = self.record.generation
            if self.record.model is None:
                writer.set_model(fingerprint)
            try:
                yield writer
            finally:
                if self.record.generation != before:
                    self._publish(fingerprint)

    def publish(self, fingerprint: str) -> None:
        """Let questions find what was committed so far, in the middle of a long writing."""
        self._publish(fingerprint)

    def rebuild(self, embedder: Embedder, progress: Progress = lambda *step: None) -> int:
        """Make the record this embedder's: embed what it hasn't, and publish.

        A kill in the middle keeps the vectors made so far.

        Returns:
            How many passages had to be embedded.
        """
        with self._lock("writer", _WRITER_SECONDS):
            writer = RecordWriter(self._database)
            missing = writer.texts_without_vector(embedder.fingerprint)
            for start in range(0, len(missing), _REBUILD_BATCH):
                part = missing[start : start + _REBUILD_BATCH]
                vectors = embedder.embed_array([text for _, text in part])
                writer.put_embeddings(embedder.fingerprint, [key for key, _ in part], vectors)
                progress("Embedding", start + len(part), len(missing))
            writer.set_model(embedder.fingerprint)
            self._publish(embedder.fingerprint)
        return len(missing)

    @contextmanager
    def _lock(self, name: str, seconds: float) -> Iterator[None]:
        from filelock import FileLock, Timeout

        self.index_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.index_dir / f"{name}.lock", timeout=seconds)
        try:
            lock.acquire()
        except Timeout:
            raise RecordBusy("Another fmqa process is writing to this data folder.") from None
        try:
            yield
        finally:
            lock.release()

    def check(self) -> list[str]:
        """What is wrong with the record or its index, in words; empty when all is whole."""
        problems = self._database.check()
        if problems:
            return [f"The record is damaged: {problem}" for problem in problems[:5]]
        manifest = read_manifest(self.index_dir)
        if manifest is None:
            count = len(self.record.active_ids())
            return ["There is no index yet; the next question builds it."] if count else []
        if manifest.generation != self.record.generation:
            return ["The index is behind the record; the next question brings it up to date."]
        index = self._open_current(manifest.model)
        if index is None:
            return ["An index file is torn; the next question rebuilds it from the record."]
        if len(index) != len(self.record.active_ids()):
            return ["The index doesn't hold what the record says; run `fmqa index --rebuild`."]
        return []

    def close(self) -> None:
        """Close the record's connections."""
        self._database.close()
