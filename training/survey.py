"""Fits what tells questions of several papers: `python -m training.survey OUT QUESTIONS…`.

Two logistic regressions over the question's vector: whether it asks many papers (the kinds `topic`
and `synthesis`), and whether it compares. The thresholds let one in twenty of the others through,
and one in five, since those that compare have to name two papers, too.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from fmqa.settings import Settings
from fmqa.store.embedding import make_embedder

KINDS = {"many": (("topic", "synthesis"), 0.05), "compare": (("compare",), 0.2)}
_DIGITS = 3


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("questions", type=Path, nargs="+")
    given = parser.parse_args()
    rows = [json.loads(line) for path in given.questions for line in path.open(encoding="utf-8")]
    embedder = make_embedder(Settings(llm="none"))
    vectors = embedder.embed_array([row["question"] for row in rows])
    held: dict[str, Any] = {"model": embedder.fingerprint}
    for name, (kinds, through) in KINDS.items():
        labels = np.array([row["kind"].split(":")[0] in kinds for row in rows])
        held[name] = fitted(name, vectors, labels, through)
    given.out.write_text(json.dumps(held) + "\n", encoding="utf-8")


def fitted(
    name: str, vectors: NDArray[np.float32], labels: NDArray[np.bool_], through: float
) -> dict[str, Any]:
    """A regression as it is kept, its threshold by five folds.

    Args:
        name: of it, to be printed.
        vectors: questions × dimension.
        labels: of the questions.
        through: the share of those without the label that are above the threshold.
    """
    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=2000)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    told = cross_val_predict(model, vectors, labels, cv=folds, method="predict_proba")[:, 1]
    least = float(np.quantile(told[~labels], 1 - through))
    area = roc_auc_score(labels, told)
    found = (told[labels] >= least).mean()
    print(f"{name}: {labels.sum()} of {len(labels)}, area under the curve {area:.3f}")
    print(f"at the threshold {found:.2f} of them are found, and {through} of the others")
    model.fit(vectors, labels)
    return {
        "bias": round(float(model.intercept_[0]), _DIGITS),
        "least": round(least, _DIGITS),
        "weights": [round(float(weight), _DIGITS) for weight in model.coef_[0]],
    }


if __name__ == "__main__":
    main()
