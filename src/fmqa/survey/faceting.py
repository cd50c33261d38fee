"""The facets of a library, each version read once by each state of the rules."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from fmqa.errors import RecordBusy
from fmqa.store.library import Library
from fmqa.store.quoted_facets import Facet, FacetName, HeldVersion
from fmqa.survey.extracting import EXTRACTOR, extract

Step = Callable[[str, int, int], None]

_BATCH = 64  # versions between two commits
_TOPIC = "topic"


class FacetMaker:
    """Reads what the library holds and hasn't been read yet, and hands out the facets.

    Args:
        library: whose papers to read.
        step: is told of the progress.
    """

    def __init__(self, library: Library, step: Step = lambda *told: None) -> None:
        self.library = library
        self.step = step
        self._guard = threading.Lock()
        self._read = -1  # the generation that was read through last

    def facets(
        self, papers: Iterable[str] | None = None, names: Iterable[FacetName] | None = None
    ) -> dict[str, list[Facet]]:
        """The facets that hold now, by paper; of these papers and names, or all."""
        self.bring_up_to_date()
        return self.library.facets.all(papers, names)

    def state(self) -> tuple[int, int]:
        """The record's generation and the facets' revision, once all papers are read.

        What is made of both holds as long as both stay.
        """
        generation = self.library.record.generation
        if generation != self._read:
            self.bring_up_to_date()
            self._read = generation
        return generation, self.library.facets.revision

    def bring_up_to_date(self) -> int:
        """Read the versions that these rules haven't read yet; how many there were.

        Another process that writes is no reason to fail: what is there already is shown.
        """
        with self._guard:
            pending = self.library.facets.pending(EXTRACTOR)
            done = 0
            try:
                while done < len(pending):
                    part = pending[done : done + _BATCH]
                    found = [(version, self._of(version)) for version in part]
                    self.library.facets.put(EXTRACTOR, found)
                    done += len(part)
                    self.step("Reading what papers are", done, len(pending))
            except RecordBusy:
                pass
            return done

    def _of(self, version: HeldVersion) -> list[Facet]:
        passages = self.library.record.passages_of(version.paper_id)
        if not passages or passages[0].paper.kind == _TOPIC:
            return []
        return extract(passages)
