"""Fetching in the background: PDFs come in at arXiv's pace while others are read and embedded."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from fmqa.errors import FmqaError, NotServed, SourceRefused, SourceUnreachable
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sources.partfile import Fetched
from fmqa.store.catalog import Catalog, FetchedFile

_LOOK_SECONDS = 0.2  # how often somebody who waits looks whether it is over
_MOST_REFUSED = 3  # in a row; then arXiv means us, not the paper


class PdfSource(Protocol):
    """Where PDFs come from."""

    def fetch_pdf(self, paper: ArxivId, folder: Path) -> Fetched:
        """The PDF of one version."""
        ...


class Fetching:
    """An iterator over files that a thread fetches, in order; each is in the catalog before.

    A PDF that can't be had is noted and passed over. When arXiv itself can't be reached, or the
    disk is full, the iteration ends early and `error` says why.

    Args:
        source: where PDFs come from.
        catalog: where each file is noted.
        folder: where files go; their names are noted.
        papers: versions to fetch; may take its time to say which, in the thread that fetches.
        told: called, in the thread, after each paper with what went wrong, empty if nothing.
    """

    def __init__(
        self,
        source: PdfSource,
        catalog: Catalog,
        folder: Path,
        papers: Iterable[ArxivId],
        *,
        told: Callable[[ArxivId, str], None] = lambda paper, failure: None,
    ) -> None:
        self.error: FmqaError | None = None
        self._source = source
        self._catalog = catalog
        self._folder = folder
        self._papers = papers
        self._told = told
        self._ready: queue.Queue[Path | None] = queue.Queue()
        self._closed = threading.Event()
        self._failed: BaseException | None = None
        self._refused = 0
        self._thread = threading.Thread(target=self._run, name="fetching", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Path]:
        return self

    def __next__(self) -> Path:
        while not self._closed.is_set():
            try:
                path = self._ready.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue
            if path is not None:
                return path
            self._closed.set()
        if self._failed is not None:
            raise self._failed
        raise StopIteration

    def close_waiting(self) -> None:
        """End the iteration, and the thread after the request that is under way."""
        self._closed.set()

    def _run(self) -> None:
        try:
            for paper in self._papers:
                if self._closed.is_set():
                    break
                self._one(paper)
        except FmqaError as error:
            self.error = error
        except BaseException as error:  # told to whoever iterates
            self._failed = error
        finally:
            self._ready.put(None)

    def _one(self, paper: ArxivId) -> None:
        assert paper.version is not None
        try:
            fetched = self._source.fetch_pdf(paper, self._folder)
        except SourceRefused as error:
            self._refused += 1
            self._told(paper, str(error))
            if self._refused >= _MOST_REFUSED:
                raise SourceUnreachable(str(error), hint=error.hint) from error
            return
        except NotServed as error:
            self._catalog.put_file(FetchedFile(paper.bare, paper.version, failure=str(error)))
            self._told(paper, str(error))
            return
        self._refused = 0
        name = fetched.path.name
        self._catalog.put_file(
            FetchedFile(paper.bare, paper.version, name, fetched.sha256, fetched.size)
        )
        self._ready.put(fetched.path)
        self._told(paper, "")
