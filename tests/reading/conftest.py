"""Fixtures of the reading tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared_folder import SHARED


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of third-party papers; tests that need it are skipped where there is none."""
    if not (SHARED / "data" / "pdfs").is_dir():
        pytest.skip(f"no papers in {SHARED / 'data'}")
    return SHARED / "data"
