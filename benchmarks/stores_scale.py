"""A large made-up library in PostgreSQL: how long a search takes, and what it misses.

Texts are of words as frequent as words are (Zipf), vectors of clusters in some dimensions with
noise in all, as those of texts are. Papers are written, and searched, as `fmqa` does it.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np
import psycopg
from numpy.typing import NDArray

from benchmarks.latency import percentile
from fmqa.retrieval.search import Searcher
from fmqa.store.library import Library
from fmqa.store.writer import RecordWriter
from fmqa.types import (
    Document,
    Outcome,
    Page,
    PaperMeta,
    Passage,
    PassageKind,
    ReadResult,
    Source,
    Span,
)

Vectors = NDArray[np.float32]

MODEL = "made-up:384"
A_PAPER = 100
"""Passages of one paper."""
_DIMENSION, _WORDS = 384, 110
_ON_A_PAGE = 10  # passages
_QUESTIONS = 100
_VOCABULARY = 60_000


class World:
    """Where passages and questions are drawn from."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(1)
        self._centres = self.random.standard_normal((1000, 48)).astype(np.float32)
        self._into = self.random.standard_normal((48, _DIMENSION)).astype(np.float32)
        share = 1 / np.arange(10, _VOCABULARY + 10)
        self._likely = np.cumsum(share / share.sum())

    def vectors(self, count: int) -> Vectors:
        """Unit vectors, shape (count, 384)."""
        inner = self._centres[self.random.integers(0, len(self._centres), count)]
        inner = inner + 0.7 * self.random.standard_normal(inner.shape).astype(np.float32)
        outer = inner @ self._into
        outer += 1.5 * self.random.standard_normal(outer.shape).astype(np.float32)
        made: Vectors = outer / np.linalg.norm(outer, axis=1, keepdims=True)
        return made

    def near(self, vectors: Vectors) -> Vectors:
        """Questions' vectors: passages' with as much noise as keeps a cosine of about 0.7."""
        noise = self.random.standard_normal(vectors.shape) / np.sqrt(_DIMENSION)
        made = vectors + noise.astype(np.float32)
        near: Vectors = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
        return near

    def texts(self, count: int) -> list[str]:
        """Texts of so many words as a passage has."""
        drawn = np.searchsorted(self._likely, self.random.random((count, _WORDS)))
        return [" ".join(f"w{word}" for word in row) for row in drawn.tolist()]

    def add(self, writer: RecordWriter, number: int) -> tuple[Document, Vectors]:
        """Commit a paper of a hundred passages on ten pages, with its vectors."""
        texts = self.texts(A_PAPER)
        pages, passages = list[Page](), list[Passage]()
        for first in range(0, len(texts), _ON_A_PAGE):
            page, start = first // _ON_A_PAGE + 1, 0
            on_it = texts[first : first + _ON_A_PAGE]
            pages.append(Page(page, "\n".join(on_it)))
            for text in on_it:
                span = Span(page, start, start + len(text))
                passages.append(Passage(len(passages), "Methods", PassageKind.BODY, text, (span,)))
                start += len(text) + 1
        meta = PaperMeta(f"{number // 10_000:04d}.{number % 10_000:05d}", 1, f"Paper {number}")
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        document = Document(meta, Source.PDF, digest, tuple(pages), tuple(passages))
        vectors = self.vectors(len(passages))
        found = ReadResult(Path(f"{number}.pdf"), Outcome.OK, sha256=digest)
        writer.add(document, vectors, MODEL, found)
        return document, vectors


class _Given:
    """An embedder whose questions' vectors are given."""

    fingerprint, dimension = MODEL, _DIMENSION

    def __init__(self, known: dict[str, Vectors]) -> None:
        self.known = known

    def embed_query(self, text: str) -> list[float]:
        return self.known[text].tolist()

    def embed_array(self, texts: Sequence[str]) -> Vectors:
        raise NotImplementedError


def measured(url: str, passages: int) -> dict[str, Any]:
    """Fill an empty schema, and search it."""
    world = World()
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Library(Path(folder), Path(folder) / "unused", url)) as library,
    ):
        began = time.perf_counter()
        with library.writing(MODEL) as writer:
            added = [world.add(writer, number) for number in range(passages // A_PAPER)]
            writing, began = time.perf_counter() - began, time.perf_counter()
        indexing = time.perf_counter() - began
        with psycopg.connect(url, autocommit=True) as db:
            db.execute("VACUUM ANALYZE")
        table = np.concatenate([vectors for _, vectors in added])
        texts = [document.passages[0].text for document, _ in added]
        return {
            "passages": passages,
            "written, s": round(writing),
            "HNSW index made, s": round(indexing),
            **sizes_of(url),
            **searched(world, library, table, texts),
        }


def sizes_of(url: str) -> dict[str, int]:
    """Bytes a passage of what takes room."""
    told = ("passages", "embeddings", "searched_words", "searched_vectors")
    with psycopg.connect(url) as db:
        (count,) = db.execute("SELECT count(*) FROM passages").fetchone() or (1,)
        sizes = {}
        for table in told:
            (size,) = db.execute("SELECT pg_total_relation_size(%s::regclass)", (table,)).fetchone()
            sizes[f"{table} with indexes, bytes a passage"] = round(size / count)
    return sizes


def searched(
    world: World, library: Library, table: Vectors, texts: Sequence[str]
) -> dict[str, Any]:
    """Times, and the share of the ten nearest and ten best passages that are found."""
    chosen = world.random.integers(0, len(table), _QUESTIONS)
    queries = world.near(table[chosen])
    asked = [questioned(world, texts) for _ in range(_QUESTIONS)]
    known = dict(zip(asked, queries, strict=True))
    searcher = Searcher(library, _Given(known))
    index = library.index(MODEL)
    ids = np.sort(library.record.active_ids())
    times: dict[str, list[float]] = {"hybrid search": [], "by vectors": [], "by words": []}
    near, best = [], []
    for question, query in list(known.items())[:10]:
        searcher.search(question)  # warms the caches
        index.search(query, 100)
    for question, query in known.items():
        timed(times["hybrid search"], lambda: searcher.search(question))  # noqa: B023
        found = timed(times["by vectors"], lambda: index.search(query, 100))  # noqa: B023
        nearest = set(ids[np.argpartition(-(table @ query), 10)[:10]].tolist())
        near.append(len(nearest & {key for key, _ in found[:10]}) / 10)
        words = question.split()
        got = timed(times["by words"], lambda: library.record.lexical(words, 1000))  # noqa: B023
        exact = every(library, words)
        best.append(len({key for key, _ in exact} & {key for key, _ in got[:10]}) / len(exact))
    figures: dict[str, Any] = {
        "recall@10 of the vectors": round(float(np.mean(near)), 3),
        "recall@10 of the words": round(float(np.mean(best)), 3),
    }
    for name, taken in times.items():
        figures[f"{name}, p50, ms"] = round(median(taken), 1)
        figures[f"{name}, p95, ms"] = round(percentile(taken, 95), 1)
    return figures


def every(library: Library, words: Sequence[str]) -> list[tuple[int, float]]:
    """The best ten when all passages with any of the words are scored."""
    with (
        patch("fmqa.store.postgres.full_text._EXPECTED", 10**8),
        patch("fmqa.store.postgres.full_text.MOST_SCORED", 10**8),
    ):
        return library.record.lexical(words, 10)


def questioned(world: World, texts: Sequence[str]) -> str:
    """Six different words of a passage: two of its rarest, four as they come."""
    words = list(dict.fromkeys(texts[world.random.integers(0, len(texts))].split()))
    rare = sorted(words, key=lambda word: -int(word[1:]))[:20]
    return " ".join(
        [
            *world.random.choice(rare, 2, replace=False),
            *world.random.choice(words, 4, replace=False),
        ]
    )


def timed(taken: list[float], run: Any) -> Any:
    """What ``run`` gives; its milliseconds are kept."""
    began = time.perf_counter()
    result = run()
    taken.append((time.perf_counter() - began) * 1000)
    return result
