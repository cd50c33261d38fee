"""The terms of two words that a question turns on: "catastrophic forgetting", "domain shift".

A sentence that holds such a term answers better than one that only holds the question's names.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise

from fmqa.answering.claims import content_stems

_WORDS = re.compile(r"[A-Za-z][\w-]*|[^\sA-Za-z]")
Term = frozenset[str]  # the stems of its words


def key_terms(question: str, rare: Collection[str]) -> tuple[Term, ...]:
    """The pairs of rare words that stand side by side in lower case.

    Args:
        question: in words.
        rare: the stems of its words that tell something and that few passages hold.

    >>> [sorted(term) for term in key_terms("Is domain shift a risk?", {"domain", "shift"})]
    [['domain', 'shift']]
    """
    found = []
    for one, other in pairwise(_WORDS.findall(question)):
        term = frozenset([*content_stems(one), *content_stems(other)])
        if one.islower() and other.islower() and len(term) == 2 and term.issubset(rare):
            found.append(term)
    return tuple(found)
