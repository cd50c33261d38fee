"""Reading in workers: limits, crashes, and that every file has its result."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pdfs import PageSource, Text, build, paper, write

from fmqa.reading import pool
from fmqa.reading.pool import ReadLimits, SandboxedReader, read_files
from fmqa.types import Outcome, ReadResult

pytestmark = pytest.mark.slow

LIMITS = ReadLimits(seconds=60, memory_mb=512, max_mb=50, max_pages=500)
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture
def papers(tmp_path: Path) -> list[Path]:
    return [write(tmp_path / f"{n}.pdf", paper(2, stamp="")) for n in range(4)]


def by_name(results: Iterator[ReadResult]) -> dict[str, ReadResult]:
    listed = list(results)
    found = {result.path.name: result for result in listed}
    assert len(found) == len(listed)
    return found


def workers() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if "fmqa.reading.worker" in child.cmdline()]


def long_file(path: Path) -> Path:
    """A file that keeps a worker busy for seconds."""
    line = "words that take their time to be read by the program"
    page = PageSource([Text(50, 780 - i * 0.9, line, 1.2) for i in range(820)])
    return write(path, build([page] * 400))


def test_every_file_has_one_result(papers: list[Path], tmp_path: Path) -> None:
    bad = [write(tmp_path / "bad.pdf", b"%PDF-1.4 nonsense"), tmp_path / "none.pdf", tmp_path]
    found = by_name(read_files([*papers, *bad], LIMITS))
    assert len(found) == 7
    assert all(found[path.name].outcome is Outcome.OK for path in papers)
    assert all(found[path.name].outcome is Outcome.DAMAGED for path in bad)
    assert found["none.pdf"].detail == "no such file"
    assert all(found[path.name].document for path in papers)
    assert len(found["bad.pdf"].sha256) == 64
    assert workers() == []


def test_no_files() -> None:
    assert list(read_files([], LIMITS)) == []


def test_a_file_over_its_time_is_ended_and_the_others_are_read(
    papers: list[Path], tmp_path: Path
) -> None:
    slow = long_file(tmp_path / "slow.pdf")
    [result] = read_files([slow], ReadLimits(0.001, 512, 50, 500), 1)
    assert result.outcome is Outcome.TIMEOUT
    assert result.detail == "took longer than 0.001 s to read"
    assert result.document is None
    assert workers() == []
    found = by_name(read_files([slow, *papers], ReadLimits(20, 512, 50, 500)))
    assert all(found[path.name].outcome is Outcome.OK for path in papers)


@POSIX
def test_a_worker_killed_in_the_middle(papers: list[Path], tmp_path: Path) -> None:
    slow = long_file(tmp_path / "slow.pdf")
    killed = threading.Event()

    def kill() -> None:
        while not killed.is_set():
            for child in workers():
                # One that works, not one that starts.
                if child.cpu_times().user > 0.6:
                    os.kill(child.pid, signal.SIGSEGV)
                    killed.set()
            time.sleep(0.02)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    found = by_name(read_files([slow, *papers], LIMITS, 1))
    killed.set()
    thread.join()
    assert all(found[path.name].outcome is Outcome.OK for path in papers)
    assert found["slow.pdf"].outcome is Outcome.DAMAGED
    assert "SIGSEGV" in found["slow.pdf"].detail


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the address space")
def test_a_file_over_its_memory(papers: list[Path], tmp_path: Path) -> None:
    import zlib

    bomb = zlib.compress(b" " * 2**28, 9)
    data = build([PageSource([Text(72, 700, "A page with a bomb")])])
    at = data.index(b"<< /Length")
    end = data.index(b"endstream", at) + len(b"endstream")
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(bomb) + bomb
    path = write(tmp_path / "bomb.pdf", data[:at] + stream + b"\nendstream" + data[end:])
    found = by_name(read_files([path, *papers], ReadLimits(60, 64, 50, 500), 1))
    assert found["bomb.pdf"].outcome is not Outcome.OK
    assert found["bomb.pdf"].detail
    assert all(found[item.name].outcome is Outcome.OK for item in papers)


def test_leaving_early_ends_the_workers(papers: list[Path]) -> None:
    results = read_files(papers, LIMITS)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert workers() == []


def test_an_error_in_the_paths_reaches_the_caller(papers: list[Path]) -> None:
    def paths() -> Iterator[Path]:
        yield papers[0]
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        list(read_files(paths(), LIMITS, 1))
    assert workers() == []


def test_a_slow_caller_holds_the_readers_back(papers: list[Path]) -> None:
    taken: list[Path] = []

    def paths() -> Iterator[Path]:
        for path in papers * 8:
            taken.append(path)
            yield path

    results = read_files(paths(), LIMITS, 1)
    next(results)
    time.sleep(1.0)
    # One in the caller's hands, one in the queue, one waiting for the queue, one being read.
    assert len(taken) <= 4
    results.close()  # type: ignore[attr-defined]


def test_a_worker_imports_nothing_heavy_and_starts_fast() -> None:
    code = (
        "import sys, fmqa.reading.worker, fmqa.reading.pdfium; "
        "print(*sorted({'torch', 'numpy', 'gradio', 'pydantic', 'pypdf'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == ""


def test_a_reader_can_be_killed_while_its_worker_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = SandboxedReader()

    class Starting(pool.Child):
        def __init__(self, module: str, memory_mb: int) -> None:
            reader.kill()  # as another thread does in this moment
            super().__init__(module, memory_mb)

    monkeypatch.setattr(pool, "Child", Starting)
    result = reader.read(long_file(tmp_path / "slow.pdf"), ReadLimits(60, 512, 50, 500))
    assert result.outcome is Outcome.DAMAGED
    assert reader._worker is None


@POSIX
def test_an_interrupt_ends_the_workers(papers: list[Path], tmp_path: Path) -> None:
    slow = [long_file(tmp_path / f"slow{n}.pdf") for n in range(2)]
    code = (
        # Where the tests run in the background, the system has them ignore interrupts.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import sys, pathlib; from fmqa.reading.pool import ReadLimits, read_files\n"
        "list(read_files(map(pathlib.Path, sys.argv[1:]), ReadLimits(60, 512, 50, 500)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, slow * 20)],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    parent = psutil.Process(process.pid)
    deadline = time.monotonic() + 20
    while len(parent.children()) < 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    children = parent.children()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    process.wait(20)
    _, alive = psutil.wait_procs(children, timeout=10)
    assert children
    assert not alive
