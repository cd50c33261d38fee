"""One line in the user's crontab, between two comments. All other lines stay byte for byte."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import replace
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

_BEFORE = ("&&", "nice", "-n", "10")
_NONE_YET = ("no crontab", "no such file")


def available() -> bool:
    """Whether the machine has a crontab."""
    return shutil.which("crontab") is not None


def install(job: Job, timetable: Timetable) -> Installed:
    """Puts the line into the crontab, in the place of an earlier one.

    Raises:
        UsageError: our part of the crontab is damaged.
        FmqaError: the crontab can't be read or written, or the data folder can't be made.
    """
    block = _block(job, timetable, f"{timetable.as_cron(job.minute)} {shell_command(job)}")
    before = _crontab()
    kept, _ = _without(before, job)
    if kept and not kept.endswith(b"\n"):
        kept += b"\n"
    try:
        log_path(job).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{log_path(job).parent} can't be made: {error.strerror}.") from error
    _write(kept + block)
    found = read(job)
    if found is None:
        raise FmqaError(
            "crontab took the line but doesn't show it.", hint="Look at it with `crontab -l`."
        )
    note = f"What the runs say is added to {log_path(job)}."
    return replace(found, notes=(note, *environment_note()))


def remove(job: Job) -> Installed | None:
    """Takes the line out of the crontab; says what was there.

    Raises:
        UsageError: our part of the crontab is damaged.
        FmqaError: the crontab can't be read or written.
    """
    if not available():
        return None
    found = read(job)
    kept, block = _without(_crontab(), job)
    if block:
        _write(kept)
    return found


def read(job: Job) -> Installed | None:
    """What is installed for this data folder.

    Raises:
        UsageError: our part of the crontab is damaged.
        FmqaError: the crontab can't be read.
    """
    if not available():
        return None
    _, block = _without(_crontab(), job)
    lines = [os.fsdecode(line).rstrip("\r\n") for line in block.splitlines()]
    if not lines:
        return None
    # Lines in between that a user turned into comments are switched off.
    ours = [line for line in lines if line.strip() and not line.startswith("#")]
    return Installed(
        using=Using.CRON,
        name=_label(job),
        said=lines[0].removeprefix(f"# {_label(job)} (begin), ").partition(";")[0],
        command=_command_of(ours[0]) if ours else (),
        where="crontab",
        active=bool(ours),
    )


def _command_of(line: str) -> tuple[str, ...]:
    """What a line runs, without what `shell_command` puts around it."""
    words = words_of("".join(line.split(maxsplit=5)[5:]))
    return words[6:-3] if words[2:6] == _BEFORE else ()


def shell_command(job: Job) -> str:
    """The command of the crontab's line; `Job.of` lets nothing in that cron would change."""
    words = shlex.join([*_BEFORE[1:], *job.command])
    log = shlex.quote(str(log_path(job)))
    return f"cd {shlex.quote(str(job.workdir))} && {words} >> {log} 2>&1"


def log_path(job: Job) -> Path:
    """Where the runs' output goes."""
    return job.home / "index" / "sync.log"


def _label(job: Job) -> str:
    return f"fmqa sync {job.suffix}" if job.suffix else "fmqa sync"


def _block(job: Job, timetable: Timetable, line: str) -> bytes:
    begin = f"# {_label(job)} (begin), {timetable.said}; made by `fmqa schedule install`"
    return os.fsencode(f"{begin}\n{line}\n# {_label(job)} (end)\n")


def _without(crontab: bytes, job: Job) -> tuple[bytes, bytes]:
    """The crontab without our part, and our part.

    Raises:
        UsageError: one of the two comments around it is missing.
    """
    begin, end = (os.fsencode(f"# {_label(job)} ({word})") for word in ("begin", "end"))
    kept: list[bytes] = []
    block: list[bytes] = []
    inside = False
    for line in crontab.splitlines(keepends=True):
        opens, closes = line.startswith(begin), line.startswith(end)
        if (opens and inside) or (closes and not inside):
            raise _damaged(job)
        inside = inside or opens
        (block if inside else kept).append(line)
        inside = inside and not closes
    if inside:
        raise _damaged(job)
    return b"".join(kept), b"".join(block)


def _damaged(job: Job) -> UsageError:
    return UsageError(
        f"In the crontab, the comments around the line of {_label(job)!r} don't pair.",
        hint="Mend or delete them with `crontab -e`, then run this again.",
    )


def _crontab() -> bytes:
    """The user's crontab; empty where there is none yet."""
    ended = call("crontab", "-l")
    if ended.code == 0:
        return ended.out
    # Anything else must not be taken for an empty crontab: writing would lose the user's lines.
    if any(words in ended.err.lower() for words in _NONE_YET):
        return b""
    raise FmqaError(
        f"The crontab can't be read: {ended.err or ended.code}.",
        hint="Try `crontab -l`; or choose --using systemd.",
    )


def _write(crontab: bytes) -> None:
    ended = call("crontab", "-", stdin=crontab)
    if ended.code:
        raise FmqaError(
            f"crontab refuses the line: {ended.err or ended.code}.",
            hint="The crontab is as it was. Try --using systemd.",
        )
