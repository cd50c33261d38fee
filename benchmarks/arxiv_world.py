"""What the benchmarks of the arXiv engine share: a small arXiv on loopback, and runs against it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fmqa.settings import Settings
from fmqa.store.library import Library
from tests.small_arxiv import SmallArxiv

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
