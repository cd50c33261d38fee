"""Where works come from: Zotero's libraries, bibliography files and folders of PDFs.

`fmqa.store.item_store` says how an origin is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from fmqa.reading.bibliography.reference_files import ENDINGS, read_reference_file
from fmqa.sources.folder import find_pdfs
from fmqa.sources.zotero import Item, ZoteroLibrary, find_collection, items_in
from fmqa.sources.zotero_api import ZoteroApi
from fmqa.sources.zotero_data import ZoteroData
from fmqa.store.item_store import ZOTERO, ZOTERO_DATA, group_and_key, in_zotero
from fmqa.types import Reference


def zotero_origins(
    named: Sequence[str], folder: Path | None, url: str, group: str = ""
) -> list[str]:
    """The origins (see `fmqa.store.item_store`) of collections, or of a whole Zotero library.

    Args:
        named: collections by name, path or key; all of the library when there are none.
        folder: Zotero's data folder; None for the running Zotero at ``url``.
        group: name or number of the group whose library is meant; the user's own without one.

    Raises:
        UsageError: there is no such collection, group or data folder.
        SourceError: the running Zotero can't be asked.
    """
    number = ""
    if group:
        with _opened(folder, url, "") as library:
            number = find_collection(library.groups(), group, "group").key
    with _opened(folder, url, number) as library:
        found = library.collections() if named else []
    keys = [find_collection(found, name).key for name in named] or [""]
    start, end = (ZOTERO, "") if folder is None else (ZOTERO_DATA, f"@{ZoteroData(folder).folder}")
    return [f"{start}{number + '/' if number else ''}{key}{end}" for key in keys]


def _opened(folder: Path | None, url: str, group: str) -> AbstractContextManager[ZoteroLibrary]:
    return ZoteroApi(url, group) if folder is None else nullcontext(ZoteroData(folder, group))


def read_origin(origin: str, url: str) -> list[Item]:
    """The works of an origin as they are there now.

    Args:
        url: of the running Zotero.

    Raises:
        UsageError: it isn't there any more, or can't be read.
        SourceError: the running Zotero can't be asked.
    """
    if is_folder(origin):
        return folder_items(Path(origin))
    if not in_zotero(origin):
        return read_reference_file(Path(origin))
    group, key = group_and_key(origin)
    folder = Path(origin.partition("@")[2]) if origin.startswith(ZOTERO_DATA) else None
    with _opened(folder, url, group) as library:
        return items_in(library, key)


def is_folder(origin: str) -> bool:
    """Whether an origin is a folder, as far as its name tells: it may be gone."""
    return not in_zotero(origin) and Path(origin).suffix.lower() not in ENDINGS


def folder_items(folder: Path) -> list[Item]:
    """The PDFs in a folder, by their paths in it.

    Raises:
        UsageError: there is no such folder.
    """
    return [
        Item(path.relative_to(folder).as_posix(), Reference(0, ""), file=path)
        for path in find_pdfs([folder])
    ]


def shown(origin: str) -> str:
    """What to call an origin in messages."""
    if not in_zotero(origin):
        return Path(origin).name
    group, key = group_and_key(origin)
    parts = [f"group {group}"] * bool(group) + [f"collection {key}"] * bool(key)
    return ", ".join(("Zotero", *parts))
