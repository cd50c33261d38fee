"""Ingestion on a cluster: one worker, two workers and no cluster, and what deaths on the way leave.

    python -m benchmarks.cluster [--rounds 3] [--papers 200]

Each round brings the same PDFs into new data folders by three engines, in one process and on the
same CPUs: the local pipeline with as many reading processes and threads as there are CPUs, a
cluster of one worker and one of two. Each has embedded before, so that no model is loaded within
the time. Ratios are of one round. Then a made-up corpus is brought in by two workers, into SQLite
and into PostgreSQL, while a worker is killed, the scheduler killed and started again, and
PostgreSQL crashed and started again; the record must be the undisturbed one.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from benchmarks.common import data_folder, options_parser, print_table, write_results
from benchmarks.processes import ROOT, command, environment, use_cpus
from fmqa.reading.pool import ReadLimits
from fmqa.settings import Settings
from fmqa.store.embedding import make_embedder
from fmqa.store.library import Library
from fmqa.sync.cluster.cluster_engine import ClusterEngine
from fmqa.sync.ingestor import Engine, Ingestor, LocalEngine
from fmqa.types import Outcome, ReadResult
from tests.fakes import make_pdf
from tests.ports import free_port
from tests.records import differences, digest
from tests.servers import PostgresServer, postgres

_CPUS = 2
_KILL_AT, _RESTART_AT, _CRASH_AT = 0.25, 0.5, 0.75  # of the papers
_DOWN_SECONDS = 3.0  # that the scheduler, and then PostgreSQL, is away


def main() -> None:
    """Alternate the three, then disturb, and keep the figures."""
    parser = options_parser(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--papers", type=int, default=200, help="of the made-up corpus")
    parser.add_argument("--only-disturbed", action="store_true", help="leave the times out")
    parser.add_argument("--smallest", type=int, help="only so many of the PDFs, for a quick look")
    options = parser.parse_args()
    data = data_folder()
    cpus = use_cpus(_CPUS)
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch), cpus)
        figures: dict[str, Any] = {"cpus": cpus, "load before": round(os.getloadavg()[0], 1)}
        papers = sorted((data / "pdfs").glob("*.pdf"), key=lambda path: path.stat().st_size)
        papers = papers[: options.smallest]
        if not options.only_disturbed:
            figures |= bench.speeds(papers, options.rounds)
        figures |= bench.disturbed(options.papers)
    print_table("ingestion on a cluster", list(figures.items()))
    if options.smallest is None and not options.only_disturbed:
        write_results("cluster", figures)


@dataclass
class Running:
    """A scheduler and its workers."""

    port: int
    scheduler: subprocess.Popen[bytes]
    workers: subprocess.Popen[bytes]

    def kill_a_worker(self) -> None:
        """One worker's process; the one that started it stays."""
        children = psutil.Process(self.workers.pid).children()
        next(one for one in children if "spawn_main" in " ".join(one.cmdline())).kill()

    def restart_scheduler(self) -> None:
        """Kill it, and start another at the same address after a while."""
        self.scheduler.kill()
        self.scheduler.wait()
        threading.Timer(_DOWN_SECONDS, self._start_again).start()

    def _start_again(self) -> None:
        self.scheduler = start_scheduler(self.port)


def start_scheduler(port: int) -> subprocess.Popen[bytes]:
    """`fmqa workers scheduler` there."""
    return start("scheduler", "--port", str(port), "--health-port", str(free_port()))


def start(*arguments: str, **settings: str) -> subprocess.Popen[bytes]:
    """`fmqa workers` with these arguments, quietly."""
    return subprocess.Popen(
        command("workers", *arguments),
        env=environment(settings),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def cluster(workers: int) -> Iterator[Running]:
    """A scheduler and so many workers of one thread each, ended with the context."""
    port = free_port()
    count = ["--processes", str(workers)]
    running = Running(
        port,
        start_scheduler(port),
        start("start", "--scheduler", f"127.0.0.1:{port}", *count, FMQA_THREADS="1"),
    )
    try:
        yield running
    finally:
        for process in (running.workers, running.scheduler):
            process.terminate()
            process.wait()


class Bench:
    """Ingestions into new data folders.

    Args:
        scratch: where the folders are made.
        cpus: that there are to use.
    """

    def __init__(self, scratch: Path, cpus: int) -> None:
        self.scratch = scratch
        self.cpus = cpus
        settings = Settings(threads=cpus)
        self.embedder = make_embedder(settings)
        self.limits = ReadLimits()

    def speeds(self, papers: list[Path], rounds: int) -> dict[str, Any]:
        """Seconds of the three engines, and their ratios."""
        local = LocalEngine(self.embedder.embed_array)
        seconds: dict[str, list[float]] = {"local": [], "one worker": [], "two workers": []}
        used: dict[str, list[float]] = {name: [] for name in seconds}
        passages = 0
        with cluster(1) as one, cluster(2) as two:
            engines: dict[str, Engine] = {
                "local": local,
                "one worker": self.engine(one),
                "two workers": self.engine(two),
            }
            for engine in [*engines.values()] * 2:
                self.ingest(papers, engine)  # each worker compiles kernels for each shape of batch
            for number in range(1, rounds + 1):
                for name, engine in engines.items():
                    before = cpu_seconds()
                    took, passages = self.ingest(papers, engine)
                    seconds[name].append(took)
                    used[name].append(cpu_seconds() - before)
                shown = ", ".join(f"{name} {spent[-1]:.1f} s" for name, spent in seconds.items())
                print(f"round {number}: {shown}", flush=True)
        return {"papers": len(papers), "passages": passages, **ratios(seconds, used)}

    def engine(self, running: Running) -> ClusterEngine:
        """The engine of a cluster."""
        address = f"tcp://127.0.0.1:{running.port}"
        return ClusterEngine(address, self.embedder.fingerprint)

    def ingest(self, papers: list[Path], engine: Engine) -> tuple[float, int]:
        """Seconds that a new data folder takes, and the passages that were committed."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            library = open_library(Path(folder))
            ingestor = self.ingestor(library, engine)
            began = time.perf_counter()
            report = ingestor.ingest_files(papers, self.limits, workers=self.cpus)
            took = time.perf_counter() - began
            library.close()
        if report.count(Outcome.OK) != len(papers):
            raise RuntimeError(f"not all papers were read: {report.results}")
        return took, report.passages

    def ingestor(self, library: Library, engine: Engine) -> Ingestor:
        """What brings papers in by an engine."""
        made = Ingestor(library, self.embedder.fingerprint, self.embedder.embed_array, engine)
        return made.telling(print)

    def disturbed(self, count: int) -> dict[str, Any]:
        """What the records are when what they are made with dies on the way."""
        folder = self.scratch / "made"
        folder.mkdir()
        for number in range(count):
            make_pdf(folder / f"paper{number}.pdf", number)
        papers = sorted(folder.glob("*.pdf"))
        clean, _ = self._record(papers, LocalEngine(self.embedder.embed_array))
        found = {"disturbed, SQLite": self._disturbed(papers, clean)}
        with postgres() as server:
            found["disturbed, PostgreSQL"] = self._disturbed(papers, clean, server)
        return found

    def _disturbed(
        self, papers: list[Path], clean: dict[str, str], server: PostgresServer | None = None
    ) -> dict[str, Any]:
        """A worker killed, the scheduler restarted, and with a server, that crashed as well."""
        done = 0
        with cluster(2) as running:
            steps = {_KILL_AT: running.kill_a_worker, _RESTART_AT: running.restart_scheduler}
            if server:
                steps[_CRASH_AT] = partial(crash, server)
            due = {int(len(papers) * share): step for share, step in steps.items()}

            def disturb(result: ReadResult) -> None:
                nonlocal done
                done += 1
                if step := due.pop(done, None):
                    step()

            began = time.perf_counter()
            url = server.url if server else ""
            found, doctor = self._record(papers, self.engine(running), disturb, url)
        if server:  # which words are searched is kept in SQLite's tables alone
            clean = {key: made for key, made in clean.items() if not key.endswith(" words")}
        return {
            "papers": len(papers),
            "s": round(time.perf_counter() - began, 1),
            "deaths": len(steps),
            "deaths that were due and didn't come": len(due),
            "entries": len(clean),
            "entries that differ": len(differences(clean, found)),
            "papers twice": done - len(papers),
            "fmqa doctor": doctor,
        }

    def _record(
        self,
        papers: list[Path],
        engine: Engine,
        progress: Callable[[ReadResult], None] = lambda result: None,
        url: str = "",
    ) -> tuple[dict[str, str], str]:
        """The digest of a new record, and what `fmqa doctor` says of it."""
        home = self.scratch / "record"
        shutil.rmtree(home, ignore_errors=True)
        library = open_library(home, url)
        self.ingestor(library, engine).ingest_files(
            papers, self.limits, workers=self.cpus, progress=progress
        )
        found = digest(library)
        library.close()
        doctor = subprocess.run(
            command("doctor", "--llm", "none"),
            check=False,
            env=environment({"FMQA_HOME": str(home), "FMQA_DATABASE_URL": url}),
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        return found, "clean" if doctor.returncode == 0 else doctor.stdout + doctor.stderr


def crash(server: PostgresServer) -> None:
    """End a server without warning, and start it after a while; writing goes on meanwhile."""
    server.stop(signal.SIGQUIT)
    threading.Timer(_DOWN_SECONDS, server.start).start()


def open_library(home: Path, url: str = "") -> Library:
    """The library of a data folder, its record at an address where one is given."""
    settings = Settings(home=home)
    return Library(settings.index_dir, settings.record_path, url)


def cpu_seconds() -> float:
    """Of this process and its children, those that have ended included.

    On a machine that others use too, they say more of an engine's cost than the clock does.
    """
    own = psutil.Process()
    total = 0.0
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.Error):  # ended meanwhile: its parent counts it
            total += sum(process.cpu_times()[:4])
    return total


def ratios(seconds: dict[str, list[float]], used: dict[str, list[float]]) -> dict[str, Any]:
    """Medians, and the medians of the rounds' own ratios."""
    one, two, local = (seconds[name] for name in ("one worker", "two workers", "local"))
    gains = [a / b for a, b in zip(one, two, strict=True)]
    costs = [a / b - 1 for a, b in zip(two, local, strict=True)]
    work = [a / b - 1 for a, b in zip(used["two workers"], used["local"], strict=True)]
    return {
        **{f"{name}, s": round(statistics.median(spent), 2) for name, spent in seconds.items()},
        "each round, s": {n: [round(one, 2) for one in spent] for n, spent in seconds.items()},
        "two workers against one": round(statistics.median(gains), 2),
        "two workers' overhead against local": round(statistics.median(costs), 3),
        "two workers' overhead in CPU seconds": round(statistics.median(work), 3),
        "CPU seconds": {n: [round(one, 1) for one in spent] for n, spent in used.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
