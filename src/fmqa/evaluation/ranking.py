"""How well papers are ranked for a question: recall and nDCG, gains of 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from fmqa.types import Hit


def ranked_papers(hits: Sequence[Hit]) -> list[str]:
    """The papers of passages found, each at its first passage's place."""
    return list(dict.fromkeys(hit.passage.paper.paper_id for hit in hits))


def recall_at(ranked: Sequence[str], wanted: Collection[str], k: int) -> float:
    """The share of the wanted papers among the first ``k``; 0 where none is wanted."""
    return len(set(ranked[:k]) & set(wanted)) / len(set(wanted)) if wanted else 0.0


def ndcg_at(ranked: Sequence[str], wanted: Collection[str], k: int) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002) of the first ``k``."""
    gains = sum(1 / math.log2(2 + rank) for rank, one in enumerate(ranked[:k]) if one in wanted)
    best = sum(1 / math.log2(2 + rank) for rank in range(min(k, len(set(wanted)))))
    return gains / best if best else 0.0
