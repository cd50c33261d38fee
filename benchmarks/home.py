"""A data folder with the 13 papers in it, made once and kept in `benchmarks/.cache`."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.processes import ROOT, run

CACHE = Path(__file__).with_name(".cache")
# What decides how a paper stands in the record; a change of any of it makes the folder anew.
_STAGES = ("reading", "sources", "store", "sync")


def papers_home(papers: Path) -> Path:
    """An `FMQA_HOME` that holds these papers and the starter notes, as this source reads them."""
    home = CACHE / "home"
    mark = home / "made-from.sha256"
    wanted = _digest([*_sources(), *sorted(papers.glob("*.pdf"))])
    if mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
        return home
    print(f"Ingesting {papers} into {home}.", flush=True)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    fmqa("ingest", papers, home=home)
    mark.write_text(wanted, encoding="utf-8")
    return home


def fmqa(*values: str | Path, home: Path) -> tuple[float, str]:
    """Run the program as a process of its own; returns its seconds and standard output.

    Raises:
        RuntimeError: it ended otherwise than with 0.
    """
    ended = run(command(*values), {"FMQA_HOME": str(home)})
    return ended.seconds, ended.output


def command(*values: str | Path) -> list[str]:
    """The command line of the program with these arguments."""
    return [sys.executable, "-m", "fmqa", *map(str, values)]


def source_digest(*stages: str) -> str:
    """Names the state of these stages' source files."""
    return _digest(_sources(stages))


def _sources(stages: Iterable[str] = _STAGES) -> list[Path]:
    folders = [ROOT / "src" / "fmqa" / stage for stage in stages]
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


def _digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
