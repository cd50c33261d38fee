"""A cluster on loopback: real processes of `fmqa workers`, whose workers embed by hashing words."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import psutil
from distributed import Client

from fakes import HashEmbedder
from fmqa.sync.cluster.connection import address_of, security
from fmqa.sync.cluster.workers import PaperWork, run_workers
from ports import free_port

ENDS_A_WORKER = b"% ends whoever reads it"
_HERE = Path(__file__).parent
_START_SECONDS = 60


class HashWork(PaperWork):
    """A worker without a model, which a file can end."""

    @cached_property
    def embedder(self) -> HashEmbedder:
        delay, name = os.environ.get("HASH_DELAY", "0"), os.environ.get("HASH_NAME", "hash:64")
        return HashEmbedder(name=name, delay=float(delay))

    def read(self, data: bytes, *rest) -> bytes:
        if ENDS_A_WORKER in data:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(data, *rest)


def main() -> None:
    """Be workers of the scheduler that the arguments name."""
    from fmqa.settings import load_settings

    guard = security(load_settings())
    target = address_of(sys.argv[1], tls=guard is not None)
    run_workers(target, int(sys.argv[2]), print, HashWork, host="127.0.0.1", security=guard)


def wait_for(happened: Callable[[], object], what: str, seconds: float = _START_SECONDS) -> None:
    """Look until it is true.

    Raises:
        AssertionError: it doesn't become so.
    """
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"{what} didn't come"
        time.sleep(0.05)


class Cluster:
    """A scheduler and its workers, ended with the context.

    Args:
        workers: how many.
        settings: environment of all of them.
    """

    def __init__(self, workers: int = 2, **settings: str) -> None:
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._count = workers
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(_HERE), *sys.path])}
        self._environment |= settings
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Cluster:
        self.scheduler = self.start_scheduler()
        code = "import clusters; clusters.main()"
        self.workers = self._start("-c", code, self.address, str(self._count))
        return self

    def __exit__(self, *what: object) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        """`fmqa workers scheduler`, once it listens."""
        ports = ["--port", str(self.port), "--health-port", str(free_port())]
        process = self._start("-m", "fmqa", "workers", "scheduler", *ports)
        wait_for(self._listens, "the scheduler")
        return process

    def wait_for_workers(self) -> None:
        """Until all are there, where there is no TLS."""
        with Client(f"tcp://{self.address}", set_as_default=False) as client:
            client.wait_for_workers(self._count, timeout=_START_SECONDS)

    def kill_scheduler(self) -> None:
        """As a machine that goes down does."""
        self.scheduler.kill()
        self.scheduler.wait()

    def kill_a_worker(self) -> None:
        """One worker's process, and nothing else of it."""
        found = psutil.Process(self.workers.pid).children()
        working = [one for one in found if "spawn_main" in " ".join(one.cmdline())]
        working[0].send_signal(signal.SIGKILL)

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(process)
        return process

    def _listens(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0
