"""A small Zotero: a library and a group's, as a data folder and as a running Zotero's local API.

The tables are those of Zotero 7 as far as a library has need of them; the API answers as
`zotero.org/support/dev/web_api/v3/local_api` says.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fakes import make_pdf

GROUP = 4711
_MODES = ("imported_file", "imported_url", "linked_file", "linked_url")
_TABLES = """
CREATE TABLE libraries (libraryID INTEGER PRIMARY KEY, type TEXT NOT NULL);
CREATE TABLE itemTypes (itemTypeID INTEGER PRIMARY KEY, typeName TEXT);
CREATE TABLE items (itemID INTEGER PRIMARY KEY, itemTypeID INT NOT NULL, dateAdded TIMESTAMP,
    libraryID INT NOT NULL, key TEXT NOT NULL, UNIQUE (libraryID, key));
CREATE TABLE deletedItems (itemID INTEGER PRIMARY KEY);
CREATE TABLE fields (fieldID INTEGER PRIMARY KEY, fieldName TEXT UNIQUE);
CREATE TABLE itemDataValues (valueID INTEGER PRIMARY KEY, value UNIQUE);
CREATE TABLE itemData (itemID INT, fieldID INT, valueID, PRIMARY KEY (itemID, fieldID));
CREATE TABLE creators (creatorID INTEGER PRIMARY KEY, firstName TEXT, lastName TEXT,
    fieldMode INT);
CREATE TABLE creatorTypes (creatorTypeID INTEGER PRIMARY KEY, creatorType TEXT);
CREATE TABLE itemCreators (itemID INT NOT NULL, creatorID INT NOT NULL,
    creatorTypeID INT NOT NULL, orderIndex INT NOT NULL);
CREATE TABLE itemAttachments (itemID INTEGER PRIMARY KEY, parentItemID INT, linkMode INT,
    contentType TEXT, charsetID INT, path TEXT);
CREATE TABLE collections (collectionID INTEGER PRIMARY KEY, collectionName TEXT NOT NULL,
    parentCollectionID INT, libraryID INT NOT NULL, key TEXT NOT NULL);
CREATE TABLE collectionItems (collectionID INT NOT NULL, itemID INT NOT NULL);
CREATE TABLE groups (groupID INTEGER PRIMARY KEY, libraryID INT NOT NULL UNIQUE,
    name TEXT NOT NULL, description TEXT NOT NULL, version INT NOT NULL);
INSERT INTO libraries VALUES (1, 'user'), (2, 'group');
INSERT INTO itemTypes VALUES (1, 'journalArticle'), (2, 'preprint'), (3, 'attachment'), (4, 'note');
INSERT INTO creatorTypes VALUES (1, 'author'), (2, 'editor');
"""
_TYPES = {"journalArticle": 1, "preprint": 2, "attachment": 3, "note": 4}


@dataclass
class Attached:
    """A PDF of an item: stored in Zotero's folder, or linked where it lies."""

    key: str
    path: Path | None = None
    """Where a linked file lies; None for a stored one."""
    number: int = 1
    there: bool = True


@dataclass
class Entry:
    """An item; ``number`` of its PDF makes its text."""

    key: str
    title: str
    authors: tuple[tuple[str, str], ...] = (("Jun", "Ma"),)
    fields: dict[str, str] = field(default_factory=dict)
    pdfs: tuple[Attached, ...] = ()
    collections: tuple[str, ...] = ()
    kind: str = "journalArticle"
    binned: bool = False


@dataclass
class SmallZotero:
    """A library, its data folder, and a server of it while the ``with`` block lasts.

    ``folders`` are collections by key: name, and the key of the one that it is in; ``shared`` and
    ``shared_folders`` are the same of the group `GROUP` "Lab". ``status`` is
    what every request is answered with where it isn't 200; ``paged`` is whether lists come in pages
    where that is asked for, as they do since Zotero 7.1.
    """

    folder: Path
    entries: list[Entry]
    folders: dict[str, tuple[str, str]] = field(default_factory=dict)
    status: int = 200
    paged: bool = True
    shared: list[Entry] = field(default_factory=list)
    shared_folders: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.zotero = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> SmallZotero:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def path_of(self, one: Attached) -> Path:
        """Where the file of an attachment is, or should be."""
        return one.path or self.folder / "storage" / one.key / f"{one.key} paper.pdf"

    def write(self) -> Path:
        """Write the data folder anew; returns it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for one in (one for entry in self._all() for one in entry.pdfs if one.there):
            path = self.path_of(one)
            path.parent.mkdir(parents=True, exist_ok=True)
            make_pdf(path, one.number)
        (self.folder / "zotero.sqlite").unlink(missing_ok=True)
        with closing(sqlite3.connect(self.folder / "zotero.sqlite")) as db, db:
            db.executescript(_TABLES)
            _Writer(db).write(self)
        return self.folder

    def _all(self) -> list[Entry]:
        return [*self.entries, *self.shared]

    def answer(self, library: str, path: str, asked: dict[str, str]) -> Any:
        """The value of an answer of a library, None where there is none."""
        own = library == "users/0"
        folders = self.folders if own else self.shared_folders
        entries = [one for one in (self.entries if own else self.shared) if not one.binned]
        if path == "groups" and own:
            return [{"id": GROUP, "data": {"id": GROUP, "name": "Lab"}}]
        if path == "collections":
            return [
                {"key": key, "data": {"key": key, "name": name, "parentCollection": above or False}}
                for key, (name, above) in folders.items()
            ]
        if path.endswith("items/top"):
            parts = path.split("/")
            inside = [e for e in entries if len(parts) == 2 or parts[1] in e.collections]
            return [{"key": entry.key, "data": _data(entry)} for entry in inside]
        if path == "items" and asked.get("itemType") == "attachment":
            return [
                {"key": one.key, "data": self._attachment(entry, one)}
                for entry in entries
                for one in entry.pdfs
            ]
        return None

    def file_url(self, key: str) -> str | None:
        found = [one for entry in self._all() for one in entry.pdfs if one.key == key]
        return self.path_of(found[0]).as_uri() if found and found[0].there else None

    def _attachment(self, entry: Entry, one: Attached) -> dict[str, Any]:
        mode = "linked_file" if one.path else "imported_file"
        named = {"path": str(one.path)} if one.path else {"filename": self.path_of(one).name}
        return {
            "key": one.key, "itemType": "attachment", "linkMode": mode,
            "contentType": "application/pdf", "parentItem": entry.key,
        } | named  # fmt: skip


def _data(entry: Entry) -> dict[str, Any]:
    names = [
        {"creatorType": "author", "firstName": first, "lastName": last}
        for first, last in entry.authors
    ]
    told = {"key": entry.key, "itemType": entry.kind, "title": entry.title, "creators": names}
    return told | entry.fields


class _Writer:
    """Rows of Zotero's tables, numbered as they come."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.last = 0

    def write(self, zotero: SmallZotero) -> None:
        self.db.execute("INSERT INTO groups VALUES (?, 2, 'Lab', '', 1)", (GROUP,))
        own = [(key, name, 1) for key, (name, _) in zotero.folders.items()]
        shared = [(key, name, 2) for key, (name, _) in zotero.shared_folders.items()]
        for key, name, library in own + shared:
            self.db.execute(
                "INSERT INTO collections VALUES (NULL, ?, NULL, ?, ?)", (name, library, key)
            )
        for key, (_, above) in (zotero.folders | zotero.shared_folders).items():
            self.db.execute(
                """UPDATE collections SET parentCollectionID =
                   (SELECT collectionID FROM collections WHERE key = ?) WHERE key = ?""",
                (above, key),
            )
        for entry in zotero.entries:
            self._entry(zotero, entry, 1)
        for entry in zotero.shared:
            self._entry(zotero, entry, 2)

    def _entry(self, zotero: SmallZotero, entry: Entry, library: int) -> None:
        item = self._item(entry.key, entry.kind, library)
        for name, value in {"title": entry.title, **entry.fields}.items():
            self.db.execute("INSERT OR IGNORE INTO fields (fieldName) VALUES (?)", (name,))
            self.db.execute("INSERT OR IGNORE INTO itemDataValues (value) VALUES (?)", (value,))
            self.db.execute(
                """INSERT INTO itemData SELECT ?, fieldID, valueID FROM fields, itemDataValues
                   WHERE fieldName = ? AND value = ?""",
                (item, name, value),
            )
        for at, (first, last) in enumerate(entry.authors):
            made = self.db.execute("INSERT INTO creators VALUES (NULL, ?, ?, 0)", (first, last))
            self.db.execute(
                "INSERT INTO itemCreators VALUES (?, ?, 1, ?)", (item, made.lastrowid, at)
            )
        for one in entry.pdfs:
            path = str(one.path) if one.path else f"storage:{zotero.path_of(one).name}"
            mode = _MODES.index("linked_file" if one.path else "imported_file")
            self.db.execute(
                "INSERT INTO itemAttachments VALUES (?, ?, ?, 'application/pdf', NULL, ?)",
                (self._item(one.key, "attachment", library), item, mode, path),
            )
        for key in entry.collections:
            self.db.execute(
                "INSERT INTO collectionItems SELECT collectionID, ? FROM collections WHERE key = ?",
                (item, key),
            )
        if entry.binned:
            self.db.execute("INSERT INTO deletedItems VALUES (?)", (item,))

    def _item(self, key: str, kind: str, library: int) -> int:
        self.last += 1
        added = f"2026-01-01 00:00:{self.last % 60:02}"
        values = (self.last, _TYPES[kind], added, library, key)
        self.db.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?)", values)
        return self.last


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        zotero: SmallZotero = self.server.zotero  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        _, api, kind, number, path = parts.path.split("/", maxsplit=4)
        library = f"{kind}/{number}"
        zotero.asked.append(path)
        if api != "api" or library not in {"users/0", f"groups/{GROUP}"}:
            self._send(404, b"Not found")
        elif zotero.status != 200 or self.headers["Zotero-API-Version"] != "3":
            self._send(zotero.status if zotero.status != 200 else 501, b"Not for you")
        elif path.endswith("/file/view/url"):
            url = zotero.file_url(path.split("/")[1])
            self._send(200 if url else 404, (url or "Not found").encode())
        else:
            self._list(zotero, parts.path, asked, zotero.answer(library, path, asked))

    def _list(self, zotero: SmallZotero, path: str, asked: dict[str, str], found: Any) -> None:
        if found is None:
            self._send(404, b"Not found")
            return
        headers = {}
        if zotero.paged and "limit" in asked:
            start, limit = int(asked.get("start", 0)), int(asked["limit"])
            if start + limit < len(found):
                link = f"{zotero.url}{path}?limit={limit}&start={start + limit}"
                headers["Link"] = f'<{link}>; rel="next"'
            found = found[start : start + limit]
        self._send(200, json.dumps(found).encode(), headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told: object) -> None:
        """Keep quiet."""
