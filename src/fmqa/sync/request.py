"""What a run of `fmqa ingest` or `fmqa sync` is given: what to do, and the parts to do it with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from fmqa.reading.pool import ReadLimits
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sources.seeds import Seeds
from fmqa.sync.fetching import PdfSource
from fmqa.sync.pipeline import Ingestor
from fmqa.sync.resolution import ScholarSearch, TitleSearch
from fmqa.types import ArxivRecord

Step = Callable[[str, int, int], None]


class Arxiv(PdfSource, TitleSearch, Protocol):
    """What a run needs of arXiv."""

    def iter_records(self, ids: Iterable[ArxivId]) -> Iterator[list[ArxivRecord]]:
        """What arXiv says of these papers, batch by batch."""
        ...

    def search(
        self, query: str, *, since: datetime | None = None, limit: int
    ) -> Iterator[list[ArxivRecord]]:
        """The papers that a query finds, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is to do.

    Args:
        kind: ``ingest`` goes on with what is missing; ``sync`` asks after what is known, too.
        seeds: seeds.toml; None to leave it alone.
        asked: papers that the user names.
        depth: how far references are followed, of seeds and of those papers.
        limit: how many papers are fetched at most, beyond those whose references are followed.
        retry: ask again for what couldn't be had or read.
        dry: only find out what would be fetched.
        workers: reading processes.
    """

    kind: str = "ingest"
    seeds: Seeds | None = None
    asked: tuple[ArxivId, ...] = ()
    depth: int = 1
    limit: int | None = None
    retry: bool = False
    dry: bool = False
    workers: int = 2

    @property
    def refresh(self) -> bool:
        """Whether arXiv is asked again about papers that are known."""
        return self.kind == "sync"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run works with.

    Args:
        ingestor: what reads, embeds and commits.
        arxiv: where papers come from.
        scholar: Semantic Scholar.
        folder: where PDFs are kept.
        limits: for reading one file.
        step: told of progress as (label, done, total); from several threads.
        notify: told in words of what is waited for or given up.
    """

    ingestor: Ingestor
    arxiv: Arxiv
    scholar: ScholarSearch
    folder: Path
    limits: ReadLimits
    step: Step = lambda label, done, total: None
    notify: Callable[[str], None] = lambda message: None
