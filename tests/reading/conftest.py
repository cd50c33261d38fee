"""Fixtures of the reading tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Asked for at import: no FMQA_* variable reaches a test.
_NAMED = os.environ.get("FMQA_SHARED")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of third-party papers; tests that need it are skipped where there is none."""
    root = Path(_NAMED) if _NAMED else Path(__file__).resolve().parents[3] / "shared"
    if not (root / "data" / "pdfs").is_dir():
        pytest.skip(f"no papers in {root / 'data'}")
    return root / "data"
