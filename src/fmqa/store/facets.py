"""Filters in SQL, and the values that they can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from fmqa.filters import FIELDS
from fmqa.store.engine import Connection, marks
from fmqa.types import Filters, PaperStatus

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
_LISTS = {"modality": "papers.modality", "task": "papers.tasks"}
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
        ids = marks(filters.papers)
        sql += f" AND (papers.paper_id IN ({ids}) OR lower(papers.name) IN ({ids}))"
        values += [*filters.papers, *(paper.lower() for paper in filters.papers)]
    for name, column in _COLUMNS.items():
        wanted = getattr(filters, FIELDS[name])
        if name != "year" and wanted:
            sql += f" AND lower({column}) IN ({marks(wanted)})"
            values += map(_lower, wanted)
    for name, column in _LISTS.items():
        wanted = getattr(filters, FIELDS[name])
        if wanted:
            sql += f""" AND EXISTS (SELECT 1 FROM json_each({column}) AS one
                        WHERE lower(one.value) IN ({marks(wanted)}))"""
            values += map(_lower, wanted)
    return sql, values


def count_facets(db: Connection, filters: Filters) -> FacetCounts:
    """The values of each field among the papers that pass the filters of all other fields.

    Years come newest first, other values by how many papers have them.
    """
    found = {}
    for name in (*_COLUMNS, *_LISTS):
        none: Any = (None, None) if name == "year" else ()
        others = replace(filters, **{FIELDS[name]: none})
        narrowing, values = where(others)
        if name in _LISTS:
            value, source = "one.value", f"{_JOINED}, json_each({_LISTS[name]}) AS one"
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
