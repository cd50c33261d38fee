"""Ingestions killed at random moments, and what stands in the record afterwards.

    python -m benchmarks.kills [--kills 20] [--papers 3]

`fmqa ingest` is killed (SIGKILL) again and again; after each kill every paper in the record must be
whole, as a clean ingestion gives it, and the next run goes on from there. A run that comes to its
end is compared in full, and the next kill begins with an empty folder. Half of the time a reader
opens the index between two runs, so that both its rebuilding and its being behind are met.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.common import print_table, shared_data, write_results
from benchmarks.home import command, fmqa
from benchmarks.processes import ROOT, environment
from fmqa.errors import FmqaError
from fmqa.settings import Settings
from fmqa.store.library import Library
from fmqa.store.mappers import PaperRow
from fmqa.store.record import Record
from fmqa.types import Source

_ORPHAN_SECONDS = 20.0
Contents = dict[str, tuple[str, str]]  # source and paper → its text's digest, its facts' digest


@dataclass
class Tally:
    """What the kills came to."""

    kills: int = 0
    moments: list[float] = field(default_factory=list)
    finished: int = 0
    papers_after_kill: list[int] = field(default_factory=list)
    orphans: int = 0
    problems: list[str] = field(default_factory=list)


def main() -> None:
    """Ingest once undisturbed, then kill, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--papers", type=int, help="only the smallest ones, for a quick look")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    data = shared_data()
    if data is None:
        print("skipped: no shared/data beside the checkout, and FMQA_SHARED isn't set")
        return
    files = sorted((data / "pdfs").glob("*.pdf"), key=lambda path: path.stat().st_size)
    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        seconds = fmqa("ingest", *files[: options.papers], home=Path(scratch) / "clean")[0]
        clean = contents(Path(scratch) / "clean")
        print(f"undisturbed: {seconds:.1f} s, {len(clean)} papers and notes", flush=True)
        killer = Killer(files[: options.papers], Path(scratch), clean, seconds, options.seed)
        tally = killer.run(options.kills)
        figures = summary(tally, seconds, time.perf_counter() - began)
    print_table("kills during ingestion", list(figures.items()))
    for problem in tally.problems:
        print(f"  PROBLEM: {problem}")
    if options.papers is None:
        write_results("kills", figures | {"what": tally.problems})


class Killer:
    """Starts ingestions and kills them.

    Args:
        files: what to ingest.
        scratch: where data folders are made.
        clean: what an undisturbed ingestion gives.
        seconds: how long that took; kills come within half of it, so that most interrupt.
        seed: of the moments.
    """

    def __init__(
        self, files: list[Path], scratch: Path, clean: Contents, seconds: float, seed: int
    ) -> None:
        self.files = files
        self.home = scratch / "killed"
        self.clean = clean
        self.longest = seconds / 2
        self.moments = random.Random(seed)
        self.tally = Tally()

    def run(self, kills: int) -> Tally:
        """Kill so many times, then let the last one end."""
        while self.tally.kills < kills:
            if self._interrupted(self.moments.uniform(0.1, self.longest)):
                self._examine(read_too=self.tally.kills % 2 == 0)
            else:
                self._finished()
        try:
            fmqa("ingest", *self.files, home=self.home)
        except RuntimeError as error:
            self.tally.problems.append(f"the last run: {error}")
        self._finished()
        return self.tally

    def _interrupted(self, moment: float) -> bool:
        """Whether an ingestion was still at work when it was to be killed."""
        process = subprocess.Popen(
            command("ingest", *self.files),
            env=environment({"FMQA_HOME": str(self.home)}),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            status = process.wait(moment)
        except subprocess.TimeoutExpired:
            children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.tally.kills += 1
            self.tally.moments.append(round(moment, 2))
            self._count_orphans(children)
            return True
        if status:
            self.tally.problems.append(f"an undisturbed run ended with {status}")
        return False

    def _count_orphans(self, children: list[psutil.Process]) -> None:
        """Its workers must end by themselves; those that don't are counted, and ended here."""
        _, alive = psutil.wait_procs(children, timeout=_ORPHAN_SECONDS)
        self.tally.orphans += len(alive)
        for child in alive:
            child.kill()

    def _examine(self, *, read_too: bool) -> None:
        """What a kill left: no paper, or whole ones."""
        where = f"after kill {self.tally.kills} ({self.tally.moments[-1]} s)"
        try:
            found = contents(self.home, read_too=read_too)
        except (FmqaError, AssertionError) as error:
            self.tally.problems.append(f"{where}: {error!r}")
            return
        papers = sum(key.startswith(Source.PDF.value) for key in found)
        self.tally.papers_after_kill.append(papers)
        # A paper's facts are complete only when the note on it, which comes last, is there too.
        differing = [key for key, held in found.items() if self.clean.get(key, ("",))[0] != held[0]]
        if differing:
            self.tally.problems.append(f"{where}: not whole: {differing}")
        print(f"{where}: {papers} papers", flush=True)

    def _finished(self) -> None:
        """A run has ended: the record is the clean one, the doctor finds nothing, start anew."""
        self.tally.finished += 1
        if contents(self.home, read_too=True) != self.clean:
            self.tally.problems.append("an ingestion with interruptions gave another record")
        try:
            fmqa("doctor", "--llm", "none", home=self.home)
        except RuntimeError as error:
            self.tally.problems.append(f"fmqa doctor: {error}")
        shutil.rmtree(self.home)


def contents(home: Path, *, read_too: bool = False) -> Contents:
    """Digests of each paper in a data folder: of its pages, passages and spans, and of its facts.

    That each passage has its vector is asserted.

    Args:
        home: the data folder; empty is nothing.
        read_too: also open the index, as a question does.

    Raises:
        AssertionError: something doesn't fit together.
        FmqaError: the record can't be read.
    """
    settings = Settings(home=home)
    library = Library(settings.index_dir, settings.record_path)
    try:
        damaged = library._database.check()
        assert not damaged, damaged
        record = library.record
        model = record.model
        if model is not None:
            with record.active_vectors(model) as active:
                assert len(active.ids) == sum(map(len, active)) == len(record.active_ids())
            if read_too:
                assert len(library.index(model)) == len(active.ids)
        rows = record.papers()
        return {f"{row.source.value} {row.meta.paper_id}": _digests(record, row) for row in rows}
    finally:
        library.close()


def _digests(record: Record, row: PaperRow) -> tuple[str, str]:
    meta = row.meta
    pages = record.pages(meta.paper_id, meta.version, row.source)
    passages = [held.passage for held in record.passages_of(meta.paper_id)]
    return _sha256((row.sha256, pages, passages)), _sha256(meta)


def _sha256(value: object) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "surrogatepass")).hexdigest()


def summary(tally: Tally, seconds: float, whole: float) -> dict[str, Any]:
    """The figures, for the table and the file."""
    return {
        "kills": tally.kills,
        "ingestions that came to their end": tally.finished,
        "problems": len(tally.problems),
        "workers left behind": tally.orphans,
        "undisturbed ingestion, s": round(seconds, 1),
        "whole benchmark, s": round(whole, 1),
        "killed at, s": ", ".join(map(str, sorted(tally.moments))),
        "papers in the record after a kill": ", ".join(map(str, tally.papers_after_kill)),
    }


if __name__ == "__main__":
    main()
