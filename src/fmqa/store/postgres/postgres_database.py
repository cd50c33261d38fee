"""The record in PostgreSQL: sessions from a pool, transactions, locks that all replicas share."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from fmqa.errors import RecordBusy, RecordUnreachable, StoreError
from fmqa.store import record_schema
from fmqa.store.engine import Connection
from fmqa.store.postgres.full_text import VECTORS_OF_KEY, PostgresSearched
from fmqa.store.postgres.session import (
    Session,
    address_without_secrets,
    named_rows,
    store_errors,
)

_CONNECT_SECONDS = 10
_BUSY_SECONDS = 30
_MOST_SESSIONS = 16  # of one process; PostgreSQL has 100 by default, for all
_UNREACHABLE_SECONDS = 60.0  # a restarted server is waited for
_POLL_SECONDS = 0.05
# A replica whose machine went away without a word holds its locks no longer than this.
_SESSION = (
    f"SET lock_timeout = '{_BUSY_SECONDS}s'",
    "SET tcp_keepalives_idle = 20",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 4",
    "SET client_min_messages = warning",
)
_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PostgresDatabase:
    """One record in the schema that an address leads to.

    Args:
        url: as libpq takes it; its ``search_path`` says which schema.

    Raises:
        SettingsError: the address is none.
        RecordUnreachable: no server answers there.
        ForeignIndex: a newer fmqa wrote the record.
        StoreError: the server has no pgvector, or its user may not do what is needed.
    """

    def __init__(self, url: str) -> None:
        self.where = address_without_secrets(url)
        self.searched = PostgresSearched()
        self.own_facts = (VECTORS_OF_KEY,)
        self._url = url
        self._local = threading.local()
        logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # what it says, we say
        with store_errors(self.where):
            self._schema = self._prepare()
            if self._schema != "public":
                self.where += f" (schema {self._schema})"
            self._pool = ConnectionPool(
                url,
                min_size=1,
                max_size=_MOST_SESSIONS,
                timeout=_UNREACHABLE_SECONDS,
                configure=_configure,
                check=ConnectionPool.check_connection,
                kwargs={
                    "autocommit": True,
                    "row_factory": named_rows,
                    "connect_timeout": _CONNECT_SECONDS,
                },
                open=True,
            )

    def _prepare(self) -> str:
        """Bring the schema up to date, one process at a time; returns the schema's name."""
        with psycopg.connect(
            self._url, row_factory=named_rows, connect_timeout=_CONNECT_SECONDS
        ) as connection:
            db = Session(connection)
            # For the whole database, since extensions are the database's.
            db.execute("SELECT pg_advisory_xact_lock(?)", (_number("schema"),))
            if not db.execute("SELECT 1 FROM pg_extension WHERE extname = 'vector'").fetchone():
                _create_extension(db, self.where)
            name = db.one("SELECT current_schema() AS name")["name"]
            if name is None:
                raise StoreError(
                    f"The schema that FMQA_DATABASE_URL names isn't there in {self.where}.",
                    hint="Create it, or leave the search_path out of the address.",
                )
            there = db.one("SELECT to_regclass('migrations') IS NOT NULL")[0]
            steps = record_schema.pending(
                db, record_schema.POSTGRES_MIGRATIONS, there=there, setting="FMQA_DATABASE_URL"
            )
            record_schema.apply(db, steps, record_schema.POSTGRES_MIGRATIONS_TABLE)
        return str(name)

    @contextmanager
    def atomic(self) -> Iterator[Session]:
        """All of the block's changes, or none. Blocks don't nest, and follow one on another.

        The order is kept by a lock, since what a block writes follows from what it read before.
        """
        if getattr(self._local, "current", None) is not None:
            raise StoreError("A change of the record stands inside of another one.")
        with store_errors(self.where), self._begun("BEGIN") as db:
            db.execute("SELECT pg_advisory_xact_lock(?)", (self._key("write"),))
            yield db
            db.raw.execute("COMMIT")

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A block whose reads all see the same state of the record."""
        current: Session | None = getattr(self._local, "current", None)
        if current is not None:
            yield current
            return
        with store_errors(self.where), self._begun(_SNAPSHOT) as db:
            yield db

    @contextmanager
    def _begun(self, begin: str) -> Iterator[Session]:
        """A session in a transaction; rolled back when the block leaves it open."""
        with self._session(begin) as db:
            self._local.current = db
            try:
                yield db
            finally:
                self._local.current = None
                if _open(db.raw):
                    db.raw.execute("ROLLBACK")

    @contextmanager
    def _session(self, begin: str) -> Iterator[Session]:
        """A session of the pool, or this thread's own where it holds a lock."""
        held: _Held | None = getattr(self._local, "held", None)
        if held is not None:
            try:
                held.db.raw.execute(begin)
            except psycopg.OperationalError:
                # The server was restarted: the locks went with the session, and are taken again.
                held.db = self._take(held)
                held.db.raw.execute(begin)
            yield held.db
            return
        with self._pool.connection() as connection:
            connection.execute(begin)
            yield Session(connection)

    @contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        """An advisory lock; the server lets it go when its holder's session ends.

        Until then this thread writes in that session: who lost the lock can't go on writing.

        Raises:
            RecordBusy: it wasn't free for so many seconds.
        """
        held: _Held | None = getattr(self._local, "held", None)
        outer = held is None
        if held is None:
            with store_errors(self.where):
                held = _Held(Session(self._pool.getconn()))
        try:
            with store_errors(self.where):
                self._acquire(held, name, seconds)
            self._local.held = held
            try:
                yield
            finally:
                held.names.remove(name)
                self._release(held, name)
        finally:
            if outer:
                self._local.held = None
                self._pool.putconn(held.db.raw)

    def _acquire(self, held: _Held, name: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        while name not in held.names:
            sql = "SELECT pg_try_advisory_lock(?) AS got"
            if held.db.one(sql, (self._key(name),))["got"]:
                held.names.append(name)
                return
            if time.monotonic() >= until:
                break
            time.sleep(_POLL_SECONDS)
        raise RecordBusy("Another fmqa process is writing to this record.")

    def _release(self, held: _Held, name: str) -> None:
        try:
            held.db.execute("SELECT pg_advisory_unlock(?)", (self._key(name),))
        except psycopg.Error:
            held.db.raw.close()  # which lets the lock go as well

    def _take(self, held: _Held) -> Session:
        """A session in place of one that ended, with its locks."""
        self._pool.putconn(held.db.raw)
        new = _Held(Session(self._pool.getconn()))
        for name in held.names:
            self._acquire(new, name, 0.0)
        return new.db

    @contextmanager
    def alone(self) -> Iterator[Session]:
        """A session in autocommit mode, for what can't be part of a transaction."""
        held: _Held | None = getattr(self._local, "held", None)
        with store_errors(self.where):
            if held is not None:
                yield held.db
                return
            with self._pool.connection() as connection:
                yield Session(connection)

    def last_number(self, db: Connection, table: str) -> int:
        """The highest number that a row of a table was ever given."""
        sql = "SELECT pg_sequence_last_value(pg_get_serial_sequence(?, 'id')) AS used"
        return int(db.execute(sql, (table,)).fetchone()["used"] or 0)

    def number_from(self, db: Connection, table: str, used: int) -> None:
        """Give further rows of a table numbers above ``used``."""
        sql = "SELECT setval(pg_get_serial_sequence(?, 'id'), ?, ?)"
        db.execute(sql, (table, max(used, 1), used > 0))

    def check(self) -> list[str]:
        """What of the statistics of the search doesn't agree with what is searched."""
        try:
            with self.snapshot() as db:
                return self.searched.check(db)
        except RecordUnreachable:
            raise
        except StoreError as error:
            return [str(error)]

    def close(self) -> None:
        """Close the sessions of all threads."""
        self._pool.close()

    def _key(self, name: str) -> int:
        return _number(f"{self._schema} {name}")


class _Held:
    """The session in which a thread holds locks, and their names."""

    def __init__(self, db: Session) -> None:
        self.db = db
        self.names: list[str] = []


def _number(name: str) -> int:
    """The number that PostgreSQL knows a lock by."""
    digest = hashlib.sha256(f"fmqa {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _configure(connection: psycopg.Connection[Any]) -> None:
    for statement in _SESSION:
        connection.execute(statement)


def _create_extension(db: Session, where: str) -> None:
    try:
        db.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        raise StoreError(
            f"The server of {where} has no pgvector that could be used: {error}".splitlines()[0],
            hint="Install pgvector 0.8 or later on it, and let its owner CREATE EXTENSION vector.",
        ) from error


def _open(connection: psycopg.Connection[Any]) -> bool:
    return not connection.closed and (
        connection.info.transaction_status is not TransactionStatus.IDLE
    )
