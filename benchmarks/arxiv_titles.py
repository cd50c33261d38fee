"""Whether a title search finds the paper that a reference means, among others nearly called so."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.arxiv_world import Figures, opened, settings_for, share
from fmqa.reading.reader import DefaultPdfReader
from fmqa.sources.arxiv import ArxivClient
from fmqa.sync.resolution import Resolver
from fmqa.types import Reference
from tests.small_arxiv import SmallArxiv, World, make_world

_SEEDS = 5


def titles(papers: int) -> Figures:
    """Precision and recall of the title search alone, over five worlds.

    Printed ids, links and DOIs are taken from the references before, and Semantic Scholar isn't
    asked. A sixth of the papers are cited under another title than arXiv's, where a near miss may
    have just the title that is printed: of these no title search can find the right one. So all is
    done twice, the second time with that title on arXiv, too.
    """
    as_made = _measured(papers, same_titles=False)
    same = _measured(papers, same_titles=True)
    return {
        "worlds": _SEEDS,
        "papers cited in each": papers,
        "precision": min(as_made["precision"], same["precision"]),
        "recall": same["recall"],
        "a sixth under another title than arXiv's": as_made,
        "all under arXiv's title": same,
    }


def _measured(papers: int, *, same_titles: bool) -> Figures:
    resolved = right = on_arxiv = near = 0
    wrong: list[str] = []
    for seed in range(_SEEDS):
        world = make_world(papers, seed)
        entries = world[world.review].entries
        for entry in entries:
            if same_titles and entry.arxiv_id and entry.how == "scholar":
                world[entry.arxiv_id].title = entry.printed_title
        near += len(world.near_misses)
        found = _found(world)
        for entry in entries:
            got = found.get(entry.number)
            resolved += bool(got)
            right += bool(got) and got == entry.arxiv_id
            on_arxiv += bool(entry.arxiv_id)
            if got and got != entry.arxiv_id:
                wrong.append(f"{seed}: {entry.printed_title}: {got}, not {entry.arxiv_id}")
    return {
        "near misses": near,
        "entries on arXiv": on_arxiv,
        "resolved": resolved,
        "precision": share(right, resolved),
        "recall": share(right, on_arxiv),
        "wrong": wrong,
    }


def _found(world: World) -> dict[int, str | None]:
    """The ids that the title search gives to the entries of the review's bibliography."""
    with tempfile.TemporaryDirectory() as scratch, SmallArxiv(world, pace=0.001) as server:
        path = Path(scratch) / "review.pdf"
        path.write_bytes(world.pdf(world.review))
        bare = [_bare(reference) for reference in DefaultPdfReader().read(path).references]
        settings = settings_for(server, Path(scratch) / "home")
        with opened(settings) as library, ArxivClient(settings) as arxiv:
            resolved = Resolver(library.catalog, arxiv).resolve(None, bare)
    return {reference.number: reference.arxiv_id for reference in resolved}


def _bare(reference: Reference) -> Reference:
    return replace(reference, arxiv_id=None, doi=None, method="", score=0.0)
