"""The works of reference managers' libraries that are followed, and which papers they are.

An origin says where works come from and where a sync looks for them again: the path of a
bibliography file or of a folder, ``zotero:KEY`` (the running Zotero; the key of a collection, or
nothing for all) or ``zotero-data:KEY@FOLDER``. ``GROUP/KEY`` is in the library of a group.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields

from fmqa.store.engine import Tables, columns_of, of_row, upsert
from fmqa.store.record import PUT_META

ZOTERO, ZOTERO_DATA = "zotero:", "zotero-data:"
"""What origins in the running Zotero, and in a data folder, begin with."""
_ORIGINS = "item_origins"


@dataclass(frozen=True, slots=True)
class StoredItem:
    """A work as it was last read from its origin.

    ``file`` is the PDF's path and ``sha256`` its content, both empty where there is none.
    ``paper_id`` is the library's paper, empty where it has none; ``failure`` says why the PDF
    couldn't be read. ``at`` is when it was looked at, ISO 8601; a file of a folder has no
    ``citekey``.
    """

    origin: str
    key: str
    citekey: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    doi: str
    arxiv_id: str
    attachment: str
    file: str
    sha256: str
    paper_id: str = ""
    failure: str = ""
    at: str = ""

    @property
    def in_zotero(self) -> bool:
        """Whether ``key`` and ``attachment`` are Zotero's."""
        return in_zotero(self.origin)

    @property
    def group(self) -> str:
        """The number of the Zotero group whose library the work is in; empty elsewhere."""
        return group_and_key(self.origin)[0] if self.in_zotero else ""


def in_zotero(origin: str) -> bool:
    """Whether an origin is a library or collection of Zotero's."""
    return origin.startswith((ZOTERO, ZOTERO_DATA))


def group_and_key(origin: str) -> tuple[str, str]:
    """The number of the group and the key of the collection in Zotero; empty where there is none.

    Args:
        origin: in Zotero.
    """
    place = origin.partition(":")[2].partition("@")[0]
    group, _, key = place.rpartition("/")
    return group, key


_COLUMNS = tuple(one.name for one in fields(StoredItem))
_PUT = upsert("items", _COLUMNS, ("origin", "key"))


class ItemStore(Tables):
    """Reads and writes these works."""

    def origins(self) -> list[str]:
        """What a sync looks at again."""
        return list(json.loads(self.meta(_ORIGINS) or "[]"))

    def follow(self, origin: str) -> None:
        """Have later syncs look at an origin again."""
        found = self.origins()
        if origin not in found:
            with self.database.atomic() as db:
                db.execute(PUT_META, (_ORIGINS, json.dumps([*found, origin])))

    def of(self, origin: str) -> dict[str, StoredItem]:
        """The works of an origin by their keys there."""
        rows = self.rows("SELECT * FROM items WHERE origin = ? ORDER BY key", origin)
        return {row["key"]: of_row(StoredItem, row) for row in rows}

    def by_paper(self) -> dict[str, StoredItem]:
        """A work with a citation key for each paper that is one; Zotero's before that of a file."""
        rows = self.rows(
            "SELECT * FROM items WHERE paper_id != '' AND citekey != '' ORDER BY origin, key"
        )
        found: dict[str, StoredItem] = {}
        items = [of_row(StoredItem, row) for row in rows]
        for item in sorted(items, key=lambda item: not item.in_zotero):
            found.setdefault(item.paper_id, item)
        return found

    def put(self, items: Iterable[StoredItem]) -> None:
        """Write works in place of what was known of them."""
        with self.database.atomic() as db:
            db.executemany(_PUT, [tuple(columns_of(item).values()) for item in items])

    def drop(self, item: StoredItem) -> bool:
        """Forget a work; whether no other one is the same paper."""
        with self.database.atomic() as db:
            db.execute("DELETE FROM items WHERE origin = ? AND key = ?", (item.origin, item.key))
            left = db.execute("SELECT 1 FROM items WHERE paper_id = ?", (item.paper_id,))
            return left.fetchone() is None

    def was_read(self, item: StoredItem) -> bool:
        """Whether a version of the paper was read from the work's own file."""
        rows = self.rows(
            "SELECT 1 FROM versions WHERE paper_id = ? AND sha256 = ? AND file = ?",
            item.paper_id,
            item.sha256,
            item.file,
        )
        return bool(rows)

    def paper_of(self, sha256: str) -> str:
        """The paper that a file's content is a version of; empty where it is none."""
        rows = self.rows(
            """SELECT paper_id FROM versions WHERE sha256 = ? AND source = 'pdf'
               ORDER BY active DESC LIMIT 1""",
            sha256,
        )
        return rows[0]["paper_id"] if rows else ""
