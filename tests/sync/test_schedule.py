"""Schedules by systemd, cron and GitHub, on a machine whose tools are scripts of the tests' own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from machines import NEXT, SYSTEMCTL, Machine, make_machine
from typer.testing import CliRunner, Result

from fmqa.apps.cli import syncing
from fmqa.errors import FmqaError, UsageError
from fmqa.sync.periods import parse_period
from fmqa.sync.schedules import job, schedule, systemd
from fmqa.sync.schedules.job import Using, make_timetable
from fmqa.sync.schedules.schedule import workflow

DAILY = make_timetable("1d", None)
ANALYZE = shutil.which("systemd-analyze")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return make_machine(tmp_path, monkeypatch)


@pytest.fixture
def usual(machine: Machine) -> Path:
    return machine.usual


# Timetables


@pytest.mark.parametrize(
    ("every", "cron", "calendar"),
    [
        ("1m", "*/1 * * * *", "*-*-* *:00/1:00"),
        ("15m", "*/15 * * * *", "*-*-* *:00/15:00"),
        ("60m", "7 */1 * * *", "*-*-* 00/1:00:00"),
        ("6h", "7 */6 * * *", "*-*-* 00/6:00:00"),
        ("1d", "7 3 * * *", "*-*-* 03:00:00"),
        ("24h", "7 3 * * *", "*-*-* 03:00:00"),
        ("1w", "7 3 * * 1", "Mon *-*-* 03:00:00"),
    ],
)
def test_intervals_as_cron_and_as_systemd(every: str, cron: str, calendar: str) -> None:
    timetable = make_timetable(every, None)
    assert (timetable.as_cron(7), timetable.as_calendar()) == (cron, calendar)


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze")
@pytest.mark.parametrize("every", ["1m", "15m", "1h", "6h", "1d", "1w"])
def test_systemd_reads_the_calendar_event_as_the_interval(every: str) -> None:
    timetable = make_timetable(every, None)
    assert ANALYZE is not None
    told = subprocess.run(
        [ANALYZE, "calendar", "--iterations=3", timetable.as_calendar()],
        env=os.environ | {"TZ": "UTC", "LC_ALL": "C"},
        capture_output=True, text=True, check=True, timeout=20,
    ).stdout  # fmt: skip
    found = re.findall(r"\w{3} (\d{4}-\S+ \d\S+) UTC", told.partition("Next elapse")[2])
    times = [datetime.fromisoformat(one) for one in found]
    assert {later - sooner for sooner, later in pairwise(times)} == {parse_period(every)}


@pytest.mark.parametrize("every", ["30s", "7m", "5h", "90m", "2d", "2w", "90s"])
def test_intervals_that_no_schedule_has(every: str) -> None:
    with pytest.raises(UsageError, match="can't come every") as caught:
        make_timetable(every, None)
    assert "--cron" in caught.value.hint


@pytest.mark.parametrize("cron", ["0 3 * *", "0 3 * * * *", "@daily", "0 3 * * $x", "٠ 3 * * *"])
def test_what_is_no_cron_expression(cron: str) -> None:
    with pytest.raises(UsageError, match="no cron expression"):
        make_timetable(None, cron)


def test_which_timetables_there_are() -> None:
    assert make_timetable(None, None).said == "every 1d"
    assert make_timetable(None, "0  3 * * *").said == "at 0 3 * * *"
    with pytest.raises(UsageError, match="exclude"):
        make_timetable("1d", "0 3 * * *")
    with pytest.raises(UsageError, match="no cron expressions"):
        make_timetable(None, "0 3 * * *").as_calendar()


# systemd


def test_a_timer_is_installed_shown_and_removed(machine: Machine, usual: Path) -> None:
    machine.with_systemd()
    found = schedule.install(usual, DAILY, Using.SYSTEMD)
    assert machine.units == ["fmqa-sync.service", "fmqa-sync.timer"]
    steps = [asked for asked in machine.asked if re.search("reload|enable|restart", asked)]
    assert steps == [
        "--user daemon-reload",
        "--user enable fmqa-sync.timer",
        "--user restart fmqa-sync.timer",
    ]
    command = [sys.executable, "-m", "fmqa", "sync", "--home", str(usual)]
    assert list(found.command) == command
    assert (found.said, found.next_run) == ("every 1d", NEXT)
    assert any("enable-linger" in note for note in found.notes)
    assert schedule.show(usual) == [replace(found, notes=())]
    timer = machine.unit("fmqa-sync.timer")
    assert "OnCalendar=*-*-* 03:00:00\nPersistent=true\nRandomizedDelaySec=1800\n" in timer
    service = machine.unit("fmqa-sync.service")
    for line in ("Type=oneshot", "Nice=10", "IOSchedulingClass=idle", f"WorkingDirectory={usual}"):
        assert f"\n{line}\n" in service

    assert [removed.name for removed in schedule.remove(usual)] == ["fmqa-sync.timer"]
    assert machine.units == []
    assert machine.asked[-2:] == ["--user disable --now fmqa-sync.timer", "--user daemon-reload"]
    assert schedule.remove(usual) == []
    assert schedule.show(usual) == []


def test_without_systemd_the_commands_are_told(machine: Machine, usual: Path) -> None:
    found = schedule.install(usual, DAILY, Using.SYSTEMD)
    assert machine.units == ["fmqa-sync.service", "fmqa-sync.timer"]
    assert (
        "systemctl --user daemon-reload && systemctl --user enable fmqa-sync.timer"
        in (found.notes[0])
    )
    assert (found.active, found.next_run) == (None, None)
    wants = machine.home / "config/systemd/user/timers.target.wants"
    wants.mkdir()
    (wants / "fmqa-sync.timer").symlink_to("../fmqa-sync.timer")
    assert len(schedule.remove(usual)) == 1
    assert machine.units == ["timers.target.wants"]
    assert not list(wants.iterdir())


def test_systemd_that_refuses_is_told(machine: Machine, usual: Path) -> None:
    script = SYSTEMCTL.format(log=machine.home / "asked", next=0)
    machine.tool(
        "systemctl", script.replace("  *is-a", "  *enable*) echo Nope. >&2; exit 1 ;;\n  *is-a")
    )
    with pytest.raises(FmqaError, match=r"enable fmqa-sync\.timer.*Nope") as caught:
        schedule.install(usual, DAILY, Using.SYSTEMD)
    assert "schedule remove" in caught.value.hint


def test_a_tool_that_hangs_is_left(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.tool("systemctl", "#!/bin/sh\nexec /bin/sleep 60\n")
    monkeypatch.setattr(job, "_TOOL_SECONDS", 0.2)
    assert not systemd.answers()
    with pytest.raises(FmqaError, match="didn't end"):
        job.call("systemctl")


@pytest.mark.parametrize("reply", ["nonsense", "{}", "[]", '[{"next":null}]', '[{"next":"x"}]'])
def test_replies_of_another_systemd(machine: Machine, usual: Path, reply: str) -> None:
    machine.with_systemd()
    schedule.install(usual, DAILY, Using.SYSTEMD)
    script = (machine.bin / "systemctl").read_text()
    machine.tool("systemctl", re.sub(r"echo '\[.*\]'", f"echo '{reply}'", script))
    assert [found.next_run for found in schedule.show(usual)] == [None]


# Which, and how many


def test_auto_takes_what_is_there(machine: Machine, usual: Path) -> None:
    with pytest.raises(UsageError) as caught:
        schedule.install(usual, DAILY)
    assert "fmqa serve --sync-every 1d" in caught.value.hint
    machine.with_cron()
    assert schedule.install(usual, DAILY).using is Using.CRON
    machine.with_systemd()
    found = schedule.install(usual, DAILY)
    assert found.using is Using.SYSTEMD
    assert "(every 1d, cron) was removed" in found.notes[0]
    assert machine.crontab == b""
    found = schedule.install(usual, DAILY, Using.CRON)
    assert "(every 1d, systemd) was removed" in found.notes[0]
    assert machine.units == []
    cron = make_timetable(None, "0 3 * * *")
    assert schedule.install(usual, cron).using is Using.CRON
    with pytest.raises(UsageError, match="no cron expressions"):
        schedule.install(usual, cron, Using.SYSTEMD)
    machine.tool("systemctl", "#!/bin/sh\necho Failed to connect to bus >&2\nexit 1\n")
    assert schedule.install(usual, DAILY).using is Using.CRON


@pytest.mark.parametrize("using", [Using.SYSTEMD, Using.CRON])
def test_two_data_folders_do_not_meet(machine: Machine, usual: Path, using: Using) -> None:
    machine.with_cron()
    machine.with_systemd()
    others = [machine.home / "one", machine.home / "two"]
    for every, home in zip(("1h", "2h", "3h"), (usual, *others), strict=True):
        schedule.install(home, make_timetable(every, None), using)
    for every, home in zip(("1h", "2h", "3h"), (usual, *others), strict=True):
        (found,) = schedule.show(home)
        assert found.said == f"every {every}"
        assert found.command[-1] == str(home)
        assert bool(re.search("[0-9a-f]{8}", found.name)) == (home != usual)
    schedule.remove(others[0])
    assert [len(schedule.show(home)) for home in (usual, *others)] == [1, 0, 1]


def test_settings_of_the_shell_are_spoken_of(
    machine: Machine, usual: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.with_cron()
    monkeypatch.setenv("FMQA_CONTACT", "me@example.org")
    monkeypatch.setenv("FMQA_HOME", str(usual))
    (note,) = [n for n in schedule.install(usual, DAILY).notes if "FMQA_" in n]
    assert "FMQA_CONTACT" in note
    assert "FMQA_HOME" not in note
    assert "me@example.org" not in note
    assert f"cd {usual} && " in machine.crontab.decode()
    (machine.home / "fmqa.toml").write_text("")
    schedule.install(usual, DAILY)
    assert f"cd {machine.home} && " in machine.crontab.decode()


# GitHub


def test_the_workflow(machine: Machine) -> None:
    read = yaml.safe_load(workflow(DAILY))
    assert read["on"]["schedule"] == [{"cron": "17 3 * * *"}]
    assert "workflow_dispatch" in read["on"]
    assert read["permissions"] == {"contents": "read"}
    assert read["concurrency"]["group"] == "fmqa-sync"
    steps = read["jobs"]["sync"]["steps"]
    used = {step["uses"].split("@")[0]: step for step in steps if "uses" in step}
    assert set(used) == {
        *("actions/checkout", "actions/setup-python", "actions/cache", "actions/cache/restore"),
        *("actions/cache/save", "actions/upload-artifact"),
    }
    assert all(re.fullmatch(r"\S+@v\d+", step["uses"]) for step in used.values())
    kept = [used[f"actions/cache/{part}"]["with"] for part in ("restore", "save")]
    assert [cache["path"].split() for cache in kept] == [["index", "corpus/papers"]] * 2
    assert kept[0]["key"] == kept[1]["key"]
    assert kept[0]["key"].startswith(kept[0]["restore-keys"])
    runs = [step["run"] for step in steps if "run" in step]
    assert "fmqa sync" in runs
    written = set(re.findall(r"> (\S+)$", "".join(runs), re.MULTILINE))
    assert written == set(used["actions/upload-artifact"]["with"]["path"].split())
    for script in runs:
        subprocess.run(["/bin/bash", "-n", "-c", script], check=True, timeout=20)


def test_times_of_the_workflow() -> None:
    for cron in ("*/30 * * * *", "5 4 * * sun"):
        read = yaml.safe_load(workflow(make_timetable(None, cron)))
        assert read["on"]["schedule"] == [{"cron": cron}]
    for every in ("1m", "4m"):
        with pytest.raises(UsageError, match="too often"):
            workflow(make_timetable(every, None))


# The program


@pytest.fixture
def run() -> Any:
    app = typer.Typer()
    app.add_typer(syncing.app)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["schedule", *arguments])

    return call


def test_the_commands(machine: Machine, tmp_path: Path, run: Any) -> None:
    machine.with_cron()
    home = str(tmp_path / "my data")
    assert run("show", "--home", home).stdout.startswith("No schedule is installed")
    said = run("install", "--every", "12h", "--home", home)
    assert said.exit_code == 0, said.output
    assert f"--home '{home}'" in machine.crontab.decode()
    assert "every 12h" in said.stdout
    shown = json.loads(run("show", "--home", home, "--json").stdout)
    assert [entry["schedule"] for entry in shown] == ["every 12h"]
    assert shown[0]["command"][-2:] == ["--home", home]
    assert json.loads(run("show", "--json").stdout) == []
    installed = json.loads(run("install", "--cron", "5 4 * * *", "--home", home, "--json").stdout)
    assert installed["schedule"] == "at 5 4 * * *"
    assert installed["notes"]
    assert "at 5 4 * * *" in run("remove", "--home", home).stdout
    assert run("remove", "--home", home).stdout == "No schedule was installed.\n"


def test_what_the_program_refuses(machine: Machine, run: Any) -> None:
    assert run("install", "--using", "launchd").exit_code == 2
    for arguments in (["--every", "soon"], ["--cron", "soon"], ["--every", "1d"]):
        assert isinstance(run("install", *arguments).exception, UsageError)
    assert list(machine.home.iterdir()) == []


def test_the_program_prints_the_workflow(machine: Machine, run: Any) -> None:
    said = run("install", "--using", "github", "--cron", "30 6 * * mon")
    assert yaml.safe_load(said.stdout)["on"]["schedule"] == [{"cron": "30 6 * * mon"}]
    assert list(machine.home.iterdir()) == []
