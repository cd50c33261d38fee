"""Questions that are put to several papers: what they compare, and whether they ask many papers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Literal

from fmqa import weights
from fmqa.answering.analysis import QueryAnalysis
from fmqa.answering.claims import METRICS
from fmqa.answering.evidence import Logistic
from fmqa.retrieval.search import Searcher
from fmqa.types import Embedder

QUESTION_KINDS = weights.TRAINED / "survey.json"

Kind = Literal["many", "compare"]
KINDS: tuple[Kind, ...] = ("many", "compare")

Side = frozenset[str]
"""Ids of the papers that one name in a question means."""

_MOST_SIDES = 4
_MOST_PAPERS = 2  # of one name, which would else be no side
_SHORTEST = 3


def sides_of(query: QueryAnalysis, searcher: Searcher) -> tuple[Side, ...]:
    """The papers that a question sets side by side, in its order; none where it names fewer.

    A paper is named by its model or title, by its authors ("Sobirov et al."), or by what it alone
    speaks of again and again.
    """
    found: list[Side] = []
    for name, shown in query.names.items():
        papers = query.papers.get(name, ())
        if not papers and name not in METRICS:
            papers = _meant(shown, searcher)
        side = frozenset(papers)
        if 0 < len(side) <= _MOST_PAPERS and all(side.isdisjoint(one) for one in found):
            found.append(side)
    return tuple(found)[:_MOST_SIDES] if len(found) > 1 else ()


def _meant(shown: str, searcher: Searcher) -> tuple[str, ...]:
    bare = shown.removesuffix("'s").removesuffix("’s").rstrip("'’")
    if papers := searcher.names.by_author(bare):
        return tuple(papers)
    named = sum(letter.isupper() for letter in bare) > 1 or any(map(str.isdigit, bare))
    own = searcher.speaks_most_of(bare) if named and len(bare) >= _SHORTEST else None
    return (own,) if own else ()


class QuestionTeller:
    """Tells of what kind a question is: whether it asks many papers, and whether it compares some.

    Logistic regressions over the question's vector, see `training.survey`. With another embedding
    model than the one that they were fitted on, no question is of either kind.

    Args:
        embedder: the library's.
    """

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder

    @cached_property
    def _held(self) -> tuple[str, dict[Kind, Logistic]]:
        """The embedding model that they were fitted on, and the regressions."""
        held = json.loads(QUESTION_KINDS.read_text(encoding="utf-8"))
        return held["model"], {
            kind: Logistic(
                held[kind]["bias"], _numbered(held[kind]["weights"]), held[kind]["least"]
            )
            for kind in KINDS
        }

    def __call__(self, question: str) -> frozenset[Kind]:
        """The kinds that it is of."""
        model, regressions = self._held
        if model != self.embedder.fingerprint:
            return frozenset()
        features = _numbered(self.embedder.embed_query(question))
        return frozenset(
            kind for kind, is_it in regressions.items() if is_it(features) >= is_it.least
        )


def _numbered(values: Sequence[float]) -> dict[str, float]:
    return {str(place): value for place, value in enumerate(values)}
