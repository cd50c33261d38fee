"""The facets of a library, each version read once by each state of the rules."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from fmqa.errors import RecordBusy
from fmqa.store.library import Library
from fmqa.store.quoted_facets import BUILDS_ON, Facet, FacetName, PendingVersion
from fmqa.survey.extracting import EXTRACTOR, extract
from fmqa.types import StoredPassage

Step = Callable[[str, int, int], None]

_BATCH = 64  # versions between two commits
_TOPIC = "topic"


class FacetReader(Protocol):
    """Reads a version's facets in a way of its own, beside the rules."""

    name: str

    def read(self, passages: Sequence[StoredPassage]) -> list[Facet]:
        """The facets of the version whose passages these are, each with its quote."""
        ...


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

    def read_by(self, reader: FacetReader, papers: Iterable[str] | None = None) -> int:
        """Have another reader read these papers or all, those that it hasn't read yet.

        Each version is kept as soon as it is read, so that an end in the middle loses one at most.

        Returns:
            How many versions it read.
        """
        extractor = f"{EXTRACTOR}{BUILDS_ON}{reader.name}"
        wanted = None if papers is None else set(papers)
        pending = [
            version
            for version in self.library.facets.pending(extractor)
            if wanted is None or version.paper_id in wanted
        ]
        with self._guard:
            for done, version in enumerate(pending, start=1):
                self.library.facets.put(extractor, [(version, self._of(version, reader.read))])
                self.step(f"{reader.name} reads what papers are", done, len(pending))
        return len(pending)

    def _of(
        self,
        version: PendingVersion,
        read: Callable[[Sequence[StoredPassage]], list[Facet]] = extract,
    ) -> list[Facet]:
        passages = self.library.record.passages_of(version.paper_id)
        if not passages or passages[0].paper.kind == _TOPIC:
            return []
        return read(passages)
