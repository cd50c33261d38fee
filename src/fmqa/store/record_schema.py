"""The record's schema, as lists of migrations that are only ever appended to.

Each migration is recorded by name, so that a record of any age is brought up to date in one
transaction (the way of sqlite-utils and llm). The statements are SQLite's; PostgreSQL's first
migration is made from those that SQLite had then. All of its text has the collation "C", so that it
sorts and folds as SQLite's does, in any database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from fmqa.errors import ForeignIndex
from fmqa.store.arxiv_catalog import now
from fmqa.store.engine import Connection


class Migration(NamedTuple):
    """One step: its name, for good, which begins with its number, and its statements."""

    name: str
    statements: tuple[str, ...]


_NUMBER = 4  # characters of a name
SQLITE_MIGRATIONS_TABLE = (
    "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, at TEXT NOT NULL)"
)
_FIRST = (
    # Papers, their versions, pages and passages; embeddings; the journal; changes.
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE papers (
        paper_id TEXT PRIMARY KEY, arxiv_id TEXT, name TEXT NOT NULL, title TEXT NOT NULL,
        authors TEXT NOT NULL, year INTEGER, kind TEXT NOT NULL, modality TEXT NOT NULL,
        architecture TEXT NOT NULL, training TEXT NOT NULL, tasks TEXT NOT NULL,
        data TEXT NOT NULL, challenge TEXT NOT NULL, meta_source TEXT NOT NULL,
        added_at TEXT NOT NULL, work TEXT NOT NULL DEFAULT '', notice TEXT NOT NULL DEFAULT '')""",
    """CREATE TABLE versions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        paper_id TEXT NOT NULL REFERENCES papers ON DELETE CASCADE,
        version INTEGER NOT NULL, source TEXT NOT NULL, title TEXT NOT NULL,
        sha256 TEXT NOT NULL, active INTEGER NOT NULL, withdrawn INTEGER NOT NULL DEFAULT 0,
        reader TEXT NOT NULL, file TEXT NOT NULL, outline TEXT NOT NULL, links TEXT NOT NULL,
        hidden TEXT NOT NULL, lookups TEXT NOT NULL, read_at TEXT NOT NULL,
        gaps TEXT NOT NULL DEFAULT '[]', labels TEXT NOT NULL DEFAULT '[]',
        UNIQUE (paper_id, version, source))""",
    "CREATE UNIQUE INDEX one_active_version ON versions (paper_id) WHERE active",
    """CREATE TABLE pages (
        version_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
        number INTEGER NOT NULL, text TEXT NOT NULL, runs BLOB NOT NULL,
        places TEXT NOT NULL DEFAULT '[]', PRIMARY KEY (version_id, number)) WITHOUT ROWID""",
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
        version INTEGER, what TEXT NOT NULL, detail TEXT NOT NULL,
        title TEXT NOT NULL DEFAULT '', run INTEGER)""",
    "CREATE INDEX changes_by_time ON changes (at)",
    "INSERT INTO meta VALUES ('generation', '0')",
    # What arXiv says, what is followed and why, files, bibliographies, lookups and runs.
    """CREATE TABLE arxiv (
        arxiv_id TEXT PRIMARY KEY, version INTEGER NOT NULL, title TEXT NOT NULL,
        authors TEXT NOT NULL, abstract TEXT NOT NULL, published TEXT NOT NULL,
        updated TEXT NOT NULL, categories TEXT NOT NULL, comment TEXT NOT NULL,
        doi TEXT NOT NULL, withdrawn INTEGER NOT NULL, checked_at TEXT NOT NULL) WITHOUT ROWID""",
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
    # Works of reference managers' libraries, and which papers they are.
    """CREATE TABLE items (
        origin TEXT NOT NULL, key TEXT NOT NULL, citekey TEXT NOT NULL, title TEXT NOT NULL,
        authors TEXT NOT NULL, year INTEGER, doi TEXT NOT NULL, arxiv_id TEXT NOT NULL,
        attachment TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL,
        paper_id TEXT NOT NULL, failure TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (origin, key)) WITHOUT ROWID""",
    "CREATE INDEX items_by_paper ON items (paper_id)",
    # Conversations, answers that were given already, and what readers thought of them.
    """CREATE TABLE exchanges (
        session TEXT NOT NULL, place INTEGER NOT NULL, asked TEXT NOT NULL,
        standalone TEXT NOT NULL, subjects TEXT NOT NULL, at TEXT NOT NULL,
        answer TEXT NOT NULL DEFAULT '', PRIMARY KEY (session, place)) WITHOUT ROWID""",
    """CREATE TABLE answers (
        key TEXT PRIMARY KEY, generation INTEGER NOT NULL, answer TEXT NOT NULL,
        at TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE feedback (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, "user" TEXT NOT NULL,
        question TEXT NOT NULL, rating INTEGER NOT NULL, answer TEXT NOT NULL)""",
    # What versions were found to say of themselves, and what users corrected of it.
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
# What only `_FIRST` keeps of versions: nothing reads it.
_WITHOUT_OUTLINES = (
    "ALTER TABLE versions DROP COLUMN outline",
    "ALTER TABLE versions DROP COLUMN links",
)
SQLITE_MIGRATIONS = (
    Migration("m013_first_schema", _FIRST),
    Migration("m014_without_outlines", _WITHOUT_OUTLINES),
)

_POSTGRES_TYPES = (
    (r" WITHOUT ROWID", ""),
    (r"INTEGER PRIMARY KEY AUTOINCREMENT", "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"),
    (r"\b(active|withdrawn) INTEGER NOT NULL DEFAULT 0", r"\1 boolean NOT NULL DEFAULT false"),
    (r"\b(active|withdrawn) INTEGER", r"\1 boolean"),
    (r"\b(version_id|run|generation|bytes) INTEGER\b", r"\1 bigint"),
    (r"\bINTEGER\b", "integer"),
    (r"\bREAL\b", "double precision"),
    (r"\bBLOB\b", "bytea"),
    (r"\bTEXT\b", 'text COLLATE "C"'),
)


def _for_postgres(statement: str) -> str:
    """A statement of SQLite's schema in PostgreSQL's types."""
    for pattern, replacement in _POSTGRES_TYPES:
        statement = re.sub(pattern, replacement, statement)
    return statement


_SEARCHED = (
    # The words as lexemes with their places, those of the title with the weight A.
    """CREATE TABLE searched_words (
        id bigint PRIMARY KEY REFERENCES passages ON DELETE CASCADE,
        length integer NOT NULL, words tsvector NOT NULL)""",
    "CREATE INDEX searched_by_words ON searched_words USING gin (words)",
    # BM25's statistics: in how many passages a word is, and how long all are together. Room on
    # each page keeps a paper's many small updates from touching the index.
    "CREATE TABLE word_counts (term TEXT PRIMARY KEY, held bigint NOT NULL) WITH (fillfactor = 70)",
    "CREATE TABLE searched_totals (passages bigint NOT NULL, tokens bigint NOT NULL)",
    "INSERT INTO searched_totals VALUES (0, 0)",
    # Without a dimension, which is the embedding model's: the index has it.
    """CREATE TABLE searched_vectors (
        id bigint PRIMARY KEY REFERENCES passages ON DELETE CASCADE, vector halfvec NOT NULL)""",
    "ALTER TABLE searched_vectors ALTER COLUMN vector SET STORAGE PLAIN",
    # SQLite's function of this name, as far as the record's statements use it.
    """CREATE FUNCTION json_each(list text) RETURNS TABLE (value text)
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        AS 'SELECT json_array_elements_text(list::json)'""",
)
POSTGRES_MIGRATIONS_TABLE = _for_postgres(SQLITE_MIGRATIONS_TABLE)
POSTGRES_MIGRATIONS = (
    Migration(
        "p013_first_schema",
        tuple(_for_postgres(one) for one in (*_FIRST, *_SEARCHED) if "fts5" not in one),
    ),
    Migration("p014_without_outlines", _WITHOUT_OUTLINES),
)


def pending(
    db: Connection, migrations: Sequence[Migration], *, there: bool, setting: str
) -> list[Migration]:
    """The migrations that a record hasn't seen yet.

    Args:
        there: whether it has a table of those that it has seen.
        setting: what names another record.

    Raises:
        ForeignIndex: the record's last migration is none of these.
    """
    seen = [row[0] for row in db.execute("SELECT name FROM migrations")] if there else []
    last = max(seen, default="")[:_NUMBER]
    numbers = [one.name[:_NUMBER] for one in migrations]
    if last and last not in numbers:
        raise ForeignIndex(
            "The record was written by a newer fmqa, or before the first release.",
            hint=f"Upgrade fmqa, or set another {setting} and ingest your papers anew.",
        )
    return [one for one, number in zip(migrations, numbers, strict=True) if number > last]


def apply(
    db: Connection, migrations: Sequence[Migration], table: str = SQLITE_MIGRATIONS_TABLE
) -> None:
    """Run migrations; part of the caller's transaction.

    Args:
        table: the statement that makes the table of those that it has seen.
    """
    if not migrations:
        return
    db.execute(table)
    for one in migrations:
        for statement in one.statements:
            db.execute(statement)
        db.execute("INSERT INTO migrations VALUES (?, ?)", (one.name, now()))
