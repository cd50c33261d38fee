"""Trends as rows: for a terminal, for CSV, and for the table beside a plot."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fmqa.survey.cells import inert
from fmqa.survey.trends import GROUPS, Group, Trend, TrendPoint


@dataclass(frozen=True, slots=True)
class Row:
    """A value's papers in each year, and in all."""

    value: str
    counts: tuple[int, ...]
    total: int


def rows(trend: Trend, group: Group | None = None) -> list[Row]:
    """A row for each value, the commonest first, with a count for each of `Trend.years`."""
    counts = trend.counts(group)
    found = []
    for value in trend.values:
        of_years = tuple(counts.get((value, year), 0) for year in trend.years)
        if any(of_years):
            found.append(Row(value, of_years, sum(of_years)))
    return sorted(found, key=lambda row: -row.total)


def as_csv(trend: Trend, groups: Sequence[Group | None] = (None,)) -> str:
    """CSV (RFC 4180) with a line of headings.

    Counted values: ``by, papers_of, value, year, papers``, where ``papers_of`` is ``all`` or a side
    of the review. Sizes: a line a paper with the quote that shows it.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    if trend.by.is_size:
        writer.writerow(_SIZE_HEADINGS)
        for group in groups:
            mine = [point for point in trend.points if group in (None, point.group)]
            writer.writerows(_size_line(trend, group, point) for point in mine)
    else:
        writer.writerow(("by", "papers_of", "value", "year", "papers"))
        for group in groups:
            for row in rows(trend, group):
                for year, count in zip(trend.years, row.counts, strict=True):
                    line = (trend.by.value, group or "all", row.value, year, count)
                    writer.writerow(map(inert, line))
    return out.getvalue()


_SIZE_HEADINGS = (
    "by", "papers_of", "paper", "version", "name", "title", "kind", "published", "amount", "page",
    "quote",
)  # fmt: skip


def _size_line(trend: Trend, group: Group | None, point: TrendPoint) -> Iterable[object]:
    cited = point.citation
    line = (
        trend.by.value,
        group or "all",
        point.paper_id,
        cited.version if cited else None,
        point.name,
        point.title,
        point.kind,
        point.published or point.year,
        f"{point.amount or 0:.10g}",
        cited.page if cited else None,
        cited.quote if cited else "",
    )
    return map(inert, line)


def told_of(trend: Trend) -> str:
    """One line on what the numbers are of."""
    counted = len({point.paper_id for point in trend.points})
    parts = [f"{counted} of {trend.papers} papers"]
    if trend.unknown:
        parts.append(f"{trend.unknown} don't say")
    if trend.undated:
        parts.append(f"{trend.undated} without a year")
    return ", ".join(parts) + "."


def group_name(group: Group | None) -> str:
    """What a part of the numbers is called."""
    return GROUPS[group] if group else "All papers"
