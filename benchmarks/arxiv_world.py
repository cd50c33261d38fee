"""What the benchmarks of the arXiv engine share: a small arXiv on loopback, and runs against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fmqa.reading.pool import ReadLimits
from fmqa.settings import Settings
from fmqa.sources.arxiv import ArxivClient
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sources.scholar import ScholarClient
from fmqa.store.library import Library
from fmqa.sync.ingestor import EmbedTexts, Ingestor
from fmqa.sync.run import synchronize
from fmqa.sync.run_types import Parts, Request, SyncReport
from tests.fakes import HashEmbedder
from tests.small_arxiv import SmallArxiv, World

PAPERS = 60
MODEL = "hash:64"
"""Fingerprint of the embedder without a model, whose vectors cost nothing and never differ."""

Figures = dict[str, Any]


def settings_for(server: SmallArxiv, home: Path, **more: Any) -> Settings:
    """Settings that lead to the small arXiv, and to a data folder."""
    named = {
        name.removeprefix("FMQA_").lower(): value for name, value in server.environment().items()
    }
    return Settings(home=home, **named | more)


@contextmanager
def opened(settings: Settings) -> Iterator[Library]:
    """The library of a data folder, closed at the end."""
    library = Library(settings.index_dir, settings.record_path)
    try:
        yield library
    finally:
        library.close()


def ingest(
    settings: Settings,
    library: Library,
    request: Request,
    embedder: tuple[str, EmbedTexts] | None = None,
    arxiv: Callable[[Settings], ArxivClient] = ArxivClient,
) -> SyncReport:
    """One run, without the starter notes.

    Args:
        settings: from `settings_for`.
        library: what is grown.
        request: what to do.
        embedder: fingerprint and function; None for the one without a model.
        arxiv: makes the client.
    """
    model, embed = embedder or (MODEL, HashEmbedder().embed_array)
    with arxiv(settings) as client, ScholarClient(settings) as scholar:
        parts = Parts(
            Ingestor(library, model, embed), client, scholar, settings.papers_dir, ReadLimits()
        )
        return synchronize(parts, request)


def of_review(world: World) -> Request:
    """The request for the review and all that it cites."""
    return Request(asked=(ArxivId(world.review),))


def share(part: int, whole: int) -> float:
    """Part of a whole, to four places; 1 of nothing."""
    return round(part / whole, 4) if whole else 1.0
