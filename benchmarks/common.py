"""What the benchmarks share: where results go and how tables look."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results")


def shared_data() -> Path | None:
    """The folder of third-party test material beside the checkout; None when it isn't there."""
    named = os.environ.get("FMQA_SHARED")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared"
    return folder / "data" if (folder / "data").is_dir() else None


def data_folder() -> Path:
    """The same folder; where it isn't there, the benchmark ends, as skipped."""
    data = shared_data()
    if data is None:
        print("skipped: no shared/data beside the checkout, and FMQA_SHARED isn't set")
        raise SystemExit
    return data


def options_parser(about: str | None) -> argparse.ArgumentParser:
    """The parser of a benchmark's options.

    Args:
        about: its module's docstring, whose first line is shown.
    """
    return argparse.ArgumentParser(description=(about or "").partition("\n")[0])


def shared_questions() -> Path | None:
    """The folder of questions that others wrote; None when it isn't there."""
    named, shared = os.environ.get("FMQA_BENCH_QUESTIONS"), os.environ.get("FMQA_SHARED")
    root = Path(shared) if shared else Path(__file__).resolve().parents[2] / "shared"
    folder = Path(named) if named else root / "questions"
    return folder.resolve() if folder.is_dir() else None


def json_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a file that holds one on each line."""
    with path.open(encoding="utf-8") as file:
        return list(map(json.loads, file))


def write_results(name: str, figures: dict[str, Any]) -> Path:
    """Keep figures with the date and the machine that they were measured on."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    facts = {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
    }
    path.write_text(json.dumps(facts | figures, indent=1) + "\n", encoding="utf-8")
    return path


def print_table(title: str, rows: Sequence[tuple[str, Any]]) -> None:
    """A table of names and figures."""
    print(f"\n{title}")
    for name, value in rows:
        shown = (
            f"{value:,.3f}"
            if isinstance(value, float)
            else f"{value:,}"
            if isinstance(value, int)
            else value
        )
        print(f"  {name:<44} {shown}")
