"""What changed since the review: new papers, revised figures, contradictions, each quoted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from pydantic import BaseModel, ConfigDict

from fmqa.answering.citing import Numbering
from fmqa.answering.conflicts import Difference
from fmqa.answering.schema import Citation
from fmqa.store.library import Library
from fmqa.survey.contradictions import Contradiction, contradictions
from fmqa.survey.faceting import FacetMaker
from fmqa.survey.map import is_paper
from fmqa.survey.review import Standing, standing
from fmqa.survey.revisions import revised_figures
from fmqa.survey.solutions import proposals
from fmqa.survey.values import Facets, cited, with_values
from fmqa.types import PaperMeta, PaperStatus, StoredPassage

Progress = Callable[[str, int, int], None]

_KEY = "survey: since the review, form 2"  # counted up when it is made in another way
_READING = "Comparing figures"
_PER_REVISION = 5  # changed figures told of one paper; a rewritten one would drown the others
_CONTRADICTIONS = 12
_PROPOSALS = 60
_BATCH = 4000  # passages read at once


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewPaper(_Told):
    """A paper that came out after the review."""

    paper_id: str
    arxiv_id: str | None
    name: str
    title: str
    published: str
    kind: str
    modality: tuple[str, ...]
    tasks: tuple[str, ...]
    withdrawn: bool


class Revised(_Told):
    """A figure that a paper's newer version gives otherwise."""

    figures: tuple[str, str]
    """The old and the new one, as written."""
    old: Citation
    new: Citation


class Contradicted(_Told):
    """A figure that two papers give differently."""

    about: str
    figures: tuple[str, str]
    one: Citation
    other: Citation


class Solved(_Told):
    """A challenge that a new paper proposes something for, each with its quote."""

    challenge: str
    solution: str
    first: bool
    """Whether no paper before the review brings the two together."""
    named: Citation
    proposed: Citation


class SinceReview(_Told):
    """All of it. ``published`` is the review's date as far as it is known, ISO 8601."""

    review_id: str
    title: str
    published: str
    cited: int
    """Papers of this library that the review cites; 0 where its PDF isn't held."""
    papers: tuple[NewPaper, ...]
    revised: tuple[Revised, ...]
    contradicted: tuple[Contradicted, ...]
    solved: tuple[Solved, ...] = ()


class SinceMaker:
    """Finds it, and keeps it in the record until what is searched changes.

    Args:
        library: whose papers to look at.
        review_id: the review's arXiv id.
        pdf_url: where arXiv's PDFs are linked.
        progress: told of long steps as (label, done, total).
        facets: what reads the papers' facets; one of the library's own when None.
    """

    def __init__(
        self,
        library: Library,
        review_id: str,
        pdf_url: str,
        progress: Progress = lambda *step: None,
        facets: FacetMaker | None = None,
    ) -> None:
        self.library = library
        self.facets = facets or FacetMaker(library, progress)
        self.review_id = review_id
        self.pdf_url = pdf_url
        self.progress = progress
        self._held: tuple[tuple[int, int], SinceReview] | None = None
        self._guard = threading.Lock()

    def since(self) -> SinceReview:
        """What changed since the review, in the library as it is now."""
        with self._guard:
            state = self.facets.state()
            if self._held is None or self._held[0] != state:
                generation, revision = state
                key = f"{_KEY}, {revision}, {self.review_id}, {self.pdf_url}"
                kept = self.library.answers.get(key, generation)
                told = SinceReview.model_validate_json(kept) if kept else self._made()
                if kept is None:
                    self.library.answers.put(key, generation, told.model_dump_json())
                self._held = state, told
            return self._held[1]

    def _made(self) -> SinceReview:
        stands = standing(self.library, self.review_id)
        numbering = Numbering(self.pdf_url)
        rows = self.library.record.papers()
        facets = self.facets.facets()
        metas = with_values([row.meta for row in rows if is_paper(row.meta)], facets)
        withdrawn = {row.meta.paper_id for row in rows if row.status is PaperStatus.WITHDRAWN}
        return SinceReview(
            review_id=self.review_id,
            title=stands.review.title,
            published=stands.review.published,
            cited=len(stands.review.cited),
            papers=tuple(_new_papers(metas, stands, withdrawn)),
            revised=tuple(self._revised(numbering, stands)),
            contradicted=tuple(self._contradicted(numbering, metas, withdrawn)),
            solved=tuple(self._solved(metas, facets, stands.since - withdrawn)),
        )

    def _solved(
        self, metas: list[PaperMeta], facets: Facets, since: frozenset[str]
    ) -> Iterable[Solved]:
        by_id = {meta.paper_id: meta for meta in metas}
        for one in proposals(facets, since & by_id.keys())[:_PROPOSALS]:
            meta = by_id[one.paper_id]
            named = cited(one.challenge, meta, self.pdf_url)
            proposed = cited(one.solution, meta, self.pdf_url)
            if named and proposed:
                yield Solved(
                    challenge=one.challenge.value,
                    solution=one.solution.value,
                    first=one.first,
                    named=named,
                    proposed=proposed,
                )

    def _revised(self, numbering: Numbering, stands: Standing) -> Iterable[Revised]:
        """Revisions by arXiv's word after the review; where their date isn't known, all."""
        record, facts = self.library.record, self.library.catalog.facts()
        for paper in record.revised():
            fact = facts.get(paper)
            if fact is not None and fact.updated and not stands.review.precedes(fact.updated):
                continue
            found = revised_figures(record.passages_of(paper), record.earlier_passages(paper))
            for difference in found[:_PER_REVISION]:
                yield _revision(difference, numbering)

    def _contradicted(
        self, numbering: Numbering, metas: list[PaperMeta], withdrawn: set[str]
    ) -> Iterable[Contradicted]:
        record = self.library.record
        ids = record.active_ids()

        def passages() -> Iterable[StoredPassage]:
            for start in range(0, len(ids), _BATCH):
                self.progress(_READING, start, len(ids))
                yield from record.passages(ids[start : start + _BATCH]).values()
            self.progress(_READING, len(ids), len(ids))

        stand = [meta for meta in metas if meta.paper_id not in withdrawn]
        for pair in contradictions(stand, passages())[:_CONTRADICTIONS]:
            yield _contradiction(pair, numbering)


def _new_papers(
    metas: Iterable[PaperMeta], stands: Standing, withdrawn: set[str]
) -> Iterable[NewPaper]:
    """The newest first."""
    new = [meta for meta in metas if meta.paper_id in stands.since]
    new.sort(key=lambda meta: meta.paper_id)
    new.sort(key=lambda meta: stands.published[meta.paper_id], reverse=True)
    for meta in new:
        yield NewPaper(
            paper_id=meta.paper_id,
            arxiv_id=meta.arxiv_id,
            name=meta.name,
            title=meta.title,
            published=stands.published[meta.paper_id],
            kind=meta.kind,
            modality=meta.modality,
            tasks=meta.tasks,
            withdrawn=meta.paper_id in withdrawn,
        )


def _revision(difference: Difference, numbering: Numbering) -> Revised:
    new, old = difference.figures
    return Revised(
        figures=(old, new),
        old=numbering.cite(difference.other)[1],
        new=numbering.cite(difference.one)[1],
    )


def _contradiction(pair: Contradiction, numbering: Numbering) -> Contradicted:
    return Contradicted(
        about=pair.one.told,
        figures=(pair.one.number.text, pair.other.number.text),
        one=numbering.cite(pair.one.quote)[1],
        other=numbering.cite(pair.other.quote)[1],
    )
