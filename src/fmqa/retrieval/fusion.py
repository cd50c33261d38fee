"""One ranking from two: dense and lexical scores, standardised and added.

Both legs score the union of their best passages: a passage that only one leg found gets the
other leg's true score (its cosine; BM25 zero when no word matches), not a made-up one. Chosen on
SciFact train against RRF and z-scores of each leg's own top 100; `benchmarks/retrieval.py` prints
the comparison. After Lee, "Analyses of multiple evidence combination" (SIGIR 1997), CombSUM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import numpy as np

_Key = TypeVar("_Key")


def standardised(scores: Mapping[_Key, float]) -> dict[_Key, float]:
    """Scores with mean 0 and standard deviation 1; all 0 when they don't differ."""
    if not scores:
        return {}
    values = np.fromiter(scores.values(), dtype=np.float64)
    spread = float(values.std())
    if spread < 1e-12:
        return dict.fromkeys(scores, 0.0)
    return dict(zip(scores, ((values - values.mean()) / spread).tolist(), strict=True))


def fuse(
    dense: Mapping[_Key, float], lexical: Mapping[_Key, float], lexical_weight: float = 1.0
) -> dict[_Key, float]:
    """Fused scores of all candidates, best first.

    Args:
        dense: cosine of every candidate.
        lexical: BM25 of those that share a word with the question.
        lexical_weight: weight of the lexical leg; on SciFact train flat from 0.5 to 1.5.
    """
    words = standardised({key: lexical.get(key, 0.0) for key in dense})
    meaning = standardised(dense)
    fused = {key: meaning[key] + lexical_weight * words[key] for key in dense}
    return dict(sorted(fused.items(), key=lambda item: -item[1]))


def spread_over_papers(
    ranked: Iterable[_Key], papers: Mapping[_Key, str], per_paper: int
) -> list[_Key]:
    """The ranking with at most ``per_paper`` passages of a paper before the others' come in.

    Passages over the limit are kept, behind: a question about one paper still gets them all.
    """
    first: list[_Key] = []
    later: list[_Key] = []
    taken: dict[str, int] = {}
    for key in ranked:
        paper = papers[key]
        taken[paper] = taken.get(paper, 0) + 1
        (first if taken[paper] <= per_paper else later).append(key)
    return first + later
