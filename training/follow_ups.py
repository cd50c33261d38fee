"""Fits the probability that a question leans on those before it: `python -m training.follow_ups`.

    python -m training.follow_ups OUT --home HOME --questions FILE [--questions FILE …]

A logistic regression on `data/follow-ups.jsonl`, on the follow-ups of `benchmarks` that are for
training, and on as many questions that stand alone, drawn from files in the form of
docs/evaluation.md. HOME holds the papers that they are about.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from benchmarks.follow_ups import follow_ups
from fmqa.answering.conversation import leaning_features
from fmqa.answering.languages import by_glossary, language_of
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings
from training.calibrate import fitted

OWN = Path(__file__).parent / "data" / "follow-ups.jsonl"
FEATURES = ("stems", "known", "named", "pointing", "leading", "cosine")
_DRAWN = 60  # from each file
_FOLDS = 8


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--questions", type=Path, action="append", default=[])
    given = parser.parse_args()
    told = [(str(row["question"]), bool(row["leans"])) for row in _rows(OWN)]
    told += [(one.asked, one.kind != "topic") for one in follow_ups("train")]
    draw = random.Random(1)
    for path in given.questions:
        whole = [
            str(row["question"])
            for row in _rows(path)
            if not str(row["kind"]).startswith("follow-up")
        ]
        told += [(question, False) for question in draw.sample(whole, min(_DRAWN, len(whole)))]
    draw.shuffle(told)
    searcher = Workbench(Settings(home=given.home, llm="none")).searcher
    rows = [leaning_features(_english(question), searcher) for question, _ in told]
    labels = [leans for _, leans in told]
    right = 0
    for fold in range(_FOLDS):
        rest = [place for place in range(len(rows)) if place % _FOLDS != fold]
        leaning = fitted([rows[i] for i in rest], [labels[i] for i in rest], FEATURES, 1.0)
        held = range(fold, len(rows), _FOLDS)
        right += sum((leaning(rows[i]) >= leaning.least) == labels[i] for i in held)
    print(f"{len(labels)} questions, {sum(labels)} lean; {right / len(labels):.3f} told apart")
    leaning = fitted(rows, labels, FEATURES, 1.0)
    written = {"leans": {"bias": leaning.bias, "weights": dict(leaning.weights)}}
    given.out.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def _english(question: str) -> str:
    return by_glossary(question) if language_of(question) == "zh" else question


def _rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
