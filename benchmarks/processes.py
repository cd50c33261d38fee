"""Whole processes, measured (wall time, peak memory with their children), and their data folders.

A data folder for each folder of papers is made once and kept in `benchmarks/.cache`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(__file__).with_name(".cache")
# What decides how a paper stands in the record; a change of any of it makes the folder anew.
_STAGES = ("reading", "sources", "store", "sync")
_SAMPLE_SECONDS = 0.05
_KEPT = {"FMQA_MODELS_DIR", "FMQA_SHARED", "FMQA_BENCH_QUESTIONS"}  # where things lie
_FAMILY_EACH = 5  # samples; to look for new children costs more than all the rest


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took.

    ``tree_mb`` is the largest sum of resident memory over the process and its children, sampled
    each 50 ms (pages that they share count in each of them); ``largest_mb`` is the kernel's own
    maximum of the largest single process among them.
    """

    seconds: float
    output: str
    errors: str
    tree_mb: float
    largest_mb: float


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's variables without the user's fmqa settings, and with these instead."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FMQA_") or name in _KEPT
    }
    paths = [str(ROOT / "src"), str(ROOT)]
    return kept | {"PYTHONPATH": os.pathsep.join(paths)} | dict(extra)


def run(command: Sequence[str], extra: Mapping[str, str]) -> Run:
    """Run a command to its end.

    Args:
        command: program and arguments.
        extra: variables of its environment, beside this process's own.

    Raises:
        RuntimeError: it ended otherwise than with 0.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=errors, env=environment(extra), cwd=ROOT
        )
        peak = _Peak(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        tree = peak.stop()
        for stream in (output, errors):
            stream.seek(0)
        said, complained = output.read(), errors.read()
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}:\n{complained[-2000:]}")
    largest = usage.ru_maxrss / 1024
    return Run(seconds, said, complained, max(tree, largest), largest)


class _Peak:
    """Watches the resident memory of a process and its children from a thread."""

    def __init__(self, pid: int) -> None:
        self._bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=[pid], daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """The peak in MiB."""
        self._ended.set()
        self._thread.join()
        return self._bytes / 1024**2

    def _watch(self, pid: int) -> None:
        try:
            root = psutil.Process(pid)
        except psutil.NoSuchProcess:
            return
        for sample in count():
            if self._ended.wait(_SAMPLE_SECONDS):
                return
            try:
                if sample % _FAMILY_EACH == 0:
                    family = [root, *root.children(recursive=True)]
            except psutil.Error:
                return
            self._bytes = max(self._bytes, sum(map(_resident, family)))


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def use_cpus(most: int) -> int:
    """Keep this process and its children to ``most`` CPUs where the system lets it.

    So that both sides of a comparison have the same, on a machine of any size. Returns how many
    CPUs there are to use.
    """
    if not hasattr(os, "sched_setaffinity"):
        return os.cpu_count() or 1
    usable = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, usable[:most])
    return min(most, len(usable))


def papers_home(papers: Path) -> Path:
    """An `FMQA_HOME` that holds these papers and the starter notes, as this source reads them."""
    home = CACHE / f"home-{papers.name}"
    mark = home / "made-from.sha256"
    wanted = _digest([*_sources(), *sorted(papers.glob("*.pdf"))])
    if mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
        return home
    print(f"Ingesting {papers} into {home}.", flush=True)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    run(command("ingest", papers), {"FMQA_HOME": str(home)})
    mark.write_text(wanted, encoding="utf-8")
    return home


def command(*values: str | Path) -> list[str]:
    """The command line of the program with these arguments."""
    return [sys.executable, "-m", "fmqa", *map(str, values)]


def _sources() -> list[Path]:
    folders = [ROOT / "src" / "fmqa" / stage for stage in _STAGES]
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


def _digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
