"""The SQLite file: connections, transactions, errors in plain words, and FTS5's search."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fmqa.errors import DiskFull, RecordBusy, RecordDamaged, StoreError
from fmqa.store import record_schema
from fmqa.store.engine import Connection, SearchedPassage, SearchScope

# A word of the title counts twice; chosen on SciFact train, benchmarks/retrieval.py.
TITLE_WEIGHT = 2.0


class Fts5Words:
    """The passages that are searched, as rows of ``passages_fts``."""

    def add(self, db: Connection, passages: Sequence[SearchedPassage]) -> None:
        """Make passages searchable."""
        db.executemany(
            "INSERT INTO passages_fts (rowid, title, section, text) VALUES (?, ?, ?, ?)",
            [(one.id, one.title, one.section, one.text) for one in passages],
        )

    def remove(self, db: Connection, ids: Sequence[int]) -> None:
        """Take passages out of the search."""
        db.executemany("DELETE FROM passages_fts WHERE rowid = ?", [(one,) for one in ids])

    def clear(self, db: Connection) -> None:
        """Take all passages out of the search."""
        db.execute("DELETE FROM passages_fts")

    def ids(self, db: Connection) -> list[int]:
        """Ids of all of them, ascending."""
        return [row[0] for row in db.execute("SELECT rowid FROM passages_fts ORDER BY rowid")]

    def find(
        self, db: Connection, phrases: Sequence[str], limit: int, within: SearchScope | None
    ) -> list[tuple[int, float]]:
        """The best passages with any of the phrases, by FTS5's BM25."""
        match = match_query(phrases)
        if not match:
            return []
        narrowed = f"AND passages_fts.rowid IN ({within.sql})" if within else ""
        rows = db.execute(
            f"""SELECT rowid, bm25(passages_fts, {TITLE_WEIGHT}, 1.0, 1.0) AS score
                FROM passages_fts WHERE passages_fts MATCH ? {narrowed}
                ORDER BY score, rowid LIMIT ?""",
            (match, *(within.values if within else ()), limit),
        ).fetchall()
        return [(row["rowid"], -row["score"]) for row in rows]


def match_query(phrases: Sequence[str]) -> str:
    """An FTS5 query that matches any of the phrases; empty when there is none.

    Each is quoted, so that nothing in a question is taken for query syntax.
    """
    quoted = (phrase.replace('"', " ").replace("\x00", " ") for phrase in phrases)
    return " OR ".join(f'"{phrase}"' for phrase in quoted if phrase.strip())


_BUSY_SECONDS = 30.0


class SqliteDatabase:
    """One record file, with one connection per thread.

    Args:
        path: the SQLite file; it and its folder are made when missing.

    Raises:
        RecordDamaged: the file is not a database.
        ForeignIndex: a newer fmqa wrote it.
        DiskFull: there is no room to make it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.where = str(path)
        self.searched = Fts5Words()
        self.own_facts = ()
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        with self._in_words():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._migrate()

    def _migrate(self) -> None:
        """Bring the schema up to date, all or nothing."""
        if not self._pending(self.connection):
            return
        with self.atomic() as db:
            record_schema.apply(db, self._pending(db))  # another process may have been first

    @staticmethod
    def _pending(db: sqlite3.Connection) -> list[record_schema.Migration]:
        sql = "SELECT 1 FROM sqlite_master WHERE name = 'migrations'"
        there = db.execute(sql).fetchone() is not None
        return record_schema.pending(
            db, record_schema.SQLITE_MIGRATIONS, there=there, setting="FMQA_HOME"
        )

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode."""
        existing: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if existing is not None:
            return existing
        db = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = WAL")
        # FULL: what was reported as committed outlives a power cut, not only a kill.
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        self._local.connection = db
        with self._guard:
            self._connections.append(db)
        return db

    @contextmanager
    def atomic(self) -> Iterator[sqlite3.Connection]:
        """All of the block's changes, or none. Blocks don't nest."""
        db = self.connection
        with self._in_words():
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A block whose reads all see the same state of the record."""
        db = self.connection
        with self._in_words():
            if db.in_transaction:
                yield db
                return
            db.execute("BEGIN")
            try:
                yield db
            finally:
                if self.connection.in_transaction:  # on a failing disk SQLite ends it by itself
                    db.execute("ROLLBACK")

    @contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        """A lock file beside the record; the system lets it go when its holder dies.

        Raises:
            RecordBusy: it wasn't free for so many seconds.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.path.parent / f"{name}.lock", timeout=seconds)
        try:
            lock.acquire()
        except Timeout:
            raise RecordBusy("Another fmqa process is writing to this data folder.") from None
        try:
            yield
        finally:
            lock.release()

    def last_number(self, db: Connection, table: str) -> int:
        """The highest number that a row of a table was ever given."""
        row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        return int(row["seq"]) if row else 0

    def number_from(self, db: Connection, table: str, used: int) -> None:
        """Give further rows of a table numbers above ``used``."""
        db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, used))

    def check(self) -> list[str]:
        """What SQLite's own check finds wrong; empty when the file is whole."""
        try:
            rows = [str(row[0]) for row in self.connection.execute("PRAGMA integrity_check")]
            rows += [
                f"dangling row in {row[0]}"
                for row in self.connection.execute("PRAGMA foreign_key_check")
            ]
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return [row for row in rows if row != "ok"]

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._guard:
            for db in self._connections:
                db.close()
            self._connections.clear()
        self._local = threading.local()

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._error(error) from error
        except OSError as error:
            if error.errno == 28:
                raise DiskFull(f"No room left for the record in {self.path.parent}.") from error
            raise StoreError(
                f"{self.path.parent} can't be written: {error.strerror}.",
                hint="Check the folder's permissions, or set FMQA_HOME to another one.",
            ) from error

    def _error(self, error: sqlite3.Error) -> StoreError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return DiskFull(f"No room left for the record in {self.path.parent}.")
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return RecordBusy("Another process is writing to the record.")
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return RecordDamaged(f"The record {self.path} is damaged: {error}.")
        if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
            return StoreError(
                f"The record {self.path} can't be opened for writing.",
                hint="Check the folder's permissions, or set FMQA_HOME to another one.",
            )
        return StoreError(f"The record refused: {error}.")
