"""Whether the verifier's score tells support from contradiction and from nothing, on SciFact.

    python -m benchmarks.claims

Each claim is graded against the sentences of an abstract that is cited for it: SUPPORT, CONTRADICT,
or no evidence. The score's weights are fitted on train (logistic regression with an L2 penalty,
CONTRADICT counted twice), and the whole curve is given for test: of the pairs without evidence and
of the contradicting ones, the share that passes at the threshold which lets a given share of the
SUPPORT pairs pass. Beside it stands the same for the closeness alone: the largest cosine of the
claim with any of the sentences.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import print_table, shared_data, write_results
from benchmarks.corruptions import quote_of
from fmqa.answering.verification import BIAS, WEIGHTS, Closeness, RuleVerifier, graded
from fmqa.settings import Settings
from fmqa.store.embedding import make_embedder
from fmqa.types import PaperMeta

LABELS = ("SUPPORT", "NONE", "CONTRADICT")
PASSING = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
PENALTY = 1.0
FOLDS = 5

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cited:
    """A claim with an abstract that is cited for it."""

    claim: str
    title: str
    sentences: tuple[str, ...]
    label: str


def main() -> None:
    """Fit on train, report on test."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "").parse_args()
    data = shared_data()
    if data is None:
        print("skipped: no shared/data beside the checkout, and FMQA_SHARED isn't set")
        return
    folder = data / "retrieval" / "scifact"
    splits = {split: pairs(folder, split) for split in ("train", "test")}
    vectors = embedded(text for held in splits.values() for one in held
                       for text in (one.claim, *one.sentences))  # fmt: skip

    def closeness(one: str, other: str) -> float:
        return float(vectors[one] @ vectors[other])

    verifier = RuleVerifier(closeness)
    found = {split: [features(verifier, one) for one in held] for split, held in splits.items()}
    fitted = fit(found["train"], splits["train"])
    print_table("weights fitted on train (verification.py holds those in force)",
                list(fitted.items()))  # fmt: skip
    in_force = {"bias": BIAS, **WEIGHTS}
    drift = max(abs(fitted[name] - in_force[name]) for name in fitted)
    print(f"  largest difference to those in force: {drift:.3f}")
    results: dict[str, Any] = {"weights": fitted, "weights in force": in_force}
    results["train, 5-fold"] = curve(held_out(found["train"], splits["train"]), splits["train"])
    for split, held in splits.items():
        results[split] = curves(found[split], held, closeness)
        for name, shares in results[split].items():
            shown = [(f"SUPPORT {p}", f"none {s['NONE']:.3f}  contradict {s['CONTRADICT']:.3f}")
                     for p, s in shares.items()]  # fmt: skip
            print_table(f"{split}, {name}: passing", shown)
    at_half = {name: results["test"][name]["0.5"] for name in ("fmqa", "closeness alone")}
    results["points fewer CONTRADICT pass"] = round(
        100 * (at_half["closeness alone"]["CONTRADICT"] - at_half["fmqa"]["CONTRADICT"]), 1
    )
    results["pairs"] = {split: len(held) for split, held in splits.items()}
    write_results("claims", results)


def curves(
    found: Sequence[Mapping[str, float]], held: Sequence[Cited], closeness: Closeness
) -> dict[str, dict[str, dict[str, float]]]:
    """The curve of the product's score, of single features, and of the score without polarity."""
    plain = dict.fromkeys(("negation", "direction", "lean alike", "lean apart"), 0.0)
    scores = {
        "fmqa": [graded(one) for one in found],
        "closeness alone": [max(closeness(o.claim, s) for s in o.sentences) for o in held],
        "words alone": [one["together"] for one in found],
        "without negation and direction": [graded({**one, **plain}) for one in found],
    }
    return {name: curve(values, held) for name, values in scores.items()}


def pairs(folder: Path, split: str) -> list[Cited]:
    """The pairs of a split: each claim with each abstract that is cited for it."""
    claims = {row["_id"]: row for row in _rows(folder / "queries.jsonl")}
    abstracts = {row["_id"]: row for row in _rows(folder / "corpus.jsonl")}
    made = []
    for line in (folder / "qrels" / f"{split}.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        claim, document, _ = line.split("\t")
        evidence = claims[claim]["metadata"]["evidence"]
        labels = [one["label"] for one in evidence if str(one["doc"]) == document]
        abstract = abstracts[document]
        sentences = [text.strip() for text in abstract["metadata"]["sentences"]]
        made.append(
            Cited(claims[claim]["text"], abstract["title"], tuple(filter(None, sentences)),
                  labels[0] if labels else "NONE")
        )  # fmt: skip
    return made


def features(verifier: RuleVerifier, one: Cited) -> dict[str, float]:
    """What the product's score of a pair is made of, each sentence a quote."""
    paper = PaperMeta("scifact", 1, one.title)
    return verifier.features(one.claim, [quote_of(text, paper) for text in one.sentences])


def embedded(texts: Any) -> dict[str, Any]:
    """Each text's unit vector."""
    held = sorted(set(texts))
    vectors = make_embedder(Settings()).embed_array(held)
    return dict(zip(held, vectors, strict=True))


def fit(found: Sequence[Mapping[str, float]], held: Sequence[Cited]) -> dict[str, float]:
    """Bias and weights by Newton's method, rounded as they are written down."""
    names = list(WEIGHTS)
    solved = _newton(_matrix(found), held)
    return {name: round(float(value), 2) for name, value in zip(["bias", *names], solved,
                                                               strict=True)}  # fmt: skip


def held_out(found: Sequence[Mapping[str, float]], held: Sequence[Cited]) -> list[float]:
    """Scores of each pair by weights that were fitted without its claim."""
    matrix = _matrix(found)
    order = {claim: place % FOLDS for place, claim in enumerate(sorted({o.claim for o in held}))}
    folds = np.array([order[one.claim] for one in held])
    scores = np.zeros(len(held))
    for fold in range(FOLDS):
        rest = [one for one, number in zip(held, folds, strict=True) if number != fold]
        scores[folds == fold] = matrix[folds == fold] @ _newton(matrix[folds != fold], rest)
    return [float(score) for score in scores]


def _matrix(found: Sequence[Mapping[str, float]]) -> Floats:
    return np.array([[1.0, *(one[name] for name in WEIGHTS)] for one in found])


def _newton(matrix: Floats, held: Sequence[Cited], steps: int = 60) -> Floats:
    """Penalised logistic regression of SUPPORT against the others."""
    wanted = np.array([float(one.label == "SUPPORT") for one in held])
    counted = np.array([2.0 if one.label == "CONTRADICT" else 1.0 for one in held])
    penalty = PENALTY * np.eye(matrix.shape[1])
    penalty[0, 0] = 1e-9
    solved = np.zeros(matrix.shape[1])
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-matrix @ solved))
        slope = matrix.T @ (counted * (chance - wanted)) + penalty @ solved
        bend = (matrix * (counted * chance * (1 - chance))[:, None]).T @ matrix + penalty
        solved = solved - np.linalg.solve(bend, slope)
    return solved


def curve(scores: Sequence[float], held: Sequence[Cited]) -> dict[str, dict[str, float]]:
    """For each share of SUPPORT that passes: what passes of each label at that threshold."""
    values = np.array(scores)
    labels = np.array([one.label for one in held])
    shares = {}
    for passing in PASSING:
        threshold = np.quantile(values[labels == "SUPPORT"], 1 - passing)
        shares[str(passing)] = {
            label: round(float((values[labels == label] >= threshold).mean()), 4)
            for label in LABELS
        }
    return shares


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
