"""Names for groups of papers: the words and facets that tell a group from the others."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fmqa.store.lexical import STOP_WORDS

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*")
# What most titles of this field hold, or what says nothing of a subject.
_COMMON = frozenset(
    """medical image images imaging model models foundation learning deep network networks based
    using towards toward via approach method methods novel new large scale large-scale data study
    analysis multi other general paper dataset datasets""".split()
)
_SHARE = 0.15  # of a group's papers must hold a word that names it
_WORDS = 3


@dataclass(frozen=True, slots=True)
class Described:
    """What a paper can lend to its group's name."""

    title: str
    facets: tuple[str, ...]


def telling_words(groups: Mapping[int, Sequence[Described]], words: int = _WORDS) -> dict[int, str]:
    """A name for each group: its most telling terms, joined by " · ".

    A term's weight is the share of the group's papers that have it times the logarithm of how much
    commoner it is there than in all papers, which is the pointwise part of the mutual information
    of term and group (Manning et al. 2008, 13.5.1).
    """
    spelled: dict[str, Counter[str]] = {}
    held = {
        number: Counter(term for paper in papers for term in _terms(paper, spelled))
        for number, papers in groups.items()
    }
    everywhere = sum(held.values(), Counter())
    count = sum(map(len, groups.values()))
    names: dict[int, str] = {}
    for number, papers in groups.items():
        weighed = []
        for term, times in held[number].items():
            share, usual = times / len(papers), everywhere[term] / count
            if share >= _SHARE and (times > 1 or len(papers) == 1):
                weighed.append((share * math.log(share / usual), term))
        best: list[str] = []
        for weight, term in sorted(weighed, key=lambda pair: (-pair[0], pair[1])):
            if weight > 0 and not any(_overlap(term, one) for one in best):
                best.append(term)
            if len(best) == words:
                break
        shown = [spelled[term].most_common(1)[0][0] for term in best]
        names[number] = " · ".join(shown) or f"Group {number + 1}"
    return names


def _terms(paper: Described, spelled: dict[str, Counter[str]]) -> set[str]:
    """The paper's terms in lower case; how each is written is counted on the way."""
    found = set()
    words = [word for word in _WORD.findall(paper.title) if word.lower() not in STOP_WORDS]
    for written in [*paper.facets, *words]:
        term = written.lower().removesuffix("s") if len(written) > 4 else written.lower()
        if len(term) > 2 and written.lower() not in _COMMON and term not in _COMMON:
            spelled.setdefault(term, Counter())[written] += 1
            found.add(term)
    return found


def _overlap(one: str, other: str) -> bool:
    """Whether a term says again what another says."""
    mine, theirs = (set(re.split(r"[^a-z0-9]+", term)) for term in (one, other))
    return mine <= theirs or theirs <= mine
