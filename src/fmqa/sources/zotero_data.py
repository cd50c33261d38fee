"""Zotero's data folder, read while Zotero runs or not.

A running Zotero keeps its database locked. It is opened as a file that nobody changes, so that no
lock is asked for and nothing is written; what Zotero has not yet put into the file isn't seen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fmqa.errors import UsageError
from fmqa.sources.zotero import Collection, Item, Json, make_items

_LINK_MODES = ("imported_file", "imported_url", "linked_file", "linked_url", "embedded_image")
_IMPORTED = ("imported_file", "imported_url")
_STORED, _BASE = "storage:", "attachments:"
_HERE = """CREATE TEMP VIEW here AS SELECT itemID, key, itemTypeID, dateAdded FROM items
    WHERE libraryID IN (SELECT libraryID FROM searched)
    AND itemID NOT IN (SELECT itemID FROM deletedItems)"""
_OWN = "SELECT libraryID FROM libraries WHERE type = 'user'"
_OF_GROUP = "SELECT libraryID FROM groups WHERE groupID = {}"
_SEARCHED = "CREATE TEMP VIEW searched AS {}"
_ITEMS = """SELECT itemID AS id, key, typeName AS itemType, dateAdded
    FROM here JOIN itemTypes USING (itemTypeID) ORDER BY itemID"""
_FIELDS = """SELECT itemID AS id, fieldName, value FROM here JOIN itemData USING (itemID)
    JOIN fields USING (fieldID) JOIN itemDataValues USING (valueID)"""
_CREATORS = """SELECT itemID AS id, firstName, lastName, creatorType FROM here
    JOIN itemCreators USING (itemID) JOIN creators USING (creatorID)
    JOIN creatorTypes USING (creatorTypeID) ORDER BY itemID, orderIndex"""
_ATTACHMENTS = """SELECT here.itemID AS id, above.key AS parentItem, linkMode, contentType, path
    FROM here JOIN itemAttachments ON itemAttachments.itemID = here.itemID
    LEFT JOIN items AS above ON above.itemID = parentItemID"""
_COLLECTIONS = """SELECT one.key AS key, one.collectionName AS name,
    coalesce(above.key, '') AS parent FROM collections AS one
    LEFT JOIN collections AS above ON above.collectionID = one.parentCollectionID
    WHERE one.libraryID IN (SELECT libraryID FROM searched)
    ORDER BY one.collectionName"""
_MEMBERS = """SELECT key AS collection, itemID AS id
    FROM collectionItems JOIN collections USING (collectionID)"""


class ZoteroData:
    """A library in a data folder.

    Args:
        folder: the one with ``zotero.sqlite`` and ``storage`` in it.
        group: the number of a group, whose library it is; the user's own without one.

    Raises, from all methods:
        UsageError: it is none, or can't be read.
    """

    def __init__(self, folder: Path, group: str = "") -> None:
        self.folder = folder.expanduser().absolute()
        self._searched = _OF_GROUP.format(int(group)) if group else _OWN

    def groups(self) -> list[Collection]:
        """As `ZoteroLibrary.groups`."""
        with self._database() as db:
            found = db.execute("SELECT groupID, name FROM groups ORDER BY name")
            return [Collection(str(number), name) for number, name in found]

    def collections(self) -> list[Collection]:
        """As `ZoteroLibrary.collections`."""
        with self._database() as db:
            return [Collection(*row) for row in db.execute(_COLLECTIONS)]

    def items(self, collections: Iterable[str] | None = None) -> list[Item]:
        """As `ZoteroLibrary.items`."""
        with self._database() as db:
            data = {row["id"]: dict(row) for row in db.execute(_ITEMS)}
            for row in db.execute(_FIELDS):
                data[row["id"]][row["fieldName"]] = row["value"]
            for row in db.execute(_CREATORS):
                data[row["id"]].setdefault("creators", []).append(dict(row))
            attachments = list(map(_attachment, db.execute(_ATTACHMENTS)))
            wanted = set(collections) if collections is not None else None
            placed = [(row["id"], row["collection"]) for row in db.execute(_MEMBERS)]
        for one in attachments:
            data[one["id"]] |= one
        members = set(data) if wanted is None else {one for one, where in placed if where in wanted}
        tops = [one for one in data.values() if one["id"] in members and not one.get("parentItem")]
        return make_items(tops, [data[one["id"]] for one in attachments], self._file)

    def _file(self, attachment: Json) -> Path | str:
        named = str(attachment.get("path") or "")
        if attachment["linkMode"] in _IMPORTED:
            name = named.removeprefix(_STORED)
            if not name or Path(name).name != name:
                return f"its file {named!r} isn't in Zotero's storage"
            path = self.folder / "storage" / str(attachment["key"]) / name
        elif named.startswith(_BASE):
            return (
                f"{named.removeprefix(_BASE)} lies in a base folder that only the running Zotero "
                "knows (--zotero)"
            )
        else:
            path = Path(named)
        return path if path.is_file() else f"there is no file {path}"

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        path = self.folder / "zotero.sqlite"
        if not path.is_file():
            raise UsageError(
                f"{self.folder} is no data folder of Zotero: it has no zotero.sqlite.",
                hint="Zotero shows it: Settings, Advanced, Files and Folders.",
            )
        try:
            uri = f"file:{quote(str(path))}?mode=ro&immutable=1"
            with closing(sqlite3.connect(uri, uri=True)) as db:
                db.row_factory = sqlite3.Row
                db.execute(_SEARCHED.format(self._searched))
                db.execute(_HERE)
                yield db
        except sqlite3.Error as error:
            raise UsageError(
                f"{path} can't be read as Zotero's database: {error}.",
                hint="Close Zotero and try again, or ask the running one: --zotero.",
            ) from error


def _attachment(row: sqlite3.Row) -> dict[str, Any]:
    known = 0 <= (row["linkMode"] or 0) < len(_LINK_MODES)
    return dict(row) | {"linkMode": _LINK_MODES[row["linkMode"] or 0] if known else "linked_url"}
