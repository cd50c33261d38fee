"""Words that ask for the same: a question's "limitations" are a paper's "weaknesses".

Few, and of this field's questions only: a wider thesaurus lets sentences in that only sound alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fmqa.answering.claims import stem

_GROUPS = (
    "loss objective",
    "limitation limit weakness drawback shortcoming difficulty",
    "outperform surpass exceed beat",
    "evaluate test assess",
    "challenge problem obstacle difficulty barrier hurdle",
    "hardware gpu",
    "address solve overcome tackle mitigate solution",
)


def _alike() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for group in _GROUPS:
        stems = frozenset(form for word in group.split() for form in (stem(word), stem(f"{word}s")))
        for one in stems:
            found[one] = found.get(one, frozenset()) | stems
    return MappingProxyType(found)


ALIKE = _alike()
"""Stem → the stems that ask for the same."""
