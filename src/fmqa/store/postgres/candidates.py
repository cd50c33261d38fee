"""Which passages are scored by words, where more hold one of them than can be scored.

Scoring takes some 5 µs a passage, and a place in a list of the GIN index 0.2
(two cores, a million passages).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MOST_SCORED = 6_000
_EXPECTED = 1_500  # a quarter, since words that go together are in more passages together
_MOST_LISTED = 100_000
_MOST_COMBINED = 10  # phrases, of which all combinations are weighed
_HAIR = 5e-7  # less than any weight


class Asked(NamedTuple):
    """A phrase that is looked for: as a tsquery, in how many passages, and its weight."""

    query: str
    held: int
    weight: float


def chosen(asked: Sequence[Asked], passages: int) -> str:
    """The tsquery of the passages to score: all that hold a phrase, while these aren't too many.

    Where they are, a passage is scored when the phrases that it holds weigh enough together, which
    one rare word does, or several that aren't. A passage that is passed over could score more only
    by holding its phrases more often. What weighs enough is drawn where as many passages are
    expected as are to be scored, if phrases stood in passages independently of each other.

    Args:
        asked: the rarest first; one at least.
        passages: how many are searched.
    """
    if passages > _EXPECTED and sum(one.held for one in asked) > _EXPECTED:
        combined = _combined(asked, passages)
        query = _weighing(combined, _least(combined, passages) - _HAIR)
        if query:
            return query
    return " | ".join(f"({one.query})" for one in asked)


def _combined(asked: Sequence[Asked], passages: int) -> Sequence[Asked]:
    """The rarest, as many as can be looked up, and at least as many as few passages hold all of."""
    listed, together = 0, float(passages)
    for count, one in enumerate(asked[:_MOST_COMBINED]):
        listed += one.held
        if count and listed > _MOST_LISTED and together <= _EXPECTED:
            return asked[:count]
        together *= one.held / passages
    return asked[:_MOST_COMBINED]


def _least(combined: Sequence[Asked], passages: int) -> float:
    """The weight that so many passages are expected to reach as are to be scored."""
    weights, expected = np.zeros(1), np.full(1, float(passages))
    for one in combined:  # of each combination of those so far, without this one and with it
        share = one.held / passages
        weights = np.concatenate([weights, weights + one.weight])
        expected = np.concatenate([expected * (1 - share), expected * share])
    order = np.argsort(-weights, kind="stable")
    fit = int(np.searchsorted(np.cumsum(expected[order]), _EXPECTED, side="right"))
    return float(weights[order[max(fit - 1, 0)]])


def _weighing(asked: Sequence[Asked], least: float) -> str | None:
    """The tsquery of what holds phrases of a weight in all; None where all don't weigh so much.

    Empty where nothing has to be held.
    """
    if least <= 0:
        return ""
    if not asked:
        return None
    first, others = asked[0], asked[1:]
    with_it, without = _weighing(others, least - first.weight), _weighing(others, least)
    if with_it is None:
        return None
    query = f"(({first.query}) & {with_it})" if with_it else f"({first.query})"
    return f"({query} | {without})" if without else query
