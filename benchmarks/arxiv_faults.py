"""Whether an ingestion that meets faults ends with the record of one that meets none."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.arxiv_world import Figures, ingest, of_review, opened, settings_for, share
from fmqa.sync.run_types import SyncReport
from tests.records import differences, digest
from tests.small_arxiv import FAULTS, Fault, SmallArxiv, make_world

_KINDS = ("api", "pdf", "scholar")
_TIMEOUT = 1.0  # stalls last three seconds
_SHOWN = 8


def faults(papers: int) -> Figures:
    """Each fault, for each kind of request that it can meet, in a data folder of its own."""
    world = make_world(papers)
    rows: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as scratch, SmallArxiv(world) as server:
        clean = _run(server, Path(scratch) / "clean")[0]
        for name, make in FAULTS.items():
            for kind in _kinds(make()):
                server.faults.clear()
                fault = server.faults.add(make(kind=kind))
                began = time.perf_counter()
                held, report = _run(server, Path(scratch) / f"{len(rows)}")
                differing = differences(clean, held)
                rows[f"{name}, {kind}"] = {
                    "struck": len(fault.struck),
                    "seconds": round(time.perf_counter() - began, 1),
                    "equal": not differing,
                    "differing": differing[:_SHOWN],
                    "ended early": report.unreachable,
                }
                print(f"  {name}, {kind}: {rows[f'{name}, {kind}']}", flush=True)
    equal = sum(row["equal"] for row in rows.values())
    return {
        "papers": papers,
        "runs": len(rows),
        "runs in which the fault struck": sum(bool(row["struck"]) for row in rows.values()),
        "faults struck": sum(row["struck"] for row in rows.values()),
        "parts of a record compared": len(clean),
        "share of equal records": share(equal, len(rows)),
        "each": rows,
    }


def _kinds(fault: Fault) -> tuple[str, ...]:
    """The kinds of request that a fault makes sense for."""
    return (fault.kind,) if fault.kind else _KINDS


def _run(server: SmallArxiv, home: Path) -> tuple[dict[str, str], SyncReport]:
    settings = settings_for(server, home, fetch_timeout=_TIMEOUT)
    with opened(settings) as library:
        report = ingest(settings, library, of_review(server.world))
        return digest(library), report
