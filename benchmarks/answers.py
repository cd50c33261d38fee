"""Labelled questions, asked as `fmqa eval` asks them: our own, and those that others wrote.

    python -m benchmarks.answers [--questions FOLDER] [--llm none]

The folder (FMQA_BENCH_QUESTIONS, else `../shared/questions`) holds `NAME-dev.jsonl` files in the
form of docs/evaluation.md. Those of `papers-dev.jsonl` are asked over the notes and the PDFs in
`papers/dev` beside the folder, all others over the notes alone. Our own are a smoke test: they were
written by people who knew the notes, and rules grew along them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.common import options_parser, print_table, shared_questions, write_results
from benchmarks.processes import command, run


def main() -> None:
    """Ask each set, print what came of it, and keep the figures."""
    parser = options_parser(__doc__)
    parser.add_argument("--questions", type=Path, default=shared_questions())
    parser.add_argument("--llm", default="none")
    parser.add_argument("--limit", type=int, help="ask so many of each set, drawn at random")
    options = parser.parse_args()
    asked: dict[str, list[str | Path]] = {"own": []}
    for file in sorted(options.questions.glob("*-dev.jsonl")) if options.questions else []:
        asked[file.stem] = ["--questions", file, *_papers(file)]
    if len(asked) == 1:
        print("no questions that others wrote: FMQA_BENCH_QUESTIONS names no folder of them")
    limit = ["--limit", str(options.limit)] if options.limit else []
    measured = {}
    for name, arguments in asked.items():
        ended = run(command("eval", "--json", "--llm", options.llm, *limit, *arguments), {})
        measured[name] = summary(json.loads(ended.output))
        print_table(f"answers, {options.llm}, {name}", list(measured[name].items()))
    if options.limit is None:
        write_results(f"answers-{options.llm}", measured)


def _papers(file: Path) -> list[str | Path]:
    """The PDFs that a set is asked over, besides the notes."""
    about, _, split = file.stem.partition("-")
    folder = file.parent.parent / about / split
    return ["--papers", folder] if folder.is_dir() else []


def summary(told: dict[str, Any]) -> dict[str, Any]:
    """One set's figures, each with its interval; `benchmarks/figures.py` names some of them."""
    figures: dict[str, Any] = {"questions": told["asked"]}
    for name, figure in told["figures"].items():
        if figure["value"] is not None:
            figures[name] = round(figure["value"], 3)
            if figure["low"] is not None:
                figures[f"{name}, 95 %"] = f"{figure['low']:.3f} to {figure['high']:.3f}"
    return figures | {f"seconds, {name}": value for name, value in told["seconds"].items()}


if __name__ == "__main__":
    main()
