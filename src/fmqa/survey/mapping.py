"""The map of what a library holds, made at most once for each state of it."""

from __future__ import annotations

import threading

from fmqa.errors import NothingToSearch
from fmqa.store.library import Library
from fmqa.survey.map import FieldMap, build_map, is_paper

_KEY = "survey: map, form 2"  # counted up when the map is made in another way


class MapMaker:
    """Makes the map, and keeps it in the record until what is searched changes.

    Args:
        library: whose papers to place.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self._held: FieldMap | None = None
        self._guard = threading.Lock()

    def map(self) -> FieldMap:
        """The map of the library as it is now.

        Raises:
            NothingToSearch: it holds no paper.
        """
        with self._guard:
            generation = self.library.record.generation
            if self._held is None or self._held.generation != generation:
                self._held = self._kept(generation) or self._made(generation)
            return self._held

    def _kept(self, generation: int) -> FieldMap | None:
        text = self.library.answers.get(_KEY, generation)
        return FieldMap.from_json(text) if text else None

    def _made(self, generation: int) -> FieldMap:
        record = self.library.record
        papers = [row.meta for row in record.papers()]
        if not any(map(is_paper, papers)):
            raise NothingToSearch("There is no paper to place on a map.")
        ids, vectors = record.paper_vectors(record.model or "")
        means = dict(zip(ids, vectors, strict=True))
        made = build_map(generation, papers, self.library.bibliography.links(), means)
        self.library.answers.put(_KEY, generation, made.as_json())
        return made
