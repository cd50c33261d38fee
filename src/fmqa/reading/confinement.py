"""What a child process does to itself before it opens a file that may mean harm."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import BinaryIO

_MIB = 1024 * 1024


def own_output() -> BinaryIO:
    """The pipe to the parent; what libraries print goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to handle; it ends its workers
    return answers


def limit_memory(memory_mb: int) -> None:
    """Bound the address space, where the system can."""
    try:
        import resource

        limit = (_address_space() + memory_mb) * _MIB
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass  # macOS and Windows don't know it; the time limit still holds


def _address_space() -> int:
    """MiB mapped by now: shared libraries, which cost next to no memory."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * 4096 // _MIB
    except (OSError, ValueError):
        return 512
