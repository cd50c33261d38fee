"""Whether the memory of an ingestion grows with the number of papers."""

from __future__ import annotations

import json
import tempfile

from benchmarks.arxiv_world import Figures
from benchmarks.home import command
from benchmarks.processes import run
from tests.small_arxiv import SmallArxiv, make_world

_TIMES = 10


def memory(papers: int) -> Figures:
    """`fmqa ingest` of a review that cites so many papers, and of one that cites ten times more."""
    rows = {str(count): _measured(count) for count in (papers, _TIMES * papers)}
    few, many = rows.values()
    return {
        "embedding model": "all-MiniLM-L6-v2",
        "by papers cited": rows,
        "peak MiB with children": max(row["peak MiB with children"] for row in rows.values()),
        "many to few": round(many["peak MiB with children"] / few["peak MiB with children"], 3),
    }


def _measured(papers: int) -> Figures:
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
