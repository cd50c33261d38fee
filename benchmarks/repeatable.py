"""Whether a question gets the same quotes each time it is asked, over 60 questions.

    python -m benchmarks.repeatable [--home FOLDER] [--questions 60]

The training questions are asked without a language model, of the training papers and the notes, in
processes of their own: a first time; again in the same process, in the other order, with all that
is kept in memory by then; after a restart; after the index was made anew from the record; with one
thread for models; and twice through the cache of answers. Equal are answers whose sentences,
quotes, pages and order are.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from benchmarks.common import options_parser, print_table, shared_data, write_results
from benchmarks.home import papers_home
from benchmarks.processes import ROOT, run
from fmqa.answering.schema import Answer

_TIMES = {
    "first": {},
    "again in the same process": {},
    "after a restart": {},
    "after the index was made anew": {},
    "with one thread": {"FMQA_THREADS": "1"},
    "from the cache of answers": {},
}
Told = dict[str, list[Any]]
"""By question: all that must be equal of its answer."""


def main() -> None:
    """Ask, and print which answers differ."""
    parser = options_parser(__doc__)
    parser.add_argument("--home", type=Path, help="a data folder that holds the papers already")
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--time", choices=_TIMES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        ask(options.home, options.ask, options.time, options.questions)
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


def compare(home: Path, folder: Path, questions: int) -> dict[str, Any]:
    """The share of the questions whose answers are the first ones, for each further time."""
    told: dict[str, Told] = {}
    for time, own in _TIMES.items():
        if time == "again in the same process":
            continue
        if time == "after the index was made anew":
            for path in (home / "index").glob("vectors*"):
                path.unlink()
        out = folder / "told.json"
        command = ["-m", "benchmarks.repeatable", "--home", home, "--ask", out, "--time", time]
        settings = {"FMQA_HOME": str(home), "FMQA_LLM": "none"} | own
        run([sys.executable, *map(str, command), "--questions", str(questions)], settings)
        told |= json.loads(out.read_text(encoding="utf-8"))
        print(f"  asked: {time}", flush=True)
    first = told.pop("first")
    different = {
        question: [time for time, others in told.items() if others[question] != answer]
        for question, answer in first.items()
    }
    quotes = sum(len(answer[1]) for answer in first.values())
    answered = sum(bool(answer[1]) for answer in first.values())
    same = {
        time: sum(others[question] == answer for question, answer in first.items()) / len(first)
        for time, others in told.items()
    }
    return {
        "questions": len(first),
        "answered": answered,
        "quotes": quotes,
        "same": same | {"lowest": min(same.values())},
        "different": {question: times for question, times in different.items() if times},
    }


def ask(home: Path, out: Path, time: str, count: int) -> None:
    """Ask all questions in this process, and write what must be equal of the answers."""
    from fmqa.apps.workbench import Workbench
    from fmqa.settings import load_settings

    bench = Workbench(load_settings(home=home))
    asked = questions(count)
    try:
        if time == "from the cache of answers":
            for question in asked:
                bench.remembering.ask(question)
            found = {time: {q: kept(bench.remembering.ask(q)) for q in asked}}
        else:
            found = {time: {q: kept(bench.assistant.ask(q)) for q in asked}}
        if time == "first":
            again = {q: kept(bench.assistant.ask(q)) for q in reversed(asked)}
            found["again in the same process"] = again
    finally:
        bench.close()
    out.write_text(json.dumps(found), encoding="utf-8")


def questions(count: int) -> list[str]:
    """As many training questions, drawn in turn from each file."""
    files = sorted((ROOT / "training" / "data").glob("questions-*.jsonl"))
    read = [path.read_text(encoding="utf-8").splitlines() for path in files]
    lines = [line for line in chain.from_iterable(zip_longest(*read)) if line]
    return [json.loads(line)["question"] for line in lines[:count]]


def kept(answer: Answer) -> list[Any]:
    """All that must be equal: status, quotes with where they stand, sentences with their marks."""
    return [
        answer.status,
        [[one.paper_id, one.version, one.page, one.start, one.quote] for one in answer.citations],
        [[one.text, list(one.citations)] for one in answer.sentences],
    ]


if __name__ == "__main__":
    main()
