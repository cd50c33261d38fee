"""The dense index: a FAISS file per generation, made from the record and thrown away at will.

A generation is a pair of files, the FAISS index and the passage ids of its rows, and becomes
current when a manifest that names them is moved into place. Readers map the files they opened;
a newer generation doesn't disturb them. Nothing outside this folder knows FAISS.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmqa.errors import DiskFull, RecordBusy, StoreError
from fmqa.files import replacing
from fmqa.store.engine import VectorIndex, Vectors
from fmqa.store.record import Record

Ids = NDArray[np.int64]

_MANIFEST = "vectors.json"
# Above these sizes a flat scan takes longer than a reader notices (docs/design.md has the table).
_FLAT_UP_TO = 150_000
_FP16_UP_TO = 500_000
_TRAINED_ON = 166_000  # vectors that the centres of the lists are drawn from, 40 a list
_PROBES = 80
_SCANNED = 10_000  # up to so many passages that a filter lets through are compared one by one


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the current generation is made of. Sizes in bytes tell a torn file."""

    generation: int
    model: str
    count: int
    dimension: int
    index_file: str
    index_bytes: int
    ids_file: str
    ids_bytes: int


class FaissIndex:
    """One generation, for reading.

    Args:
        index: a FAISS index of unit vectors by inner product.
        ids: the passage id of each of its rows, ascending.
        generation: the record's generation that it was made from.
    """

    def __init__(self, index: Any, ids: Ids, generation: int) -> None:
        self.faiss_index = index
        self.ids = ids
        self.generation = generation

    @classmethod
    def open(cls, folder: Path, manifest: Manifest) -> FaissIndex:
        """Map a generation's files into memory.

        Raises:
            StoreError: a file is missing, torn, or not what the manifest says.
        """
        import faiss

        for name, size in (
            (manifest.index_file, manifest.index_bytes),
            (manifest.ids_file, manifest.ids_bytes),
        ):
            if Path(name).name != name or _size(folder / name) != size:
                raise StoreError(f"The index file {name} is missing or torn.")
        try:
            index = faiss.read_index(str(folder / manifest.index_file), faiss.IO_FLAG_MMAP_IFC)
            ids = np.load(folder / manifest.ids_file, mmap_mode="r", allow_pickle=False)
        except Exception as error:  # both parsers raise whatever the damage makes them trip over
            raise StoreError(f"The index file {manifest.index_file} can't be read.") from error
        held = (index.ntotal, index.d, ids.shape, ids.dtype)
        if held != (manifest.count, manifest.dimension, (manifest.count,), np.dtype(np.int64)):
            raise StoreError(f"The index file {manifest.index_file} isn't what its manifest says.")
        return cls(index, ids, manifest.generation)

    @classmethod
    def build(cls, generation: int, ids: Sequence[int], blocks: Iterable[Vectors]) -> FaissIndex:
        """A generation in memory. See `write_generation`."""
        return cls(_build(len(ids), blocks), np.asarray(ids, dtype=np.int64), generation)

    def __len__(self) -> int:
        return len(self.ids)

    def search(
        self, query: Vectors, limit: int, allowed: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """Up to ``limit`` pairs of passage id and cosine, best first.

        Args:
            query: unit vector, shape (dimension,).
            allowed: ids of the only passages to look at; None for all.
        """
        import faiss

        limit = min(limit, len(self))
        if limit == 0:
            return []
        parameters = None
        if allowed is not None:
            rows = self._rows(allowed)
            if len(rows) <= _SCANNED:
                # Probing clusters would miss most of a few papers' passages; this is exact.
                exact = self._cosines(query, rows)
                return sorted(exact.items(), key=lambda item: -item[1])[:limit]
            parameters = self._parameters(faiss, rows)
        scores, rows_found = self.faiss_index.search(
            query.reshape(1, -1).astype(np.float32), limit, params=parameters
        )
        pairs = zip(rows_found[0].tolist(), scores[0].tolist(), strict=True)
        return [(int(self.ids[row]), score) for row, score in pairs if row >= 0]

    def scores(self, query: Vectors, ids: Sequence[int]) -> dict[int, float]:
        """The cosine of each of these passages that the index holds."""
        return self._cosines(query, self._rows(ids))

    def _cosines(self, query: Vectors, rows: Ids) -> dict[int, float]:
        if not len(rows):
            return {}
        cosines = self.faiss_index.reconstruct_batch(rows) @ query.astype(np.float32)
        return dict(zip(self.ids[rows].tolist(), cosines.tolist(), strict=True))

    def _rows(self, ids: Sequence[int]) -> Ids:
        wanted = np.asarray(ids, dtype=np.int64)
        places = np.searchsorted(self.ids, wanted)
        inside = places < len(self.ids)
        places, wanted = places[inside], wanted[inside]
        held: Ids = places[self.ids[places] == wanted]
        return held

    def _parameters(self, faiss: Any, rows: Ids) -> Any:
        selector = faiss.IDSelectorBatch(rows)
        if isinstance(self.faiss_index, faiss.IndexIVF):
            return faiss.SearchParametersIVF(sel=selector, nprobe=_PROBES)
        return faiss.SearchParameters(sel=selector)


def read_manifest(folder: Path) -> Manifest | None:
    """The current generation's manifest; None when there is none that can be read."""
    try:
        manifest = Manifest(**json.loads((folder / _MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    texts = (manifest.model, manifest.index_file, manifest.ids_file)
    return manifest if all(isinstance(text, str) for text in texts) else None


def write_generation(
    folder: Path, generation: int, model: str, ids: Sequence[int], blocks: Iterable[Vectors]
) -> Manifest:
    """Write a generation and make it current. A kill at any moment leaves the old one current.

    Args:
        generation: the record's generation that the vectors were read at.
        ids: passage ids, ascending.
        blocks: the vectors of all of them, in their order, each block of shape
            (any, dimension). Gone through twice where the index has to be trained.

    Raises:
        DiskFull: there is no room for it; the old generation stays.
    """
    try:
        return _write_generation(folder, generation, model, ids, blocks)
    except OSError as error:
        if error.errno == 28:
            raise DiskFull(f"No room left for the index in {folder}.") from error
        raise StoreError(f"The index can't be written to {folder}: {error}.") from error
    except RuntimeError as error:  # FAISS reports a failed write so
        raise DiskFull(f"The index can't be written to {folder}.") from error


def _write_generation(
    folder: Path, generation: int, model: str, ids: Sequence[int], blocks: Iterable[Vectors]
) -> Manifest:
    import faiss

    folder.mkdir(parents=True, exist_ok=True)
    index_file, ids_file = f"vectors-{generation:08d}.faiss", f"vectors-{generation:08d}.ids.npy"
    built = FaissIndex.build(generation, ids, blocks)
    with replacing(folder / index_file) as file:
        faiss.write_index(built.faiss_index, file.name)
    with replacing(folder / ids_file) as file:
        np.save(file, built.ids, allow_pickle=False)
    manifest = Manifest(
        generation=generation,
        model=model,
        count=len(ids),
        dimension=built.faiss_index.d,
        index_file=index_file,
        index_bytes=(folder / index_file).stat().st_size,
        ids_file=ids_file,
        ids_bytes=(folder / ids_file).stat().st_size,
    )
    with replacing(folder / _MANIFEST) as file:
        file.write(json.dumps(asdict(manifest), indent=1).encode())
    _sweep(folder, keep={index_file, ids_file})
    return manifest


def _build(count: int, blocks: Iterable[Vectors]) -> Any:
    import faiss

    index = None
    for block in blocks:
        if index is None:
            index = _trained(count, block.shape[1], blocks)
        index.add(np.ascontiguousarray(block, dtype=np.float32))
    if index is None:
        index = faiss.IndexFlatIP(1)
    if isinstance(index, faiss.IndexIVF):
        index.nprobe = _PROBES
        index.make_direct_map()
    return index


def _trained(count: int, dimension: int, blocks: Iterable[Vectors]) -> Any:
    """An empty index for so many vectors, trained on some of them where it has to be."""
    import faiss

    if count <= _FLAT_UP_TO:
        recipe = "Flat"
    elif count <= _FP16_UP_TO:
        recipe = "SQfp16"
    else:
        recipe = "IVF4096,SQ8"
    index = faiss.index_factory(dimension, recipe, faiss.METRIC_INNER_PRODUCT)
    if not index.is_trained:
        every = max(1, count // _TRAINED_ON)
        # Copies: a part of a block would keep all of it in memory.
        index.train(np.concatenate([block[::every].copy() for block in blocks]))
    return index


def _sweep(folder: Path, keep: set[str]) -> None:
    """Remove what older generations and killed writers left. Mapped files stay until closed."""
    for path in [*folder.glob("vectors-*"), *folder.glob(".vectors*.tmp")]:
        if path.name not in keep:
            path.unlink(missing_ok=True)


def _size(path: Path) -> int | None:
    """A file's bytes, asked once: a writer may take an older generation away at any moment."""
    try:
        return path.stat().st_size
    except OSError:
        return None


_PUBLISH_SECONDS = 600.0  # the largest index takes some minutes to build


class FaissGenerations:
    """One generation of the index after another, in a folder."""

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
        self._write_current(fingerprint)

    def check(self) -> list[str]:
        """What is wrong with the index."""
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
        return self._write_current(fingerprint)

    def _write_current(self, fingerprint: str) -> FaissIndex:
        """The record's generation, made current.

        Under a lock of its own, so that a question that mends the index stops no writer.
        """
        with self.record.database.lock("index", _PUBLISH_SECONDS):
            newest = self._open_current(fingerprint)
            if newest is None or newest.generation != self.record.generation:
                with self.record.active_vectors(fingerprint) as active:
                    write_generation(
                        self.index_dir, active.generation, fingerprint, active.ids, active
                    )
                newest = self._open_current(fingerprint)
        if newest is None:
            raise StoreError("The index could not be opened right after it was written.")
        return newest
