"""Ingestion of the 13 papers: fmqa against the stock pipeline, whole processes.

    python -m benchmarks.ingest [--rounds 3] [--papers 2]

Each round runs one after the other, on the same CPUs and threads, from nothing to a saved index;
models are on the disk already, and a run of each over one small paper comes before, so that neither
pays for cold files. What is compared is the median of the rounds' own ratios.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.common import data_folder, options_parser, print_table, write_results
from benchmarks.processes import Run, command, run, use_cpus
from benchmarks.stock import stock_python, stock_run
from fmqa.settings import Settings
from fmqa.weights.catalog import MINILM
from fmqa.weights.pull import ensure

Measured = tuple[Run, dict[str, Any]]


def main() -> None:
    """Alternate the two, print each round, and keep the medians."""
    parser = options_parser(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--papers", type=int, help="only the smallest ones, for a quick look")
    options = parser.parse_args()
    data = data_folder()
    threads = use_cpus(options.threads)
    model = ensure(MINILM, Settings().models_dir)
    stock_python()
    with tempfile.TemporaryDirectory() as scratch:
        papers = _papers(data / "pdfs", Path(scratch) / "papers", options.papers)
        _round(_papers(papers, Path(scratch) / "first", 1), model, Path(scratch), threads)
        rounds = []
        for number in range(1, options.rounds + 1):
            rounds.append(_round(papers, model, Path(scratch), threads))
            _tell(number, *rounds[-1])
        figures = summary(rounds, threads, len(list(papers.glob("*.pdf"))))
    _print(figures)
    if options.papers is None:
        write_results("ingest", figures)


def _papers(source: Path, target: Path, count: int | None) -> Path:
    """The folder itself, or one with copies of its smallest papers."""
    if count is None:
        return source
    target.mkdir()
    for path in sorted(source.glob("*.pdf"), key=lambda path: path.stat().st_size)[:count]:
        shutil.copy(path, target)
    return target


def _round(papers: Path, model: Path, scratch: Path, threads: int) -> tuple[Measured, Measured]:
    return ours(papers, scratch, threads), stock(papers, model, scratch, threads)


def ours(papers: Path, scratch: Path, threads: int) -> Measured:
    """`fmqa ingest` into a new data folder; its starter notes are read in as well."""
    with tempfile.TemporaryDirectory(dir=scratch) as home:
        settings = {
            "FMQA_HOME": home,
            "FMQA_THREADS": str(threads),
            "OMP_NUM_THREADS": str(threads),
            "RAYON_NUM_THREADS": str(threads),
        }
        ended = run(command("ingest", papers, "--json"), settings)
    report = json.loads(ended.output)
    unread = [row for row in report["files"] if row["outcome"] != "ok"]
    if unread:
        raise RuntimeError(f"fmqa didn't read {unread}")
    return ended, {"passages": report["passages"]}


def stock(papers: Path, model: Path, scratch: Path, threads: int) -> Measured:
    """The stock pipeline into a new folder."""
    with tempfile.TemporaryDirectory(dir=scratch) as index:
        return stock_run("ingest", papers, model, index, threads=threads)


def summary(rounds: list[tuple[Measured, Measured]], threads: int, papers: int) -> dict[str, Any]:
    """Medians over the rounds, and of their ratios."""
    sides = {"fmqa": [r[0] for r in rounds], "stock": [r[1] for r in rounds]}
    ratios = [other.seconds / own.seconds for (own, _), (other, _) in rounds]
    return {
        "papers": papers,
        "pages": sides["stock"][0][1]["pages"],
        "threads": threads,
        "times as fast, median": round(statistics.median(ratios), 2),
        "times as fast, each round": [round(ratio, 2) for ratio in ratios],
        **{name: _side(measured) for name, measured in sides.items()},
    }


def _side(measured: list[Measured]) -> dict[str, Any]:
    runs = [ended for ended, _ in measured]
    return {
        "seconds, median": round(statistics.median(ended.seconds for ended in runs), 2),
        "seconds, each round": [round(ended.seconds, 2) for ended in runs],
        "peak MiB with children": round(max(ended.tree_mb for ended in runs)),
        "peak MiB of the largest process": round(max(ended.largest_mb for ended in runs)),
        "passages": measured[0][1]["passages"],
    }


def _tell(number: int, own: Measured, other: Measured) -> None:
    print(
        f"round {number}: fmqa {own[0].seconds:.1f} s, {own[0].tree_mb:,.0f} MiB; "
        f"stock {other[0].seconds:.1f} s, {other[0].tree_mb:,.0f} MiB; "
        f"{other[0].seconds / own[0].seconds:.2f} times as fast",
        flush=True,
    )


def _print(figures: dict[str, Any]) -> None:
    for name in ("fmqa", "stock"):
        rows = [(key, _shown(value)) for key, value in figures[name].items()]
        print_table(f"ingestion, {name}", rows)
    rows = [(key, _shown(value)) for key, value in figures.items() if key not in {"fmqa", "stock"}]
    print_table("fmqa against stock", rows)


def _shown(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


if __name__ == "__main__":
    main()
