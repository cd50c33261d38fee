"""Papers that say different figures of the same thing of the same model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fmqa.retrieval.naming import NameBook
from fmqa.survey.map import is_paper
from fmqa.survey.quantities import Quantity, quantities
from fmqa.types import PaperMeta, StoredPassage


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two papers' figures for one thing; neither says the other's anywhere."""

    one: Quantity
    other: Quantity


def contradictions(
    papers: Iterable[PaperMeta], passages: Iterable[StoredPassage]
) -> list[Contradiction]:
    """The pairs of papers whose figures for one thing can't both be true, the surest first.

    Where one paper gives several figures for a thing (of a part, of an older version), it
    contradicts only a paper with none of them. Each thing is told once.
    """
    metas = [paper for paper in papers if is_paper(paper)]
    held = {paper.paper_id for paper in metas}
    mine = (stored for stored in passages if stored.paper.paper_id in held)
    said: dict[tuple[str, tuple[str, ...]], dict[str, list[Quantity]]] = {}
    for one in quantities(mine, NameBook.of(metas)):
        of_thing = said.setdefault((one.subject, one.what), {})
        of_thing.setdefault(one.quote.passage.paper.paper_id, []).append(one)
    found = [pair for by_paper in said.values() if (pair := _against(by_paper)) is not None]
    return sorted(found, key=lambda pair: (-_apart(pair), pair.one.subject, pair.one.what))


def _against(by_paper: dict[str, list[Quantity]]) -> Contradiction | None:
    """The two papers that are farthest apart, the model's own first."""
    best: Contradiction | None = None
    papers = sorted(by_paper)
    for place, paper in enumerate(papers):
        for rival in papers[place + 1 :]:
            pairs = [(a, b) for a in by_paper[paper] for b in by_paper[rival]]
            if any(a.agrees(b) for a, b in pairs):
                continue
            own_last = rival == pairs[0][0].subject
            one, other = pairs[0][::-1] if own_last else pairs[0]
            pair = Contradiction(one, other)
            if best is None or _apart(pair) > _apart(best):
                best = pair
    return best


def _apart(pair: Contradiction) -> float:
    low, high = sorted(abs(one.number.value) for one in (pair.one, pair.other))
    return (high - low) / high if high else 0.0
