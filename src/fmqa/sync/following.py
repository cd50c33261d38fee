"""Which papers are followed, and why: the user's wishes and what follows from their references."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fmqa.sources.seeds import Seeds
from fmqa.store.catalog import Wish

Cited = Callable[[str], Sequence[str]]
"""The arXiv ids that a paper cites, as far as its bibliography is known."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A paper that is followed.

    ``depth`` is how far its references are followed, 0 not at all. ``reason`` is the first that was
    found, in words; ``version`` the one that the user named, None for the newest.
    """

    arxiv_id: str
    depth: int
    reason: str
    version: int | None = None


def followed(wishes: Iterable[Wish], cited: Cited, excluded: set[str]) -> list[Followed]:
    """All papers that are followed, nearest first (breadth-first over the references).

    Args:
        wishes: papers followed for their own sake.
        cited: the arXiv ids that a paper cites.
        excluded: papers that the user removed: neither they nor what only they cite.
    """
    found: dict[str, Followed] = {}
    waiting: deque[Followed] = deque()
    for wish in sorted(wishes, key=lambda wish: -wish.depth):
        waiting.append(Followed(wish.arxiv_id, wish.depth, _reason(wish), wish.version))
    while waiting:
        paper = waiting.popleft()
        held = found.get(paper.arxiv_id)
        if paper.arxiv_id in excluded or (held is not None and held.depth >= paper.depth):
            continue
        found[paper.arxiv_id] = (
            paper if held is None else Followed(held.arxiv_id, paper.depth, held.reason)
        )
        if paper.depth > 0:
            reason = f"cited by {paper.arxiv_id}"
            waiting.extend(
                Followed(arxiv_id, paper.depth - 1, reason) for arxiv_id in cited(paper.arxiv_id)
            )
    return list(found.values())


def seed_wishes(seeds: Seeds, depth: int) -> list[Wish]:
    """The wishes of seeds.toml, its saved queries apart.

    Args:
        seeds: what it says.
        depth: how far the references of those papers are followed that it says so of.
    """
    return [
        Wish(
            seed.arxiv_id.bare,
            "seed",
            version=seed.arxiv_id.version,
            depth=depth if seed.follow_references else 0,
        )
        for seed in seeds.papers
    ]


def _reason(wish: Wish) -> str:
    if wish.why == "seed":
        return "in seeds.toml"
    return "asked for" if wish.why == "asked" else f"found by {wish.source}"
