"""What a paper costs, and what 10 thousand, 100 thousand and 2.8 million of them would.

    python -m benchmarks.scale [--again]

Unit costs are measured over the PDFs of shared/data (pages, passages, bytes; kept, and
measured anew with `--again`) or taken from the results of the other benchmarks (seconds of an
ingestion, of a search, sizes of indexes); what wasn't measured there is left out, and said. The
simulation, seeded, draws each paper from the measured ones, over and over from other samples of
them, so that its ranges say how little thirteen papers tell. Prices and arXiv's pace are
assumptions, and stand in the results as such.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import RESULTS, data_folder, options_parser, print_table, write_results
from benchmarks.processes import papers_home
from fmqa.settings import Settings
from fmqa.store.library import Library
from fmqa.types import Source

SEED = 7
SAMPLES = 400
SIZES = {"10 thousand": 10_000, "100 thousand": 100_000, "2.8 million": 2_800_000}
_MIB = 1 << 20
_GIB = 1 << 30
_PACE_SECONDS = 3.0  # between two requests, as arXiv asks
_WORKERS = 16
_LOST = 0.01  # of the tasks, done again since a worker died
_TERMS_OF_USE = {  # assumptions: list prices of large clouds, rounded
    "a core for an hour": 0.04,
    "a GiB of memory for a month": 3.0,
    "a GiB of SSD for a month": 0.10,
}
_HNSW_LINKS = 16


@dataclass(frozen=True)
class Units:
    """What one paper was measured to be, over several.

    Each array has one value for a paper. ``core_seconds`` is what reading and embedding took on
    one core for each passage; ``record`` is the record's bytes for each passage.
    """

    pages: np.ndarray[Any, Any]
    passages: np.ndarray[Any, Any]
    file_bytes: np.ndarray[Any, Any]
    core_seconds: float
    record: float


def main() -> None:
    """Measure what isn't measured yet, simulate, and keep both."""
    parser = options_parser(__doc__)
    parser.add_argument("--again", action="store_true", help="measure the papers again")
    options = parser.parse_args()
    measured = held("scale").get("papers")
    if measured is None or options.again:
        measured = measure(data_folder() / "pdfs")
    results = {name: held(name) for name in ("ingest", "latency", "million")}
    results["stores"] = held("stores-scale")
    units = units_of(measured, results["ingest"])
    figures = {
        "seed": SEED,
        "papers": measured,
        "unit costs": unit_costs(units, results),
        "assumed": {"prices, $": _TERMS_OF_USE, "seconds between two requests": _PACE_SECONDS,
                    "workers": _WORKERS, "share of tasks done again": _LOST},
        "simulated": {name: simulated(units, count) for name, count in SIZES.items()},
    }  # fmt: skip
    print_table("unit costs", list(figures["unit costs"].items()))
    for name, rows in figures["simulated"].items():
        print_table(f"{name} papers (5 %, median, 95 %)", [(k, str(v)) for k, v in rows.items()])
    write_results("scale", figures)


def held(name: str) -> dict[str, Any]:
    """The results of another benchmark; empty where there are none."""
    path = RESULTS / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


def measure(pdfs: Path) -> dict[str, Any]:
    """Pages, passages and bytes of each paper, and the record's size for all of them."""
    settings = Settings(home=papers_home(pdfs))
    library = Library(settings.index_dir, settings.record_path)
    try:
        rows = [row for row in library.record.papers() if row.source is Source.PDF]
        passages = [len(library.record.passages_of(row.meta.paper_id)) for row in rows]
        every = len(library.record.active_ids())
        record = sum(path.stat().st_size for path in settings.index_dir.glob("record.sqlite3*"))
    finally:
        library.close()
    return {
        "pages": [row.pages for row in rows],
        "passages": passages,
        "file bytes": sorted(path.stat().st_size for path in pdfs.glob("*.pdf")),
        "record bytes": record,
        "passages in the record": every,
    }


def units_of(measured: dict[str, Any], ingest: dict[str, Any]) -> Units:
    """Unit costs from what was measured; an ingestion's seconds are those of `ingest`."""
    ours = ingest["fmqa"]
    return Units(
        np.array(measured["pages"]),
        np.array(measured["passages"]),
        np.array(measured["file bytes"]),
        ours["seconds, median"] * ingest["threads"] / ours["passages"],
        measured["record bytes"] / measured["passages in the record"],
    )


def unit_costs(units: Units, results: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The costs of one page, passage and question, each with what it was measured by."""
    million, stores = results["million"], results["stores"]
    per_passage = million.get("index, MiB", 0) * _MIB / million["passages"] if million else None
    found: dict[str, Any] = {
        "a paper, pages": round(float(units.pages.mean()), 1),
        "a paper, passages": round(float(units.passages.mean()), 1),
        "a paper, bytes of its PDF": round(float(units.file_bytes.mean())),
        "a page, core seconds (ingest)": round(
            units.core_seconds * units.passages.sum() / units.pages.sum(), 3
        ),
        "a passage, core seconds (ingest)": round(units.core_seconds, 4),
        "a passage, bytes of the record": round(units.record),
        "a passage, bytes of the FAISS index at a million": per_passage and round(per_passage),
        "a question, search over a small library, p50, ms": results["latency"]
        .get("warm search", {})
        .get("p50, ms"),
        "a question, FAISS over a million, p50, ms": million.get("search, p50, ms"),
        "a question, PostgreSQL over a million, p50, ms": _of(stores, "hybrid search, p50, ms"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _of(content: dict[str, Any], name: str) -> Any:
    """A figure by its name, wherever it stands."""
    if name in content:
        return content[name]
    inner = (_of(value, name) for value in content.values() if isinstance(value, dict))
    return next((value for value in inner if value is not None), None)


def simulated(units: Units, papers: int) -> dict[str, list[float]]:
    """Hours, sizes and money of so many papers: their 5th, 50th and 95th percentile."""
    random = np.random.default_rng(SEED)
    drawn = [_once(units, papers, random) for _ in range(SAMPLES)]
    return {
        name: [_rounded(np.percentile([one[name] for one in drawn], at)) for at in (5, 50, 95)]
        for name in drawn[0]
    }


def _once(units: Units, papers: int, random: np.random.Generator) -> dict[str, float]:
    """One world: a sample of the measured papers, and the papers drawn from it."""
    sample = random.integers(len(units.passages), size=len(units.passages))
    counts = random.multinomial(papers, np.full(len(sample), 1 / len(sample)))
    passages = float(counts @ units.passages[sample])
    files = float(counts @ random.choice(units.file_bytes, len(sample)))
    again = 1 + random.binomial(papers, _LOST) / papers
    core_hours = passages * units.core_seconds * again / 3600
    fetching = papers * _PACE_SECONDS / 3600
    halves = passages * (2 * 384 + 2 * _HNSW_LINKS * 6)  # of vectors, and links of six bytes
    record = passages * units.record
    prices = _TERMS_OF_USE
    return {
        "million passages": passages / 1e6,
        "core hours": core_hours,
        f"hours, {_WORKERS} workers": core_hours / _WORKERS,
        "hours of fetching at arXiv's pace": fetching,
        "workers that keep up with it": float(np.ceil(core_hours / fetching)),
        "PDFs, GiB": files / _GIB,
        "record, GiB": record / _GIB,
        "HNSW over halfvec, GiB": halves / _GIB,
        "ingestion, $": core_hours * prices["a core for an hour"],
        "disk a month, $": (files + record + halves) / _GIB * prices["a GiB of SSD for a month"],
        "index in memory a month, $": halves / _GIB * prices["a GiB of memory for a month"],
    }


def _rounded(value: float) -> float:
    """Three figures of it; more would be made up."""
    return float(f"{float(value):.3g}")


if __name__ == "__main__":
    main()
