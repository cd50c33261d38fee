"""What becomes of odd, broken and hostile PDFs, and whether they harm the papers beside them.

    python -m benchmarks.robustness

Every file of ``bad_pdfs`` is read together with the 13 good papers. Counted are outcomes, files
without exactly one result, results without words, and papers whose passages differ from those read
alone. The memory of this process and its workers is sampled all the while.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

from benchmarks.common import data_folder, options_parser, print_table, write_results
from fmqa.reading.pool import ReadLimits, read_files
from fmqa.types import Outcome, ReadResult

_MIB = 1024 * 1024


class Memory(threading.Thread):
    """Watches the resident memory of this process and of its largest child, in MiB."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.own = self.child = 0.0
        self.done = threading.Event()

    def run(self) -> None:
        """Sample every 20 ms until told to stop."""
        here = psutil.Process()
        while not self.done.wait(0.02):
            self.own = max(self.own, here.memory_info().rss / _MIB)
            for child in here.children():
                try:
                    self.child = max(self.child, child.memory_info().rss / _MIB)
                except psutil.Error:
                    continue


def passages(results: list[ReadResult]) -> dict[str, Any]:
    """Each good file's passages, by its name."""
    return {r.path.name: r.document.passages for r in results if r.document is not None}


def mixed(good: list[Path], bad: list[Path]) -> list[Path]:
    """The good files spread evenly among the bad ones."""
    step = max(1, len(bad) // max(1, len(good)))
    files = list(bad)
    for number, path in enumerate(good):
        files.insert(number * (step + 1), path)
    return files


def main() -> None:
    """Measure, print, and write ``benchmarks/results/robustness.json``."""
    parser = options_parser(__doc__)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--memory-mb", type=int, default=512)
    parser.add_argument("--show", action="store_true", help="print every bad file's outcome")
    options = parser.parse_args()
    data = data_folder()
    bad = sorted(p for p in (data / "bad_pdfs").glob("*") if p.suffix in (".pdf", ".fuzz"))
    good = sorted((data / "pdfs").glob("*.pdf"))
    limits = ReadLimits(options.seconds, options.memory_mb, 100, 2000)
    alone = passages(list(read_files(good, limits)))
    memory = Memory()
    memory.start()
    began = time.perf_counter()
    results = list(read_files(mixed(good, bad), limits))
    seconds = time.perf_counter() - began
    memory.done.set()
    names = {path.name for path in good}
    odd = [result for result in results if result.path.name not in names]
    beside = passages([result for result in results if result.path.name in names])
    if options.show:
        for result in sorted(odd, key=lambda r: r.path):
            print(
                f"{result.path.name:55} {result.outcome:10} {result.seconds:6.2f} {result.detail}"
            )
    figures = {
        "bad_files": len(bad),
        "results": len(odd),
        "files_without_exactly_one_result": sum(
            Counter(r.path for r in odd)[path] != 1 for path in bad
        ),
        "results_without_words": sum(not r.detail for r in odd if r.outcome is not Outcome.OK),
        "over_the_time_limit": sum(r.seconds > options.seconds + 1 for r in odd),
        "slowest_seconds": max(r.seconds for r in odd),
        "reader_crashes": sum("crashed" in r.detail or "failed on it" in r.detail for r in odd),
        "good_files": len(good),
        "good_files_changed": sum(alone[name] != beside.get(name) for name in alone),
        "seconds": seconds,
        "peak_parent_mib": memory.own,
        "peak_worker_mib": memory.child,
        **{f"outcome_{kind.value}": sum(r.outcome is kind for r in odd) for kind in Outcome},
    }
    print_table("Broken PDFs", list(figures.items()))
    write_results("robustness", figures)


if __name__ == "__main__":
    main()
