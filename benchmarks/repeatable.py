"""Whether a question gets the same quotes each time it is asked, over 60 questions.

    python -m benchmarks.repeatable [--home FOLDER] [--questions 60]

Questions of `papers-train`, drawn evenly, are asked without a language model of its papers and the
notes, in three processes: a first time, and again in the other order with all that is kept in
memory by then; after a restart, through an empty cache of answers and from it; and after the index
was made anew from the record. Answers are equal whose sentences, quotes, places and order are.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.common import (
    json_rows,
    options_parser,
    print_table,
    shared_data,
    shared_questions,
    write_results,
)
from benchmarks.processes import papers_home, run
from fmqa.answering.schema import Answer

_FIRST, _RESTARTED, _ANEW = "first", "after a restart", "after the index was made anew"
_AGAIN, _CACHED = "again in the same process", "from the cache of answers"
_PROCESSES = (_FIRST, _RESTARTED, _ANEW)
Told = dict[str, list[Any]]
"""By question: all that must be equal of its answer."""


def main() -> None:
    """Ask, and print which answers differ."""
    parser = options_parser(__doc__)
    parser.add_argument("--home", type=Path, help="a data folder that holds the papers already")
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--time", choices=_PROCESSES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        ask(options.home, options.ask, options.time, questions(options.questions))
        return
    home = options.home or _papers()
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "home"
        shutil.copytree(home / "index", copied / "index")
        figures = compare(copied, Path(folder), options.questions)
    print_table("repeatable", list(figures["same"].items()))
    for question in figures["different"]:
        print(f"  DIFFERENT: {question}")
    write_results("repeatable", figures)


def _papers() -> Path:
    data = shared_data()
    if data is None or not (data.parent / "papers" / "train").is_dir():
        print("skipped: no shared/papers/train beside the checkout, and no --home")
        raise SystemExit
    return papers_home(data.parent / "papers" / "train")


def compare(home: Path, folder: Path, count: int) -> dict[str, Any]:
    """The share of the questions whose answers are the first ones, for each further time."""
    told: dict[str, Told] = {}
    for time in _PROCESSES:
        if time == _ANEW:
            for path in (home / "index").glob("vectors*"):
                path.unlink()
        out = folder / "told.json"
        command = ["-m", "benchmarks.repeatable", "--home", home, "--ask", out, "--time", time]
        settings = {"FMQA_HOME": str(home), "FMQA_LLM": "none"}
        run([sys.executable, *map(str, command), "--questions", str(count)], settings)
        told |= json.loads(out.read_text(encoding="utf-8"))
        print(f"  asked: {time}", flush=True)
    return summary(told)


def summary(told: dict[str, Told]) -> dict[str, Any]:
    """How many answers are the first ones, and which differ."""
    further = dict(told)
    first = further.pop(_FIRST)
    different = {
        question: [time for time, others in further.items() if others[question] != answer]
        for question, answer in first.items()
    }
    same = {
        time: sum(others[question] == answer for question, answer in first.items()) / len(first)
        for time, others in further.items()
    }
    return {
        "questions": len(first),
        "answered": sum(bool(answer[1]) for answer in first.values()),
        "quotes": sum(len(answer[1]) for answer in first.values()),
        "same": same | {"lowest": min(same.values())},
        "different": {question: times for question, times in different.items() if times},
    }


def ask(home: Path, out: Path, time: str, asked: list[str]) -> None:
    """Ask the questions in this process, and write what must be equal of the answers."""
    from fmqa.apps.workbench import Workbench
    from fmqa.settings import load_settings

    bench = Workbench(load_settings(home=home))
    try:
        plain = bench.remembering if time == _RESTARTED else bench.assistant
        found = {time: {q: kept(plain.ask(q)) for q in asked}}
        if time == _FIRST:
            found[_AGAIN] = {q: kept(bench.assistant.ask(q)) for q in reversed(asked)}
        if time == _RESTARTED:
            found[_CACHED] = {q: kept(bench.remembering.ask(q)) for q in asked}
    finally:
        bench.close()
    out.write_text(json.dumps(found), encoding="utf-8")


def questions(count: int) -> list[str]:
    """As many of the training questions over papers, drawn evenly; none where they aren't there."""
    folder = shared_questions()
    path = folder / "papers-train.jsonl" if folder else Path()
    if not path.is_file():
        print("skipped: no questions papers-train.jsonl (FMQA_BENCH_QUESTIONS)")
        raise SystemExit
    rows = json_rows(path)
    return [row["question"] for row in rows[:: max(1, len(rows) // count)]][:count]


def kept(answer: Answer) -> list[Any]:
    """All that must be equal: status, quotes with where they stand, sentences with their marks."""
    return [
        answer.status,
        [[one.paper_id, one.version, one.page, one.start, one.quote] for one in answer.citations],
        [[one.text, list(one.citations)] for one in answer.sentences],
    ]


if __name__ == "__main__":
    main()
