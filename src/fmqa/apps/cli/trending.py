"""Trends in a terminal and in files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import typer

from fmqa.apps.cli.rendering import console
from fmqa.survey.escaping import plain
from fmqa.survey.trend_data import as_csv, coverage, group_name, trend_rows
from fmqa.sync.changelog import write_whole

if TYPE_CHECKING:
    from fmqa.survey.trend_data import Group, Trend

_MOST_ROWS = 30
_MOST_POINTS = 40


def formed(trend: Trend, form: str, *, sides: bool) -> str:
    """The trend as CSV or JSON; as text it is printed here, and nothing is left to write."""
    groups: Sequence[Group | None] = ("cited", "since") if sides else (None,)
    if form == "json":
        shown = trend.only("cited", "since") if sides else trend
        return shown.model_dump_json(indent=2)
    if form == "csv":
        return as_csv(trend, groups)
    return as_text(trend, groups)


def as_text(trend: Trend, groups: Sequence[Group | None]) -> str:
    """A table for each group, as wide as the terminal."""
    out = console()
    with out.capture() as captured:
        out.print(f"[bold]{trend.by.heading}[/bold]. {coverage(trend)}")
        for group in groups:
            points = [point for point in trend.points if group in (None, point.group)]
            if len(groups) > 1:
                out.print(f"\n[bold]{group_name(group)}[/bold] ({len(points)})")
            if points:
                out.print(_sizes(trend, group) if trend.by.is_size else _counts(trend, group))
    return captured.get()


def _counts(trend: Trend, group: Group | None) -> object:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column(trend.by.value)
    for year in trend.years:
        table.add_column(str(year), justify="right")
    table.add_column("all", justify="right", style="bold")
    held = trend_rows(trend, group)
    for row in held[:_MOST_ROWS]:
        counts = [str(count) if count else "·" for count in row.counts]
        table.add_row(escape(plain(row.value)), *counts, str(row.total))
    if len(held) > _MOST_ROWS:
        table.add_row(f"[dim]and {len(held) - _MOST_ROWS} more, in --format csv[/dim]")
    return table


def _sizes(trend: Trend, group: Group | None) -> object:
    """The largest first, each with the quote that shows it."""
    from rich.markup import escape
    from rich.table import Table

    from fmqa.survey.trend_plot import amount_words

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("year")
    table.add_column("amount", justify="right")
    table.add_column("paper", no_wrap=True, max_width=28)
    table.add_column("quote")
    points = [point for point in trend.points if group in (None, point.group)]
    points.sort(key=lambda point: -(point.amount or 0))
    for point in points[:_MOST_POINTS]:
        quote = plain(point.citation.quote) if point.citation else ""
        page = f" (page {point.citation.page})" if point.citation else ""
        table.add_row(
            str(point.year),
            amount_words(point.amount or 0),
            escape(plain(point.shown)),
            escape(quote) + page,
        )
    return table


def save_plot(trend: Trend, form: str, path: Path, *, sides: bool) -> None:
    """Draw the trend into a file.

    Raises:
        UsageError: the file can't be written there.
    """
    from fmqa.survey.trend_plot import draw

    write_whole(path, draw(trend, cast("Literal['png', 'svg']", form), sides=sides))
    typer.echo(f"{trend.by.heading}: written to {path}.")
