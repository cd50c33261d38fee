"""Which papers are tracked: wishes, and what follows from their references."""

from __future__ import annotations

from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sources.seeds import SavedQuery, Seed, Seeds
from fmqa.store.arxiv_catalog import Wish
from fmqa.sync.tracking import TrackedPaper, seed_wishes, tracked_papers

CITED = {"a": ["b", "c"], "b": ["c", "d", "a"], "c": ["e"], "d": ["f"]}


def cited(paper: str) -> list[str]:
    return CITED.get(paper, [])


def depths(wishes: list[Wish], excluded: set[str] = frozenset()) -> dict[str, int]:
    return {paper.arxiv_id: paper.depth for paper in tracked_papers(wishes, cited, set(excluded))}


def test_a_wish_without_depth_is_alone() -> None:
    assert depths([Wish("a", "asked")]) == {"a": 0}


def test_references_are_followed_so_many_steps() -> None:
    assert depths([Wish("a", "seed", depth=1)]) == {"a": 1, "b": 0, "c": 0}
    assert depths([Wish("a", "seed", depth=2)]) == {"a": 2, "b": 1, "c": 1, "d": 0, "e": 0}
    assert depths([Wish("a", "seed", depth=9)])["f"] == 6


def test_the_deepest_wish_counts() -> None:
    wishes = [Wish("b", "asked", depth=0), Wish("a", "seed", depth=1), Wish("c", "seed", depth=1)]
    assert depths(wishes) == {"a": 1, "b": 0, "c": 1, "e": 0}
    assert depths([Wish("d", "asked", depth=3), Wish("a", "seed", depth=2)])["f"] == 2


def test_circles_end() -> None:
    assert depths([Wish("b", "seed", depth=50)]).keys() == set("abcdef")


def test_what_was_removed_is_left_out_with_what_only_it_cites() -> None:
    assert depths([Wish("a", "seed", depth=2)], {"b"}) == {"a": 2, "c": 1, "e": 0}
    assert depths([Wish("a", "seed", depth=2)], {"a"}) == {}


def test_why() -> None:
    wishes = [
        Wish("x", "query", "ti:heart"),
        Wish("y", "asked", version=2),
        Wish("a", "seed", depth=1),
    ]
    assert tracked_papers(wishes, cited, set()) == [
        TrackedPaper("a", 1, "in seeds.toml"),
        TrackedPaper("x", 0, "found by ti:heart"),
        TrackedPaper("y", 0, "asked for", 2),
        TrackedPaper("b", 0, "cited by a"),
        TrackedPaper("c", 0, "cited by a"),
    ]


def test_a_named_version_stays_when_others_cite_the_paper() -> None:
    papers = tracked_papers(
        [Wish("b", "asked", version=1), Wish("a", "seed", depth=1)], cited, set()
    )
    assert {paper.arxiv_id: paper.version for paper in papers} == {"a": None, "b": 1, "c": None}


def test_seeds_are_wishes() -> None:
    seeds = Seeds(
        (Seed(ArxivId("2510.16973", 2), follow_references=True), Seed(ArxivId("2304.12306"))),
        (SavedQuery("ti:heart", 5),),
    )
    assert seed_wishes(seeds, 2) == [
        Wish("2510.16973", "seed", version=2, depth=2),
        Wish("2304.12306", "seed", depth=0),
    ]
    assert [wish.depth for wish in seed_wishes(seeds, 0)] == [0, 0]
