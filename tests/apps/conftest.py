"""Fixtures that the apps' tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from served import page_of

import fmqa.store.embedding
from fakes import HashEmbedder
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings


@pytest.fixture(scope="module")
def hashed_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """The program over a folder of its own, with an embedder that needs no model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fmqa.store.embedding, "make_embedder", lambda settings: HashEmbedder())
        bench = Workbench(Settings(home=tmp_path_factory.mktemp("home"), llm="none"))
        yield bench
        bench.close()


@pytest.fixture(scope="module")
def hashed_page(hashed_bench: Workbench) -> Iterator[str]:
    """The address of the page over it."""
    assert hashed_bench.searcher
    with page_of(hashed_bench) as address:
        yield address
