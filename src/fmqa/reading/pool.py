"""Reading many files in worker processes, each file within its limits of time and memory.

PDFs crash parsers, hang and eat memory; here that ends a worker, which is replaced, and never this
process. One thread per worker talks to it. As many results may wait as there are workers, so that
memory stays flat however slowly they are taken.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import asdict, replace
from pathlib import Path

from fmqa.reading.child import Child, ChildLost
from fmqa.reading.reader import ReadLimits
from fmqa.reading.wire import decode_result
from fmqa.types import Outcome, ReadResult

__all__ = ["ReadLimits", "SandboxedReader", "file_sha256", "read_files"]

_FILES_A_WORKER = 200  # then it is replaced, so that what libraries leak is given back


class SandboxedReader:
    """Reads files one after the other in a worker process, which is replaced when it dies.

    Not to be shared by threads, but for `kill`, after which nothing is read any longer.
    """

    def __init__(self) -> None:
        self._worker: Child | None = None
        self._files = 0
        self._killed = False

    def read(self, path: Path, limits: ReadLimits) -> ReadResult:
        """What became of one file; each way in which reading can fail is an outcome."""
        began = time.perf_counter()
        if self._worker is not None and self._worker.process.poll() is not None:
            self.close()
        if self._worker is None:
            self._worker, self._files = Child("fmqa.reading.worker", limits.memory_mb), 0
        if self._killed:  # while it was being started, when there was nothing to kill yet
            self._worker.process.kill()
        try:
            result = self._asked(self._worker, path, limits)
        except ChildLost as lost:
            self.close()
            result = _lost(path, lost, limits, time.perf_counter() - began)
        return result if result.sha256 else replace(result, sha256=file_sha256(path))

    def _asked(self, worker: Child, path: Path, limits: ReadLimits) -> ReadResult:
        """The worker's answer about one file.

        Raises:
            ChildLost: it died, or took too long and was killed.
        """
        request = {"path": str(path), "limits": asdict(limits)}
        answer = worker.exchange(json.dumps(request).encode() + b"\n", limits.seconds)
        self._files += 1
        try:
            result = decode_result(answer.removeprefix(b"!"))
        except ValueError as error:
            raise ChildLost(worker.end(), timed_out=False) from error
        if answer.startswith(b"!") or self._files >= _FILES_A_WORKER:
            self.close()
        return replace(result, path=path)

    def kill(self) -> None:
        """End the worker process at once, from any thread; a reading under way is lost."""
        self._killed = True
        if (worker := self._worker) is not None:
            worker.process.kill()

    def close(self) -> None:
        """End the worker process."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()


def _lost(path: Path, lost: ChildLost, limits: ReadLimits, seconds: float) -> ReadResult:
    if lost.timed_out:
        detail = f"took longer than {limits.seconds:g} s to read"
        return ReadResult(path, Outcome.TIMEOUT, detail, None, seconds)
    how = _status_in_words(lost.status)
    detail = f"the reader crashed on it or ran out of {limits.memory_mb:,} MiB ({how})"
    return ReadResult(path, Outcome.DAMAGED, detail, None, seconds)


def read_files(paths: Iterable[Path], limits: ReadLimits, workers: int = 2) -> Iterator[ReadResult]:
    """Read PDF files in worker processes; each path's result as it is done, in no fixed order.

    The workers are gone when this ends, however it ends.

    Args:
        paths: the files; taken one by one as workers come free. An iterator that waits for
            files to come has a method ``close_waiting``, which ends its waiting.
        limits: for each file.
        workers: processes; no more than this process may use cores.
    """
    waiting, lock = iter(paths), threading.Lock()
    readers = [SandboxedReader() for _ in range(max(1, min(workers, _cores())))]
    free = deque(readers)

    def next_read() -> ReadResult | None:
        with lock:
            path = next(waiting, None)
        if path is None:
            return None
        reader = free.pop()
        try:
            return reader.read(path, limits)
        finally:
            free.append(reader)

    threads = ThreadPoolExecutor(len(readers))
    running = {threads.submit(next_read) for _ in range(2 * len(readers))}
    try:
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                running.remove(future)
                if (result := future.result()) is not None:
                    running.add(threads.submit(next_read))
                    yield result
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        if close := getattr(waiting, "close_waiting", None):
            close()  # a thread may be waiting in it for the next path
        for reader in readers:
            reader.kill()
        threads.shutdown()
        for reader in readers:
            reader.close()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _status_in_words(status: int | None) -> str:
    if status is None or status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def file_sha256(path: Path) -> str:
    """The file's hash; empty where it can't be read."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""
