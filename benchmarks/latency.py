"""How long a search and an answer take, warm and cold, over the 13 papers and the starter notes.

    python -m benchmarks.latency [--questions 200] [--rounds 5]

Warm: in one process, after a few questions that aren't counted. Cold: whole processes; an answer's
first content is timed on a terminal of its own, from the start of the process until the quotes can
be read there.
"""

from __future__ import annotations

import os
import pty
import random
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import data_folder, options_parser, print_table, write_results
from benchmarks.processes import CACHE, ROOT, command, environment, papers_home, run
from benchmarks.stock import stock_run
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings
from fmqa.types import Source
from fmqa.weights.catalog import MINILM
from fmqa.weights.pull import ensure

_CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_LONGEST_WATCHED = 180.0
WORDS = "skip connections between encoder and decoder"
QUESTIONS = (
    "How does U-Net train with very few annotated images?",
    "What does nnU-Net adapt to a new dataset?",
    "How does TransUNet combine transformers and U-Net?",
    "What is the degradation problem that residual learning addresses?",
    "How was MedSAM obtained from SAM, and on how much data?",
)
QUOTES, ANSWER = "Found in the papers:", "Sources"
PARTS = {QUOTES: " first verified content", ANSWER: " whole answer", "end": " to its end"}


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = options_parser(__doc__)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-stock", action="store_true", help="without the stock pipeline")
    options = parser.parse_args()
    data = data_folder()
    home = papers_home(data / "pdfs")
    figures: dict[str, Any] = {"warm search": warm(home, options.questions)}
    _print("warm search", figures["warm search"])
    figures["cold"] = cold(home, options.rounds)
    _print("cold, whole processes", figures["cold"])
    if not options.no_stock:
        seconds = stock_search(data / "pdfs", options.rounds)
        own = figures["cold"]["fmqa search, s"]
        figures["stock"] = {"cold search, s": seconds, "times as fast": round(seconds / own, 1)}
        _print("stock pipeline", figures["stock"])
        write_results("latency", figures)


def warm(home: Path, count: int) -> dict[str, float]:
    """Percentiles of a search within one process, in milliseconds."""
    bench = Workbench(Settings(home=home))
    try:
        questions = own_questions(bench, count)
        searcher = bench.searcher
        for question in questions[:10]:
            searcher.search(question)
        times = []
        for question in questions:
            began = time.perf_counter()
            searcher.search(question)
            times.append((time.perf_counter() - began) * 1000)
        passages = len(bench.library.record.active_ids())
    finally:
        bench.close()
    named = {f"p{share}, ms": round(percentile(times, share), 2) for share in (50, 95, 99)}
    return {"questions": len(times), "passages": passages, **named}


def own_questions(bench: Workbench, count: int) -> list[str]:
    """Questions made of the papers' own section titles and sentences, the same in each run."""
    bench.load_starter()
    record = bench.library.record
    made = set()
    for row in record.papers():
        if row.source is not Source.PDF:
            continue
        for stored in record.passages_of(row.meta.paper_id):
            words = stored.passage.text.split()
            made.add(f"What is said about {stored.passage.section} in {row.meta.title}?")
            made.add(" ".join(words[:12]))
            made.add(f"Why {' '.join(words[12:24])}?")
    questions = sorted(q for q in made if sum(character.isalpha() for character in q) > 20)
    return random.Random(0).sample(questions, min(count, len(questions)))


def percentile(values: Sequence[float], share: int) -> float:
    """The value that ``share`` percent of the values don't exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * share // 100) - 1)]


def cold(home: Path, rounds: int) -> dict[str, float]:
    """Medians of whole processes, in seconds."""
    extra = {"FMQA_HOME": str(home)}

    def whole(*values: str) -> Callable[[int], dict[str, float]]:
        return lambda number: {"": run(command(*values), extra).seconds}

    def ask(number: int) -> dict[str, float]:
        line = command("ask", QUESTIONS[number % len(QUESTIONS)], "--llm", "none")
        seen = watch(line, extra, (QUOTES, ANSWER))
        return {PARTS[mark]: seconds for mark, seconds in seen.items()}

    ways = {
        "fmqa --help": whole("--help"),
        "fmqa search": whole("search", WORDS),
        "fmqa ask, no model:": ask,
    }
    figures: dict[str, float] = {}
    for name, measure in ways.items():
        figures |= medians(name, measure, rounds)
    return figures


def medians(name: str, measure: Callable[[int], dict[str, float]], rounds: int) -> dict[str, float]:
    """The median of each time that ``measure`` gives, and the longest, after a run not counted."""
    measure(0)
    taken: dict[str, list[float]] = {}
    for number in range(rounds):
        for part, seconds in measure(number).items():
            taken.setdefault(f"{name}{part}", []).append(seconds)
    print(f"measured {name.rstrip(':')}", flush=True)
    figures = {}
    for part, times in taken.items():
        figures[f"{part}, s"] = round(statistics.median(times), 3)
        figures[f"{part}, longest, s"] = round(max(times), 3)
    return figures


def stock_search(papers: Path, rounds: int) -> float:
    """The median of the stock pipeline's cold search, in seconds, over an index in the cache."""
    model = ensure(MINILM, Settings().models_dir)
    index = CACHE / "stock-index"
    if not (index / "index.faiss").is_file():
        print("Ingesting the papers by the stock pipeline, once.", flush=True)
        stock_run("ingest", papers, model, index, threads=2)
    stock_run("search", index, model, WORDS, threads=2)
    runs = [stock_run("search", index, model, WORDS, threads=2)[0] for _ in range(rounds)]
    return round(statistics.median(ended.seconds for ended in runs), 3)


def _print(title: str, figures: dict[str, Any]) -> None:
    print_table(title, list(figures.items()))


def watch(
    command: Sequence[str], extra: Mapping[str, str], marks: Sequence[str]
) -> dict[str, float]:
    """Seconds from the start of the process until each of the marks was shown, and until its end.

    Args:
        command: program and arguments.
        extra: variables of its environment, beside this process's own.
        marks: texts to look for in what it prints, colours and cursor movements left out.

    Returns:
        Seconds by mark, and under ``end``; a mark that was never shown is left out.

    Raises:
        RuntimeError: it ended otherwise than with 0 (answered) or 3 (abstained).
    """
    ours, theirs = pty.openpty()
    began = time.perf_counter()
    variables = environment(extra) | {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "50"}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=variables, cwd=ROOT
    )
    os.close(theirs)
    printed, seen = b"", {}
    while time.perf_counter() - began < _LONGEST_WATCHED and (part := _read(ours)):
        printed += part
        now = time.perf_counter() - began
        plain = _CONTROL.sub(b"", printed).decode("utf-8", "replace")
        seen.update({mark: now for mark in marks if mark not in seen and mark in plain})
    os.close(ours)
    if process.wait(_LONGEST_WATCHED) not in (0, 3):
        raise RuntimeError(f"{command} ended with {process.returncode}:\n{plain[-2000:]}")
    return seen | {"end": time.perf_counter() - began}


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side has closed it
        return b""


if __name__ == "__main__":
    main()
