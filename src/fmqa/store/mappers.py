"""Between the values of `fmqa.types` and SQL: rows, and filters with the values they can have."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, replace
from string import ascii_lowercase, ascii_uppercase
from typing import Any

import numpy as np

from fmqa.filters import FIELDS
from fmqa.store.engine import Connection, RecordRow, of_row, placeholders
from fmqa.types import (
    Document,
    Filters,
    Gap,
    GapKind,
    HiddenRun,
    Page,
    PaperMeta,
    PaperStatus,
    Passage,
    PassageKind,
    ScannedLine,
    Source,
    Span,
    StoredPassage,
)


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper as a listing shows it, with facts of its active version."""

    meta: PaperMeta
    source: Source
    status: PaperStatus
    file: str
    pages: int
    passages: int
    hidden: tuple[HiddenRun, ...]
    gaps: tuple[Gap, ...]
    read_at: str
    sha256: str


def heading(meta: PaperMeta) -> str:
    """A paper's title, with the name that the field calls its model by where it lacks it."""
    if not meta.name or meta.name.lower() in meta.title.lower():
        return meta.title
    return f"{meta.name}: {meta.title}"


def index_text(title: str, section: str, text: str) -> str:
    """What is embedded for a passage: its text under its paper's title and section.

    A paper rarely repeats its own name in each paragraph ("our model"), and questions name it.
    """
    head = f"{title}. {section}" if section else title
    return f"{head}. {text}" if head else text


def content_hash(text: str) -> bytes:
    """Key of an embedding: the first 16 bytes of the text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def paper_row(row: RecordRow) -> PaperRow:
    """A row of `Record.papers`."""
    return PaperRow(
        meta=of_row(PaperMeta, row),
        source=Source(row["source"]),
        status=PaperStatus.WITHDRAWN if row["withdrawn"] else PaperStatus.CURRENT,
        file=row["file"],
        pages=row["n_pages"],
        passages=row["n_passages"],
        hidden=tuple(HiddenRun(**run) for run in json.loads(row["hidden"])),
        gaps=gaps_of(row["gaps"]),
        read_at=row["read_at"],
        sha256=row["sha256"],
    )


def gaps_of(kept: str) -> tuple[Gap, ...]:
    """What a version's text lacks, as `to_json` wrote it."""
    return tuple(Gap(one["page"], GapKind(one["kind"])) for one in json.loads(kept))


def status_of(version: RecordRow) -> PaperStatus:
    """Whether a version is the one that holds today."""
    if version["withdrawn"]:
        return PaperStatus.WITHDRAWN
    return PaperStatus.CURRENT if version["active"] else PaperStatus.SUPERSEDED


def stored_passage(row: RecordRow) -> StoredPassage:
    """A passage's row joined with its version's and its paper's."""
    return StoredPassage(
        id=row["passage_id"],
        paper=of_row(PaperMeta, row),
        source=Source(row["source"]),
        status=status_of(row),
        passage=Passage(
            ordinal=row["ordinal"],
            section=row["section"],
            kind=PassageKind(row["passage_kind"]),
            text=row["text"],
            spans=tuple(Span(*span) for span in json.loads(row["spans"])),
        ),
        labels=tuple(json.loads(row["labels"])),
        gaps=gaps_of(row["gaps"]),
    )


PAGE_COLUMNS = "number, text, runs, places"


def page_values(page: Page) -> tuple[object, ...]:
    """The values of a page's columns."""
    places = json.dumps([astuple(line) for line in page.places])
    return page.number, page.text, pack_runs(page.runs), places


def page_of(row: RecordRow) -> Page:
    """A page of its columns."""
    places = tuple(ScannedLine(*line) for line in json.loads(row["places"]))
    return Page(row["number"], row["text"], unpack_runs(row["runs"]), places)


def pack_runs(runs: tuple[tuple[int, int, int], ...]) -> bytes:
    """A page's offset map as little-endian 32-bit integers, three a run."""
    return np.asarray(runs, dtype="<i4").tobytes()


def unpack_runs(blob: bytes) -> tuple[tuple[int, int, int], ...]:
    """The offset map of `pack_runs`, read back."""
    table = np.frombuffer(blob, dtype="<i4").reshape(-1, 3).tolist()
    return tuple((text_start, raw_start, length) for text_start, raw_start, length in table)


def to_json(items: tuple[Any, ...]) -> str:
    """Dataclasses or plain values as a JSON list."""
    plain = [item if isinstance(item, str) else asdict(item) for item in items]
    return json.dumps(plain, ensure_ascii=False)


def spans_json(spans: tuple[Span, ...]) -> str:
    """Spans as ``[[page, start, end], …]``."""
    return json.dumps([(span.page, span.start, span.end) for span in spans])


FacetCounts = Mapping[str, tuple[tuple[str, int], ...]]
"""By a filter's name, as in an address: its values with how many papers have each."""

_STATUS = (
    f"CASE WHEN versions.withdrawn THEN '{PaperStatus.WITHDRAWN}' ELSE '{PaperStatus.CURRENT}' END"
)
_ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_COLUMNS = {
    "year": "papers.year",
    "kind": "papers.kind",
    "source": "versions.source",
    "status": _STATUS,
}
_LIST_COLUMNS = {"modality": "papers.modality", "task": "papers.tasks"}
_JOINED = "FROM papers JOIN versions ON versions.paper_id = papers.paper_id AND versions.active"


def where(filters: Filters | None) -> tuple[str, list[object]]:
    """SQL that follows a condition on papers joined with their active versions, and its values."""
    if not filters:
        return "", []
    sql, values = "", list[object]()
    first, last = filters.years
    if first is not None:
        sql, values = sql + " AND papers.year >= ?", [*values, first]
    if last is not None:
        sql, values = sql + " AND papers.year <= ?", [*values, last]
    if filters.papers:
        ids = placeholders(filters.papers)
        sql += f" AND (papers.paper_id IN ({ids}) OR lower(papers.name) IN ({ids}))"
        values += [*filters.papers, *(paper.lower() for paper in filters.papers)]
    for name, column in _COLUMNS.items():
        wanted = getattr(filters, FIELDS[name])
        if name != "year" and wanted:
            sql += f" AND lower({column}) IN ({placeholders(wanted)})"
            values += map(_lower, wanted)
    for name, column in _LIST_COLUMNS.items():
        wanted = getattr(filters, FIELDS[name])
        if wanted:
            sql += f""" AND EXISTS (SELECT 1 FROM json_each({column}) AS one
                        WHERE lower(one.value) IN ({placeholders(wanted)}))"""
            values += map(_lower, wanted)
    return sql, values


def count_facets(db: Connection, filters: Filters) -> FacetCounts:
    """The values of each field among the papers that pass the filters of all other fields.

    Years come newest first, other values by how many papers have them.
    """
    found = {}
    for name in (*_COLUMNS, *_LIST_COLUMNS):
        none: Any = (None, None) if name == "year" else ()
        others = replace(filters, **{FIELDS[name]: none})
        narrowing, values = where(others)
        if name in _LIST_COLUMNS:
            value, source = "one.value", f"{_JOINED}, json_each({_LIST_COLUMNS[name]}) AS one"
        else:
            value, source = _COLUMNS[name], _JOINED
        rows = db.execute(
            f"""SELECT {value} AS value, count(DISTINCT papers.paper_id) AS n {source}
                WHERE {value} IS NOT NULL AND CAST({value} AS TEXT) != ''{narrowing} GROUP BY 1""",
            values,
        )
        counts = [(str(row["value"]), int(row["n"])) for row in rows]
        found[name] = tuple(
            sorted(counts, reverse=True)
            if name == "year"
            else sorted(counts, key=lambda one: (-one[1], one[0]))
        )
    return found


def _lower(value: str) -> str:
    """In lower case as SQL's ``lower`` makes it: letters of ASCII only."""
    return str(value).translate(_ASCII_LOWER)


def passage_texts(document: Document) -> list[str]:
    """What is embedded for each passage of a document, in order."""
    head = heading(document.meta)
    return [index_text(head, p.section, p.text) for p in document.passages]
