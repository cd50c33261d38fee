"""A program on a terminal of its own: when what it prints can first be read."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import time
from collections.abc import Mapping, Sequence

from benchmarks.processes import ROOT, environment

_CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_LONGEST = 180.0


def watch(
    command: Sequence[str], extra: Mapping[str, str], marks: Sequence[str]
) -> dict[str, float]:
    """Seconds from the start of the process until each of the marks was shown, and until its end.

    Args:
        command: program and arguments.
        extra: variables of its environment, beside this process's own.
        marks: texts to look for in what it prints, colours and cursor movements left out.

    Returns:
        Seconds by mark, and under ``end``; a mark that was never shown is left out.

    Raises:
        RuntimeError: it ended otherwise than with 0 (answered) or 3 (abstained).
    """
    ours, theirs = pty.openpty()
    began = time.perf_counter()
    variables = environment(extra) | {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "50"}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=variables, cwd=ROOT
    )
    os.close(theirs)
    printed, seen = b"", {}
    while time.perf_counter() - began < _LONGEST and (part := _read(ours)):
        printed += part
        now = time.perf_counter() - began
        plain = _CONTROL.sub(b"", printed).decode("utf-8", "replace")
        seen.update({mark: now for mark in marks if mark not in seen and mark in plain})
    os.close(ours)
    if process.wait(_LONGEST) not in (0, 3):
        raise RuntimeError(f"{command} ended with {process.returncode}:\n{plain[-2000:]}")
    return seen | {"end": time.perf_counter() - began}


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side has closed it
        return b""
