"""Which papers are tracked, and why, and what arXiv says of them.

A run asks arXiv for this before it fetches anything: new papers of saved queries, facts of papers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fmqa.errors import SourceRefused, SourceUnreachable
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sources.seeds import SavedQuery, Seeds
from fmqa.store.arxiv_catalog import Catalog, FetchedFile, Wish
from fmqa.sync.run_types import Parts, Request, SyncReport
from fmqa.types import ArxivRecord

Cited = Callable[[str], Sequence[str]]
"""The arXiv ids that a paper cites, as far as its bibliography is known."""


@dataclass(frozen=True, slots=True)
class TrackedPaper:
    """A paper that is tracked.

    ``depth`` is how far its references are tracked, 0 not at all. ``reason`` is the first that was
    found; ``version`` the one that the user named, None for the newest.
    """

    arxiv_id: str
    depth: int
    reason: str
    version: int | None = None


def tracked_papers(wishes: Iterable[Wish], cited: Cited, excluded: set[str]) -> list[TrackedPaper]:
    """All papers that are tracked, nearest first (breadth-first over the references).

    Args:
        excluded: papers that the user removed: neither they nor what only they cite.
    """
    found: dict[str, TrackedPaper] = {}
    waiting: deque[TrackedPaper] = deque()
    for wish in sorted(wishes, key=lambda wish: -wish.depth):
        waiting.append(TrackedPaper(wish.arxiv_id, wish.depth, _reason(wish), wish.version))
    while waiting:
        paper = waiting.popleft()
        held = found.get(paper.arxiv_id)
        if paper.arxiv_id in excluded or (held is not None and held.depth >= paper.depth):
            continue
        found[paper.arxiv_id] = (
            paper if held is None else TrackedPaper(held.arxiv_id, paper.depth, held.reason)
        )
        if paper.depth > 0:
            reason = f"cited by {paper.arxiv_id}"
            waiting.extend(
                TrackedPaper(arxiv_id, paper.depth - 1, reason)
                for arxiv_id in cited(paper.arxiv_id)
            )
    return list(found.values())


def seed_wishes(seeds: Seeds, depth: int) -> list[Wish]:
    """The wishes of seeds.toml, its saved queries apart.

    Args:
        depth: how far the references of those papers are tracked that it says so of.
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


QUERY = "saved query"
UNKNOWN = "arXiv has no such paper."
_OVERLAP = timedelta(days=7)  # papers are announced some days after they were submitted


class Tracker:
    """Wishes and facts of one run."""

    def __init__(self, parts: Parts, request: Request, report: SyncReport) -> None:
        self.parts = parts
        self.request = request
        self.report = report
        self.catalog: Catalog = parts.ingestor.library.catalog
        self.facts: dict[str, ArxivRecord] = self.catalog.facts()
        self._dry_wishes: list[Wish] = []
        self._asked: set[str] = set()

    def wishes(self) -> list[Wish]:
        """What is tracked for its own sake; of that what the user names, if he names papers."""
        wishes = [*self.catalog.wishes(), *self._dry_wishes]
        if self.request.seeds is not None:
            return wishes
        named = {paper.bare for paper in self.request.asked}
        return [wish for wish in wishes if wish.why == "asked" and wish.arxiv_id in named]

    def make_wishes(self) -> None:
        """Take over what the user names, what seeds.toml says and what its queries find."""
        request = self.request
        depth = request.depth
        self._want([Wish(p.bare, "asked", "", p.version, depth) for p in request.asked])
        if request.seeds is not None:
            self._follow_seeds(request.seeds)
            for query in request.seeds.queries:
                self._run_query(request.seeds, query)

    def look_up(self, ids: Iterable[str]) -> None:
        """Ask for the facts of papers, each once a run; papers that are unknown are noted."""
        missing = [one for one in dict.fromkeys(ids) if one not in self._asked]
        if self.report.unreachable or not missing:
            return
        label = "Asking arXiv about papers"
        done = 0
        self.parts.step(label, 0, len(missing))
        try:
            for batch in self.parts.arxiv.iter_records([ArxivId(one) for one in missing]):
                self._keep(batch)
                done += len(batch)
                self.parts.step(label, min(done, len(missing) - 1), len(missing))
        except SourceUnreachable as error:
            self.give_up(error)
            return
        except SourceRefused as error:
            self.parts.notify(str(error))
        self._asked.update(missing)
        for one in missing:
            if one not in self.facts:
                self.catalog.put_file(FetchedFile(one, 0, failure=UNKNOWN))
        self.parts.step(label, len(missing), len(missing))

    def give_up(self, error: SourceUnreachable) -> None:
        """Note that a service can't be reached: nothing more is asked in this run."""
        if not self.report.unreachable:
            self.report.unreachable, self.report.hint = str(error), error.hint

    def _want(self, wishes: Sequence[Wish]) -> None:
        if self.request.dry:
            self._dry_wishes += wishes
        else:
            self.catalog.want(wishes)

    def _follow_seeds(self, seeds: Seeds) -> None:
        """Wish for what seeds.toml names, and no longer for what it doesn't name any more."""
        fresh = {wish.arxiv_id: wish for wish in seed_wishes(seeds, self.request.depth)}
        queries = {query.query for query in seeds.queries}
        self._want(list(fresh.values()))
        if self.request.dry:
            return
        for wish in self.catalog.wishes():
            named = fresh.get(wish.arxiv_id)
            if wish.why == "seed" and named is not None and named.depth == 0 < wish.depth:
                self.catalog.set_depth(named)
            elif (wish.why == "seed" and named is None) or (
                wish.why == "query" and wish.source not in queries
            ):
                self.catalog.unwant([wish])

    def _run_query(self, seeds: Seeds, query: SavedQuery) -> None:
        """Wish for what a saved query finds: at first its newest papers, then those since."""
        text = seeds.restricted(query)
        state = self.catalog.answer(QUERY, text)
        if self.report.unreachable or (state is not None and not self.request.refresh):
            return
        newest = state["newest"] if state else ""
        since = datetime.fromisoformat(newest).astimezone(UTC) - _OVERLAP if newest else None
        self.parts.step("Asking arXiv for new papers", 0, 1)
        try:
            for batch in self.parts.arxiv.search(text, since=since, limit=query.limit):
                self._keep(batch)
                self._want([Wish(record.arxiv_id, "query", query.query) for record in batch])
                newest = max([newest, *(record.published for record in batch)])
        except SourceUnreachable as error:
            self.give_up(error)
            return
        except SourceRefused as error:
            self.parts.notify(f"The saved query {query.query!r} is left out: {error}")
            return
        if not self.request.dry:
            self.catalog.put_answer(QUERY, text, {"newest": newest})
        self.parts.step("Asking arXiv for new papers", 1, 1)

    def _keep(self, batch: Sequence[ArxivRecord]) -> None:
        self.catalog.put_facts(batch)
        self.facts.update((record.arxiv_id, record) for record in batch)
        self._asked.update(record.arxiv_id for record in batch)
