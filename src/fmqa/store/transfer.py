"""A record copied from one engine to another, whole, and shown to be the same.

Tables are copied in the order of their keys, so that a copy that was stopped goes on behind the
last row that is there. Then both sides are read and compared. What is searched is made again from
what was copied; nothing is embedded.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fmqa.errors import StoreError, UsageError
from fmqa.store.engine import Connection, Database, SearchedPassage, placeholders
from fmqa.store.library import dense_search, open_database
from fmqa.store.record import COPYING_KEY, PUT_META, Record
from fmqa.store.record_schema import SQLITE_MIGRATIONS

Progress = Callable[[str, int, int], None]

_ROWS = 500  # of one transaction
_BYTES = 4_000_000  # of one too, about
_LOCK_SECONDS = 0.5
_FLAGS = frozenset({"active", "withdrawn"})  # columns of truth values


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the record, gone through in the order of its key."""

    name: str
    key: tuple[str, ...]

    @property
    def numbered(self) -> bool:
        """Whether its rows are given numbers, none of them twice."""
        return self.key == ("id",)


@cache
def tables() -> tuple[Table, ...]:
    """The tables of the schema that are copied, those that others refer to first."""
    with closing(sqlite3.connect(":memory:")) as db:
        for step in SQLITE_MIGRATIONS:
            for statement in step.statements:
                db.execute(statement)
        columns = db.execute(
            """SELECT made.name, facts.name FROM sqlite_master AS made
               JOIN pragma_table_info(made.name) AS facts ON facts.pk > 0
               WHERE made.type = 'table' AND made.name NOT LIKE 'passages_fts%'
               AND made.name != 'meta' ORDER BY made.rowid, facts.pk"""
        ).fetchall()
    keys: dict[str, tuple[str, ...]] = {}
    for name, column in columns:
        keys[name] = (*keys.get(name, ()), column)
    return tuple(Table(name, key) for name, key in keys.items())


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What was copied: rows by table, and where to."""

    where: str
    rows: dict[str, int]


def copy_record(
    source: Database, target: Database, index_dir: Path, progress: Progress = lambda *step: None
) -> CopyReport:
    """Copy a record, and compare the copy with it. Can be stopped and called again.

    Args:
        source: the record; it may be read meanwhile, but nothing is ingested.
        target: an empty one, or one that an earlier call for the same source left unfinished.
        index_dir: where the target's index files go, if its engine has any.
        progress: called at each step with (label, rows done, all rows).

    Raises:
        UsageError: the target is the source, or holds another record.
        RecordBusy: one of them is being written to.
        StoreError: the source was changed meanwhile.
    """
    unfinished = Record(source).meta(COPYING_KEY)
    if unfinished is not None:
        raise UsageError(f"{source.where} is itself an unfinished copy of {unfinished}.")
    if source.where == target.where:
        raise UsageError(f"The record is in {target.where} already.")
    with ExitStack() as stack:
        for database in (source, target):
            stack.enter_context(database.lock("writer", _LOCK_SECONDS))
        _claim(source, target)
        counts = {table.name: _count(source, table) for table in tables()}
        copier = _Copier(source, target, progress, sum(counts.values()))
        for table in tables():
            copier.take(table)
        _take_facts(source, target)
        record = Record(target)
        _make_searched(target, progress)
        if record.model is not None:
            dense_search(record, index_dir).publish(record.model)
        with target.atomic() as db:
            db.execute("DELETE FROM meta WHERE key = ?", (COPYING_KEY,))
    return CopyReport(target.where, counts)


def open_target(address: str, own_record: Path) -> tuple[Database, Path]:
    """What an address names to move to, and the folder of its index files.

    Args:
        address: ``postgresql://…``, ``sqlite`` for the data folder's own record, or
            ``sqlite:///PATH`` for another file.

    Raises:
        UsageError: it names neither.
        StoreError: it can't be opened.
    """
    if address == "sqlite":
        return open_database(own_record), own_record.parent
    if address.startswith("sqlite:///"):
        path = Path(address.removeprefix("sqlite://"))
        return open_database(path), path.parent
    if "://" not in address:
        raise UsageError(
            f"{address!r} names no database.",
            hint="--to takes postgresql://USER:PASSWORD@HOST/DATABASE, sqlite or sqlite:///PATH.",
        )
    return open_database(own_record, address), own_record.parent


class _Copier:
    """Copies one table after another, and compares each."""

    def __init__(self, source: Database, target: Database, progress: Progress, total: int) -> None:
        self.source = source
        self.target = target
        self._progress = progress
        self._total = total
        self._done = 0

    def take(self, table: Table) -> None:
        """Bring the target's table to what the source's is; what differs is copied once more."""
        before = self._done
        for again in (False, True):
            self._done = before
            self._copy(table)
            if _digest(self.source, table) == _digest(self.target, table):
                return
            if not again:
                self._clear(table)
        raise StoreError(
            f"The record was changed while it was copied (table {table.name}).",
            hint="End what uses it, and run `fmqa migrate` again; it goes on from there.",
        )

    def _copy(self, table: Table) -> None:
        last = _last_key(self.target, table)
        self._done += _count(self.target, table)
        for rows in _batches(self.source, table, last):
            names = rows[0].keys()
            columns = ", ".join(f'"{name}"' for name in names)
            sql = f"INSERT INTO {table.name} ({columns}) VALUES ({placeholders(names)})"
            with self.target.atomic() as db:
                db.executemany(sql, [_values(row) for row in rows])
            self._done += len(rows)
            self._progress("Copying", self._done, self._total)
        if table.numbered:
            with self.source.snapshot() as db:
                used = self.source.last_number(db, table.name)
            with self.target.atomic() as db:
                self.target.number_from(db, table.name, used)

    def _clear(self, table: Table) -> None:
        """What refers to its rows goes with them, and is copied after them."""
        with self.target.atomic() as db:
            self.target.searched.clear(db)
            db.execute(f"DELETE FROM {table.name}")


def _claim(source: Database, target: Database) -> None:
    """Mark the target as this source's unfinished copy.

    Raises:
        UsageError: it is something else already.
    """
    held = Record(target).meta(COPYING_KEY)
    if held == source.where:
        return
    found = next((table.name for table in tables() if _count(target, table)), None)
    if held is not None or found is not None:
        what = f"an unfinished copy of {held}" if held else f"a record (table {found})"
        raise UsageError(
            f"{target.where} holds {what} already; nothing was copied.",
            hint="Name an empty database: a record is never mixed with another.",
        )
    with target.atomic() as db:
        db.execute(PUT_META, (COPYING_KEY, source.where))


def _take_facts(source: Database, target: Database) -> None:
    """What the record says of itself, but for what its engine says."""
    with source.snapshot() as db:
        facts = {row["key"]: row["value"] for row in db.execute("SELECT key, value FROM meta")}
    with target.atomic() as db:
        for key, value in facts.items():
            if key not in source.own_facts:
                db.execute(PUT_META, (key, value))


def _make_searched(target: Database, progress: Progress) -> None:
    """Make what is to be searched searchable, where it isn't yet."""
    with target.snapshot() as db:
        held = set(target.searched.ids(db))
        missing = [key for key in Record(target).active_ids() if key not in held]
    for start in range(0, len(missing), _ROWS):
        part = missing[start : start + _ROWS]
        with target.atomic() as db:
            rows = db.execute(
                f"""SELECT passages.id, versions.title, passages.section, passages.text,
                           passages.content_hash
                    FROM passages JOIN versions ON versions.id = version_id
                    WHERE passages.id IN ({placeholders(part)}) ORDER BY passages.id""",
                part,
            ).fetchall()
            target.searched.add(db, [SearchedPassage(*row) for row in rows])
        progress("Making it searchable", start + len(part), len(missing))


def _count(database: Database, table: Table) -> int:
    with database.snapshot() as db:
        return int(db.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0])


def _digest(database: Database, table: Table) -> tuple[int, str]:
    """How many rows a table has, and a hash over all that is in them."""
    count, digest = 0, hashlib.sha256()
    for rows in _batches(database, table, None):
        count += len(rows)
        for row in rows:
            named = zip(row.keys(), map(_plain, _values(row)), strict=True)
            digest.update(json.dumps(sorted(named), ensure_ascii=False).encode())
    return count, digest.hexdigest()


def _last_key(database: Database, table: Table) -> tuple[Any, ...] | None:
    key = ", ".join(table.key)
    order = ", ".join(f"{name} DESC" for name in table.key)
    with database.snapshot() as db:
        row = db.execute(f"SELECT {key} FROM {table.name} ORDER BY {order} LIMIT 1").fetchone()
    return None if row is None else tuple(row)


def _batches(database: Database, table: Table, after: Sequence[Any] | None) -> Iterator[list[Any]]:
    """A table's rows in the order of its key, behind a given one; one query a batch."""
    limit = 50  # until it is known how large the rows are
    while True:
        with database.snapshot() as db:
            rows = _some(db, table, after, limit)
        if not rows:
            return
        yield rows
        after = tuple(rows[-1][name] for name in table.key)
        size = sum(len(value) for row in rows for value in row if isinstance(value, str | bytes))
        limit = max(1, min(_ROWS, _BYTES * len(rows) // (size + 1)))


def _some(db: Connection, table: Table, after: Sequence[Any] | None, limit: int) -> list[Any]:
    key = ", ".join(table.key)
    behind = f"WHERE ({key}) > ({placeholders(table.key)})" if after is not None else ""
    sql = f"SELECT * FROM {table.name} {behind} ORDER BY {key} LIMIT ?"
    return db.execute(sql, (*(after or ()), limit)).fetchall()


def _values(row: Any) -> list[Any]:
    """A row's values as both engines take them: SQLite knows no truth values, PostgreSQL no NUL."""
    return [
        bool(row[name])
        if name in _FLAGS
        else row[name].replace("\x00", " ")
        if isinstance(row[name], str)
        else row[name]
        for name in row.keys()  # noqa: SIM118 (no dict)
    ]


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
