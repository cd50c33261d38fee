"""Fits what turns a marker's scores into probabilities: `python -m training.calibrate OUT …`.

Two logistic regressions, on questions that the marker wasn't trained on (`training.marker
--hold`): whether a sentence is evidence, and whether what was found answers the question.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fmqa.answering.analysis import QueryAnalysis
from fmqa.answering.evidence import Logistic, answer_features, ranked_sentences, scored_sentences
from fmqa.answering.marking import TrainedMarker
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings
from fmqa.weights.catalog import MINILM
from fmqa.weights.cross_encoder import CrossEncoderRunner
from training.marker import held_out
from training.windows import label_of, squeezed

EVIDENCE = ("logit", "rank", "title", "names", "row")
ANSWER = ("best", "whole", "median", "cosine", "names")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("marker", type=Path)
    parser.add_argument("--home", type=Path, action="append", help="data folder, one for each file")
    parser.add_argument("--questions", type=Path, action="append", help="questions over it")
    parser.add_argument(
        "--unseen", type=Path, action="append", default=[], help="of these, files not trained on"
    )
    given = parser.parse_args()
    asked = [
        (bench, question)
        for home, path in zip(given.home, given.questions, strict=True)
        for bench in [Workbench(Settings(home=home, llm="none"))]
        for question in map(json.loads, path.open(encoding="utf-8"))
        if path in given.unseen or held_out(question["question"])
    ]
    runner = CrossEncoderRunner(MINILM.folder(Settings().models_dir), given.marker)
    marker = TrainedMarker(runner)
    found = []
    for bench, question in asked:
        searcher = bench.searcher
        query = QueryAnalysis.of(question["question"], searcher)
        marked = marker.mark(query.question, searcher.search(query.question, 24))
        found.append((question, query, marked, scored_sentences(query, marked)))
    rows, labels = [], []
    for question, _, _, sentences in found:
        evidence = [(squeezed(item["quote"]), item["role"]) for item in question["evidence"]]
        rows += [one.features for one in sentences]
        labels += [label_of(one.quote.text, evidence) > 0 for one in sentences]
    is_evidence = fitted(rows, labels, EVIDENCE, 1.0)
    rows, labels = [], []
    for question, query, marked, sentences in found:
        ranked = [one.quote for one in ranked_sentences(sentences, is_evidence)]
        rows.append(answer_features(query, marked, ranked))
        labels.append(question["answerable"])
    is_answer = fitted(rows, labels, ANSWER, 0.3, balanced=True)
    print(f"{len(labels)} questions, {labels.count(False)} unanswerable")
    told = [is_answer(row) for row in rows]
    for least in (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6):
        wrong = [p < least for p, label in zip(told, labels, strict=True) if label]
        right = [p < least for p, label in zip(told, labels, strict=True) if not label]
        shares = sum(wrong) / len(wrong), sum(right) / len(right)
        print("below {}: {:.3f} of the answerable, {:.3f} of the others".format(least, *shares))
    both = {"evidence": is_evidence, "answer": is_answer}
    written = {name: {"bias": one.bias, "weights": dict(one.weights)} for name, one in both.items()}
    given.out.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def fitted(
    rows: Sequence[Mapping[str, float]],
    labels: Sequence[Any],
    names: Sequence[str],
    strength: float,
    *,
    balanced: bool = False,
) -> Logistic:
    """A logistic regression over these features."""
    values = np.array([[row[name] for name in names] for row in rows])
    scaler = StandardScaler().fit(values)
    weight = "balanced" if balanced else None
    model = LogisticRegression(C=strength, class_weight=weight, max_iter=2000)
    model.fit(scaler.transform(values), np.array(labels, dtype=bool))
    slopes = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - (slopes * scaler.mean_).sum())
    return Logistic(
        round(bias, 4), {n: round(float(s), 4) for n, s in zip(names, slopes, strict=True)}
    )


if __name__ == "__main__":
    main()
