"""The lines of schedules: paths of odd letters in units and crontabs, and what stays there."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from machines import CRONTAB, Machine, make_machine

from fmqa.errors import FmqaError, UsageError
from fmqa.sync.schedules import cron, schedule, systemd
from fmqa.sync.schedules.job import Job, Using, make_timetable

DAILY = make_timetable("1d", None)
ANALYZE = shutil.which("systemd-analyze")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return make_machine(tmp_path, monkeypatch)


@pytest.fixture
def usual(machine: Machine) -> Path:
    return machine.usual


# Odd paths

SHOW = '#!/bin/sh\nprintf "%s\\n" "$PWD" "$@"\n'
ODD = "a #;&|{}~*=() 日本"


def test_a_shell_runs_what_was_meant(machine: Machine, tmp_path: Path) -> None:
    """The line of the crontab, run for real."""
    home = tmp_path / ODD
    (home / "index").mkdir(parents=True)
    program = home / "py"
    program.write_text(SHOW)
    program.chmod(0o755)
    job = Job(home, program, home)
    line = cron.shell_command(job)
    subprocess.run(["/bin/sh", "-c", line], check=True, timeout=20, env={"PATH": "/usr/bin:/bin"})
    told = cron.log_path(job).read_text("utf-8").split("\n")[:-1]
    assert told == [str(home), *job.command[1:]]


@pytest.mark.parametrize("odd", [*"\"'\\$%`\n\x07", "\udcff", "\u2028"])
def test_paths_that_no_schedule_holds(machine: Machine, odd: str) -> None:
    machine.with_cron()
    with pytest.raises(UsageError, match="characters"):
        schedule.install(machine.home / f"a{odd}b", DAILY, Using.CRON)
    assert not (machine.home / "crontab").exists()


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze")
def test_systemd_takes_the_units(machine: Machine, tmp_path: Path) -> None:
    """Real systemd looks for the program that it understood, and knows all settings."""
    folder = tmp_path / ODD
    folder.mkdir()
    program = folder / "python"
    program.write_text(SHOW)
    program.chmod(0o755)
    job = Job(folder, program, folder)
    told = []
    for exists in (True, False):
        if not exists:
            program.unlink()
        units = {
            "fmqa-sync.service": systemd.service_unit(job),
            "fmqa-sync.timer": systemd.timer_unit(job, DAILY),
        }
        for name, text in units.items():
            (machine.home / name).write_text(text)
        assert ANALYZE is not None
        ended = subprocess.run(
            [ANALYZE, "--user", "--man=no", "verify", *(machine.home / name for name in units)],
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        told.append(ended.stdout + ended.stderr)
    assert "fmqa" not in told[0]
    assert str(program) in told[1]


# cron

OTHERS = b"# m h\tdom\r\nMAILTO=me\n\n5 4 * * * /x \\% \xff\xe9 # fmqa sync\n"


def test_a_line_is_installed_shown_and_removed(machine: Machine, usual: Path) -> None:
    machine.with_cron()
    machine.crontab = OTHERS
    found = schedule.install(usual, make_timetable("6h", None), Using.CRON)
    assert machine.crontab.startswith(OTHERS)
    begin, line, end = machine.crontab[len(OTHERS) :].decode().splitlines()
    assert begin.startswith("# fmqa sync (begin), every 6h;")
    assert end == "# fmqa sync (end)"
    assert line.split()[1:5] == ["*/6", "*", "*", "*"]
    command = shlex.join([sys.executable, "-m", "fmqa", "sync", "--home", str(usual)])
    assert f"nice -n 10 {command} >> {usual}/index/sync.log 2>&1" in line
    assert (usual / "index").is_dir()
    assert (found.said, found.next_run) == ("every 6h", None)
    assert shlex.join(found.command) == command
    assert [s.said for s in schedule.show(usual)] == ["every 6h"]

    schedule.install(usual, make_timetable(None, "1 2 3 4 *"), Using.CRON)
    assert machine.crontab.count(b"(begin)") == 1
    assert b"\n1 2 3 4 * cd " in machine.crontab
    again = machine.crontab
    schedule.install(usual, make_timetable(None, "1 2 3 4 *"), Using.CRON)
    assert machine.crontab == again

    assert [removed.said for removed in schedule.remove(usual)] == ["at 1 2 3 4 *"]
    assert machine.crontab == OTHERS
    assert schedule.remove(usual) == []
    assert machine.crontab == OTHERS


def test_the_first_crontab(machine: Machine, usual: Path) -> None:
    machine.with_cron()
    assert schedule.show(usual) == []
    schedule.install(usual, DAILY, Using.CRON)
    assert machine.crontab.startswith(b"# fmqa sync (begin)")
    schedule.remove(usual)
    assert machine.crontab == b""


def test_a_crontab_that_cannot_be_read_is_not_written(machine: Machine, usual: Path) -> None:
    machine.crontab = OTHERS
    script = CRONTAB.format(store=machine.home / "crontab")
    denied = '  -l) echo "crontab: may not use this" >&2; exit 1 ;;\n  -l'
    machine.tool("crontab", script.replace("  -l", denied, 1))
    for action in (
        schedule.show,
        schedule.remove,
        lambda h: schedule.install(h, DAILY, Using.CRON),
    ):
        with pytest.raises(FmqaError, match="may not use this"):
            action(usual)
    assert machine.crontab == OTHERS
    machine.with_systemd()  # and then the timer is what counts
    schedule.install(usual, DAILY, Using.AUTO)
    assert [found.using for found in schedule.show(usual)] == [Using.SYSTEMD]
    assert [found.using for found in schedule.remove(usual)] == [Using.SYSTEMD]
    assert machine.crontab == OTHERS


def test_a_crontab_that_refuses(machine: Machine, usual: Path) -> None:
    script = CRONTAB.format(store=machine.home / "crontab")
    machine.tool("crontab", script.replace("-) exec", "-) echo bad minute >&2; exit 1; exec"))
    with pytest.raises(FmqaError, match="bad minute"):
        schedule.install(usual, DAILY, Using.CRON)


@pytest.mark.parametrize("lost", [b"(begin)", b"(end)"])
def test_comments_that_do_not_pair(machine: Machine, usual: Path, lost: bytes) -> None:
    machine.with_cron()
    schedule.install(usual, DAILY, Using.CRON)
    lines = machine.crontab.splitlines(keepends=True)
    machine.crontab = b"".join(line for line in lines if lost not in line) + OTHERS
    before = machine.crontab
    for action in (
        schedule.show,
        schedule.remove,
        lambda h: schedule.install(h, DAILY, Using.CRON),
    ):
        with pytest.raises(UsageError, match="don't pair") as caught:
            action(usual)
        assert "crontab -e" in caught.value.hint
    assert machine.crontab == before


@pytest.mark.parametrize(
    ("edited", "active"),
    [("# switched off", False), ("@daily x", True), ("1 2 * * * 'x", True), ("", False)],
)
def test_a_line_edited_by_hand(machine: Machine, usual: Path, edited: str, active: bool) -> None:
    machine.with_cron()
    schedule.install(usual, DAILY, Using.CRON)
    begin, _, end = machine.crontab.decode().splitlines()
    machine.crontab = f"{begin}\n{edited}\n{end}\n".encode()
    (found,) = schedule.show(usual)
    assert (found.active, found.next_run, found.command) == (active, None, ())
