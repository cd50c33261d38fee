"""`fmqa sync`, `changes`, `references` and `schedule`."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fmqa.apps.cli.options import Home, Json, Most, Output, deliver, print_json, workbench
from fmqa.sync.schedules.job import Using

if TYPE_CHECKING:
    from pathlib import Path

    from fmqa.apps.workbench import Workbench
    from fmqa.store.arxiv_catalog import Change
    from fmqa.sync.schedules.job import Installed
    from fmqa.types import Reference

app = typer.Typer()
schedule_app = typer.Typer(help="Syncs at set times: install, show, remove.", no_args_is_help=True)
app.add_typer(schedule_app, name="schedule")


Form = Literal["text", "markdown", "json", "atom"]
"""Forms of the changelog."""


@app.command("sync")
def sync(
    limit: Most = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Ask again for what couldn't be had or read.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Bring the library up to date: new versions, withdrawals, new references, new papers.

    Ends with 4 when arXiv can't be reached; what was fetched stays, and the next run goes on.
    """
    from fmqa.apps.cli.rendering import raise_if_unreachable, show_report

    with workbench(home=home) as bench:
        report = bench.follow(limit=limit, retry=retry)
    if as_json:
        print_json(report.as_dict())
    else:
        show_report(report)
    raise_if_unreachable(report)


@app.command("changes")
def changes(
    since: Annotated[
        str, typer.Option(help="A time ago (7d, 12h, 2w) or a date (2026-11-01).")
    ] = "30d",
    since_review: Annotated[
        bool,
        typer.Option(
            "--since-review",
            help="Instead, what is new since the review: papers, changed figures, contradictions.",
        ),
    ] = False,
    form: Annotated[Form, typer.Option("--format", help="What to print it as.")] = "text",
    output: Output = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """What changed in the library: papers that came, new versions, withdrawals, failures."""
    from fmqa.sync.periods import parse_since

    wanted = "json" if as_json else form
    if since_review:
        _since_review(wanted, output, home)
        return
    start = parse_since(since)
    with workbench(home=home) as bench:
        found = bench.library.catalog.changes(start)
        told = _formed(bench, found, wanted)
    deliver(told, output, f"{len(found)} changes")


def _since_review(form: Form, output: Path | None, home: Path | None) -> None:
    from datetime import UTC, datetime

    from fmqa.errors import UsageError
    from fmqa.survey.review_changes import review_changes
    from fmqa.sync import digest

    if form == "atom":
        raise UsageError(
            "What changed since the review is no feed.",
            hint="Choose text, markdown or json, or leave --since-review away.",
        )
    with workbench(home=home) as bench:
        told = review_changes(bench.facets)
    if form == "json":
        text = told.model_dump_json(indent=2)
    elif form == "markdown":
        text = digest.as_markdown(told, datetime.now(UTC).date())
    else:
        text = digest.as_text(told)
    deliver(text, output, "What changed since the review")


def _formed(bench: Workbench, found: list[Change], form: Form) -> str:
    from fmqa.sync import changelog
    from fmqa.sync.changelog import feed

    if form == "json":
        return json.dumps(changelog.as_json(found), indent=2, ensure_ascii=False)
    if form == "markdown":
        return changelog.as_markdown(found)
    if form == "atom":
        return feed(bench.library.catalog, found)
    return changelog.as_text(found)


@app.command("references")
def references(
    target: Annotated[
        str, typer.Argument(metavar="PATH|ID", help="A PDF file, or an arXiv id of the library.")
    ],
    offline: Annotated[
        bool, typer.Option("--offline", help="Go by the document alone, and ask no service.")
    ] = False,
    number: Annotated[
        int | None, typer.Option(help="Only this reference, with the sentences that cite it.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """What a paper cites, with the arXiv id of each reference and how it was found."""
    from fmqa.apps.bibliographies import references_of
    from fmqa.apps.cli.rendering import show_references

    with workbench(home=home) as bench:
        cited = references_of(bench, target, offline=offline)
    found, mentions = cited.references, cited.mentions
    if number is not None:
        found = [reference for reference in found if reference.number == number]
        mentions = [mention for mention in mentions if number in mention.numbers]
    if as_json:
        told: dict[str, Any] = {"references": [_as_json(reference) for reference in found]}
        if number is not None:
            told["mentions"] = [
                {"page": m.page, "section": m.section, "text": m.text, "numbers": m.numbers}
                for m in mentions
            ]
        print_json(told)
    else:
        show_references(found, mentions if number is not None else [])
    if cited.unreachable is not None:
        raise cited.unreachable
    if not found:
        raise typer.Exit(1)


def _as_json(reference: Reference) -> dict[str, Any]:
    names = ("number", "text", "title", "authors", "year", "arxiv_id", "doi", "method", "score")
    return {name: getattr(reference, name) for name in names}


@schedule_app.command("install")
def install(
    every: Annotated[
        str | None, typer.Option(help="Interval: 30m, 6h, 1d, 1w.  [default: 1d]")
    ] = None,
    cron: Annotated[
        str | None, typer.Option(help="Times for cron or GitHub, such as '0 3 * * *'.")
    ] = None,
    using: Annotated[
        Using, typer.Option(help="What starts the runs; github prints a workflow.")
    ] = Using.AUTO,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Have the library synced at set times, by the user's systemd, cron or GitHub Actions."""
    from fmqa.settings import load_settings
    from fmqa.sync.schedules import schedule
    from fmqa.sync.schedules.job import make_timetable

    timetable = make_timetable(every, cron)
    if using is Using.GITHUB:
        typer.echo(schedule.workflow(timetable), nl=False)
        return
    found = schedule.install(load_settings(home=home).home, timetable, using)
    if as_json:
        print_json(_as_dict(found))
        return
    _tell(found)


@schedule_app.command("show")
def show(home: Home = None, as_json: Json = False) -> None:
    """What is installed for this data folder, and when it runs next."""
    from fmqa.settings import load_settings
    from fmqa.sync.schedules import schedule

    found = schedule.show(load_settings(home=home).home)
    if as_json:
        print_json([_as_dict(installed) for installed in found])
        return
    for installed in found:
        _tell(installed)
    if not found:
        typer.echo("No schedule is installed; `fmqa schedule install` makes one.")


@schedule_app.command("remove")
def remove(home: Home = None) -> None:
    """Take away what is installed for this data folder."""
    from fmqa.settings import load_settings
    from fmqa.sync.schedules import schedule

    removed = schedule.remove(load_settings(home=home).home)
    for installed in removed:
        typer.echo(f"Removed: {installed.name} ({installed.using}), {installed.said}.")
    if not removed:
        typer.echo("No schedule was installed.")


def _tell(installed: Installed) -> None:
    typer.echo(f"{installed.name} ({installed.using}), {installed.said}")
    typer.echo(f"  where    {installed.where}")
    typer.echo(f"  runs     {shlex.join(installed.command)}")
    if installed.active is not None:
        typer.echo(f"  active   {'yes' if installed.active else 'no'}")
    if installed.next_run is not None:
        typer.echo(f"  next     {installed.next_run.astimezone():%Y-%m-%d %H:%M %Z}")
    for note in installed.notes:
        typer.echo(f"  {note}")


def _as_dict(installed: Installed) -> dict[str, Any]:
    return {
        "using": str(installed.using),
        "name": installed.name,
        "schedule": installed.said,
        "command": list(installed.command),
        "where": installed.where,
        "active": installed.active,
        "next_run": installed.next_run.isoformat() if installed.next_run else None,
        "notes": list(installed.notes),
    }
