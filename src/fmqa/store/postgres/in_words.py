"""What PostgreSQL refuses, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
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


def place(url: str) -> str:
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
def in_words(where: str) -> Iterator[None]:
    """Errors of psycopg inside of the block come out as errors of fmqa.

    Args:
        where: the database, as `place` tells it.
    """
    try:
        yield
    except (psycopg.Error, PoolTimeout) as error:
        raise said(error, where) from error


def said(error: Exception, where: str) -> StoreError:
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
