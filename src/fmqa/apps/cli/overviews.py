"""`fmqa map` and `fmqa trends`: the field as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fmqa.apps.cli.options import (
    Home,
    Kind,
    Modality,
    Output,
    Year,
    deliver,
    workbench,
)
from fmqa.errors import NothingToSearch, UsageError
from fmqa.filters import make_filters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fmqa.survey.field_map import FieldMap
    from fmqa.survey.trend_data import Group, Trend

app = typer.Typer()

_NAMED = 6
_MOST_ROWS = 30
_MOST_POINTS = 40


MapForm = Literal["text", "json", "graphml"]
"""Forms of the map."""


TrendForm = Literal["text", "csv", "json", "png", "svg"]
"""Forms of a trend."""


TrendBy = Literal["kind", "modality", "task", "training", "datasets", "model-size", "data-size"]
"""What `fmqa.survey.trend_data.By` has, which takes longer to import than a help page may."""


@app.command("map")
def field_map(
    about: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORDS]", help="Only papers with these words in title or facets."),
    ] = None,
    form: Annotated[
        MapForm,
        typer.Option("--format", help="The groups as text, or the whole map as JSON or GraphML."),
    ] = "text",
    output: Output = None,
    year: Year = None,
    kind: Kind = None,
    modality: Modality = None,
    home: Home = None,
) -> None:
    """The papers by what cites what and what is alike, in groups named by what sets them apart."""
    from fmqa.survey.field_map import MapFilter, as_graphml
    from fmqa.survey.field_map import field_map as made

    wanted = MapFilter(
        " ".join(about or ()),
        make_filters(year=year).years,
        tuple(kind or ()),
        tuple(modality or ()),
    )
    with workbench(home=home) as bench:
        whole = made(bench.facets)
    drawn = whole.only(paper.paper_id for paper in whole.papers if wanted(paper))
    if not drawn.papers:
        raise NothingToSearch("No paper of the map is meant by this.", hint="Loosen the filters.")
    forms = {"json": lambda: drawn.as_json(indent=2), "graphml": lambda: as_graphml(drawn)}
    text = forms.get(form, lambda: _as_text(drawn))()
    deliver(text, output, f"A map of {len(drawn.papers)} papers")


@app.command("trends")
def trends(
    by: Annotated[TrendBy, typer.Option(help="What to count, or the size to follow.")] = (
        "modality"
    ),
    cited_by_review: Annotated[
        bool,
        typer.Option(
            "--cited-by-review", help="What the review cites, beside what came since; no others."
        ),
    ] = False,
    form: Annotated[
        TrendForm, typer.Option("--format", help="What to print or write it as.")
    ] = "text",
    output: Output = None,
    home: Home = None,
) -> None:
    """Papers a year by what they are and do, and model and data sizes, each with its papers.

    PNG and SVG are plots, and written to the file that --output names.
    """
    from fmqa.files import write_whole
    from fmqa.survey import trend_maker
    from fmqa.survey.trend_data import as_csv, sides_of
    from fmqa.survey.trend_plot import draw

    if form in ("png", "svg") and output is None:
        raise UsageError(
            "A plot is written to a file.",
            hint=f"Say which: `fmqa trends --by {by} --format {form} --output FILE`.",
        )
    with workbench(home=home) as bench:
        trend = trend_maker.trend(bench.facets, by)
    if form == "png" or form == "svg":  # noqa: PLR1714 - which mypy understands
        assert output is not None
        write_whole(output, draw(trend, form, sides=cited_by_review))
        typer.echo(f"{trend.by.heading}: written to {output}.")
        return
    groups = sides_of(cited_by_review)
    if form == "json":
        shown = trend.only("cited", "since") if cited_by_review else trend
        text = shown.model_dump_json(indent=2)
    else:
        text = as_csv(trend, groups) if form == "csv" else _trend_text(trend, groups)
    deliver(text, output, f"{by.capitalize()} over the years")


def _as_text(drawn: FieldMap) -> str:
    """Each group with its most cited and newest papers."""
    from fmqa.survey.escaping import plain

    cites = sum(edge.kind == "cites" for edge in drawn.edges)
    lines = [
        f"{len(drawn.papers)} papers, {cites} citations among them, "
        f"{len(drawn.edges) - cites} pairs that speak alike."
    ]
    for cluster in drawn.clusters:
        members = [paper for paper in drawn.papers if paper.cluster == cluster.number]
        members.sort(key=lambda paper: (-paper.cited, -(paper.year or 0), paper.paper_id))
        named = ", ".join(plain(paper.name or paper.title) for paper in members[:_NAMED])
        more = f", and {len(members) - _NAMED} more" if len(members) > _NAMED else ""
        lines += ["", f"{plain(cluster.name)} ({cluster.size})", f"  {named}{more}"]
    alone = [paper for paper in drawn.papers if paper.cluster < 0]
    if alone:
        lines += ["", f"On their own ({len(alone)})"]
        lines += [f"  {plain(paper.name or paper.title)}" for paper in alone[:_NAMED]]
    return "\n".join(lines) + "\n"


def _trend_text(trend: Trend, groups: Sequence[Group | None]) -> str:
    """A table for each group, as wide as the terminal."""
    from fmqa.apps.cli.rendering import console
    from fmqa.survey.trend_data import coverage, group_name

    out = console()
    with out.capture() as captured:
        out.print(f"[bold]{trend.by.heading}[/bold]. {coverage(trend)}")
        for group in groups:
            points = trend.of(group)
            if len(groups) > 1:
                out.print(f"\n[bold]{group_name(group)}[/bold] ({len(points)})")
            if points:
                out.print(
                    _trend_sizes(trend, group) if trend.by.is_size else _trend_counts(trend, group)
                )
    return captured.get()


def _trend_counts(trend: Trend, group: Group | None) -> object:
    from rich.markup import escape

    from fmqa.apps.cli.rendering import table
    from fmqa.survey.escaping import plain
    from fmqa.survey.trend_data import trend_rows

    numbers = (*map(str, trend.years), "all")
    listed = table(trend.by.value, *numbers, right=numbers, folded=(trend.by.value,))
    held = trend_rows(trend, group)
    for row in held[:_MOST_ROWS]:
        counts = [str(count) if count else "·" for count in row.counts]
        listed.add_row(escape(plain(row.value)), *counts, f"[bold]{row.total}[/bold]")
    if len(held) > _MOST_ROWS:
        listed.add_row(f"[dim]and {len(held) - _MOST_ROWS} more, in --format csv[/dim]")
    return listed


def _trend_sizes(trend: Trend, group: Group | None) -> object:
    """The largest first, each with the quote that shows it."""
    from rich.markup import escape

    from fmqa.apps.cli.rendering import table
    from fmqa.survey.escaping import plain
    from fmqa.survey.trend_plot import amount_words

    heads = ("year", "amount", "paper", "quote")
    listed = table(*heads, right=("amount",), folded=("paper", "quote"))
    largest_first = sorted(trend.of(group), key=lambda point: -(point.amount or 0))
    for point in largest_first[:_MOST_POINTS]:
        quote = plain(point.citation.quote) if point.citation else ""
        page = f" (page {point.citation.page})" if point.citation else ""
        listed.add_row(
            str(point.year),
            amount_words(point.amount or 0),
            escape(plain(point.shown)),
            escape(quote) + page,
        )
    return listed
