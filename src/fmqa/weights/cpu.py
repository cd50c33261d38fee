"""How many threads a model may use."""

from __future__ import annotations

import os


def usable_threads(wanted: int = 0) -> int:
    """``wanted`` threads, or where it is 0, as many as the process may use."""
    if wanted > 0:
        return wanted
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1
