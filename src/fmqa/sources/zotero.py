"""Works as reference managers keep them; Zotero's items, collections and links.

Items come as the JSON of Zotero's Web API, version 3 (`zotero.org/support/dev/web_api/v3`), which
the local API speaks too and the data folder's rows are brought into.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from string import ascii_lowercase
from typing import Any, Protocol

from fmqa.errors import UsageError
from fmqa.sources.arxiv_ids import parse_address, parse_doi, parse_id
from fmqa.types import Reference

Json = Mapping[str, Any]
"""The ``data`` of an item, or of an attachment."""
FindFile = Callable[[Json], Path | str]
"""Where the PDF of an attachment is, or why it can't be had."""

_NO_WORKS = frozenset({"attachment", "note", "annotation"})
_AUTHOR_ROLES = ("author", "inventor", "programmer", "presenter", "editor")
_YEAR = re.compile(r"\b(1[5-9]|20)\d\d\b")
_EXTRA = re.compile(r"^\s*(?P<name>[A-Za-z][A-Za-z ]*?)\s*:\s*(?P<value>\S.*?)\s*$", re.MULTILINE)
_MOST_NAMED = 5
_WORD = re.compile(r"[^\W_]+")
_SMALL = frozenset("a an and as at by for from in into is of on or the to via with".split())
_TITLE_WORDS = 3
_PARTICLE = re.compile(r"(?:[a-zà-ÿ'’]+\s+)+(?=\S)")


@dataclass(frozen=True, slots=True)
class Item:
    """One work of a reference manager's library or a bibliography file.

    ``key`` is its own there: eight letters and digits in Zotero, the entry's key in a file.
    ``attachment`` is Zotero's key of the PDF. ``missing`` says why ``file`` is None although a PDF
    is named.
    """

    key: str
    work: Reference
    citekey: str = ""
    attachment: str = ""
    file: Path | None = None
    missing: str = ""

    @property
    def shown(self) -> str:
        """What to call it in messages."""
        return f"{self.key} ({self.work.title})" if self.work.title else self.key


def with_citekeys(items: Iterable[Item]) -> list[Item]:
    """The items, each with a citation key; those that have none get one by the common rule.

    Of equal keys that are made, those of later items, by their own keys, end in a letter.
    """
    found = list(items)
    taken = {item.citekey for item in found if item.citekey}
    made: dict[str, str] = {}
    for item in sorted((item for item in found if not item.citekey), key=lambda item: item.key):
        stem = citekey_of(item.work) or item.key
        ends = ("", *ascii_lowercase, *(f"-{number}" for number in range(1, len(found) + 1)))
        made[item.key] = next(stem + end for end in ends if stem + end not in taken)
        taken.add(made[item.key])
    return [replace(item, citekey=item.citekey or made[item.key]) for item in found]


def citekey_of(work: Reference) -> str:
    """A key by the rule that Better BibTeX has at first: ``maSegmentAnythingMedical2024``.

    The first author's surname, three words of the title without the small ones, and the year; in
    letters and digits of ASCII. Empty for a work without all three.
    """
    surname = _PARTICLE.sub("", _surname(work.authors[0])) if work.authors else ""
    words = [_ascii(word) for word in _WORD.findall(work.title.replace("'", ""))]
    heads = [word[:1].upper() + word[1:] for word in words if word and word.lower() not in _SMALL]
    return f"{_ascii(surname).lower()}{''.join(heads[:_TITLE_WORDS])}{work.year or ''}"


def _surname(name: str) -> str:
    family, comma, _ = name.partition(",")
    return family if comma else " ".join(name.split()[-1:])


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore")
    return re.sub(r"[^A-Za-z0-9]", "", plain.decode())


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection; ``parent`` is the key of the one that it is in, empty at the top."""

    key: str
    name: str
    parent: str = ""


class ZoteroLibrary(Protocol):
    """The user's own library or a group's, opened one way or the other."""

    def groups(self) -> Sequence[Collection]:
        """The group libraries that this Zotero has, by their numbers as keys."""
        ...

    def collections(self) -> Sequence[Collection]:
        """All collections."""
        ...

    def items(self, collections: Iterable[str] | None = None) -> list[Item]:
        """The works of these collections, or all of the library; those in the bin aren't.

        Args:
            collections: keys; a work in several of them comes once.
        """
        ...


def items_in(library: ZoteroLibrary, collection: str = "") -> list[Item]:
    """The works of a collection and of those in it, or of the whole library without one.

    Args:
        collection: its key.

    Raises:
        UsageError: there is no such collection.
    """
    if not collection:
        return library.items()
    found = library.collections()
    if collection not in {one.key for one in found}:
        raise UsageError(f"Zotero has no collection {collection} any more.")
    wanted = [collection]
    for key in wanted:  # grows meanwhile
        wanted += [one.key for one in found if one.parent == key and one.key not in wanted]
    return library.items(wanted)


def find_collection(
    collections: Sequence[Collection], named: str, what: str = "collection"
) -> Collection:
    """The collection of a name, a path such as ``Thesis/Segmentation``, or a key.

    Args:
        what: to call them, where they aren't collections.

    Raises:
        UsageError: there is none, or several have the name.
    """
    paths = {one.key: _path(one, collections) for one in collections}
    wanted = named.strip().strip("/").casefold()
    found = [one for one in collections if named.strip() == one.key]
    found = found or [one for one in collections if paths[one.key].casefold() == wanted]
    found = found or [one for one in collections if one.name.casefold() == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        told = "; ".join(f"{paths[one.key]} ({one.key})" for one in found[:_MOST_NAMED])
        raise UsageError(f"Zotero has {len(found)} {what}s {named!r}.", hint=f"Name: {told}.")
    names = {path.casefold(): path for path in paths.values()}
    names |= {one.name.casefold(): one.name for one in collections if one.name}
    near = get_close_matches(wanted, names, _MOST_NAMED, 0.5) or list(names)[:_MOST_NAMED]
    shown = ", ".join(dict.fromkeys(names[one] for one in near))
    hint = f"There are, among others: {shown}." if near else f"It has no {what}s at all."
    raise UsageError(f"Zotero has no {what} {named!r}.", hint=hint)


def _path(one: Collection, collections: Sequence[Collection]) -> str:
    by_key = {each.key: each for each in collections}
    names, seen = [one.name], {one.key}
    while (above := by_key.get(one.parent)) is not None and above.key not in seen:
        names.insert(0, above.name)
        seen.add(above.key)
        one = above
    return "/".join(names)


def make_items(works: Iterable[Json], attachments: Iterable[Json], find: FindFile) -> list[Item]:
    """Items from the JSON of works and of all attachments.

    Of several PDFs that a work has, the one that was added first and is there is taken. A PDF
    without a work is an item of its own.
    """
    children: dict[str, list[Json]] = {}
    for one in attachments:
        if one.get("parentItem") and _is_pdf(one):
            children.setdefault(str(one["parentItem"]), []).append(one)
    found = []
    for data in works:
        kind = data.get("itemType")
        if kind == "attachment" and _is_pdf(data):
            found.append(_with_file(str(data["key"]), Reference(0, ""), "", [data], find))
        elif kind not in _NO_WORKS:
            key = str(data["key"])
            pdfs = sorted(children.get(key, ()), key=lambda one: str(one.get("dateAdded", "")))
            found.append(_with_file(key, work_of(data), citekey_in(data), pdfs, find))
    return found


def _with_file(
    key: str, work: Reference, citekey: str, pdfs: Sequence[Json], find: FindFile
) -> Item:
    missing = ""
    for data in pdfs:
        where = find(data)
        if isinstance(where, Path):
            return Item(key, work, citekey, str(data["key"]), where)
        missing = missing or where
    return Item(key, work, citekey, missing=missing)


def _is_pdf(data: Json) -> bool:
    if data.get("linkMode") == "linked_url":
        return False
    name = str(data.get("filename") or data.get("path") or "").lower()
    return data.get("contentType") == "application/pdf" or name.endswith(".pdf")


def work_of(data: Json) -> Reference:
    """What an item says of its work."""
    told = extra_of(data)
    doi = (_text(data, "DOI") or told.get("doi", "")).removeprefix("https://doi.org/")
    year = _YEAR.search(_text(data, "date"))
    ids = (
        parse_doi(doi),
        parse_id(_text(data, "archiveID")),
        parse_id(told.get("arxiv", "").split(" ")[0]),
        parse_address(_text(data, "url")),
    )
    found = next((one for one in ids if one), None)
    return Reference(
        number=0,
        text="",
        title=_text(data, "title"),
        authors=_authors(data.get("creators") or ()),
        year=int(year[0]) if year else None,
        arxiv_id=found.bare if found else None,
        doi=doi or None,
    )


def citekey_in(data: Json) -> str:
    """The citation key that an item has, in its own field or as Better BibTeX writes it."""
    return _text(data, "citationKey") or extra_of(data).get("citation key", "")


def extra_of(data: Json) -> dict[str, str]:
    """The lines ``name: value`` of the field "Extra", by their names in lower case."""
    lines = _EXTRA.finditer(str(data.get("extra") or ""))
    return {match["name"].lower(): match["value"] for match in lines}


def _authors(creators: Iterable[Json]) -> tuple[str, ...]:
    """The names of the authors, or else of those of the first role that there is."""
    by_role: dict[str, list[str]] = {}
    for one in creators:
        given, family = _text(one, "firstName"), _text(one, "lastName")
        name = f"{family}, {given}" if family and given else _text(one, "name") or family or given
        if name:
            by_role.setdefault(str(one.get("creatorType", "author")), []).append(name)
    return tuple(next((by_role[role] for role in _AUTHOR_ROLES if role in by_role), ()))


def _text(data: Json, name: str) -> str:
    value = data.get(name)
    return " ".join(value.split()) if isinstance(value, str) else ""


def item_link(key: str, group: str = "") -> str:
    """What opens an item in Zotero, in the user's own library or in that of a group."""
    return f"zotero://select/{_library(group)}/items/{key}"


def pdf_link(attachment: str, page: int, group: str = "") -> str:
    """What opens a page of an attachment, counted from 1, in Zotero's reader."""
    return f"zotero://open-pdf/{_library(group)}/items/{attachment}?page={page}"


def _library(group: str) -> str:
    return f"groups/{group}" if group else "library"
