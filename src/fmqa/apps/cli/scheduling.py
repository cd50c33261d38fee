"""`fmqa schedule`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fmqa.apps.cli.options import Home, Json
from fmqa.sync.schedules.job import Using

if TYPE_CHECKING:
    from fmqa.sync.schedules.job import Installed


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    schedule = typer.Typer(help="Syncs at set times: install, show, remove.", no_args_is_help=True)
    schedule.command("install")(install)
    schedule.command("show")(show)
    schedule.command("remove")(remove)
    app.add_typer(schedule, name="schedule")


def install(
    every: Annotated[
        str | None,
        typer.Option("--every", help="Interval: 30m, 6h, 1d, 1w.  [default: 1d]"),
    ] = None,
    cron: Annotated[
        str | None, typer.Option("--cron", help="Times as a cron expression, such as '0 3 * * *'.")
    ] = None,
    using: Annotated[
        Using, typer.Option("--using", help="What starts the runs; github prints a workflow.")
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
        typer.echo(json.dumps(_as_dict(found), indent=2))
        return
    _tell(found)


def show(home: Home = None, as_json: Json = False) -> None:
    """What is installed for this data folder, and when it runs next."""
    from fmqa.settings import load_settings
    from fmqa.sync.schedules import schedule

    found = schedule.show(load_settings(home=home).home)
    if as_json:
        typer.echo(json.dumps([_as_dict(installed) for installed in found], indent=2))
        return
    for installed in found:
        _tell(installed)
    if not found:
        typer.echo("No schedule is installed; `fmqa schedule install` makes one.")


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
    import shlex

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
