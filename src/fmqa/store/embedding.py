"""Turns texts into unit vectors.

MiniLM on a CPU runs from our own ONNX graph, without torch: a question through ONNX Runtime (quick
to import, one thread, so that a busy neighbour doesn't stall it), many passages through OpenVINO
(twice as quick where the CPU computes in bfloat16). Any other model, or a GPU, goes through
sentence-transformers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from fmqa.errors import ModelMissing
from fmqa.settings import Settings
from fmqa.weights.catalog import MINILM
from fmqa.weights.onnx_graph import EXPORTER_VERSION, build_graph, ensure_graph
from fmqa.weights.pull import ensure
from fmqa.weights.runtimes import ROWS, onnx_session, openvino_runner, usable_threads

if TYPE_CHECKING:
    from fmqa.weights.runtimes import Run, Tokens, Vectors

BATCH_TOKENS = 2048
"""Rows times the longest row of a batch; 8 full rows, or 64 sentences."""
MANY = 64
"""From so many texts on, OpenVINO's import and compilation (0.6 s) are worth it."""

_MINILM_DIMENSION = 384
_MINILM_TOKENS = 256
_MINILM_NAMES = frozenset({MINILM.name, MINILM.hub})


class OnnxEmbedder:
    """MiniLM on the CPU, without torch. Safe to share between threads."""

    dimension = _MINILM_DIMENSION
    """Length of a vector."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """Reads nothing yet.

        Args:
            threads: for many texts; 0 means all that the process may use.
        """
        self._folder = folder
        self._threads = usable_threads(threads)
        self._lock = Lock()
        self._sessions: dict[int, Any] = {}
        self._openvino: Run | None = None
        self._openvino_fails = False

    @property
    def fingerprint(self) -> str:
        """Model, weights, dimension, tokens and graph; not the runtime or its precision."""
        return _minilm_fingerprint()

    def embed_query(self, text: str) -> list[float]:
        """The unit vector of a question."""
        run = self._onnx_runtime(threads=1)
        return cast("list[float]", run(*_padded(self._encode([text])))[0].tolist())

    def embed_array(self, texts: Sequence[str]) -> Vectors:
        """The unit vectors of ``texts``, one row each."""
        import numpy as np

        vectors = np.empty((len(texts), self.dimension), np.float32)
        if not texts:
            return vectors
        tokens = self._encode(texts)
        run, streams = self._runner(len(texts))
        batches = list(_batches([len(row) for row in tokens]))

        def embedded(rows: list[int]) -> Vectors:
            return run(*_padded([tokens[row] for row in rows]))

        with ThreadPoolExecutor(streams) as pool:
            for rows, found in zip(batches, pool.map(embedded, batches), strict=True):
                vectors[rows] = found
        return vectors

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(_MINILM_TOKENS)
        return tokenizer

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        # A lone surrogate, which a broken PDF can yield, is no UTF-8 and would raise.
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(clean)]

    def _runner(self, count: int) -> tuple[Run, int]:
        """What runs a batch, and how many batches it runs at once."""
        with self._lock:
            if self._openvino is None and count >= MANY and not self._openvino_fails:
                try:
                    self._openvino = openvino_runner(ensure_graph(self._folder), self._threads)
                except (ImportError, RuntimeError):
                    self._openvino_fails = True
            if self._openvino is not None:
                return self._openvino, self._threads
        return self._onnx_runtime(self._threads), 1

    def _onnx_runtime(self, threads: int) -> Run:
        with self._lock:
            if threads not in self._sessions:
                self._sessions[threads] = _onnx_session(self._folder, threads)
            session = self._sessions[threads]

        def run(ids: Tokens, mask: Tokens) -> Vectors:
            inputs = {"input_ids": ids, "attention_mask": mask}
            return cast("Vectors", session.run(None, inputs)[0])

        return run


class SentenceTransformerEmbedder:
    """Any model of sentence-transformers, on any device. Loaded when first used."""

    def __init__(self, name: str, device: str = "cpu", *, fingerprint: str | None = None) -> None:
        """Loads nothing yet.

        Args:
            name: of the hub, or a folder.
            device: as torch calls it.
            fingerprint: where it is known without loading the model.
        """
        self._name = name
        self._device = device
        self._known_fingerprint = fingerprint
        self._lock = Lock()

    @cached_property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension())

    @cached_property
    def fingerprint(self) -> str:
        """Name, weights, dimension and tokens."""
        if self._known_fingerprint:
            return self._known_fingerprint
        import torch

        digest = hashlib.sha256()
        for name, tensor in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
        name = Path(self._name).name if Path(self._name).is_dir() else self._name
        tokens = self._model.max_seq_length
        return f"{name}:{digest.hexdigest()[:12]}:{self.dimension}:{tokens}:st"

    def embed_query(self, text: str) -> list[float]:
        """The unit vector of a question, with the model's own prompt for questions."""
        vectors = self._model.encode_query(
            [text], normalize_embeddings=True, show_progress_bar=False
        )
        return cast("list[float]", vectors[0].tolist())

    def embed_array(self, texts: Sequence[str]) -> Vectors:
        """The unit vectors of ``texts``, one row each, with the model's prompt for documents."""
        import numpy as np

        if not texts:
            return np.empty((0, self.dimension), np.float32)
        vectors = self._model.encode_document(
            list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False
        )
        return cast("Vectors", np.asarray(vectors, np.float32))

    @property
    def _model(self) -> Any:
        with self._lock:
            if "_loaded" not in self.__dict__:
                self._loaded = _load_sentence_transformer(self._name, self._device)
            return self._loaded


def make_embedder(settings: Settings) -> OnnxEmbedder | SentenceTransformerEmbedder:
    """The embedder that the settings name.

    Raises:
        ModelMissing: its files aren't on this machine.
        ModelCorrupt: they aren't the publisher's.
    """
    name = settings.embedding_model
    if name not in _MINILM_NAMES:
        return SentenceTransformerEmbedder(name, settings.embedding_device)
    folder = ensure(MINILM, settings.models_dir)
    if settings.embedding_device == "cpu":
        return OnnxEmbedder(folder, threads=settings.threads)
    return SentenceTransformerEmbedder(
        str(folder), settings.embedding_device, fingerprint=_minilm_fingerprint()
    )


def _minilm_fingerprint() -> str:
    weights = MINILM.weights_file.sha256[:12]
    return f"{MINILM.name}:{weights}:{_MINILM_DIMENSION}:{_MINILM_TOKENS}:{EXPORTER_VERSION}"


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Rows of like length together, so that little is padded; whole `ROWS` of them but the last."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    while order:
        size = max(1, BATCH_TOKENS // lengths[order[0]] // ROWS) * ROWS
        yield order[:size]
        order = order[size:]


def _padded(rows: list[list[int]]) -> tuple[Tokens, Tokens]:
    """Token ids and mask of a batch, as wide as its longest row."""
    import numpy as np

    ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
    mask = np.zeros_like(ids)
    for line, row in enumerate(rows):
        ids[line, : len(row)] = row
        mask[line, : len(row)] = 1
    return ids, mask


def _onnx_session(folder: Path, threads: int) -> Any:
    """A session of ONNX Runtime; a damaged graph is built again."""
    path = ensure_graph(folder)
    try:
        return onnx_session(path, threads)
    except Exception:  # its errors have no common public base
        build_graph(folder, path)
        return onnx_session(path, threads)


def _load_sentence_transformer(name: str, device: str) -> Any:
    """From this machine when it is here, else from the hub."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ModelMissing(
            f"sentence-transformers, which runs {name!r}, isn't installed.",
            hint="Run: pip install sentence-transformers",
        ) from error
    from transformers.utils import logging

    cast("Any", logging).disable_progress_bar()
    try:
        return SentenceTransformer(name, device=device, local_files_only=True)
    except (OSError, ValueError):
        pass
    try:
        return SentenceTransformer(name, device=device)
    except (OSError, ValueError) as error:
        raise ModelMissing(
            f"The embedding model {name!r} isn't on this machine and the hub doesn't serve it.",
            hint="Check FMQA_EMBEDDING_MODEL and the network; "
            "`all-MiniLM-L6-v2` comes from the package index.",
        ) from error
