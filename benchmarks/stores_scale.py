"""A large made-up library in PostgreSQL: how long a search takes, and what it misses.

Texts are of words as frequent as words are (Zipf), vectors of clusters in some dimensions with
noise in all, as those of texts are. Rows are copied in, past the pipeline, so that a million
passages take minutes; the indexes are made as `fmqa` makes them, and the search is `fmqa`'s own.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
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
from fmqa.store.arxiv_catalog import now
from fmqa.store.library import Library
from fmqa.store.postgres.full_text import VECTORS_OF_KEY, words_of
from fmqa.store.record import MODEL_KEY

Vectors = NDArray[np.float32]

_MODEL, _DIMENSION, _WORDS = "made-up:384", 384, 110
_A_PAPER = 100  # passages
_BATCH = 5_000
_QUESTIONS = 100
_VOCABULARY = 60_000


class World:
    """Where passages and questions are drawn from.

    Args:
        passages: how many.
    """

    def __init__(self, passages: int) -> None:
        self.passages = passages
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


class _Given:
    """An embedder whose questions' vectors are given."""

    fingerprint, dimension = _MODEL, _DIMENSION

    def __init__(self, known: dict[str, Vectors]) -> None:
        self.known = known

    def embed_query(self, text: str) -> list[float]:
        return self.known[text].tolist()

    def embed_array(self, texts: Sequence[str]) -> Vectors:
        raise NotImplementedError


def measured(url: str, passages: int) -> dict[str, Any]:
    """Fill an empty schema, and search it."""
    world = World(passages)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Library(Path(folder), Path(folder) / "unused", url)) as library,
    ):
        table, texts, filling = filled(world, url)
        began = time.perf_counter()
        library.publish(_MODEL)
        indexing = time.perf_counter() - began
        return {
            "passages": passages,
            "rows copied in, s": round(filling),
            "HNSW index made, s": round(indexing),
            **sizes_of(url),
            **searched(world, library, table, texts),
        }


def filled(world: World, url: str) -> tuple[Vectors, list[str], float]:
    """Copy all rows in; returns the vectors, some passages' texts, and the seconds it took."""
    began = time.perf_counter()
    parts, texts, counts, tokens = [], list[str](), Counter[str](), 0
    with psycopg.connect(url) as db:
        papers(db, world.passages)
        for start in range(0, world.passages, _BATCH):
            size = min(_BATCH, world.passages - start)
            vectors, drawn = world.vectors(size), world.texts(size)
            parts.append(vectors)
            texts += drawn[:: max(1, world.passages // 5000)]
            made = words_of([("", "", text) for text in drawn])
            counts.update(word for one in made for word in one.places)
            tokens += sum(one.length for one in made)
            ids = range(start + 1, start + size + 1)
            write(db, ids, drawn, vectors, [(one.length, one.tsvector()) for one in made])
        copy(db, "word_counts (term, held)", counts.items())
        db.execute(
            "UPDATE searched_totals SET passages = %s, tokens = %s", (world.passages, tokens)
        )
        for key, value in ((MODEL_KEY, _MODEL), (VECTORS_OF_KEY, _MODEL)):
            db.execute("INSERT INTO meta VALUES (%s, %s)", (key, value))
        db.execute("SELECT setval(pg_get_serial_sequence('passages', 'id'), %s)", (world.passages,))
        db.commit()
        db.autocommit = True
        db.execute("VACUUM ANALYZE")
    return np.concatenate(parts), texts, time.perf_counter() - began


def papers(db: psycopg.Connection[Any], passages: int) -> None:
    """The papers, each with one version."""
    count = -(-passages // _A_PAPER)
    db.execute(
        """INSERT INTO papers SELECT 'p' || n, NULL, 'Model' || n, 'Paper ' || n, '[]', 2020, '',
           '[]', '', '', '[]', '', '[]', 'pdf', %s FROM generate_series(1, %s) AS n""",
        (now(), count),
    )
    db.execute(
        """INSERT INTO versions (id, paper_id, version, source, title, sha256, active, reader, file,
           hidden, lookups, read_at) SELECT n, 'p' || n, 1, 'pdf', '', '', true, '', '', '[]',
           '[]', %s FROM generate_series(1, %s) AS n""",
        (now(), count),
    )


def write(
    db: psycopg.Connection[Any],
    ids: Sequence[int],
    texts: Sequence[str],
    vectors: Vectors,
    words: Sequence[tuple[int, str]],
) -> None:
    """Some passages with all that is searched of them."""
    keys = [key.to_bytes(16, "big") for key in ids]
    columns = "(id, version_id, ordinal, section, kind, text, spans, content_hash)"
    rows = (
        (
            key,
            (key - 1) // _A_PAPER + 1,
            (key - 1) % _A_PAPER,
            "",
            "body",
            text,
            "[[1, 0, 9]]",
            digest,
        )
        for key, text, digest in zip(ids, texts, keys, strict=True)
    )
    copy(db, f"passages {columns}", rows)
    packed = vectors.astype("<f4")
    copy(
        db,
        "embeddings (model, content_hash, vector)",
        ((_MODEL, key, row.tobytes()) for key, row in zip(keys, packed, strict=True)),
    )
    copy(
        db,
        "searched_words (id, length, words)",
        ((key, *one) for key, one in zip(ids, words, strict=True)),
    )
    shown = map(str, vectors.astype(float).round(5).tolist())
    copy(db, "searched_vectors (id, vector)", zip(ids, shown, strict=True))


def copy(db: psycopg.Connection[Any], table: str, rows: Iterator[Any] | Any) -> None:
    """Write rows by COPY."""
    with db.cursor().copy(f"COPY {table} FROM STDIN".encode()) as into:
        for row in rows:
            into.write_row(row)


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
    searcher = Searcher(library, _Given(known), 3)
    index = library.index(_MODEL)
    times: dict[str, list[float]] = {"hybrid search": [], "by vectors": [], "by words": []}
    near, best = [], []
    for question, query in list(known.items())[:10]:
        searcher.search(question)  # warms the caches
        index.search(query, 100)
    for question, query in known.items():
        timed(times["hybrid search"], lambda: searcher.search(question))  # noqa: B023
        found = timed(times["by vectors"], lambda: index.search(query, 100))  # noqa: B023
        nearest = set((np.argpartition(-(table @ query), 10)[:10] + 1).tolist())
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
