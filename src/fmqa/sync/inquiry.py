"""What a run asks of arXiv before it fetches anything: new papers of queries, facts of papers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from fmqa.errors import SourceRefused, SourceUnreachable
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sources.seeds import SavedQuery, Seeds
from fmqa.store.catalog import Catalog, FetchedFile, Wish
from fmqa.sync.following import seed_wishes
from fmqa.sync.report import SyncReport
from fmqa.sync.request import Parts, Request
from fmqa.types import ArxivRecord

QUERY = "saved query"
UNKNOWN = "arXiv has no such paper."
_OVERLAP = timedelta(days=7)  # papers are announced some days after they were submitted


class Inquiry:
    """Wishes and facts of one run.

    Args:
        parts: what to ask by.
        request: what the run is to do.
        report: where it is noted that arXiv can't be reached.
    """

    def __init__(self, parts: Parts, request: Request, report: SyncReport) -> None:
        self.parts = parts
        self.request = request
        self.report = report
        self.catalog: Catalog = parts.ingestor.library.catalog
        self.facts: dict[str, ArxivRecord] = self.catalog.facts()
        self._dry_wishes: list[Wish] = []
        self._asked: set[str] = set()

    def wishes(self) -> list[Wish]:
        """What is followed for its own sake; of that what the user names, if he names papers."""
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
