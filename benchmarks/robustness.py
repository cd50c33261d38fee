"""What becomes of odd, broken and hostile PDFs, and whether they harm the papers beside them.

    python -m benchmarks.robustness

Every file of ``bad_pdfs`` is read together with the 13 good papers. Counted are outcomes, files
without exactly one result, results without words, and papers whose passages differ from those read
alone.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.common import data_folder, options_parser, print_table, write_results
from fmqa.reading.pool import ReadLimits, read_files
from fmqa.types import Outcome, ReadResult


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
    options = parser.parse_args()
    data = data_folder()
    bad = sorted(p for p in (data / "bad_pdfs").glob("*") if p.suffix in (".pdf", ".fuzz"))
    good = sorted((data / "pdfs").glob("*.pdf"))
    limits = ReadLimits(options.seconds, options.memory_mb, 100, 2000)
    alone = passages(list(read_files(good, limits)))
    began = time.perf_counter()
    results = list(read_files(mixed(good, bad), limits))
    seconds = time.perf_counter() - began
    names = {path.name for path in good}
    odd = [result for result in results if result.path.name not in names]
    beside = passages([result for result in results if result.path.name in names])
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
        **{f"outcome_{kind.value}": sum(r.outcome is kind for r in odd) for kind in Outcome},
    }
    print_table("Broken PDFs", list(figures.items()))
    write_results("robustness", figures)


if __name__ == "__main__":
    main()
