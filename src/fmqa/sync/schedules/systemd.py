"""A timer of the user's systemd: its units, written, started and read back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from fmqa.errors import FmqaError, UsageError
from fmqa.sync.schedules.job import (
    Installed,
    Job,
    Timetable,
    Using,
    call,
    environment_note,
    words_of,
)

_LONGEST_DELAY = 30 * 60  # seconds
_HEAD = "# Written by `fmqa schedule install`; `fmqa schedule remove` takes it away.\n"


def answers() -> bool:
    """Whether the user's systemd runs and can be asked."""
    try:
        return call("systemctl", "--user", "show", "--property=Version").code == 0
    except FmqaError:
        return False


def install(job: Job, timetable: Timetable) -> Installed:
    """Writes both units, and starts the timer where the user's systemd answers.

    Raises:
        UsageError: the units can't be written, or the times are a cron expression.
        FmqaError: systemd refuses them.
    """
    service, timer = _paths(job)
    texts = {service: service_unit(job), timer: timer_unit(job, timetable)}
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    except (OSError, UnicodeEncodeError) as error:
        raise UsageError(
            f"{service.parent} can't be written: {error}.", hint="Try --using cron."
        ) from error
    # Not `enable --now`: that leaves a timer which already runs at its old times.
    steps = (("daemon-reload",), ("enable", timer.name), ("restart", timer.name))
    found = read(job)
    assert found is not None
    if not answers():
        commands = " && ".join(" ".join(("systemctl", "--user", *step)) for step in steps)
        return _noted(found, f"systemd doesn't answer here. Run this where it does: {commands}")
    for step in steps:
        ended = call("systemctl", "--user", *step)
        if ended.code:
            raise FmqaError(
                f"`systemctl --user {' '.join(step)}` failed: {ended.err or ended.code}.",
                hint=f"The units are in {service.parent}. `fmqa schedule remove` takes them away; "
                "--using cron is another way.",
            )
    linger = "It runs while you are logged in; `loginctl enable-linger` makes it run always."
    return _noted(read(job) or found, linger)


def remove(job: Job) -> Installed | None:
    """Stops the timer and deletes both units; says what was there.

    Raises:
        UsageError: a unit can't be deleted.
        FmqaError: systemd doesn't end what it was asked.
    """
    service, timer = _paths(job)
    found = read(job)
    if found is None and not service.exists():
        return None
    asked = answers()
    if asked:
        call("systemctl", "--user", "disable", "--now", timer.name)
    try:
        for path in (timer.parent / "timers.target.wants" / timer.name, timer, service):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{error.filename} can't be deleted: {error.strerror}.") from error
    if asked:
        call("systemctl", "--user", "daemon-reload")
    return found


def read(job: Job) -> Installed | None:
    """What is installed for this data folder, and when it runs next where systemd says."""
    service, timer = _paths(job)
    try:
        said = re.search(r"^Said=(.*)$", timer.read_text("utf-8"), re.MULTILINE)
        line = re.search(r"^ExecStart=(.*)$", service.read_text("utf-8"), re.MULTILINE)
    except (OSError, UnicodeDecodeError):
        return None
    active, next_run = _of_systemd(timer.name)
    return Installed(
        using=Using.SYSTEMD,
        name=timer.name,
        said=said[1] if said else "",
        command=words_of(line[1]) if line else (),
        where=str(timer),
        active=active,
        next_run=next_run,
    )


def service_unit(job: Job) -> str:
    """The text of the unit that syncs once."""
    # A user's systemd may have no network-online.target, which does no harm: a sync without
    # network says so and ends.
    return (
        f"{_HEAD}[Unit]\n"
        f"Description=fmqa sync of {job.home}\n"
        "Wants=network-online.target\n"
        "After=network-online.target\n"
        "\n[Service]\n"
        "Type=oneshot\n"
        f"ExecStart={format_command(job.command)}\n"
        f"WorkingDirectory={job.workdir}\n"
        "Nice=10\n"
        "IOSchedulingClass=idle\n"
    )


def timer_unit(job: Job, timetable: Timetable) -> str:
    """The text of the unit that starts the other one at its times.

    A run that was missed while the machine was off is made up once.
    """
    return (
        f"{_HEAD}[Unit]\nDescription=Times of {_name(job)}.service\n"
        f"\n[Timer]\nOnCalendar={timetable.as_calendar()}\nPersistent=true\n"
        f"RandomizedDelaySec={min(6 * timetable.minutes, _LONGEST_DELAY)}\n"
        "\n[Install]\nWantedBy=timers.target\n"
        f"\n[X-Fmqa]\nSaid={timetable.said}\n"
    )


def format_command(command: Sequence[str]) -> str:
    """The command as the value of ``ExecStart=``; `Job.of` lets nothing in that needs more."""
    return " ".join(f'"{word}"' for word in command)


def _name(job: Job) -> str:
    return f"fmqa-sync-{job.suffix}" if job.suffix else "fmqa-sync"


def _paths(job: Job) -> tuple[Path, Path]:
    """The files of the service and of the timer."""
    base = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    if not base.is_absolute():  # the XDG specification has relative paths ignored
        base = Path.home() / ".config"
    folder = base / "systemd" / "user"
    return folder / f"{_name(job)}.service", folder / f"{_name(job)}.timer"


def _of_systemd(timer: str) -> tuple[bool | None, datetime | None]:
    """Whether the timer is on, and when it elapses next; None for what systemd doesn't say."""
    if not answers():
        return None, None
    try:
        active = call("systemctl", "--user", "is-active", timer).out.strip() == b"active"
        listed = call("systemctl", "--user", "list-timers", "--all", "--output=json", timer)
        rows = json.loads(listed.out or b"[]")
        microseconds = rows[0].get("next") if rows else None
        return active, datetime.fromtimestamp(microseconds / 1e6, UTC) if microseconds else None
    except (FmqaError, ValueError, AttributeError, TypeError, KeyError, OverflowError, OSError):
        return None, None


def _noted(found: Installed, note: str) -> Installed:
    return replace(found, notes=(*found.notes, note, *environment_note()))
