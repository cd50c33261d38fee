"""The process that `benchmarks.arxiv_kills` kills: one ingestion, which tells what it is at.

It imports all it needs, prints ``ready``, and begins when it is told its data folder. Then it
prints ``+`` and ``-`` with the name of each phase as that begins and ends.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss  # noqa: F401  (what an ingestion imports on its way is to be here before)
import httpx  # noqa: F401

from fmqa.reading.pool import ReadLimits, SandboxedReader
from fmqa.settings import Settings
from fmqa.sources.arxiv import ArxivClient
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sources.scholar import ScholarClient
from fmqa.sources.transport import Transport
from fmqa.store.library import Library
from fmqa.store.sqlite.faiss_index import FaissGenerations
from fmqa.store.writer import RecordWriter
from fmqa.sync.ingestor import Ingestor
from fmqa.sync.run import synchronize
from fmqa.sync.run_types import Parts, Request
from tests.fakes import HashEmbedder

PHASES = ("ask", "fetch", "read", "embed", "commit", "publish")
MODEL = "hash:64"
"""Fingerprint of the embedder without a model, whose vectors cost nothing and never differ."""
_EMBED_SECONDS = 0.02  # of one paper, so that kills find it at that


def main(review: str) -> None:
    """Wait for a line with the data folder, and ingest the review and what it cites."""
    for owner, name, phase in (
        (Transport, "get", "ask"),
        (Transport, "download", "fetch"),
        (SandboxedReader, "read", "read"),
        (HashEmbedder, "embed_array", "embed"),
        (RecordWriter, "add", "commit"),
        (FaissGenerations, "publish", "publish"),
    ):
        setattr(owner, name, _told(phase, getattr(owner, name)))
    _say("ready")
    settings = Settings(home=Path(sys.stdin.readline().strip()))
    embedder = HashEmbedder(delay=_EMBED_SECONDS)
    with (
        opened(settings) as library,
        ArxivClient(settings) as arxiv,
        ScholarClient(settings) as scholar,
    ):
        ingestor = Ingestor(library, MODEL, embedder.embed_array)
        parts = Parts(ingestor, arxiv, scholar, settings.papers_dir, ReadLimits())
        report = synchronize(parts, Request(asked=(ArxivId(review),)))
    if report.unreachable:
        sys.exit(report.unreachable)


@contextmanager
def opened(settings: Settings) -> Iterator[Library]:
    """The library of a data folder, closed at the end."""
    library = Library(settings.index_dir, settings.record_path)
    try:
        yield library
    finally:
        library.close()


def _told(phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def telling(*arguments: Any, **named: Any) -> Any:
        _say(f"+{phase}")
        try:
            return function(*arguments, **named)
        finally:
            _say(f"-{phase}")

    return telling


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # one write each: several threads speak


if __name__ == "__main__":
    main(sys.argv[1])
