"""The arXiv engine against a small arXiv on loopback, with made-up papers.

    python -m benchmarks.arxiv [kills memory] [--kills 100]

Parts that are named are measured anew; the others keep what was measured before.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from benchmarks.common import RESULTS, options_parser, print_table, write_results
from benchmarks.processes import command, run
from tests.small_arxiv import SmallArxiv, make_world

Figures = dict[str, Any]

PAPERS = 60
PARTS = ("kills", "memory")
_TIMES = 10  # more papers, for the memory


def main() -> None:
    """Measure the parts named, or all; print and keep each as it is done."""
    parser = options_parser(__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--papers", type=int, help="fewer (from 16), for a quick look; not kept")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}")
    measure = _measures(options.papers or PAPERS, options.kills)
    for name in options.parts or PARTS:
        print(f"{name}:", flush=True)
        began = time.perf_counter()
        figures = measure[name]()
        print_table(f"arXiv, {name}", _flat(figures))
        print(f"  {time.perf_counter() - began:.0f} s", flush=True)
        if options.papers is None:
            _keep(name, figures)


def _measures(papers: int, kill_count: int) -> Mapping[str, Callable[[], Figures]]:
    from benchmarks.arxiv_kills import kills

    return {"kills": lambda: kills(papers, kill_count), "memory": lambda: memory(papers)}


def memory(papers: int) -> Figures:
    """`fmqa ingest` of a review that cites so many papers, and of one that cites ten times more."""
    rows = {str(count): _ingested(count) for count in (papers, _TIMES * papers)}
    few, many = rows.values()
    return {
        "embedding model": "all-MiniLM-L6-v2",
        "by papers cited": rows,
        "peak MiB with children": max(row["peak MiB with children"] for row in rows.values()),
        "many to few": round(many["peak MiB with children"] / few["peak MiB with children"], 3),
    }


def _ingested(papers: int) -> Figures:
    world = make_world(papers)
    with tempfile.TemporaryDirectory() as home, SmallArxiv(world) as server:
        named = command("ingest", world.review, "--depth", "1", "--json")
        ended = run(named, server.environment() | {"FMQA_HOME": home})
    report = json.loads(ended.output)["arxiv"]
    print(f"  {papers} papers: {ended.seconds:.0f} s, {ended.tree_mb:,.0f} MiB", flush=True)
    return {
        "seconds": round(ended.seconds, 1),
        "peak MiB with children": round(ended.tree_mb),
        "peak MiB of the largest process": round(ended.largest_mb),
        "papers brought in": len(report["ingested"]),
        "passages": report["passages"],
    }


def _keep(name: str, figures: Figures) -> None:
    """Write one part beside those that were measured before, with a date of its own."""
    path = RESULTS / "arxiv.json"
    held = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    date = {"measured": datetime.now(UTC).isoformat(timespec="seconds")}
    parts = {part: held[part] for part in PARTS if part in held} | {name: date | figures}
    write_results("arxiv", {part: parts[part] for part in PARTS if part in parts})


def _flat(figures: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Figures as rows of a table, those within others under both names."""
    rows: list[tuple[str, Any]] = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            rows += [(f"{name}: {key}", shown) for key, shown in _flat(value)]
        else:
            rows.append((name, "; ".join(map(str, value)) if isinstance(value, list) else value))
    return rows


if __name__ == "__main__":
    main()
