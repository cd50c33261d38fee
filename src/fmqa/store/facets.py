"""Filters in SQL, and the values that they can have."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fmqa.filters import FIELDS
from fmqa.types import Filters, PaperStatus

FacetCounts = Mapping[str, tuple[tuple[str, int], ...]]
"""By a filter's name, as in an address: its values with how many papers have each."""

_STATUS = (
    f"CASE WHEN versions.withdrawn THEN '{PaperStatus.WITHDRAWN}' ELSE '{PaperStatus.CURRENT}' END"
)
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
        marks = _marks(filters.papers)
        sql += f" AND (papers.paper_id IN ({marks}) OR lower(papers.name) IN ({marks}))"
        values += [*filters.papers, *(paper.lower() for paper in filters.papers)]
    for name, column in _COLUMNS.items():
        wanted = getattr(filters, FIELDS[name])
        if name != "year" and wanted:
            sql += f" AND {column} COLLATE NOCASE IN ({_marks(wanted)})"
            values += map(str, wanted)
    for name, column in _LISTS.items():
        wanted = getattr(filters, FIELDS[name])
        if wanted:
            sql += f""" AND EXISTS (SELECT 1 FROM json_each({column}) AS one
                        WHERE one.value COLLATE NOCASE IN ({_marks(wanted)}))"""
            values += wanted
    return sql, values


def count_facets(db: sqlite3.Connection, filters: Filters) -> FacetCounts:
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
        order = "value DESC" if name == "year" else "n DESC, value"
        rows = db.execute(
            f"""SELECT {value} AS value, count(DISTINCT papers.paper_id) AS n {source}
                WHERE coalesce({value}, '') != ''{narrowing} GROUP BY 1 ORDER BY {order}""",
            values,
        )
        found[name] = tuple((str(row["value"]), int(row["n"])) for row in rows)
    return found


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
