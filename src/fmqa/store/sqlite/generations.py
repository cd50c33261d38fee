"""The FAISS index of an SQLite record: made from it, behind it at most while another writes."""

from __future__ import annotations

import threading
from pathlib import Path

from fmqa.errors import RecordBusy, StoreError
from fmqa.store.record import Record
from fmqa.store.vectors import FaissIndex, VectorIndex, publish, read_manifest

_PUBLISH_SECONDS = 600.0  # the largest index takes some minutes to build


class Generations:
    """One generation of the index after another, in a folder.

    Args:
        index_dir: the folder.
        record: what they are made from.
    """

    def __init__(self, index_dir: Path, record: Record) -> None:
        self.index_dir = index_dir
        self.record = record
        self._index: FaissIndex | None = None
        self._guard = threading.Lock()

    def index(self, fingerprint: str) -> VectorIndex:
        """The index of what is committed, made again from the record when it isn't whole.

        While another process writes, the last whole generation serves.
        """
        with self._guard:
            generation = self.record.generation
            if self._index is not None and self._index.generation == generation:
                return self._index
            newest = self._open_current(fingerprint)
            if newest is None or newest.generation != generation:
                newest = self._renew(fingerprint, newest)
            self._index = newest
            return newest

    def publish(self, fingerprint: str) -> None:
        """Make the record's generation the current one, unless another process just did."""
        self._publish(fingerprint)

    def check(self) -> list[str]:
        """What is wrong with the index, in words."""
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
            with self.record.database.lock("writer", 0.0):
                pass
        except RecordBusy:
            if older is not None:
                return older
            with self.record.active_vectors(fingerprint) as active:
                return FaissIndex.build(active.generation, active.ids, active)
        return self._publish(fingerprint)

    def _publish(self, fingerprint: str) -> FaissIndex:
        """The record's generation, made current.

        Under a lock of its own, so that a question that mends the index stops no writer.
        """
        with self.record.database.lock("index", _PUBLISH_SECONDS):
            newest = self._open_current(fingerprint)
            if newest is None or newest.generation != self.record.generation:
                with self.record.active_vectors(fingerprint) as active:
                    publish(self.index_dir, active.generation, fingerprint, active.ids, active)
                newest = self._open_current(fingerprint)
        if newest is None:
            raise StoreError("The index could not be opened right after it was written.")
        return newest
