"""Fits whether what a draft cites carries its sentences: `python -m training.proofing OUT …`.

    python -m training.proofing OUT --home HOME --sentences FILE [--home HOME --sentences FILE …]

Each HOME holds the papers that the sentences of its FILE cite; `benchmarks.draft` has their form.
Every sentence is judged by regressions that saw none of its paper. ``least`` is where they flag
the given share of the right ones.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from benchmarks.common import json_rows
from benchmarks.draft import manuscript
from fmqa.apps.workbench import Workbench
from fmqa.proofing.weighing import Regression, features
from fmqa.settings import Settings

STRENGTH = 0.1
_FOLDS, _ROUNDS = 8, 3
_CURVE = (0.03, 0.05, 0.08, 0.1, 0.15, 0.2, 0.25)

Row = tuple[Mapping[str, float], str, str]  # features, fault, paper


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--home", type=Path, action="append", required=True)
    parser.add_argument("--sentences", type=Path, action="append", required=True)
    parser.add_argument("--flagged", type=float, default=0.08, help="share of the right ones")
    given = parser.parse_args()
    rows = [row for told in zip(given.home, given.sentences, strict=True) for row in _rows(*told)]
    unseen = np.mean([_unseen(rows, seed) for seed in range(_ROUNDS)], axis=0)
    right = np.array([not fault for _, fault, _ in rows])
    print(f"{len(rows)} sentences, {right.sum()} right")
    for share in _CURVE:
        least = np.quantile(unseen[right], share)
        print(f"{share:.2f} of the right flagged: {np.mean(unseen[~right] < least):.3f} found")
    least = float(np.quantile(unseen[right], given.flagged))
    faults = [fault for _, fault, _ in rows]
    found = Counter(fault for fault, p in zip(faults, unseen, strict=True) if p < least)
    for fault, count in sorted(Counter(faults).items()):
        print(f"{fault or 'right'}: {found[fault]} of {count}")
    regression = replace(_fitted(rows), least=round(least, 3))
    given.out.write_text(json.dumps(asdict(regression), indent=1) + "\n", encoding="utf-8")


def _fitted(rows: Sequence[Row]) -> Regression:
    """The regression over standardised features, told in terms of the features themselves."""
    names = list(rows[0][0])
    values = np.array([[row[0][name] for name in names] for row in rows])
    scaler = StandardScaler().fit(values)
    model = LogisticRegression(C=STRENGTH, max_iter=3000)
    model.fit(scaler.transform(values), [row[1] for row in rows])
    slopes = model.coef_ / scaler.scale_
    biases = model.intercept_ - slopes @ scaler.mean_
    weights = {
        str(kind): {
            "bias": round(float(bias), 4),
            **{name: round(float(one), 4) for name, one in zip(names, line, strict=True)},
        }
        for kind, bias, line in zip(model.classes_, biases, slopes, strict=True)
    }
    return Regression(weights, 0.5)


def _rows(home: Path, sentences: Path) -> list[Row]:
    """The sentences whose papers are here."""
    told = json_rows(sentences)
    bench = Workbench(Settings(home=home, llm="none"))
    draft = manuscript(bench, told)
    proofreader = bench.proofreader
    papers = {key: proofreader.work_finder.find(work) for key, work in draft.works.items()}
    asked = {place: one for place, one in proofreader.asked(draft, papers).items() if one[1]}
    weigher = proofreader.weigher
    cases = weigher.checked(weigher.cases(list(asked.values())))
    return [
        (features(case), str(told[place]["fault"]), one[1][0])
        for (place, one), case in zip(asked.items(), cases, strict=True)
        if case.quotes
    ]


def _unseen(rows: Sequence[Row], seed: int) -> list[float]:
    """The probability of each sentence by a regression that saw none of its paper."""
    papers = sorted({paper for _, _, paper in rows})
    random.Random(seed).shuffle(papers)
    fold = {paper: place % _FOLDS for place, paper in enumerate(papers)}
    told = [0.0] * len(rows)
    for held in range(_FOLDS):
        rest = [row for row in rows if fold[row[2]] != held]
        regression = _fitted(rest)
        for place, row in enumerate(rows):
            if fold[row[2]] == held:
                told[place] = regression.right(row[0])
    return told


if __name__ == "__main__":
    main()
