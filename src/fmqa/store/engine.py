"""What the record asks of the engine that keeps it: SQLite here, PostgreSQL in `postgres`.

Statements are written once, in the SQL that both understand, with ``?`` for each value. What they
do differently stands behind these protocols: the schema, the search by words and by vectors, locks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from typing import Any, NamedTuple, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Vectors = NDArray[np.float32]


class RecordRow(Protocol):
    """A row whose values go by number and by name; of two of one name, the first."""

    def __getitem__(self, key: int | str, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...

    def __len__(self) -> int: ...

    def keys(self) -> Sequence[str]:
        """The names of the columns."""
        ...


class Cursor(Protocol):
    """What a statement came to."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:
        """The next `RecordRow`, None after the last."""
        ...

    def fetchall(self) -> list[Any]:
        """All further rows, each a `RecordRow`."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """One session with the engine."""

    def execute(self, sql: str, values: Sequence[Any] = ..., /) -> Cursor:
        """Run one statement with a value for each ``?``."""
        ...

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Cursor:
        """Run one statement for each of the rows."""
        ...


class SearchedPassage(NamedTuple):
    """A passage as it is searched: under its paper's title and section."""

    id: int
    title: str
    section: str
    text: str
    content_hash: bytes


class SearchScope(NamedTuple):
    """SQL that selects the ids of the only passages that are looked at, and its values."""

    sql: str
    values: Sequence[object]


class SearchTables(Protocol):
    """The passages that are searched; written in the transactions that change the record."""

    def add(self, db: Connection, passages: Sequence[SearchedPassage]) -> None:
        """Make passages searchable, whose vectors are in the record already."""
        ...

    def remove(self, db: Connection, ids: Sequence[int]) -> None:
        """Take passages out of the search, those of them that are in it."""
        ...

    def clear(self, db: Connection) -> None:
        """Take all passages out of the search."""
        ...

    def ids(self, db: Connection) -> list[int]:
        """Ids of all of them, ascending."""
        ...

    def find(
        self, db: Connection, phrases: Sequence[str], limit: int, within: SearchScope | None
    ) -> list[tuple[int, float]]:
        """The best passages with any of the phrases, by BM25 (k1 = 1.2, b = 0.75).

        Args:
            db: inside of a snapshot.
            phrases: each a word, or several that must follow each other; equal ones count apart.
            within: which passages; None for all.

        Returns:
            Ids and scores, the highest first.
        """
        ...


class Database(Protocol):
    """One record, for all threads of a process."""

    @property
    def where(self) -> str:
        """Where it is, for a message; without a password."""
        ...

    @property
    def own_facts(self) -> Sequence[str]:
        """Keys of what is in ``meta`` of the engine's own, which doesn't go along in a copy."""
        ...

    @property
    def searched(self) -> SearchTables:
        """What of it is searched."""
        ...

    def atomic(self) -> AbstractContextManager[Connection]:
        """All of the block's changes, or none. Blocks don't nest, and follow one on another.

        Raises:
            RecordBusy: another process has been changing the record for long.
            StoreError: the engine refuses; the subclasses say why.
        """
        ...

    def snapshot(self) -> AbstractContextManager[Connection]:
        """A block whose reads all see the same state of the record."""
        ...

    def lock(self, name: str, seconds: float) -> AbstractContextManager[None]:
        """A lock that one holder at a time has, over all processes that share the record.

        It is let go when its holder dies. Not for the same thread twice.

        Raises:
            RecordBusy: it wasn't free for so many seconds.
        """
        ...

    def last_number(self, db: Connection, table: str) -> int:
        """The highest number that a row of a table was ever given; 0 where none was."""
        ...

    def number_from(self, db: Connection, table: str, used: int) -> None:
        """Give further rows of a table numbers above ``used``."""
        ...

    def check(self) -> list[str]:
        """Problems of the record, each as a sentence; empty when it is whole."""
        ...

    def close(self) -> None:
        """Close the connections of all threads."""
        ...


class VectorIndex(Protocol):
    """Nearest passages to a vector, by inner product."""

    def search(
        self, query: Vectors, limit: int, allowed: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """Up to ``limit`` pairs of passage id and cosine, best first."""
        ...

    def scores(self, query: Vectors, ids: Sequence[int]) -> dict[int, float]:
        """The cosine of each of these passages that the index holds."""
        ...

    def __len__(self) -> int: ...


class DenseSearch(Protocol):
    """The vectors of what is searched, as one index."""

    def index(self, fingerprint: str) -> VectorIndex:
        """The index of what is committed, brought up to date where that can be done now."""
        ...

    def publish(self, fingerprint: str) -> None:
        """Let questions find what is committed."""
        ...

    def check(self) -> list[str]:
        """Its problems, each as a sentence; empty when it is whole."""
        ...


class Tables:
    """Some of the record's tables. Usable from several threads."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def rows(self, sql: str, *values: object) -> list[RecordRow]:
        """All rows that a statement finds, in a snapshot of its own or the thread's."""
        with self.database.snapshot() as db:
            return db.execute(sql, values).fetchall()

    def meta(self, key: str) -> str | None:
        """A fact about the record itself, such as its embedding model's fingerprint."""
        rows = self.rows("SELECT value FROM meta WHERE key = ?", key)
        return str(rows[0]["value"]) if rows else None


def placeholders(values: Sequence[object]) -> str:
    """A ``?`` for each of the values."""
    return ",".join("?" * len(values))


def insert(table: str, columns: Sequence[str]) -> str:
    """A statement that writes a row."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({placeholders(columns)})"


def upsert(table: str, columns: Sequence[str], key: Sequence[str]) -> str:
    """A statement that writes a row in place of the one with the same key, if there is one."""
    others = [name for name in columns if name not in key]
    updates = ", ".join(f"{name} = excluded.{name}" for name in others)
    return f"{insert(table, columns)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {updates}"


def columns_of(value: Any) -> dict[str, Any]:
    """A flat dataclass by its fields, as columns have it: lists as JSON."""
    held = ((one.name, getattr(value, one.name)) for one in fields(value))
    return {
        name: json.dumps(one, ensure_ascii=False) if isinstance(one, tuple) else one
        for name, one in held
    }


def of_row(form: type[T], row: RecordRow) -> T:
    """The flat dataclass whose fields `columns_of` wrote."""
    kinds = {one.name: str(one.type) for one in fields(cast("Any", form))}
    return form(**{name: _read_back(row[name], kind) for name, kind in kinds.items()})


def _read_back(value: Any, kind: str) -> Any:
    if kind.startswith("tuple"):
        return tuple(json.loads(value))
    return bool(value) if kind == "bool" else value
