"""Ingestion on a cluster: how fast one worker, two workers and no cluster are.

    python -m benchmarks.cluster [--rounds 3]

Each round brings the same PDFs into new data folders by three engines, in one process and on the
same CPUs: the local pipeline with as many reading processes and threads as there are CPUs, a
cluster of one worker and one of two. Each has embedded before, so that no model is loaded within
the time. Ratios are of one round.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
from fmqa.types import Outcome
from tests.ports import free_port

_CPUS = 2


def main() -> None:
    """Alternate the three, and keep the figures."""
    parser = options_parser(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--smallest", type=int, help="only so many of the PDFs, for a quick look")
    options = parser.parse_args()
    data = data_folder()
    cpus = use_cpus(_CPUS)
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch), cpus)
        figures: dict[str, Any] = {"cpus": cpus, "load before": round(os.getloadavg()[0], 1)}
        papers = sorted((data / "pdfs").glob("*.pdf"), key=lambda path: path.stat().st_size)
        papers = papers[: options.smallest]
        figures |= bench.speeds(papers, options.rounds)
    print_table("ingestion on a cluster", list(figures.items()))
    if options.smallest is None:
        write_results("cluster", figures)


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
def cluster(workers: int) -> Iterator[str]:
    """Address of a scheduler with so many workers of one thread each, ended with the context."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    scheduler = start("scheduler", "--port", str(port), "--health-port", str(free_port()))
    count = ["--processes", str(workers)]
    started = start("start", "--scheduler", address, *count, FMQA_THREADS="1")
    try:
        yield f"tcp://{address}"
    finally:
        for process in (started, scheduler):
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
                "one worker": ClusterEngine(one, self.embedder.fingerprint),
                "two workers": ClusterEngine(two, self.embedder.fingerprint),
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

    def ingest(self, papers: list[Path], engine: Engine) -> tuple[float, int]:
        """Seconds that a new data folder takes, and the passages that were committed."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            settings = Settings(home=Path(folder))
            library = Library(settings.index_dir, settings.record_path)
            embedder = self.embedder
            made = Ingestor(library, embedder.fingerprint, embedder.embed_array, engine)
            ingestor = made.telling(print)
            began = time.perf_counter()
            report = ingestor.ingest_files(papers, self.limits, workers=self.cpus)
            took = time.perf_counter() - began
            library.close()
        if report.count(Outcome.OK) != len(papers):
            raise RuntimeError(f"not all papers were read: {report.results}")
        return took, report.passages


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
