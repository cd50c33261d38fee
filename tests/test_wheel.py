"""The wheel works outside a checkout: starter library and seeds inside, data elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    site = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site)]
    subprocess.run([*pip, str(next(folder.glob("*.whl")))], check=True, capture_output=True)
    return site


def run(site: Path, elsewhere: Path, *arguments: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FMQA_")}
    return subprocess.run(
        [sys.executable, "-m", "fmqa", *arguments],
        cwd=elsewhere,
        env=kept | {"PYTHONPATH": str(site), "XDG_DATA_HOME": str(elsewhere / "data")},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_it_brings_the_starter_library_along(installed: Path) -> None:
    notes = installed / "fmqa" / "starter" / "notes"
    assert len(list((notes / "papers").glob("*.md"))) == len(
        list((ROOT / "corpus" / "notes" / "papers").glob("*.md"))
    )
    assert (installed / "fmqa" / "starter" / "seeds.toml").is_file()
    assert (installed / "fmqa" / "starter" / "questions.jsonl").is_file()
    assert (installed / "fmqa" / "apps" / "web" / "style.css").is_file()


@pytest.mark.skipif(sys.platform != "linux", reason="XDG_DATA_HOME is Linux's")
def test_its_data_is_in_the_users_folder(installed: Path, tmp_path: Path) -> None:
    assert json.loads(run(installed, tmp_path, "papers", "list", "--json")) == []
    assert (tmp_path / "data" / "fmqa" / "index" / "record.sqlite3").is_file()


def test_it_runs_from_any_folder(installed: Path, tmp_path: Path) -> None:
    assert "ask" in run(installed, tmp_path, "--help")
    assert run(installed, tmp_path, "--version").startswith("fmqa ")
