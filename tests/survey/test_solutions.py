"""Which challenges new papers propose something for."""

from __future__ import annotations

from fmqa.store.quoted_facets import Facet, FacetName
from fmqa.survey.review_changes import proposals
from fmqa.types import Source, Span


def facet(name: FacetName, value: str, at: int, paper: str = "new") -> Facet:
    return Facet(paper, 1, Source.PDF, name, value, f"Sentence {at}.", Span(1, at, at + 9), 0.9)


def challenge(value: str, at: int, paper: str = "new") -> Facet:
    return facet(FacetName.CHALLENGE, value, at, paper)


def solution(value: str, at: int, paper: str = "new") -> Facet:
    return facet(FacetName.SOLUTION, value, at, paper)


def told(facets: dict[str, list[Facet]]) -> list[tuple[str, str, str, bool]]:
    return [
        (one.paper_id, one.challenge.value, one.solution.value, one.first)
        for one in proposals(facets, ["new", "newer"])
    ]


def test_a_papers_only_challenge_is_what_its_solutions_are_for() -> None:
    held = {"new": [challenge("compute", 0), solution("pruning", 20), solution("distillation", 40)]}
    assert told(held) == [
        ("new", "compute", "distillation", True),
        ("new", "compute", "pruning", True),
    ]


def test_of_several_challenges_the_one_of_the_same_sentence_counts() -> None:
    held = {"new": [challenge("compute", 0), challenge("privacy", 20), solution("federated", 20)]}
    assert told(held) == [("new", "privacy", "federated", True)]
    apart = {"new": [challenge("compute", 0), challenge("privacy", 20), solution("federated", 40)]}
    assert told(apart) == []


def test_what_was_proposed_before_the_review_is_not_first() -> None:
    held = {
        "old": [challenge("compute", 0, "old"), solution("pruning", 20, "old")],
        "new": [challenge("compute", 0), solution("pruning", 20)],
        "newer": [challenge("compute", 0, "newer"), solution("distillation", 20, "newer")],
    }
    assert told(held) == [
        ("newer", "compute", "distillation", True),
        ("new", "compute", "pruning", False),
    ]


def test_papers_of_before_and_papers_without_either_say_nothing() -> None:
    held = {
        "old": [challenge("compute", 0, "old"), solution("pruning", 20, "old")],
        "new": [challenge("compute", 0)],
        "newer": [solution("pruning", 0, "newer")],
    }
    assert told(held) == []
