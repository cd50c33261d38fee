"""All benchmarks, each in a process of its own, and one table of what must be reached.

python -m benchmarks [NAME ...]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

from benchmarks.common import RESULTS
from benchmarks.figures import FIGURES, Figure
from benchmarks.processes import ROOT, environment

NAMES = (
    "references", "robustness", "retrieval", "ingest", "latency", "quotes", "repeatable", "answers",
    "entailment", "draft", "injection", "arxiv", "facets", "stores", "cluster", "million", "growth",
    "scale",
)  # fmt: skip


def main() -> int:
    """Run those that are named, or all. Ends with 1 when one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(NAMES))
    names = parser.parse_args().names or list(NAMES)
    unknown = set(names) - set(NAMES)
    if unknown:
        parser.error(f"there is no benchmark {sorted(unknown)[0]!r}; there are {', '.join(NAMES)}")
    began = datetime.now(UTC).replace(microsecond=0)
    absent = {name: reason for name in names if (reason := measure(name))}
    show([row for figure in FIGURES for row in rows(figure, names, absent, began)])
    for name, reason in absent.items():
        print(f"{name} {reason}")
    return int(any(not reason.startswith("skipped") for reason in absent.values()))


def measure(name: str) -> str:
    """Run one benchmark, showing what it prints; why there are no figures of it, or nothing."""
    print(f"\n=== {name}", flush=True)
    process = subprocess.Popen(
        [sys.executable, "-m", f"benchmarks.{name}"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment({}),
    )
    assert process.stdout is not None
    skipped = ""
    for line in process.stdout:
        print(line, end="", flush=True)
        skipped = line.strip() if line.startswith("skipped") else skipped
    status = process.wait()
    return f"failed: it ended with {status}" if status else skipped


def rows(
    figure: Figure, names: list[str], absent: dict[str, str], began: datetime
) -> list[tuple[str, str, str, str]]:
    """The figure's line of the table; none when its benchmark wasn't to be run."""
    benchmark = figure.results.split("-")[0]
    if benchmark not in names:
        return []
    if benchmark in absent:
        return [(figure.name, absent[benchmark].split(":")[0], "", "")]
    content = _results(figure.results, began)
    return [figure.row(content) if content else (figure.name, "not measured", "", "")]


def _results(name: str, began: datetime) -> dict[str, Any] | None:
    """What this run wrote; what an earlier one left doesn't count."""
    path = RESULTS / f"{name}.json"
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content if datetime.fromisoformat(content["measured"]) >= began else None


def show(table: list[tuple[str, str, str, str]]) -> None:
    """Print the table."""
    lines = [("figure", "measured", "wanted", ""), *table]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    print()
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        print(" | ".join([*cells, line[3]]).rstrip(" |"))


if __name__ == "__main__":
    sys.exit(main())
