"""Turns a checker's log-odds into probabilities: `python -m training.calibrate_checker …`.

A logistic regression over the checker's log-odds and what the exact rules find, on pairs of papers
that the checker wasn't trained on (`training.checker --hold`). ``least`` is the threshold that lets
the given share of the faithful sentences pass, ``strict`` the one that catches it of the others.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from fmqa.answering.entailment import TrainedChecker
from fmqa.answering.verification import CheckingVerifier, features, wrong_number
from fmqa.evaluation.pairs import check, read_pairs
from fmqa.settings import Settings
from fmqa.weights.catalog import MINILM
from fmqa.weights.cross_encoder import CrossEncoderRunner
from training.calibrate import fitted
from training.checker import held_out

FEATURES = ("log_odds", "names", "covered", "left_out")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("checker", type=Path)
    parser.add_argument("pairs", type=Path, nargs="+")
    parser.add_argument("--passing", type=float, default=0.9)
    given = parser.parse_args()
    pairs = [pair for path in given.pairs for pair in read_pairs(path) if held_out(pair.paper)]
    runner = CrossEncoderRunner(MINILM.folder(Settings().models_dir), given.checker)
    checker = TrainedChecker(runner)
    claims = [pair.claim for pair in pairs]
    rows = [
        features(claim, value)
        for claim, value in zip(claims, checker.log_odds(claims), strict=True)
    ]
    # A number that the quote hasn't is refused whatever the rest says.
    kept = [place for place, claim in enumerate(claims) if not wrong_number(claim)]
    carries = fitted(
        [rows[place] for place in kept], [pairs[place].follows for place in kept], FEATURES, 1.0
    )
    given.out.write_text(
        json.dumps({"carries": {"bias": carries.bias, "weights": dict(carries.weights)}}, indent=1),
        encoding="utf-8",
    )
    scores = CheckingVerifier(checker, calibration=given.out).probabilities(claims)
    good = [score for score, pair in zip(scores, pairs, strict=True) if pair.follows]
    bad = [score for score, pair in zip(scores, pairs, strict=True) if not pair.follows]
    written = {
        "bias": carries.bias,
        "weights": dict(carries.weights),
        "least": round(float(np.quantile(good, 1 - given.passing)), 3),
        "strict": round(float(np.quantile(bad, given.passing)), 3),
    }
    given.out.write_text(json.dumps({"carries": written}, indent=1) + "\n", encoding="utf-8")
    print(
        json.dumps(
            check(CheckingVerifier(checker, calibration=given.out), pairs).as_dict(), indent=1
        )
    )


if __name__ == "__main__":
    main()
