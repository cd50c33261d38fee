"""From references to arXiv ids: as printed, then by Semantic Scholar's word, then by title.

Every answer of a service is kept in the record as soon as it is there, so that no question is asked
twice, whatever is killed in between, and so that a better matching can be run over old answers.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fmqa.errors import SourceError, SourceRefused, SourceUnreachable
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sources.scholar import ScholarClient, ScholarReference
from fmqa.store.arxiv_catalog import Catalog
from fmqa.sync.matching import Found, best_match, title_words
from fmqa.types import ArxivRecord, Reference

if TYPE_CHECKING:
    from fmqa.sources.arxiv import ArxivClient

Progress = Callable[[int, int], None]

_SCHOLAR, _TITLE = "scholar references", "arxiv title"
_ASK_AGAIN = timedelta(days=30)  # a paper may come to arXiv after it was cited
_LEAST_TITLE_WORDS = 3  # "Deep learning" finds anything
_PRINTED = frozenset({"text", "link", "doi"})


class Resolver:
    """Finds the arXiv ids of references.

    Args:
        arxiv: title search; None to work with the answers that are kept.
        scholar: Semantic Scholar; None likewise.
        notify: called with the name of a service that can't help.
    """

    def __init__(
        self,
        catalog: Catalog,
        arxiv: ArxivClient | None = None,
        scholar: ScholarClient | None = None,
        notify: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.catalog = catalog
        self.arxiv = arxiv
        self.scholar = scholar
        self.notify = notify
        self.unreachable: SourceUnreachable | None = None

    def resolve(
        self,
        paper: ArxivId | None,
        references: Sequence[Reference],
        progress: Progress = lambda done, total: None,
        *,
        titles: bool = True,
    ) -> list[Reference]:
        """The references with the ids that could be found, each with its method and score.

        What arXiv can't be asked now stays open; `unreachable` then says why.

        Args:
            paper: whose references they are, with its version; None if it isn't on arXiv.
            titles: search by title, which takes a request each; else only what is known of them.
        """
        resolved = [as_printed(reference) for reference in references]
        if all(reference.arxiv_id for reference in resolved):
            return resolved
        known = self._scholar_answer(paper) if paper else []
        resolved = [self._by_scholar(reference, known) for reference in resolved]
        taken = {reference.arxiv_id for reference in resolved} - {None}
        waiting = [place for place, reference in enumerate(resolved) if _searchable(reference)]
        asking = titles and self.arxiv is not None
        unasked = {title for place in waiting if self._kept(title := resolved[place].title) is None}
        total, asked = len(unasked), 0
        for place in waiting:
            title = resolved[place].title
            found = self._by_title(resolved[place], asking)
            if found.arxiv_id not in taken:  # a paper isn't cited twice
                resolved[place] = found
                taken.add(found.arxiv_id)
            if asking and title in unasked:
                unasked.remove(title)
                asked += 1
                progress(asked, total)
        return resolved

    def _scholar_answer(self, paper: ArxivId) -> list[ScholarReference]:
        """What Semantic Scholar says that the paper cites; nothing where it can't be asked."""
        kept = self.catalog.answer(_SCHOLAR, str(paper), _ASK_AGAIN)
        if kept is None and self.scholar is not None:
            try:
                answer = self.scholar.references(ArxivId(paper.bare))
            except SourceError as error:
                self.notify(f"Going on without Semantic Scholar: {error}")
                self.scholar = None
            else:
                kept = [asdict(row) for row in answer]
                self.catalog.put_answer(_SCHOLAR, str(paper), kept)
        if kept is None:
            kept = self.catalog.answer(_SCHOLAR, str(paper)) or []
        return [ScholarReference(**row | {"authors": tuple(row["authors"])}) for row in kept]

    @staticmethod
    def _by_scholar(reference: Reference, known: Sequence[ScholarReference]) -> Reference:
        if reference.arxiv_id:
            return reference
        with_id = [
            Found(row.arxiv_id, row.title, row.authors, row.year) for row in known if row.arxiv_id
        ]
        if reference.doi:
            same = [row for row in known if row.doi and row.doi.lower() == reference.doi.lower()]
            if same and same[0].arxiv_id:
                return replace(reference, arxiv_id=same[0].arxiv_id, method="scholar", score=1.0)
        match = best_match(reference, with_id)
        if match is None:
            return reference
        found, score = match
        return replace(reference, arxiv_id=found.arxiv_id, method="scholar", score=round(score, 3))

    def _by_title(self, reference: Reference, asking: bool) -> Reference:
        match = best_match(reference, self._candidates(reference.title, asking))
        if match is None:
            return reference
        found, score = match
        return replace(reference, arxiv_id=found.arxiv_id, method="title", score=round(score, 3))

    def _candidates(self, title: str, asking: bool) -> list[Found]:
        """The papers on arXiv with such a title, as kept or asked for now."""
        kept = self._kept(title)
        if kept is None and asking and self.unreachable is None:
            kept = self._ask(title)
            if kept is not None:
                self.catalog.put_answer(_TITLE, _key(title), kept)
        if kept is None:  # an old answer is better than none
            kept = self.catalog.answer(_TITLE, _key(title)) or []
        return [Found(**row | {"authors": tuple(row["authors"])}) for row in kept]

    def _kept(self, title: str) -> Any:
        return self.catalog.answer(_TITLE, _key(title), _ASK_AGAIN)

    def _ask(self, title: str) -> list[dict[str, Any]] | None:
        assert self.arxiv is not None
        try:
            records = self.arxiv.find_title(title)
        except SourceUnreachable as error:
            self.unreachable = error
            return None
        except SourceRefused as error:  # an odd title, which is no reason to give up the others
            self.notify(f"arXiv doesn't take the title {title[:80]!r}: {error}")
            records = []
        return [asdict(as_found(record)) for record in records]


def as_found(record: ArxivRecord) -> Found:
    """arXiv's facts as a candidate."""
    year = int(record.published[:4]) if record.published[:4].isdigit() else None
    return Found(record.arxiv_id, record.title, record.authors, year)


def methods(references: Sequence[Reference]) -> dict[str, int]:
    """How many references were resolved in which way."""
    return dict(Counter(reference.method for reference in references if reference.arxiv_id))


def _key(title: str) -> str:
    return hashlib.sha256(" ".join(title_words(title)).encode()).hexdigest()[:32]


def as_printed(reference: Reference) -> Reference:
    """The reference as it was printed; a service's word on it is looked up again, in the record."""
    if reference.method in _PRINTED or not reference.arxiv_id:
        return reference
    return replace(reference, arxiv_id=None, method="", score=0.0)


def _searchable(reference: Reference) -> bool:
    return not reference.arxiv_id and len(title_words(reference.title)) >= _LEAST_TITLE_WORDS
