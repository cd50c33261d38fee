"""What a worker of the cluster does: it reads one paper's bytes, and embeds texts.

Plain data comes in and goes out (bytes, texts, numbers): a worker needs neither the record nor the
ingesting machine's disk. PDFs are read in a sandboxed process of the worker's, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from distributed import Worker, WorkerPlugin, get_worker

from fmqa.errors import WorkerMismatch
from fmqa.reading.pool import ReadLimits, SandboxedReader
from fmqa.reading.wire import encode_result

if TYPE_CHECKING:
    from fmqa.types import Embedder

PLUGIN = "fmqa"


class PaperWork(WorkerPlugin):
    """What a worker holds between two tasks: its reading process and its model."""

    name = PLUGIN

    def setup(self, worker: Worker) -> None:
        """Begin, in the worker's process."""
        self._reader = SandboxedReader()
        # Dask's folder for this worker: the next worker removes what a killed one left in its own.
        self._scratch = Path(worker.local_directory)

    def teardown(self, worker: Worker) -> None:
        """End the reading process."""
        self._reader.close()

    @cached_property
    def embedder(self) -> Embedder:
        """The model that this worker's own settings name."""
        from fmqa.settings import load_settings
        from fmqa.store.embedding import make_embedder

        return make_embedder(load_settings())

    def read(self, data: bytes, name: str, limits: ReadLimits) -> bytes:
        """The result of reading a PDF as `fmqa.reading.wire` encodes it.

        Args:
            data: the file.
            name: what it is called, without a folder; titles and ids may be told from it.
            limits: what it may cost.
        """
        path = self._scratch / Path(name).name
        try:
            path.write_bytes(data)
            return encode_result(self._reader.read(path, limits))
        finally:
            path.unlink(missing_ok=True)

    def embed(self, texts: Sequence[str]) -> bytes:
        """The texts' unit vectors, as little-endian float32 one after the other."""
        return self.embedder.embed_array(texts).astype("<f4").tobytes()


def read_paper(data: bytes, name: str, limits: Mapping[str, Any], program: str) -> bytes:
    """The task that reads; see `PaperWork.read`.

    Raises:
        WorkerMismatch: the worker runs another version of fmqa.
    """
    _same("version", program, version("fmqa"))
    return _work().read(data, name, ReadLimits(**limits))


def embed_texts(texts: Sequence[str], model: str) -> bytes:
    """The task that embeds; see `PaperWork.embed`.

    Raises:
        WorkerMismatch: the worker has another embedding model.
    """
    work = _work()
    _same("embedding model", model, work.embedder.fingerprint)
    return work.embed(texts)


def vectors(packed: bytes, count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What `PaperWork.embed` packed, shape (count, dimension).

    Raises:
        ValueError: it isn't ``count`` vectors.
    """
    return np.frombuffer(packed, "<f4").reshape(count, -1).astype(np.float32, copy=False)


def _work() -> PaperWork:
    found = get_worker().plugins.get(PLUGIN)
    if not isinstance(found, PaperWork):
        raise WorkerMismatch(
            "A worker of the cluster can't read papers: it wasn't started by fmqa.",
        )
    return found


def _same(what: str, asked: str, held: str) -> None:
    if asked != held:
        raise WorkerMismatch(f"A worker of the cluster has the {what} {held!r}, not {asked!r}.")
