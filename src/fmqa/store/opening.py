"""Which engine keeps a record: SQLite in the data folder, or PostgreSQL where an address is set."""

from __future__ import annotations

from pathlib import Path

from fmqa.errors import SettingsError
from fmqa.store.engine import Database, DenseSearch
from fmqa.store.record import Record
from fmqa.store.sqlite.database import SqliteDatabase

_SCHEMES = ("postgresql://", "postgres://")


def is_postgres(url: str) -> bool:
    """Whether an address is one of PostgreSQL."""
    return url.startswith(_SCHEMES)


def open_database(record_path: Path, url: str = "") -> Database:
    """The record's engine.

    Args:
        record_path: the SQLite file, for when there is no address.
        url: address of a PostgreSQL database.

    Raises:
        SettingsError: the address is none, or psycopg isn't installed.
        StoreError: the record can't be opened; the subclasses say why.
    """
    if not url:
        return SqliteDatabase(record_path)
    if not is_postgres(url):
        raise SettingsError(
            "FMQA_DATABASE_URL is no address of a PostgreSQL database.",
            hint="It looks like postgresql://USER:PASSWORD@HOST:5432/DATABASE.",
        )
    try:
        from fmqa.store.postgres.database import PostgresDatabase
    except ImportError as error:
        raise SettingsError(
            f"PostgreSQL is set, and its driver can't be imported: {error}.",
            hint="pip install 'fmqa[postgres]'",
        ) from error
    return PostgresDatabase(url)


def dense_search(record: Record, index_dir: Path) -> DenseSearch:
    """The index of a record's vectors that goes with its engine.

    Args:
        record: what it is made from.
        index_dir: where an SQLite record's index files are.
    """
    if isinstance(record.database, SqliteDatabase):
        from fmqa.store.sqlite.generations import Generations

        return Generations(index_dir, record)
    from fmqa.store.postgres.database import PostgresDatabase
    from fmqa.store.postgres.nearest import PostgresVectors

    assert isinstance(record.database, PostgresDatabase)
    return PostgresVectors(record.database)
