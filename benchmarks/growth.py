"""Writing a large library, paper by paper: whether memory grows with it, and whether it slows down.

    python -m benchmarks.growth [--passages 1000000]

Made-up papers of a hundred passages (`benchmarks.stores_scale.World`) are committed into SQLite one
by one as an ingestion commits them, and the index is published at the end. The process's largest
resident memory is told at each tenth. Reading and embedding, which hold no more than the papers
that are under way, aren't part of it: `benchmarks.arxiv memory` measures these.
"""

from __future__ import annotations

import resource
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.common import options_parser, print_table, write_results
from benchmarks.stores_scale import A_PAPER, MODEL, World
from fmqa.store.library import Library

_PARTS = 10


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = options_parser(__doc__)
    parser.add_argument("--passages", type=int, default=1_000_000)
    options = parser.parse_args()
    figures = grown(options.passages // A_PAPER)
    print_table(f"{options.passages:,} passages written", list(figures.items()))
    write_results("growth", {"sqlite": figures})


def grown(papers: int) -> dict[str, Any]:
    """Write so many papers and publish; what it took."""
    world = World()
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Library(Path(folder), Path(folder) / "record.sqlite3")) as library,
    ):
        memory, seconds = [peak()], list[float]()
        with library.writing(MODEL) as writer:
            for part in range(_PARTS):
                began = time.perf_counter()
                for number in range(part * papers // _PARTS, (part + 1) * papers // _PARTS):
                    world.add(writer, number)
                seconds.append(time.perf_counter() - began)
                memory.append(peak())
                print(f"  {part + 1}/{_PARTS}: {memory[-1]} MiB", flush=True)
            began = time.perf_counter()
        publishing = time.perf_counter() - began
        return {
            "passages": papers * A_PAPER,
            "peak MiB at the start": memory[0],
            "peak MiB after each tenth": memory[1:],
            "last tenth to first, memory": round(memory[-1] / memory[1], 3),
            "passages a second, each tenth": [
                round(papers / _PARTS * A_PAPER / taken) for taken in seconds
            ],
            "published, s": round(publishing, 1),
            "peak MiB after publishing": peak(),
            "problems found": library.check(),
        }


def peak() -> int:
    """This process's largest resident memory so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
