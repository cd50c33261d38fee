"""Our own questions over the starter library, as `fmqa eval` asks them, by half.

Thresholds may be fitted on the half `fit`; the half `test` is what counts.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.common import print_table, write_results
from fmqa.apps.workbench import Workbench
from fmqa.evaluation.evaluator import Evaluation, Evaluator
from fmqa.evaluation.figures import Figures
from fmqa.evaluation.questions import chosen, read_questions, starter_questions
from fmqa.settings import Settings


def main() -> None:
    """Ask them all and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--llm", default="none")
    parser.add_argument("--limit", type=int, help="ask so many, drawn at random")
    options = parser.parse_args()
    questions = chosen(read_questions(starter_questions()), limit=options.limit, seed=0)
    with tempfile.TemporaryDirectory() as home:
        bench = Workbench(Settings(home=Path(home), llm=options.llm))
        try:
            made = Evaluator(bench.assistant).run(questions)
        finally:
            bench.close()
    halves = {half: summary(figures) for half, figures in made.halves().items()}
    for half, figures in halves.items():
        print_table(f"own questions, {options.llm}, {half}", list(figures.items()))
    if options.limit is None:
        write_results(f"answers-{options.llm}", {"summary": halves, "missed": missed(made)})


def summary(figures: Figures) -> dict[str, float]:
    """One half's figures; `benchmarks/figures.py` names some of them."""
    shares = {
        name: round(share.value, 3)
        for name, share in figures.shares.items()
        if share.value is not None
    }
    risk = {"mean risk of an answer": round(figures.area, 3)} if figures.area is not None else {}
    times = {f"{name}, ms": value for name, value in figures.times.items()}
    return {"questions": figures.questions, **shares, **risk, **times}


def missed(made: Evaluation) -> list[str]:
    """The ids of the questions whose answers aren't right."""
    return [row.question.id for row in made.rows if not row.right]


if __name__ == "__main__":
    main()
