"""A PostgreSQL session that speaks the record's common SQL, and errors of psycopg as fmqa's.

``?`` stands for values, and rows are like SQLite's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import errors as postgres
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import PoolTimeout

from fmqa.errors import (
    DiskFull,
    RecordBusy,
    RecordDamaged,
    RecordUnreachable,
    SettingsError,
    StoreError,
)

_FULL = (postgres.DiskFull, postgres.OutOfMemory)
_BUSY = (postgres.LockNotAvailable, postgres.DeadlockDetected, postgres.SerializationFailure)
_DAMAGED = (postgres.DataCorrupted, postgres.IndexCorrupted)


def address_without_secrets(url: str) -> str:
    """An address without user, password and options, for a message.

    Raises:
        SettingsError: it is no address of a PostgreSQL database.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise SettingsError(
            "FMQA_DATABASE_URL is no address of a PostgreSQL database.",
            hint="It looks like postgresql://USER:PASSWORD@HOST:5432/DATABASE.",
        ) from None
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"postgresql://{parts.get('host') or 'localhost'}{port}/{parts.get('dbname') or ''}"


@contextmanager
def store_errors(where: str) -> Iterator[None]:
    """Errors of psycopg inside of the block come out as errors of fmqa."""
    try:
        yield
    except (psycopg.Error, PoolTimeout) as error:
        raise _store_error(error, where) from error


def _store_error(error: Exception, where: str) -> StoreError:
    """The error of fmqa that says what psycopg's does."""
    if isinstance(error, _FULL):
        return DiskFull(f"No room left for the record in {where}.")
    if isinstance(error, _BUSY):
        return RecordBusy("Another process is writing to the record.")
    if isinstance(error, _DAMAGED):
        hint = "Restore the database from a backup."
        return RecordDamaged(f"The record in {where} is damaged: {_line(error)}.", hint=hint)
    if isinstance(error, postgres.InsufficientPrivilege | postgres.ReadOnlySqlTransaction):
        hint = "Let the user of FMQA_DATABASE_URL create and write tables in its schema."
        return StoreError(f"The record in {where} can't be written: {_line(error)}.", hint=hint)
    if isinstance(error, PoolTimeout | psycopg.OperationalError | psycopg.InterfaceError):
        return RecordUnreachable(f"The record in {where} can't be reached: {_line(error)}.")
    return StoreError(f"The record refused: {_line(error)}.")


def _line(error: Exception) -> str:
    """The first line of what the server says, without its full stop."""
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")


# What stands in quotes is no place for a value.
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|\?|%""")
_MEANT = {"?": "%s", "%": "%%"}


class Named(tuple[Any, ...]):
    """A row whose values go by number and by name, as `sqlite3.Row` has it."""

    names: dict[str, int]

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self.names[key] if isinstance(key, str) else key)

    def keys(self) -> list[str]:
        """The names of the columns."""
        return list(self.names)


def named_rows(cursor: psycopg.Cursor[Any]) -> Any:
    """A psycopg row factory that makes `Named` rows."""
    names: dict[str, int] = {}
    for place, column in enumerate(cursor.description or ()):
        names.setdefault(column.name, place)
    return type("Row", (Named,), {"names": names})


def half_vector(vector: NDArray[np.float32]) -> str:
    """A vector, shape (dimension,), as the text of pgvector's type ``halfvec``."""
    return json.dumps(vector.tolist())


class Session:
    """One connection, as `fmqa.store.engine.Connection` has it.

    Args:
        connection: in autocommit mode, its rows made by `named_rows`.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.raw = connection

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        """Run one statement with a value for each ``?``."""
        # In binary: as text a vector is twice as many bytes, to be made and read back.
        return self.raw.execute(translated(sql).encode(), _clean(values), binary=True)

    def one(self, sql: str, values: Sequence[Any] = (), /) -> Any:
        """The row that a statement comes to, which has one always."""
        return self.execute(sql, values).fetchone()

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> psycopg.Cursor[Any]:
        """Run one statement for each of the rows."""
        cursor = self.raw.cursor()
        cursor.executemany(translated(sql).encode(), [_clean(row) for row in rows])
        return cursor


def translated(sql: str) -> str:
    """A statement with psycopg's marks for values in place of ``?``."""
    return _TOKEN.sub(lambda found: _MEANT.get(found[0], found[0].replace("%", "%%")), sql)


def _clean(values: Sequence[Any]) -> list[Any]:
    """The values with a space for NUL, which PostgreSQL's text can't hold; offsets stay true."""
    return [
        value.replace("\x00", " ") if isinstance(value, str) and "\x00" in value else value
        for value in values
    ]
