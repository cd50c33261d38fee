"""The works of a `.bib` file."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from fmqa.errors import UsageError
from fmqa.reading.bibliography.ids import find_doi, find_ids
from fmqa.sources.arxiv_ids import parse_id
from fmqa.types import Reference

_YEAR = re.compile(r"\b(1[6-9]|20)\d\d\b")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)


def read_bib(path: Path) -> dict[str, Reference]:
    """The entries by key; of two with one key the first. Entries that can't be read are left out.

    Raises:
        UsageError: the file can't be read.
    """
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.middlewares import LatexDecodingMiddleware

    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error
    logging.getLogger("bibtexparser").setLevel(logging.ERROR)
    held = parse_string(text, append_middleware=[LatexDecodingMiddleware()])
    return {
        entry.key: _work({name.lower(): str(one.value) for name, one in entry.fields_dict.items()})
        for entry in held.entries
    }


def _work(told: dict[str, str]) -> Reference:
    text = " ".join(told.values())
    eprint = parse_id(told.get("eprint", ""))
    ids = [eprint.bare] if eprint else [one.bare for one in find_ids(text)]
    year = _YEAR.search(told.get("year") or told.get("date", ""))
    names = _AND.split(told.get("author", ""))
    return Reference(
        number=0,
        text=text,
        title=" ".join(told.get("title", "").replace("{", "").replace("}", "").split()),
        authors=tuple(" ".join(name.split()) for name in names if name.strip()),
        year=int(year[0]) if year else None,
        arxiv_id=ids[0] if ids else None,
        doi=find_doi(told.get("doi", "")) or find_doi(text),
    )
