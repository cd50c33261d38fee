"""`fmqa papers`: list, facets, show, remove."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fmqa.apps.cli.options import (
    From,
    Home,
    Json,
    Kind,
    Modality,
    Task,
    Year,
    print_json,
    workbench,
)
from fmqa.filters import make_filters

if TYPE_CHECKING:
    from fmqa.store.mappers import PaperRow

app = typer.Typer()
papers_app = typer.Typer(help="The library: list, show and remove papers.", no_args_is_help=True)
app.add_typer(papers_app, name="papers")

Paper = Annotated[str, typer.Argument(help="The paper's id, as `fmqa papers list` shows it.")]


@papers_app.command("list")
def list_papers(
    year: Year = None,
    kind: Kind = None,
    modality: Modality = None,
    task: Task = None,
    source: From = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """All papers, or those that pass the filters, by title."""
    from fmqa.apps.cli.rendering import show_papers

    filters = make_filters(year=year, kind=kind, modality=modality, task=task, source=source)
    with workbench(home=home) as bench:
        rows = bench.library.record.papers(filters)
    if as_json:
        print_json([paper_json(row) for row in rows])
    else:
        show_papers(rows)


@papers_app.command("facets")
def show_facets(
    year: Year = None,
    kind: Kind = None,
    modality: Modality = None,
    task: Task = None,
    source: From = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """The values that questions can be filtered by, with how many papers have each."""
    filters = make_filters(year=year, kind=kind, modality=modality, task=task, source=source)
    with workbench(home=home) as bench:
        found = bench.library.record.facets(filters)
    if as_json:
        told = {name: dict(values) for name, values in found.items()}
        print_json(told)
        return
    for name, values in found.items():
        typer.echo(f"{name:>9}  " + ", ".join(f"{value} ({count})" for value, count in values))


@papers_app.command("show")
def show_paper(
    paper: Paper,
    passages: Annotated[bool, typer.Option("--passages", help="Print its passages too.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """What the record holds of one paper."""
    from fmqa.apps.queries import find_paper

    with workbench(home=home) as bench:
        record = bench.library.record
        row = find_paper(record.papers(), paper)
        facts = paper_json(row)
        facts["versions"] = [
            {"version": version or None, "source": source.value, "searched": active}
            for version, source, active in record.versions(row.meta.paper_id)
        ]
        facts["remarks"] = record.remarks(row.meta.paper_id)
        held = record.passages_of(row.meta.paper_id) if passages else []
    if passages:
        facts["passage_texts"] = [
            {
                "page": stored.passage.spans[0].page,
                "section": stored.passage.section,
                "kind": stored.passage.kind.value,
                "text": stored.passage.text,
            }
            for stored in held
        ]
    if as_json:
        print_json(facts)
    else:
        _show(facts)


def _show(facts: dict[str, Any]) -> None:
    texts = facts.pop("passage_texts", [])
    for name, value in facts.items():
        shown = _in_line(name, value)
        if shown:
            typer.echo(f"{name:>14}  {shown}")
    for text in texts:
        typer.echo(f"\n[page {text['page']}, {text['section'] or 'no section'}, {text['kind']}]")
        typer.echo(text["text"])


def _in_line(name: str, value: Any) -> str:
    if name == "versions":
        return "; ".join(
            f"v{v['version'] or '?'} ({v['source']}{', searched' if v['searched'] else ''})"
            for v in value
        )
    if name == "missing":
        from fmqa.reading.quality import tell_gaps
        from fmqa.types import Gap

        return tell_gaps([Gap(**gap) for gap in value])
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)


@papers_app.command("remove")
def remove_paper(paper: Paper, home: Home = None) -> None:
    """Take a paper out of the library. Its PDF stays where it is."""
    from fmqa.apps.changing import remove
    from fmqa.apps.queries import find_paper

    with workbench(home=home) as bench:
        row = find_paper(bench.library.record.papers(), paper)
        remove(bench, row.meta.paper_id)
    typer.echo(f"Removed {row.meta.paper_id}: {row.meta.title}")


def paper_json(row: PaperRow) -> dict[str, Any]:
    """A paper's facts."""
    facts = asdict(row.meta)
    facts["version"] = row.meta.version or None
    return facts | {
        "source": row.source.value,
        "status": row.status.value,
        "notice": row.meta.notice,
        "file": row.file,
        "pages": row.pages,
        "passages": row.passages,
        "hidden_text": [asdict(run) for run in row.hidden],
        "missing": [asdict(gap) for gap in row.gaps],
        "read_at": row.read_at,
        "sha256": row.sha256,
    }
