"""What the tree of modules promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "src" / "fmqa").rglob("*.py"))


def test_stages_import_one_way() -> None:
    """The contracts stand in pyproject.toml."""
    code = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin", "HOME": "/tmp"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_a_module(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 450
    assert not re.search(
        r"^\s*(?:import|from)\s+(?:c?[Pp]ickle|dill|joblib|shelve|marshal)\b", text, re.M
    )
    assert "allow_pickle=True" not in text
    assert not re.search(r"\b(?:eval|exec)\(", text)


def test_arrays_are_loaded_without_pickles() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        for call in re.findall(r"np\.(?:load|save)\([^)]*\)", text):
            assert "allow_pickle=False" in call, f"{path.name}: {call}"
