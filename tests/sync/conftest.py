"""A small arXiv, an empty data folder and a filled one, for each test its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from arxiv_home import ArxivHome, small_world
from small_arxiv import SmallArxiv, World


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def arxiv(world: World) -> Iterator[SmallArxiv]:
    with SmallArxiv(world) as server:
        yield server


@pytest.fixture
def home(arxiv: SmallArxiv, tmp_path: Path) -> ArxivHome:
    """Nothing but a seeds.toml that follows the review."""
    return ArxivHome(tmp_path / "home", arxiv)


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> ArxivHome:
    """What `fmqa ingest` makes of the small world when nothing goes wrong; not to be changed."""
    with SmallArxiv(small_world()) as server:
        made = ArxivHome(tmp_path_factory.mktemp("clean"), server)
        made.reports.append(made.ingest())
    return made


@pytest.fixture
def filled(clean: ArxivHome, home: ArxivHome) -> ArxivHome:
    """A data folder that `fmqa ingest` has filled, beside an arXiv that nobody has asked yet."""
    shutil.rmtree(home.folder)
    shutil.copytree(clean.folder, home.folder)
    return home
