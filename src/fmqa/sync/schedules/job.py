"""What is scheduled, when, and how the machine's own tools are run for it."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import platformdirs

from fmqa.errors import FmqaError, UsageError
from fmqa.sync.periods import parse_period, period_in_words

_HOUR, _DAY, _WEEK = 60, 1440, 10_080  # in minutes
_INTERVALS = frozenset(
    [n for n in range(1, 60) if 60 % n == 0]
    + [_HOUR * n for n in range(1, 24) if 24 % n == 0]
    + [_DAY, _WEEK]
)
_CRON = re.compile(r"[\w*/,-]+(?: [\w*/,-]+){4}", re.ASCII)
_TOOL_SECONDS = 30.0
# Control characters, ends of lines, and bytes that are no UTF-8; what systemd, cron and shells read
# each in a way of its own, also inside of quotes.
_NOT_IN_FILES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_READ_OTHERWISE = frozenset("\"'\\$%`")
_NIGHT = 3
"""The hour of runs that come once a day or week, in the time zone of what runs them."""


class Using(StrEnum):
    """What starts the runs."""

    AUTO = "auto"
    SYSTEMD = "systemd"
    CRON = "cron"
    GITHUB = "github"


@dataclass(frozen=True, slots=True)
class Timetable:
    """When the runs come: so many minutes apart, or as a cron expression says.

    ``minutes`` divide an hour, a day or a week. What ``expression`` means is cron's to say.
    """

    minutes: int = 0
    expression: str = ""

    @property
    def said(self) -> str:
        """In words: ``every 1d`` or ``at 0 3 * * *``."""
        if self.expression:
            return f"at {self.expression}"
        return f"every {period_in_words(timedelta(minutes=self.minutes))}"

    def as_cron(self, minute: int) -> str:
        """The cron expression for it.

        Args:
            minute: the minute of the hour for runs that come hourly or less often.
        """
        if self.expression:
            return self.expression
        if self.minutes < _HOUR:
            return f"*/{self.minutes} * * * *"
        if self.minutes < _DAY:
            return f"{minute} */{self.minutes // _HOUR} * * *"
        return f"{minute} {_NIGHT} * * {'*' if self.minutes == _DAY else 1}"

    def as_calendar(self) -> str:
        """The calendar event of systemd for it.

        Raises:
            UsageError: it is a cron expression.
        """
        if self.expression:
            raise UsageError(
                "systemd knows no cron expressions.", hint="Say --every, or --using cron."
            )
        if self.minutes < _HOUR:
            return f"*-*-* *:00/{self.minutes}:00"
        if self.minutes < _DAY:
            return f"*-*-* 00/{self.minutes // _HOUR}:00:00"
        return f"{'' if self.minutes == _DAY else 'Mon '}*-*-* {_NIGHT:02}:00:00"


def make_timetable(every: str | None, cron: str | None) -> Timetable:
    """The timetable that the options say; each day where neither is given.

    Raises:
        UsageError: both are given, or one can't be used.
    """
    if every and cron:
        raise UsageError("--every and --cron exclude each other.", hint="Give one of them.")
    if cron:
        expression = " ".join(cron.split())
        if not _CRON.fullmatch(expression):
            raise UsageError(
                f"{cron[:80]!r} is no cron expression.",
                hint="Write minute, hour, day of month, month and day of week: '0 3 * * *'.",
            )
        return Timetable(expression=expression)
    period = parse_period(every or "1d")
    minutes, rest = divmod(period, timedelta(minutes=1))
    if rest or minutes not in _INTERVALS:
        raise UsageError(
            f"Runs can't come every {every}.",
            hint="Take an interval that divides an hour, a day or a week (30m, 6h, 1d, 1w), "
            "or say --cron.",
        )
    return Timetable(minutes)


@dataclass(frozen=True, slots=True)
class Job:
    """The sync of one data folder, as it will be started: absolute paths only."""

    home: Path
    python: Path
    workdir: Path

    @classmethod
    def of(cls, home: Path) -> Job:
        """The sync of ``home`` by the Python that runs now.

        It is started where ``fmqa.toml`` is, if there is one in the current folder.

        Raises:
            UsageError: a path can't be written into a schedule.
        """
        here = Path.cwd()
        workdir = here if (here / "fmqa.toml").is_file() else home
        # Not resolved: a virtual environment is known by the path of its interpreter's link.
        job = cls(home.absolute(), Path(sys.executable or "python").absolute(), workdir.absolute())
        for path in (job.home, job.python, job.workdir):
            if any(map(_is_odd, str(path))) or str(path) != str(path).strip():
                raise UsageError(
                    f"{str(path)!r} holds characters that a schedule can't.",
                    hint="Move the folder to a path without quotes, backslashes, $, %, line ends "
                    "and control characters.",
                )
        return job

    @property
    def command(self) -> list[str]:
        """The command of a run."""
        return [str(self.python), "-m", "fmqa", "sync", "--home", str(self.home)]

    @property
    def suffix(self) -> str:
        """Tells data folders apart: empty for the user's own, else 8 hex digits of the path.

        A checkout counts as another folder: there may be several.
        """
        usual = Path(platformdirs.user_data_dir("fmqa", appauthor=False)).absolute()
        if self.home in {usual, usual.resolve()}:
            return ""
        return hashlib.sha256(os.fsencode(self.home)).hexdigest()[:8]

    @property
    def minute(self) -> int:
        """A minute of the hour, off the full hour, when everybody's cron asks arXiv."""
        return 5 + int.from_bytes(hashlib.sha256(os.fsencode(self.home)).digest()[:4]) % 50


@dataclass(frozen=True, slots=True)
class Installed:
    """A schedule that is installed.

    ``command`` are the words that are run; none where a user made something else of them. ``where``
    is the timer's file, or ``crontab``. ``active`` and ``next_run`` (UTC) are None where that can't
    be known: cron doesn't tell its next run. ``notes`` say what the user should know or do.
    """

    using: Using
    name: str
    said: str
    command: tuple[str, ...]
    where: str
    active: bool | None = None
    next_run: datetime | None = None
    notes: tuple[str, ...] = field(default=())


def environment_note() -> tuple[str, ...]:
    """Which settings of this shell's the scheduled runs won't see."""
    names = sorted(n for n in os.environ if n.upper().startswith("FMQA_") and n != "FMQA_HOME")
    if not names:
        return ()
    return (
        f"Scheduled runs don't see this shell's {', '.join(names)}; put what a sync needs into "
        "fmqa.toml, here, and install again.",
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """How a tool ended, and what it wrote."""

    code: int
    out: bytes
    err: str


def call(*command: str, stdin: bytes = b"") -> Ended:
    """Runs one of the machine's tools, in English.

    Raises:
        FmqaError: it isn't there, can't be started, or doesn't end.
    """
    program = shutil.which(command[0])
    if program is None:
        raise FmqaError(
            f"There is no {command[0]} on this machine.",
            hint="Choose another way with --using, or keep `fmqa serve --sync-every 1d` running.",
        )
    try:
        done = subprocess.run(  # noqa: S603  (our own arguments, no shell)
            [program, *command[1:]],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=_TOOL_SECONDS,
            env=os.environ | {"LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired as error:
        raise FmqaError(
            f"{command[0]} didn't end within {_TOOL_SECONDS:.0f} seconds.", hint="Try it again."
        ) from error
    except OSError as error:
        raise FmqaError(f"{command[0]} can't be started: {error.strerror}.", hint="") from error
    return Ended(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace").strip())


def words_of(line: str) -> tuple[str, ...]:
    """The words of a line that was written for `Job.of`'s paths; none where it can't be read."""
    try:
        return tuple(shlex.split(line))
    except ValueError:
        return ()


def _is_odd(letter: str) -> bool:
    return letter in _READ_OTHERWISE or unicodedata.category(letter) in _NOT_IN_FILES
