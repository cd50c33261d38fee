"""Which engine keeps a record: SQLite in the data folder, or PostgreSQL where an address is set."""

from __future__ import annotations

from pathlib import Path

from fmqa.store.engine import Database, DenseSearch
from fmqa.store.record import Record
from fmqa.store.sqlite.database import SqliteDatabase


def open_database(record_path: Path) -> Database:
    """The record's engine.

    Raises:
        StoreError: it can't be opened; the subclasses say why.
    """
    return SqliteDatabase(record_path)


def dense_search(record: Record, index_dir: Path) -> DenseSearch:
    """The index of a record's vectors that goes with its engine."""
    from fmqa.store.sqlite.generations import Generations

    return Generations(index_dir, record)
