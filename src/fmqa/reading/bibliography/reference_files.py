"""The works of bibliography files (`.bib`, `.ris`), with the PDFs that they name.

Reference managers write a file's place in ways of their own: Zotero and JabRef as
``description:path:type``, several with ``;`` between them and ``\\`` before marks that belong to
the path; Better BibTeX as bare paths; Mendeley without the first slash. RIS has it under ``L1``.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from fmqa.errors import UsageError
from fmqa.reading.bibliography.ids import find_doi, find_ids
from fmqa.sources.arxiv_ids import parse_id
from fmqa.sources.zotero import Item, citekey_of
from fmqa.types import Reference

ENDINGS = (".bib", ".ris")
_YEAR = re.compile(r"\b(1[6-9]|20)\d\d\b")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_BETWEEN_FILES, _BETWEEN_PARTS = re.compile(r"(?<!\\);"), re.compile(r"(?<!\\):")
_ESCAPED = re.compile(r"\\([^\w\s])")
_PARTS = 3  # description, path, type


def read_reference_file(path: Path) -> list[Item]:
    """The works in a file's order; of two with one key the first, and none that can't be read.

    Raises:
        UsageError: the file can't be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error
    found = _ris_items(text, path) if path.suffix.lower() == ".ris" else _bib_items(text, path)
    by_key: dict[str, Item] = {}
    for item in found:
        by_key.setdefault(item.key, item)
    return list(by_key.values())


def _bib_items(text: str, path: Path) -> Iterator[Item]:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.middlewares import LatexDecodingMiddleware

    logging.getLogger("bibtexparser").setLevel(logging.ERROR)
    held = parse_string(text)
    # Before LaTeX is read, to which a path's backslashes are commands.
    files = {
        entry.key: str(one.value)
        for entry in held.entries
        for name, one in entry.fields_dict.items()
        if name.lower() == "file"
    }
    for entry in LatexDecodingMiddleware().transform(held).entries:
        told = {name.lower(): str(one.value) for name, one in entry.fields_dict.items()}
        told.pop("file", None)  # a path may look like an id
        file, missing = _first_pdf(_paths_in(files.get(entry.key, "")), path.parent)
        names = _AND.split(told.get("author") or told.get("editor", ""))
        work = _work(told, told.get("title", ""), names, told.get("year") or told.get("date", ""))
        yield Item(entry.key, work, entry.key, file=file, missing=missing)


def _ris_items(text: str, path: Path) -> Iterator[Item]:
    import rispy
    from rispy.config import LIST_TYPE_TAGS

    try:
        entries = rispy.loads(text, list_tags=[*LIST_TYPE_TAGS, "L1"])
    except (OSError, ValueError, LookupError) as error:
        raise UsageError(f"{path} isn't written as RIS is: {error}.") from error
    for entry in entries:
        lists = {name: value for name, value in entry.items() if isinstance(value, list)}
        told = {name: value for name, value in entry.items() if isinstance(value, str)}
        told["urls"] = " ".join(lists.get("urls", ()))
        names = lists.get("authors") or lists.get("first_authors") or ()
        title = told.get("title") or told.get("primary_title", "")
        work = _work(told, title, names, told.get("year") or told.get("publication_year", ""))
        named = lists.get("file_attachments1", ())
        file, missing = _first_pdf((part for one in named for part in one.split(";")), path.parent)
        if key := told.get("id", "").strip() or citekey_of(work):
            yield Item(key, work, told.get("id", "").strip(), file=file, missing=missing)


def _work(told: Mapping[str, str], title: str, names: Iterable[str], date: str) -> Reference:
    text = " ".join(told.values())
    eprint = parse_id(told.get("eprint", ""))
    ids = [eprint.bare] if eprint else [one.bare for one in find_ids(text)]
    year = _YEAR.search(date)
    return Reference(
        number=0,
        text=text,
        title=" ".join(title.replace("{", "").replace("}", "").split()),
        authors=tuple(" ".join(name.split()) for name in names if name.strip()),
        year=int(year[0]) if year else None,
        arxiv_id=ids[0] if ids else None,
        doi=find_doi(told.get("doi", "")) or find_doi(text),
    )


def _paths_in(field: str) -> Iterator[str]:
    """The paths in a field ``file``, those of PDFs first."""
    found = []
    for one in _BETWEEN_FILES.split(field.replace("$\\backslash$", "\\")):
        parts = _BETWEEN_PARTS.split(one)
        named = parts[1] if len(parts) == _PARTS else one
        found.append(_ESCAPED.sub(r"\1", named).strip())
    yield from sorted(found, key=lambda name: not name.lower().endswith(".pdf"))


def _first_pdf(named: Iterable[str], folder: Path) -> tuple[Path | None, str]:
    """The first PDF that is there, or why there is none though one is named."""
    missing = ""
    for one in named:
        name = url2pathname(urlsplit(one).path) if one.startswith("file:") else one
        if not name.lower().endswith(".pdf"):
            continue
        # Behind a folder of the bibliography's own; Mendeley leaves the first slash out.
        for path in (folder / Path(name).expanduser(), Path("/") / name):
            if _is_file(path):
                return path.absolute(), ""
        missing = missing or f"there is no file {folder / name}"
    return None, missing


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, a NUL
        return False
