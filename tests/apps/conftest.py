"""Fixtures that the apps' tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
