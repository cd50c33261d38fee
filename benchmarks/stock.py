"""The stock pipeline's virtual environment, made on first use, and its processes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.processes import Run, run

HERE = Path(__file__).parent
FOLDER = HERE / ".stock"
REQUIREMENTS = HERE / "stock-requirements.txt"
PIPELINE = HERE / "stock_pipeline.py"


def stock_python() -> Path:
    """The interpreter of the stock environment; the environment is made anew when its pins change.

    Raises:
        subprocess.CalledProcessError: the packages can't be installed, for want of a package index.
    """
    python = FOLDER / "bin" / "python"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    mark = FOLDER / "requirements.sha256"
    if python.exists() and mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
        return python
    print(f"Setting up {FOLDER}: about three minutes the first time.", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(FOLDER)], check=True)
    pip = [str(python), "-m", "pip", "install", "-qq", "--prefer-binary"]
    subprocess.run([*pip, "--requirement", str(REQUIREMENTS)], check=True, cwd=HERE)
    mark.write_text(wanted, encoding="utf-8")
    return python


def stock_run(command: str, *values: str | Path, threads: int) -> tuple[Run, dict[str, Any]]:
    """One whole process of the stock pipeline: what it took, and what it printed as JSON.

    Args:
        command: ``ingest`` or ``search``, see `stock_pipeline.py`.
        values: its arguments.
        threads: for torch, FAISS and the tokenizer.
    """
    line = [stock_python(), "-I", PIPELINE, command, *values]
    ended = run([str(part) for part in line], stock_variables(threads))
    return ended, json.loads(ended.output.splitlines()[-1])


def stock_variables(threads: int) -> dict[str, str]:
    """Of the stock environment's processes, which ask no hub; ``threads`` as in `stock_run`."""
    return {
        "OMP_NUM_THREADS": str(threads),
        "RAYON_NUM_THREADS": str(threads),
        "HF_HUB_OFFLINE": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "PYTHONPATH": "",
        "PYTHONWARNINGS": "ignore",
    }
