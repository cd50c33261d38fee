"""The lines of schedules: paths of odd letters in units and crontabs, and what stays there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
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

LETTERS = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="/\\")
PATHS = st.text(st.one_of(st.sampled_from("\"' %$;#&|{}~*=hn"), LETTERS), min_size=1, max_size=20)
BACKSLASHED = st.text(st.one_of(st.sampled_from("\"' %$\\n"), LETTERS), min_size=1, max_size=20)


def job_in(home: str, python: str = "p", workdir: str = "w") -> Job:
    return Job(Path(f"/d/{home}"), Path(f"/opt/{python}"), Path(f"/w/{workdir}"))


def read_by_systemd(line: str) -> list[str]:
    """The words that systemd makes of a command line, by systemd.syntax(7) and systemd.service(5).

    Written anew, letter by letter: quotes and escapes, then specifiers, then variables, the last
    not in the program's path.
    """
    words: list[str] = []
    letters = iter(line)
    for letter in letters:
        if letter == " ":
            continue
        assert letter == '"', line
        word = ""
        while (letter := next(letters)) != '"':
            word += next(letters) if letter == "\\" else letter
        words.append(word)
    for place, word in enumerate(words):
        assert "%" not in word.replace("%%", ""), word
        bare = word.replace("%%", "%")
        if place:
            assert "$" not in bare.replace("$$", ""), word
            bare = bare.replace("$$", "$")
        words[place] = bare
    return words


@given(BACKSLASHED, BACKSLASHED, BACKSLASHED)
@example("a %h $HOME \"b\" 'c' \\", 'x"', "w\\")
@example("日本 é", "y$z", "w ")
def test_odd_paths_survive_systemd(home: str, python: str, workdir: str) -> None:
    job = job_in(home, python, workdir)
    lines = systemd.service_unit(job).split("\n")
    assert not any(line.endswith("\\") for line in lines)
    values = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    words = read_by_systemd(values["ExecStart"])
    # What systemd refuses in a program's path, or replaces differently there.
    assert not set(words[0]) & set("\"'\\$")
    if words[0] == "/bin/sh" != str(job.python):
        assert words[1:4] == ["-c", 'exec "$@"', "fmqa"]
        words = words[4:]
    assert words == job.command
    folder = values["WorkingDirectory"]
    assert folder == folder.strip()
    assert Path(folder.replace("%%", "%")) == job.workdir


@given(PATHS, PATHS, PATHS)
@example("a %h $HOME \"b\" 'c' ~", "x%", "w & rm")
def test_odd_paths_survive_cron(home: str, python: str, workdir: str) -> None:
    job = job_in(home, python, workdir)
    line = cron.shell_command(job)
    assert not re.search(r"(?<!\\)%", line)
    words = shlex.split(line.replace(r"\%", "%"))
    assert words[words.index("10") + 1 : words.index(">>")] == job.command
    assert "\n" not in line


SHOW = '#!/bin/sh\nprintf "%s\\n" "$PWD" "$@"\n'


@given(PATHS.filter(lambda name: name not in {".", ".."}))
@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, *HealthCheck]
)
@example("a %h $HOME \"b\" 'c' ~ `x` $(y) 日本")
@example("-n")
def test_a_shell_runs_what_was_meant(tmp_path: Path, name: str) -> None:
    """The crontab's line, and the shell that starts programs of odd names, run for real."""
    home = tmp_path / name
    (home / "index").mkdir(parents=True, exist_ok=True)
    program = home / "py"
    program.write_text(SHOW)
    program.chmod(0o755)
    job = Job(home, program, home)
    expected = [str(home), *job.command[1:]]

    line = cron.shell_command(job).replace(r"\%", "%")
    cron.log_path(job).unlink(missing_ok=True)
    subprocess.run(["/bin/sh", "-c", line], check=True, timeout=20, env={"PATH": "/usr/bin:/bin"})
    assert cron.log_path(job).read_text("utf-8").split("\n")[:-1] == expected

    words = read_by_systemd(systemd.format_command(job.command))
    told = subprocess.run(words, cwd=home, capture_output=True, check=True, timeout=20)
    assert told.stdout.decode().split("\n")[:-1] == expected


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze")
def test_systemd_takes_the_units(machine: Machine, tmp_path: Path) -> None:
    """Real systemd looks for the program that it understood, and knows all settings."""
    folder = tmp_path / "o dd %h ; é日本 # {x} "
    folder.mkdir()
    program = folder / "python"
    program.write_text(SHOW)
    program.chmod(0o755)
    job = Job(tmp_path / "h %n \"q\" $HOME 's' \\", program, folder)
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
    assert command in found.command
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
    assert (found.active, found.next_run) == (active, None)


def test_cron_does_not_take_every_path(machine: Machine) -> None:
    machine.with_cron()
    with pytest.raises(UsageError, match="backslash"):
        schedule.install(machine.home / "a\\b", DAILY, Using.CRON)
    with pytest.raises(UsageError, match="characters"):
        schedule.install(machine.home / "a\nb", DAILY, Using.CRON)
    assert not (machine.home / "crontab").exists()
