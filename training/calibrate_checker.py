"""Turns a checker's log-odds into probabilities: `python -m training.calibrate_checker …`.

A logistic regression over the checker's log-odds and what the exact rules find, on pairs of papers
that the checker wasn't trained on (`training.checker --hold`), some of them exchanged. ``least`` is
the threshold that lets nine of ten faithful sentences pass.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fmqa.answering.entailment import TrainedChecker
from fmqa.answering.verification import CheckingVerifier, features, wrong_number
from fmqa.evaluation.pairs import Pair, check, read_pairs
from fmqa.settings import Settings
from fmqa.weights.catalog import MINILM
from fmqa.weights.cross_encoder import CrossEncoderRunner
from training.calibrate import fitted
from training.checker import held_out

FEATURES = ("log_odds", "names", "touched")
STRANGERS = 0.4  # of the faithful sentences, that are shown beside a wrong quote, too


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("checker", type=Path)
    parser.add_argument("pairs", type=Path, nargs="+")
    parser.add_argument("--passing", type=float, default=0.9, help="share of the faithful")
    given = parser.parse_args()
    written = [pair for path in given.pairs for pair in read_pairs(path) if held_out(pair.paper)]
    pairs = [*written, *strangers(written)]
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
    good = [score for score, pair in zip(scores, written, strict=False) if pair.follows]
    regression = {
        "bias": carries.bias,
        "weights": dict(carries.weights),
        "least": round(float(np.quantile(good, 1 - given.passing)), 3),
    }
    given.out.write_text(json.dumps({"carries": regression}, indent=1) + "\n", encoding="utf-8")
    print(
        json.dumps(
            check(CheckingVerifier(checker, calibration=given.out), pairs).as_dict(), indent=1
        )
    )


def strangers(pairs: Sequence[Pair]) -> list[Pair]:
    """Faithful sentences beside another quote of their paper, which has none of it."""
    chance = random.Random(0)
    found = []
    for pair in pairs:
        others = [one for one in pairs if one.paper == pair.paper and one.quote != pair.quote]
        if pair.follows and others and chance.random() < STRANGERS:
            other = chance.choice(others)
            changed = {"sentence": pair.sentence, "label": "unfaithful", "fault": "stranger"}
            found.append(other.model_copy(update=changed))
    return found


if __name__ == "__main__":
    main()
