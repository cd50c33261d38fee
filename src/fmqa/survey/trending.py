"""The trends of what a library holds, each made at most once for each state of it."""

from __future__ import annotations

import threading

from fmqa.errors import NothingToSearch, UsageError
from fmqa.store.library import Library
from fmqa.survey.faceting import FacetMaker
from fmqa.survey.map import is_paper
from fmqa.survey.observing import observe
from fmqa.survey.review import standing
from fmqa.survey.trends import By, Trend, make_trend
from fmqa.survey.values import with_values

_KEY = "survey: trend, form 2"  # counted up when trends are made in another way


class TrendMaker:
    """Makes trends, and keeps them in the record until what is searched changes.

    Args:
        library: whose papers to count.
        review_id: arXiv id of the review that they are set against.
        pdf_url: where arXiv's PDFs are linked.
        facets: what reads the papers' facets; one of the library's own when None.
    """

    def __init__(
        self, library: Library, review_id: str, pdf_url: str, facets: FacetMaker | None = None
    ) -> None:
        self.library = library
        self.facets = facets or FacetMaker(library)
        self.review_id = review_id
        self.pdf_url = pdf_url
        self._held: dict[By, tuple[tuple[int, int], Trend]] = {}
        self._guard = threading.Lock()

    def trend(self, by: By | str) -> Trend:
        """The trend of the library as it is now.

        Raises:
            UsageError: there is no such trend.
            NothingToSearch: no paper of the library has a point in it.
        """
        try:
            wanted = By(by)
        except ValueError:
            names = ", ".join(one.value for one in By)
            raise UsageError(f"There is no trend by {by!r}.", hint=f"There are {names}.") from None
        with self._guard:
            state = self.facets.state()
            held = self._held.get(wanted)
            if held is None or held[0] != state:
                held = state, self._found(wanted, state)
                self._held[wanted] = held
        if not held[1].points:
            raise NothingToSearch(f"No paper of the library says its {wanted.value}.")
        return held[1]

    def _found(self, by: By, state: tuple[int, int]) -> Trend:
        generation, revision = state
        key = f"{_KEY}, {by.value}, {revision}, {self.review_id}, {self.pdf_url}"
        kept = self.library.answers.get(key, generation)
        if kept is not None:
            return Trend.model_validate_json(kept)
        metas = [row.meta for row in self.library.record.papers()]
        papers = [meta for meta in metas if is_paper(meta)]
        facets = self.facets.facets()
        observed = observe(self.library, by, papers, facets, self.pdf_url)
        told = with_values(papers, facets)
        made = make_trend(by, observed, told, standing(self.library, self.review_id))
        self.library.answers.put(key, generation, made.model_dump_json())
        return made
