"""The dense index over a million passages: how soon it answers, and what it misses.

    python -m benchmarks.million [--passages 1000000] [--questions 500]

A million vectors that lie as embeddings lie are drawn, seeded, from measured ones: the vectors of
SciFact's and MED's abstracts. Each is a point between an abstract and one of its ten nearest, moved
by the difference of another such pair, so that the differences are measured too; `nearest` compares
how near the nearest neighbours are. They are published and opened as the library does it; the
questions are SciFact's claims and MED's queries, as they are. What is missed is told against all
cosines, compared one by one.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.abstracts import Vectors, abstract_vectors, documents_of, embedded
from benchmarks.common import data_folder, json_rows, options_parser, print_table, write_results
from benchmarks.latency import percentile
from benchmarks.processes import use_cpus
from fmqa.settings import Settings
from fmqa.store.embedding import make_embedder
from fmqa.store.sqlite.faiss_index import FaissIndex, write_generation

SEED = 7
_CPUS = 2
_ASKED = 100  # passages that a question asks the index for
_DEPTH = 10
_NEAR = 10
_MOVED = 0.5
_BLOCK = 50_000
_MIB = 1 << 20


def main() -> None:
    """Draw, build, ask, and keep the figures."""
    parser = options_parser(__doc__)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=500)
    options = parser.parse_args()
    data = data_folder()
    cpus = use_cpus(_CPUS)
    measured, questions = measured_vectors(data / "retrieval")
    questions = questions[: options.questions]
    vectors = drawn(measured, options.passages)
    print(f"{len(vectors):,} vectors are drawn.", flush=True)
    figures = {
        "passages": len(vectors),
        "dimension": vectors.shape[1],
        "cpus": cpus,
        "seed": SEED,
        "drawn from": len(measured),
        "questions": len(questions),
        "nearest": {
            "measured, median cosine": nearest_cosine(measured),
            "drawn, median cosine": nearest_cosine(vectors[:: len(vectors) // len(measured)]),
        },
        **index_figures(vectors, questions),
    }
    print_table("a million passages", list(figures.items()))
    if options.passages == 1_000_000:
        write_results("million", figures)


def measured_vectors(folder: Path) -> tuple[Vectors, Vectors]:
    """Vectors of all abstracts and all questions of the two collections; kept in the cache."""
    embedder = make_embedder(Settings())
    collections = sorted(folder.iterdir())
    documents = [document for one in collections for document in documents_of(one)]
    questions = [row["text"] for one in collections for row in json_rows(one / "queries.jsonl")]
    return abstract_vectors(documents, embedder), embedded(embedder, questions)


def drawn(measured: Vectors, count: int) -> Vectors:
    """So many unit vectors that lie as the measured ones do, shape (count, dimension)."""
    random = np.random.default_rng(SEED)
    near = _neighbours(measured)
    made = np.empty((count, measured.shape[1]), np.float32)
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        one, other = random.integers(len(measured), size=(2, size))
        beside = near[one, random.integers(_NEAR, size=size)]
        moved = measured[near[other, random.integers(_NEAR, size=size)]] - measured[other]
        share = random.random((size, 1), np.float32)
        block = measured[one] * (1 - share) + measured[beside] * share + _MOVED * moved
        made[start : start + size] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return made


def _neighbours(vectors: Vectors) -> NDArray[np.int64]:
    """The rows nearest to each row, shape (rows, 10)."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    return np.argpartition(-cosines, _NEAR, axis=1)[:, :_NEAR]


def nearest_cosine(vectors: Vectors) -> float:
    """The median cosine of a row with the one nearest to it."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    return round(float(np.median(cosines.max(axis=1))), 3)


def index_figures(vectors: Vectors, questions: Vectors) -> dict[str, Any]:
    """The published index: its kind and size, how long it takes, and what it finds."""
    ids = list(range(1, len(vectors) + 1))
    wanted = exact(vectors, questions)
    print("The nearest are known; the index is built.", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        began = time.perf_counter()
        manifest = write_generation(folder, 1, "measured", ids, [vectors])
        built = time.perf_counter() - began
        del vectors
        before = psutil.Process().memory_info()
        began = time.perf_counter()
        index = FaissIndex.open(folder, manifest)
        opened = time.perf_counter() - began
        after = psutil.Process().memory_info()
        spent, found = ask(index, questions)
        return {
            "kind": type(index.faiss_index).__name__,
            "index, MiB": round(manifest.index_bytes / _MIB),
            "built and written, s": round(built, 1),
            "opened, ms": round(1000 * opened, 1),
            "private memory to open, MiB": round(
                ((after.rss - after.shared) - (before.rss - before.shared)) / _MIB, 1
            ),
            "search, p50, ms": round(percentile(spent, 50), 2),
            "search, p95, ms": round(percentile(spent, 95), 2),
            "search, p99, ms": round(percentile(spent, 99), 2),
            "recall@10": round(recalled(found, wanted), 4),
        }


def exact(vectors: Vectors, questions: Vectors) -> NDArray[np.int64]:
    """The ids of the passages nearest to each question, shape (questions, 10)."""
    best = np.full((len(questions), _DEPTH), -1.0, np.float32)
    ids = np.zeros((len(questions), _DEPTH), np.int64)
    for start in range(0, len(vectors), _BLOCK):
        cosines = questions @ vectors[start : start + _BLOCK].T
        top = np.argpartition(-cosines, _DEPTH, axis=1)[:, :_DEPTH]
        both = np.hstack([best, np.take_along_axis(cosines, top, axis=1)])
        named = np.hstack([ids, top + start + 1])
        order = np.argsort(-both, axis=1)[:, :_DEPTH]
        best, ids = np.take_along_axis(both, order, 1), np.take_along_axis(named, order, 1)
    return ids


def ask(index: FaissIndex, questions: Vectors) -> tuple[list[float], list[list[int]]]:
    """Milliseconds of each question, once the files are in memory, and the ids that it finds."""
    for question in questions:
        index.search(question, _ASKED)
    spent, found = [], []
    for question in questions:
        began = time.perf_counter()
        hits = index.search(question, _ASKED)
        spent.append(1000 * (time.perf_counter() - began))
        found.append([key for key, _ in hits[:_DEPTH]])
    return spent, found


def recalled(found: list[list[int]], wanted: NDArray[np.int64]) -> float:
    """The share of the ten nearest that are among the ten found."""
    shares = [
        len(set(ids) & set(best)) / _DEPTH for ids, best in zip(found, wanted.tolist(), strict=True)
    ]
    return float(np.mean(shares))


if __name__ == "__main__":
    main()
