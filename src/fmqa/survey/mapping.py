"""The map of what a library holds, made at most once for each state of it."""

from __future__ import annotations

import threading

from fmqa.errors import NothingToSearch
from fmqa.store.library import Library
from fmqa.survey.faceting import FacetMaker
from fmqa.survey.map import FieldMap, build_map, is_paper
from fmqa.survey.values import with_values

_KEY = "survey: map, form 3"  # counted up when the map is made in another way


class MapMaker:
    """Makes the map, and keeps it in the record until what is searched changes.

    Args:
        library: whose papers to place.
        facets: what reads the papers' facets; one of the library's own when None.
    """

    def __init__(self, library: Library, facets: FacetMaker | None = None) -> None:
        self.library = library
        self.facets = facets or FacetMaker(library)
        self._held: tuple[tuple[int, int], FieldMap] | None = None
        self._guard = threading.Lock()

    def map(self) -> FieldMap:
        """The map of the library as it is now.

        Raises:
            NothingToSearch: it holds no paper.
        """
        with self._guard:
            state = self.facets.state()
            if self._held is None or self._held[0] != state:
                self._held = state, self._found(state)
            return self._held[1]

    def _found(self, state: tuple[int, int]) -> FieldMap:
        generation, revision = state
        key = f"{_KEY}, {revision}"
        text = self.library.answers.get(key, generation)
        if text:
            return FieldMap.from_json(text)
        made = self._made(generation)
        self.library.answers.put(key, generation, made.as_json())
        return made

    def _made(self, generation: int) -> FieldMap:
        record = self.library.record
        papers = with_values([row.meta for row in record.papers()], self.facets.facets())
        if not any(map(is_paper, papers)):
            raise NothingToSearch("There is no paper to place on a map.")
        ids, vectors = record.paper_vectors(record.model or "")
        means = dict(zip(ids, vectors, strict=True))
        return build_map(generation, papers, self.library.bibliography.links(), means)
