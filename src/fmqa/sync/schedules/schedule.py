"""Syncs at set times while fmqa isn't running: by systemd, cron, or GitHub Actions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from fmqa.errors import FmqaError, UsageError
from fmqa.sync.schedules import cron, systemd
from fmqa.sync.schedules.job import Installed, Job, Timetable, Using


def install(home: Path, timetable: Timetable, using: Using = Using.AUTO) -> Installed:
    """Has the data folder synced at these times, in place of an earlier schedule of this folder.

    Raises:
        UsageError: the times or paths can't be said in the chosen way, or nothing is there to
            start runs, or GitHub was chosen (see `workflow`).
        FmqaError: systemd or crontab refuse.
    """
    job = Job.of(home)
    chosen = _choice(timetable) if using is Using.AUTO else using
    if chosen is Using.SYSTEMD:
        found = systemd.install(job, timetable)
        removed = None
        # A machine whose crontab can't be read has no line of ours in it either.
        with suppress(FmqaError):
            removed = cron.remove(job)
    elif chosen is Using.CRON:
        found = cron.install(job, timetable)
        removed = systemd.remove(job)
    else:
        raise UsageError("GitHub's workflow is printed, not installed.")
    if removed is None:
        return found
    note = f"The earlier schedule ({removed.said}, {removed.using}) was removed."
    return replace(found, notes=(note, *found.notes))


def show(home: Path) -> list[Installed]:
    """What is installed for this data folder, of every kind.

    Raises:
        UsageError: our part of the crontab is damaged.
        FmqaError: the crontab can't be read.
    """
    job = Job.of(home)
    return _both(systemd.read, cron.read, job)


def remove(home: Path) -> list[Installed]:
    """Takes away what is installed for this data folder, of every kind; returns what it was.

    Raises:
        UsageError: a unit can't be deleted, or our part of the crontab is damaged.
        FmqaError: systemd or crontab refuse.
    """
    job = Job.of(home)
    return _both(systemd.remove, cron.remove, job)


def _both(
    of_systemd: Callable[[Job], Installed | None],
    of_cron: Callable[[Job], Installed | None],
    job: Job,
) -> list[Installed]:
    """What both say; a crontab that can't be asked counts where systemd has nothing either."""
    found = [installed for installed in (of_systemd(job),) if installed is not None]
    try:
        installed = of_cron(job)
    except UsageError:
        raise
    except FmqaError:
        if not found:
            raise
        installed = None
    return [*found, installed] if installed is not None else found


def _choice(timetable: Timetable) -> Using:
    if not timetable.expression and systemd.answers():
        return Using.SYSTEMD
    if cron.available():
        return Using.CRON
    raise UsageError(
        "Neither the user's systemd nor a crontab is here to start syncs.",
        hint="Keep `fmqa serve --sync-every 1d` running, which syncs by itself, or take "
        "--using github.",
    )


_MINUTE = 17
"""GitHub delays what is due on the full hour most."""
_SHORTEST_MINUTES = 5


def workflow(timetable: Timetable) -> str:
    """The workflow's YAML.

    Raises:
        UsageError: the interval is shorter than GitHub's shortest.
    """
    if 0 < timetable.minutes < _SHORTEST_MINUTES:
        raise UsageError(
            f"{timetable.said!r} is too often for GitHub.",
            hint=f"Its shortest interval is {_SHORTEST_MINUTES} minutes.",
        )
    text = files("fmqa.sync.schedules").joinpath("workflow.yml").read_text("utf-8")
    return text.replace("@CRON@", timetable.as_cron(_MINUTE))
