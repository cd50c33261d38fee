"""Questions whose answers stand in tables, over the 13 papers, with the papers' own words.

The questions were written by looking at the tables. What counts is that the row is shown.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.common import print_table, write_results
from benchmarks.home import papers_home
from fmqa.apps.workbench import Workbench
from fmqa.evaluation.evaluator import evaluate
from fmqa.evaluation.questions import read_questions
from fmqa.settings import Settings

QUESTIONS = Path(__file__).with_name("table_questions.jsonl")


def main() -> None:
    """Ask them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with pdfs/")
    options = parser.parse_args()
    bench = Workbench(Settings(home=papers_home(options.data / "pdfs"), llm="none"))
    try:
        made = evaluate(bench.assistant, read_questions(QUESTIONS), "none")
    finally:
        bench.close()
    figures = {"questions": len(made.grades)} | {
        name: round(made.figures[name].value or 0.0, 3)
        for name in ("fact recall", "wrong refusals")
    }
    print_table("answers that stand in tables", list(figures.items()))
    missed = [one.question.id for one in made.grades if not all(one.stated)]
    print("missed:", ", ".join(missed))
    write_results("tables", {"summary": figures, "missed": missed})


if __name__ == "__main__":
    main()
