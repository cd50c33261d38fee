"""Two rankings made one."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from fmqa.retrieval.search import fuse, lift_near_papers, standardised

SCORES = st.dictionaries(st.integers(0, 50), st.floats(-100, 100), max_size=30)


@given(scores=SCORES)
def test_standardised_scores(scores: dict[int, float]) -> None:
    made = standardised(scores)
    assert list(made) == list(scores)
    if made and any(made.values()):
        assert math.isclose(sum(made.values()), 0.0, abs_tol=1e-6)
        assert math.isclose(sum(v * v for v in made.values()) / len(made), 1.0, rel_tol=1e-6)


@given(dense=SCORES, lexical=SCORES, weight=st.floats(0, 3))
def test_all_candidates_are_kept_best_first(
    dense: dict[int, float], lexical: dict[int, float], weight: float
) -> None:
    fused = fuse(dense, lexical, weight)
    assert set(fused) == set(dense)
    assert list(fused.values()) == sorted(fused.values(), reverse=True)


@given(dense=SCORES, lexical=SCORES)
def test_the_order_in_which_candidates_come_does_not_matter(
    dense: dict[int, float], lexical: dict[int, float]
) -> None:
    one = fuse(dense, lexical)
    other = fuse(dict(reversed(dense.items())), dict(reversed(lexical.items())))
    for key, score in one.items():
        assert math.isclose(score, other[key], abs_tol=1e-6)


def test_better_in_both_legs_is_better() -> None:
    fused = fuse({1: 0.9, 2: 0.5, 3: 0.1}, {1: 10.0, 2: 5.0})
    assert list(fused) == [1, 2, 3]


def test_a_word_match_lifts_a_passage() -> None:
    dense = {1: 0.51, 2: 0.50, 3: 0.1}
    assert next(iter(fuse(dense, {}))) == 1
    assert next(iter(fuse(dense, {2: 9.0}))) == 2
    assert next(iter(fuse(dense, {2: 9.0}, lexical_weight=0.0))) == 1


PAPERS = st.dictionaries(st.integers(0, 40), st.sampled_from("abcd"), max_size=30)


@given(papers=PAPERS)
def test_lifting_keeps_all_and_the_order_within_a_paper(papers: dict[int, str]) -> None:
    scores = {key: float(-place) for place, key in enumerate(papers)}
    lifted = lift_near_papers(scores, papers)
    assert lifted.keys() == scores.keys()
    for paper in set(papers.values()):
        own = [key for key in lifted if papers[key] == paper]
        assert own == [key for key in scores if papers[key] == paper]


def test_a_passage_of_a_paper_that_is_near_as_a_whole_comes_first() -> None:
    scores = {1: 1.0, 2: 0.95, 3: 0.9, 4: 0.9}
    assert [*lift_near_papers(scores, {1: "a", 2: "b", 3: "b", 4: "b"})] == [2, 3, 4, 1]
