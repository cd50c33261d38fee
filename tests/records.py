"""What a library holds, in digests: equal where two runs came to the same, however they got there.

Tests import it as ``records``, benchmarks as ``tests.records``.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePath
from typing import Any

from fmqa.store.library import Library
from fmqa.store.sqlite.sqlite_database import SqliteDatabase

# Times, row numbers, folders and ports differ from run to run and are left out.
_PAPERS = """SELECT paper_id, arxiv_id, name, title, authors, year, kind, modality, architecture,
    training, tasks, data, challenge, meta_source FROM papers"""
_VERSIONS = """SELECT paper_id, version, source, title, sha256, active, withdrawn, reader, file,
    hidden FROM versions ORDER BY version, source"""
_PAGES = """SELECT paper_id, version, source, number, text, runs FROM pages
    JOIN versions ON versions.id = version_id ORDER BY version, source, number"""
_PASSAGES = """SELECT paper_id, passages.id, version, source, active, ordinal, passages.section,
    kind, passages.text, spans, passages.content_hash,
    (SELECT count(*) FROM embeddings WHERE embeddings.content_hash = passages.content_hash)
    AS vectors
    FROM passages JOIN versions ON versions.id = version_id
    ORDER BY version, source, ordinal"""
_WORDS = """SELECT paper_id, passages_fts.title, passages_fts.section, passages_fts.text
    FROM passages JOIN versions ON versions.id = version_id
    JOIN passages_fts ON passages_fts.rowid = passages.id
    ORDER BY version, source, ordinal"""
_BIBLIOGRAPHY = """SELECT paper_id, versions.version, versions.source, place, number, text,
    bibliography.title, authors, year, bibliography.arxiv_id, doi, method, score
    FROM bibliography JOIN versions ON versions.id = version_id
    ORDER BY versions.version, source, place"""
_MENTIONS = """SELECT paper_id, version, source, place, page, start, "end", numbers FROM mentions
    JOIN versions ON versions.id = version_id ORDER BY version, source, place"""
_FACTS = """SELECT arxiv_id AS paper_id, version, title, authors, abstract, published, updated,
    categories, comment, doi, withdrawn FROM arxiv"""
_FILES = """SELECT arxiv_id AS paper_id, version, name, sha256, bytes, failure != '' AS failed
    FROM files ORDER BY version"""
_WISHES = (
    "SELECT arxiv_id AS paper_id, why, source, version, depth FROM wanted ORDER BY why, source"
)
_EXCLUDED = "SELECT paper_id FROM excluded"
_TABLES = {
    "paper": _PAPERS,
    "versions": _VERSIONS,
    "pages": _PAGES,
    "passages": _PASSAGES,
    "bibliography": _BIBLIOGRAPHY,
    "mentions": _MENTIONS,
    "facts": _FACTS,
    "files": _FILES,
    "wishes": _WISHES,
    "excluded": _EXCLUDED,
}


def digest(library: Library) -> dict[str, str]:
    """SHA-256 of everything that the record says, by ``<paper id> <what>``.

    Papers, versions, pages, passages and whether they are searched, with SQLite also by which
    words (``words``), bibliographies, citing
    sentences, arXiv's facts, files, wishes and what was removed; not the journal, the changelog,
    runs and lookups, which tell how the library came to be.
    """
    hashes: dict[str, Any] = {}
    database = library.record.database
    tables = _TABLES | ({"words": _WORDS} if isinstance(database, SqliteDatabase) else {})
    with database.snapshot() as db:
        searched = set(database.searched.ids(db))
        for what, sql in tables.items():
            for row in db.execute(sql):
                key = f"{row['paper_id']} {what}"
                names = row.keys()
                told = [_plain(name, row[name]) for name in names if name != "id"]
                told += [row["id"] in searched] if "id" in names else []
                line = json.dumps(told, ensure_ascii=False) + "\n"
                hashes.setdefault(key, hashlib.sha256()).update(line.encode())
    return {key: made.hexdigest() for key, made in sorted(hashes.items())}


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """The keys of two digests that aren't in both with the same value."""
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if name in {"active", "withdrawn", "failed"}:
        return bool(value)
    return PurePath(value).name if name == "file" else value
