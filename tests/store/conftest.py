"""What holds of the record holds on both engines: tests that take `library` run on each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fmqa.store.library import Library


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    opened = Library(tmp_path / "index", tmp_path / "index" / "record.sqlite3", url)
    yield opened
    opened.close()
