"""Fixtures that all tests share."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from fakes import Add, HashEmbedder, result
from fmqa.store.library import Library
from fmqa.store.mappers import passage_texts
from fmqa.types import Document
from servers import PostgresServer, Unavailable, postgres, schema

# The same examples in each run, and no clock: the machines that run this are shared.
settings.register_profile(
    "fmqa", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("fmqa")


# What takes one of these waits for a server, a browser or a model.
_SLOW_FIXTURES = frozenset({"arxiv", "chromium", "clean", "minilm", "postgres_server", "starter"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks as slow what takes a slow fixture; other slow tests are marked where they stand."""
    for item in items:
        if _SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine's reaches a test, but for where models are kept."""
    for name in os.environ:
        if name.upper().startswith("FMQA_") and name.upper() != "FMQA_MODELS_DIR":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the starter library, its facets read; not to be changed.

    Making it takes 13 seconds, so that all processes of a run share one.
    """
    from filelock import FileLock

    from fmqa.apps.workbench import Workbench
    from fmqa.settings import Settings

    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "starter"
    with FileLock(f"{home}.lock"):
        if not (home / "whole").is_file():
            bench = Workbench(Settings(home=home, llm="none"))
            bench.facets.bring_up_to_date()
            bench.close()
            (home / "whole").touch()
    return home


@pytest.fixture(scope="module")
def starter_home(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module's own data folder with the starter library."""
    return Path(shutil.copytree(starter, tmp_path_factory.mktemp("homes") / "home"))


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library(tmp_path / "index", tmp_path / "index" / "record.sqlite3")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def nginx() -> str:
    """The nginx of this machine; tests that need it are skipped where there is none."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        pytest.skip("no nginx: apt-get install nginx-light")
    return found


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL with pgvector, for all tests; they skip, and say why, where there is none."""
    try:
        running = postgres()
        server = running.__enter__()
    except Unavailable as error:
        pytest.skip(f"no PostgreSQL could be started: {error}")
    yield server
    running.__exit__(None, None, None)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Address of an empty schema."""
    with schema(postgres_server.url) as url:
        yield url


@pytest.fixture
def add(library: Library, embedder: HashEmbedder) -> Add:
    """Adds documents in the way of the pipeline; returns whether the last is now searched."""

    def write(*documents: Document) -> bool:
        active = False
        with library.writing(embedder.fingerprint) as writer:
            for made in documents:
                known = writer.known(made)
                texts = passage_texts(known)
                vectors = embedder.embed_array(texts) if texts else np.zeros((0, 0), np.float32)
                active = writer.add(known, vectors, embedder.fingerprint, result(known))
        return active

    return write


@dataclass(frozen=True)
class Ended:
    """How the program ended, and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """The program, run in this process with these arguments."""
    from fmqa.apps.cli.main import main

    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "argv", ["fmqa", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        written = capsys.readouterr()
        return Ended(code, written.out, written.err)

    return call
