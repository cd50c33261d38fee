"""The scheduler and the workers, as `fmqa workers` starts them, and the tasks that a worker does.

A worker reads one paper's bytes and embeds texts. Plain data comes in and goes out (bytes, texts,
numbers): a worker needs neither the record nor the ingesting machine's disk. PDFs are read in a
sandboxed process of the worker's.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
import numpy as np
from distributed import Nanny, Scheduler, Worker, WorkerPlugin, get_worker
from distributed.security import Security

from fmqa.errors import ClusterError, WorkerMismatch
from fmqa.reading.pool import ReadLimits, SandboxedReader
from fmqa.reading.wire import encode_result

if TYPE_CHECKING:
    from fmqa.types import Embedder


PLUGIN = "fmqa"


class PaperWork(WorkerPlugin):
    """What a worker holds between two tasks: its reading process and its model."""

    name = PLUGIN

    def setup(self, worker: Worker) -> None:
        """Begin, in the worker's process."""
        self._reader = SandboxedReader()
        # Dask's folder for this worker: the next worker removes what a killed one left in its own.
        self._scratch = Path(worker.local_directory)

    def teardown(self, worker: Worker) -> None:
        """End the reading process."""
        self._reader.close()

    @cached_property
    def embedder(self) -> Embedder:
        """The model that this worker's own settings name."""
        from fmqa.settings import load_settings
        from fmqa.store.embedding import make_embedder

        return make_embedder(load_settings())

    def read(self, data: bytes, html: bytes, name: str, limits: ReadLimits) -> bytes:
        """The result of reading a PDF as `fmqa.reading.wire` encodes it.

        Args:
            html: arXiv's of the paper; may be empty.
            name: what it is called, without a folder; titles and ids may be read from it.
        """
        path = self._scratch / Path(name).name
        beside = path.with_suffix(".html")
        try:
            path.write_bytes(data)
            if html:
                beside.write_bytes(html)
            return encode_result(self._reader.read(path, limits))
        finally:
            path.unlink(missing_ok=True)
            beside.unlink(missing_ok=True)

    def embed(self, texts: Sequence[str]) -> bytes:
        """The texts' unit vectors, as little-endian float32 one after the other."""
        return self.embedder.embed_array(texts).astype("<f4").tobytes()


def read_paper(
    data: bytes, html: bytes, name: str, limits: Mapping[str, Any], program: str
) -> bytes:
    """The task that reads; see `PaperWork.read`.

    Raises:
        WorkerMismatch: the worker runs another version of fmqa.
    """
    _same("version", program, version("fmqa"))
    return _work().read(data, html, name, ReadLimits(**limits))


def embed_texts(texts: Sequence[str], model: str) -> bytes:
    """The task that embeds; see `PaperWork.embed`.

    Raises:
        WorkerMismatch: the worker has another embedding model.
    """
    work = _work()
    _same("embedding model", model, work.embedder.fingerprint)
    return work.embed(texts)


def vectors(packed: bytes, count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What `PaperWork.embed` packed, shape (count, dimension).

    Raises:
        ValueError: it isn't ``count`` vectors.
    """
    return np.frombuffer(packed, "<f4").reshape(count, -1).astype(np.float32, copy=False)


def _work() -> PaperWork:
    found = get_worker().plugins.get(PLUGIN)
    if not isinstance(found, PaperWork):
        raise WorkerMismatch(
            "A worker of the cluster can't read papers: it wasn't started by fmqa.",
        )
    return found


def _same(what: str, asked: str, held: str) -> None:
    if asked != held:
        raise WorkerMismatch(f"A worker of the cluster has the {what} {held!r}, not {asked!r}.")


Notify = Callable[[str], None]
_CONNECT_SECONDS = 30.0  # then a worker that found no scheduler begins again
_PAUSE_SECONDS = 1.0
_QUIET = {
    "distributed.scheduler.allowed-failures": 1,  # a task of two workers that ended is reported
    "distributed.admin.large-graph-warning-threshold": "1GiB",  # papers travel with their tasks
    # What a cluster of many short tasks needs; here they took a twentieth of two cores.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "30s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.scheduler.active-memory-manager.start": False,
}


def run_scheduler(
    host: str, port: int, health_port: int, security: Security | None, notify: Notify
) -> None:
    """Be a scheduler until stopped.

    Args:
        health_port: where ``/health`` answers by HTTP.

    Raises:
        ClusterError: it can't listen there.
    """
    _quiet()
    asyncio.run(_scheduler(host, port, health_port, security, notify))


async def _scheduler(
    host: str, port: int, health_port: int, security: Security | None, notify: Notify
) -> None:
    stop = _stop_signal()
    try:
        scheduler = await Scheduler(
            host=host,
            port=port,
            security=security,
            dashboard=False,
            dashboard_address=f"{host}:{health_port}",
        )
    except (OSError, RuntimeError) as error:
        raise ClusterError(
            f"The scheduler can't listen on {host}:{port}: {error}.", hint="Choose another --port."
        ) from error
    notify(f"The scheduler listens at {scheduler.address}.")
    await _first(stop.wait(), scheduler.finished())
    await scheduler.close()


def run_workers(
    scheduler: str,
    count: int,
    notify: Notify,
    plugin: Callable[[], PaperWork] = PaperWork,
    **listening: Any,
) -> None:
    """Be so many workers of a scheduler until stopped.

    One that dies is replaced; where the scheduler goes, it is waited for.

    Args:
        count: worker processes, each of which uses one core.
        plugin: makes what a worker works with.
        listening: ``host`` that they listen on, and ``security``, if there is any.
    """
    _quiet()
    asyncio.run(_workers(scheduler, count, notify, plugin, listening))


async def _workers(
    scheduler: str,
    count: int,
    notify: Notify,
    plugin: Callable[[], PaperWork],
    options: dict[str, Any],
) -> None:
    stop = _stop_signal()
    said: set[str] = set()

    def once(words: str) -> None:
        if words not in said:
            said.clear()
            said.add(words)
            notify(words)

    async def keep_one() -> None:
        while not stop.is_set():
            with suppress(OSError, asyncio.TimeoutError, RuntimeError):
                await _one_worker(scheduler, stop, once, plugin, options)
            if not stop.is_set():
                once(f"Waiting for the scheduler at {scheduler}.")
                await _first(stop.wait(), asyncio.sleep(_PAUSE_SECONDS))

    await asyncio.gather(*(keep_one() for _ in range(count)))


async def _one_worker(
    scheduler: str,
    stop: asyncio.Event,
    notify: Notify,
    plugin: Callable[[], PaperWork],
    options: dict[str, Any],
) -> None:
    """One worker and who replaces it when it dies, until the scheduler goes or all is to end."""
    nanny = Nanny(
        scheduler,
        nthreads=1,
        death_timeout=_CONNECT_SECONDS,
        plugins=(plugin(),),
        dashboard=False,
        dashboard_address=None,
        silence_logs=logging.ERROR,
        **options,
    )
    starting = asyncio.ensure_future(nanny.start())
    try:
        await _first(stop.wait(), starting)
        if starting.done():
            starting.result()
            notify(f"A worker of {scheduler} is ready.")
            await _first(stop.wait(), nanny.finished())
    finally:
        starting.cancel()
        await nanny.close(timeout=5)


async def _first(*waiting: Any) -> None:
    """Wait until one of them is done, and leave the others."""
    tasks = [asyncio.ensure_future(one) for one in waiting]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task, one in zip(tasks, waiting, strict=True):
        if task is not one:
            task.cancel()


def _stop_signal() -> asyncio.Event:
    """Set when this process is asked to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, stop.set)
    return stop


def _quiet() -> None:
    """Say nothing of what is retried, and set what a scheduler of papers needs."""
    dask.config.set(_QUIET)
    os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "error")  # of the workers' own processes
    logging.getLogger("distributed").setLevel(logging.ERROR)
    logging.getLogger("distributed.nanny").setLevel(logging.CRITICAL)
