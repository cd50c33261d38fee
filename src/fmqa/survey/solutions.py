"""Challenges that papers after the review propose something for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fmqa.store.quoted_facets import Facet, FacetName
from fmqa.survey.values import Facets


@dataclass(frozen=True, slots=True)
class Proposal:
    """A paper that names a challenge and proposes a solution.

    ``first`` says that no paper before the review brings the two together.
    """

    paper_id: str
    challenge: Facet
    solution: Facet
    first: bool


def proposals(facets: Facets, since: Iterable[str]) -> list[Proposal]:
    """What the new papers propose, those that are first of their kind before others.

    A solution belongs to the challenge that the same sentence names, and otherwise to the paper's
    only challenge; where neither is so, nothing is said.

    Args:
        facets: of all papers.
        since: the new ones.
    """
    new = set(since)
    known = {
        (challenge.value, solution.value)
        for paper, held in facets.items()
        if paper not in new
        for challenge, solution in _pairs(held)
    }
    found = [
        Proposal(paper, challenge, solution, (challenge.value, solution.value) not in known)
        for paper in sorted(new & facets.keys())
        for challenge, solution in _pairs(facets[paper])
    ]
    return sorted(found, key=lambda one: (not one.first, one.challenge.value, one.solution.value))


def _pairs(facets: Sequence[Facet]) -> list[tuple[Facet, Facet]]:
    challenges = [facet for facet in facets if facet.name is FacetName.CHALLENGE and facet.quote]
    solutions = [facet for facet in facets if facet.name is FacetName.SOLUTION and facet.quote]
    only = challenges[0] if len({one.value for one in challenges}) == 1 else None
    found: dict[tuple[str, str], tuple[Facet, Facet]] = {}
    for solution in solutions:
        same = [one for one in challenges if one.span == solution.span]
        for challenge in same or ([only] if only else []):
            found.setdefault((challenge.value, solution.value), (challenge, solution))
    return list(found.values())
