"""The record's schema, as a list of steps that are only ever appended to.

Each step is recorded by name, so that a record of any age is brought up to date in one
transaction (the way of sqlite-utils and llm).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from fmqa.errors import ForeignIndex

Migration = Callable[[sqlite3.Connection], None]


def m001_first_schema(db: sqlite3.Connection) -> None:
    """Papers, their versions, pages and passages; embeddings; the journal; changes."""
    statements = (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE papers (
            paper_id TEXT PRIMARY KEY, arxiv_id TEXT, name TEXT NOT NULL, title TEXT NOT NULL,
            authors TEXT NOT NULL, year INTEGER, kind TEXT NOT NULL, modality TEXT NOT NULL,
            architecture TEXT NOT NULL, training TEXT NOT NULL, tasks TEXT NOT NULL,
            data TEXT NOT NULL, challenge TEXT NOT NULL, meta_source TEXT NOT NULL,
            added_at TEXT NOT NULL)""",
        """CREATE TABLE versions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            paper_id TEXT NOT NULL REFERENCES papers ON DELETE CASCADE,
            version INTEGER NOT NULL, source TEXT NOT NULL, title TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            active INTEGER NOT NULL, withdrawn INTEGER NOT NULL DEFAULT 0,
            reader TEXT NOT NULL, file TEXT NOT NULL, outline TEXT NOT NULL, links TEXT NOT NULL,
            hidden TEXT NOT NULL, lookups TEXT NOT NULL, read_at TEXT NOT NULL,
            UNIQUE (paper_id, version, source))""",
        "CREATE UNIQUE INDEX one_active_version ON versions (paper_id) WHERE active",
        """CREATE TABLE pages (
            version_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
            number INTEGER NOT NULL, text TEXT NOT NULL, runs BLOB NOT NULL,
            PRIMARY KEY (version_id, number)) WITHOUT ROWID""",
        """CREATE TABLE passages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            version_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
            ordinal INTEGER NOT NULL, section TEXT NOT NULL, kind TEXT NOT NULL,
            text TEXT NOT NULL, spans TEXT NOT NULL, content_hash BLOB NOT NULL)""",
        "CREATE INDEX passages_of_version ON passages (version_id, ordinal)",
        """CREATE TABLE embeddings (
            model TEXT NOT NULL, content_hash BLOB NOT NULL, vector BLOB NOT NULL,
            PRIMARY KEY (model, content_hash)) WITHOUT ROWID""",
        """CREATE VIRTUAL TABLE passages_fts USING fts5 (
            title, section, text, tokenize = 'porter unicode61 remove_diacritics 2')""",
        """CREATE TABLE journal (
            path TEXT PRIMARY KEY, sha256 TEXT NOT NULL, outcome TEXT NOT NULL,
            detail TEXT NOT NULL, paper_id TEXT, version INTEGER, seconds REAL NOT NULL,
            at TEXT NOT NULL) WITHOUT ROWID""",
        "CREATE INDEX journal_of_file ON journal (sha256)",
        """CREATE TABLE changes (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, paper_id TEXT NOT NULL,
            version INTEGER, what TEXT NOT NULL, detail TEXT NOT NULL)""",
        "INSERT INTO meta VALUES ('generation', '0')",
    )
    for statement in statements:
        db.execute(statement)


def m002_arxiv(db: sqlite3.Connection) -> None:
    """What arXiv says, what is followed and why, files, bibliographies, lookups and runs."""
    statements = (
        """CREATE TABLE arxiv (
            arxiv_id TEXT PRIMARY KEY, version INTEGER NOT NULL, title TEXT NOT NULL,
            authors TEXT NOT NULL, abstract TEXT NOT NULL, published TEXT NOT NULL,
            updated TEXT NOT NULL, categories TEXT NOT NULL, comment TEXT NOT NULL,
            doi TEXT NOT NULL, withdrawn INTEGER NOT NULL, checked_at TEXT NOT NULL)
            WITHOUT ROWID""",
        """CREATE TABLE wanted (
            arxiv_id TEXT NOT NULL, why TEXT NOT NULL, source TEXT NOT NULL,
            version INTEGER, depth INTEGER NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (arxiv_id, why, source)) WITHOUT ROWID""",
        "CREATE TABLE excluded (paper_id TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE files (
            arxiv_id TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL,
            sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, failure TEXT NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (arxiv_id, version)) WITHOUT ROWID""",
        """CREATE TABLE bibliography (
            version_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
            place INTEGER NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL,
            title TEXT NOT NULL, authors TEXT NOT NULL, year INTEGER, arxiv_id TEXT, doi TEXT,
            method TEXT NOT NULL, score REAL NOT NULL,
            PRIMARY KEY (version_id, place)) WITHOUT ROWID""",
        "CREATE INDEX bibliography_cites ON bibliography (arxiv_id)",
        """CREATE TABLE mentions (
            version_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
            place INTEGER NOT NULL, page INTEGER NOT NULL, start INTEGER NOT NULL,
            "end" INTEGER NOT NULL, numbers TEXT NOT NULL,
            PRIMARY KEY (version_id, place)) WITHOUT ROWID""",
        """CREATE TABLE lookups (
            service TEXT NOT NULL, key TEXT NOT NULL, answer TEXT NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (service, key)) WITHOUT ROWID""",
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, started_at TEXT NOT NULL,
            ended_at TEXT, state TEXT NOT NULL, summary TEXT NOT NULL)""",
        "ALTER TABLE changes ADD COLUMN title TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE changes ADD COLUMN run INTEGER",
        "CREATE INDEX changes_by_time ON changes (at)",
    )
    for statement in statements:
        db.execute(statement)


def m003_sessions(db: sqlite3.Connection) -> None:
    """Conversations that go on from one command to the next."""
    db.execute(
        """CREATE TABLE exchanges (
            session TEXT NOT NULL, place INTEGER NOT NULL, asked TEXT NOT NULL,
            standalone TEXT NOT NULL, subjects TEXT NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (session, place)) WITHOUT ROWID"""
    )


def m004_answers(db: sqlite3.Connection) -> None:
    """Answers that were given already."""
    db.execute(
        """CREATE TABLE answers (
            key TEXT PRIMARY KEY, generation INTEGER NOT NULL, answer TEXT NOT NULL,
            at TEXT NOT NULL) WITHOUT ROWID"""
    )


def m005_answers_of_sessions(db: sqlite3.Connection) -> None:
    """What was answered in a conversation, so that it can be taken away."""
    db.execute("ALTER TABLE exchanges ADD COLUMN answer TEXT NOT NULL DEFAULT ''")


def m006_facets(db: sqlite3.Connection) -> None:
    """What versions were found to say of themselves, and what users corrected of it."""
    statements = (
        """CREATE TABLE facets (
            version_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
            place INTEGER NOT NULL, facet TEXT NOT NULL, value TEXT NOT NULL, size REAL,
            unit TEXT NOT NULL, quote TEXT NOT NULL, page INTEGER NOT NULL,
            start INTEGER NOT NULL, "end" INTEGER NOT NULL, confidence REAL NOT NULL,
            origin TEXT NOT NULL, PRIMARY KEY (version_id, place)) WITHOUT ROWID""",
        "CREATE INDEX facets_by_value ON facets (facet, value)",
        """CREATE TABLE facet_runs (
            version_id INTEGER PRIMARY KEY REFERENCES versions ON DELETE CASCADE,
            extractor TEXT NOT NULL, at TEXT NOT NULL)""",
        # Without a reference to papers: a correction outlives a paper's removal and return.
        """CREATE TABLE facet_corrections (
            paper_id TEXT NOT NULL, facet TEXT NOT NULL, found TEXT NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (paper_id, facet)) WITHOUT ROWID""",
    )
    for statement in statements:
        db.execute(statement)


def m007_feedback(db: sqlite3.Connection) -> None:
    """What readers thought of answers."""
    db.execute(
        """CREATE TABLE feedback (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, user TEXT NOT NULL,
            question TEXT NOT NULL, rating INTEGER NOT NULL, answer TEXT NOT NULL)"""
    )


MIGRATIONS: tuple[Migration, ...] = (
    m001_first_schema,
    m002_arxiv,
    m003_sessions,
    m004_answers,
    m005_answers_of_sessions,
    m006_facets,
    m007_feedback,
)


def migrate(db: sqlite3.Connection) -> None:
    """Apply the steps that this record hasn't seen yet, all or none.

    Raises:
        ForeignIndex: the record was written by a newer fmqa, whose steps this one doesn't know.
    """
    known = {step.__name__ for step in MIGRATIONS}
    seen = _seen(db)
    if seen - known:
        raise ForeignIndex(
            "The record was written by a newer fmqa.",
            hint="Upgrade fmqa, or set another FMQA_HOME.",
        )
    if seen == known:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, at TEXT NOT NULL)"
        )
        seen = _seen(db)  # another process may have been first
        for step in MIGRATIONS:
            if step.__name__ not in seen:
                step(db)
                db.execute("INSERT INTO migrations VALUES (?, datetime('now'))", (step.__name__,))
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # on a full disk SQLite ends it by itself
            db.execute("ROLLBACK")
        raise


def _seen(db: sqlite3.Connection) -> set[str]:
    there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").fetchone()
    return {name for (name,) in db.execute("SELECT name FROM migrations")} if there else set()
