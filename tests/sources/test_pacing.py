"""One request at a time and no faster than asked, over processes, kills, torn files and users."""

from __future__ import annotations

import itertools
import math
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock
from scripted import Handler, Scripted

from fmqa.errors import SettingsError
from fmqa.sources.service import LONGEST_HOLD, Pacer

pytestmark = pytest.mark.slow

_ASKER = """
import sys, time
from pathlib import Path
from fmqa.sources.service import Pacer
from fmqa.sources.transport import Transport
folder, url, name, go = Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])
transport = Transport(Pacer(folder, "arxiv", 0.3), contact="", timeout=5, tries=1)
(go.parent / f"ready-{name}").touch()
while not go.exists():
    time.sleep(0.01)
for number in range(3):
    transport.get(f"{url}/{name}/{number}")
"""


def wait_for(*paths: Path) -> None:
    deadline = time.monotonic() + 20
    while not all(path.exists() for path in paths):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def seconds_of_a_turn(pacer: Pacer) -> float:
    start = time.monotonic()
    with pacer.turn():
        pacer.hold_off()
    return time.monotonic() - start


def test_two_processes_share_one_pace_and_one_connection(tmp_path: Path) -> None:
    def slowly(handler: Handler, number: int) -> None:
        time.sleep(0.05)
        handler.say(200, b"ok")

    go = tmp_path / "go"
    with Scripted(slowly) as server:
        command = [sys.executable, "-c", _ASKER, str(tmp_path / "pace"), server.url]
        askers = [subprocess.Popen([*command, name, str(go)]) for name in "ab"]
        wait_for(tmp_path / "ready-a", tmp_path / "ready-b")
        go.touch()
        assert [asker.wait(30) for asker in askers] == [0, 0]
    assert sorted(asked.path for asked in server.asked) == [
        f"/{name}/{number}" for name in "ab" for number in range(3)
    ]
    assert min(server.gaps()) >= 0.3
    assert max(server.gaps()) < 3
    assert server.most_at_once == 1


def test_threads_of_one_process_share_it_too(tmp_path: Path) -> None:
    pacer = Pacer(tmp_path, "arxiv", 0.1)
    inside, times = [0], []

    def ask() -> None:
        with pacer.turn():
            inside[0] += 1
            times.append((time.monotonic(), inside[0]))
            time.sleep(0.02)
            inside[0] -= 1

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [count for _, count in times] == [1] * 4
    starts = [at for at, _ in times]
    assert all(b - a >= 0.1 for a, b in itertools.pairwise(starts))


def test_the_interval_counts_from_the_answer(tmp_path: Path) -> None:
    pacer = Pacer(tmp_path, "arxiv", 0.2)
    with pacer.turn():
        time.sleep(0.3)
        pacer.hold_off()
        answered = time.monotonic()
        time.sleep(0.1)  # the body
    with pacer.turn():
        assert 0.2 <= time.monotonic() - answered < 0.29


def test_the_first_turn_is_at_once_and_a_failed_one_counts(tmp_path: Path) -> None:
    pacer = Pacer(tmp_path, "arxiv", 0.3)
    start = time.monotonic()
    with pytest.raises(ValueError, match="no answer"), pacer.turn():
        raise ValueError("no answer")
    assert time.monotonic() - start < 0.2
    assert seconds_of_a_turn(Pacer(tmp_path, "arxiv", 0.3)) > 0.2


def test_a_kill_in_mid_request_counts(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from fmqa.sources.service import Pacer\n"
        "with Pacer(Path(sys.argv[1]), 'arxiv', 1).turn(): Path(sys.argv[2]).touch(); time.sleep(9)"
    )
    sent = tmp_path / "sent"
    asker = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "pace"), str(sent)])
    wait_for(sent)
    asker.kill()
    asker.wait()
    assert seconds_of_a_turn(Pacer(tmp_path / "pace", "arxiv", 1)) > 0.5


def test_holding_off_holds_all(tmp_path: Path) -> None:
    pacer = Pacer(tmp_path, "arxiv", 0.01)
    with pacer.turn():
        pacer.hold_off(0.4)
    assert seconds_of_a_turn(Pacer(tmp_path, "arxiv", 0.01)) > 0.3
    assert seconds_of_a_turn(Pacer(tmp_path, "arxiv", 0.01)) < 0.2
    assert seconds_of_a_turn(Pacer(tmp_path, "other", 0.01)) < 0.2


@pytest.mark.parametrize("content", [b"", b"12", b"\x00\xff junk", b"nan 0", b"0 inf", b"1 2 3"])
def test_a_torn_stamp_costs_one_interval(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "arxiv.stamp").write_bytes(content)
    assert 0.05 <= seconds_of_a_turn(Pacer(tmp_path, "arxiv", 0.05)) < 0.5


@pytest.mark.parametrize(
    ("written", "free", "least", "most"),
    [
        (-1000.0, -999.0, 0.0, 0.1),
        (600.0, 601.0, 0.2, 0.4),  # the clock was set back by ten minutes
        (600.0, LONGEST_HOLD, 0.2, 0.4),
    ],
)
def test_a_clock_that_was_set_back(
    tmp_path: Path, written: float, free: float, least: float, most: float
) -> None:
    now = time.time()
    (tmp_path / "arxiv.stamp").write_text(f"{now + written} {now + free}")
    assert least <= seconds_of_a_turn(Pacer(tmp_path, "arxiv", 0.2)) < most


def test_nobody_is_held_off_for_more_than_an_hour(tmp_path: Path) -> None:
    (tmp_path / "arxiv.stamp").write_text(f"0 {time.time() + 9e9}")
    assert Pacer(tmp_path, "arxiv", 0.2)._due_in() == LONGEST_HOLD


def test_a_clock_set_ahead_does_not_hasten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pacer, real = Pacer(tmp_path, "arxiv", 0.2), time.time
    seconds_of_a_turn(pacer)
    monkeypatch.setattr("time.time", lambda: real() + 900)
    assert seconds_of_a_turn(pacer) > 0.15


def test_who_waits_for_the_interval_keeps_no_lock(tmp_path: Path) -> None:
    pacer = Pacer(tmp_path, "arxiv", 0.01)
    with pacer.turn():
        pacer.hold_off(1)
    waiting = threading.Thread(target=seconds_of_a_turn, args=(Pacer(tmp_path, "arxiv", 0.01),))
    waiting.start()
    time.sleep(0.1)
    with FileLock(tmp_path / "arxiv.lock", timeout=0.5):
        assert waiting.is_alive()
    waiting.join()


def test_waiting_can_be_interrupted_and_leaves_no_lock(tmp_path: Path) -> None:
    pacer = Pacer(tmp_path, "arxiv", 0.01)
    with pacer.turn():
        pacer.hold_off(0.5)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(KeyboardInterrupt), Pacer(tmp_path, "arxiv", 0.01).turn():
            pytest.fail("sent in spite of it")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert 0.2 < seconds_of_a_turn(Pacer(tmp_path, "arxiv", 0.01)) < 2


def test_files_are_for_all_users(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        seconds_of_a_turn(Pacer(tmp_path / "pace", "arxiv", 0.01))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "pace").stat().st_mode) == 0o1777
    for name in ("arxiv.lock", "arxiv.stamp"):
        assert stat.S_IMODE((tmp_path / "pace" / name).stat().st_mode) == 0o666


_PACE = 2.0  # seconds, longer than a process takes to end on a busy machine


def _as_nobody(folder: Path, own: Path) -> None:
    seconds_of_a_turn(Pacer(own, "arxiv", 0.01))  # imports what nobody may not read
    os.setuid(65534)
    seconds_of_a_turn(Pacer(folder, "arxiv", _PACE))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_user_keeps_the_same_pace() -> None:
    with tempfile.TemporaryDirectory() as top:
        Path(top).chmod(0o755)
        folder = Path(top) / "pace"
        seconds_of_a_turn(Pacer(folder, "arxiv", _PACE))
        # Not forked: other tests' threads are in this process.
        other = multiprocessing.get_context("spawn").Process(
            target=_as_nobody, args=(folder, Path(top) / "own")
        )
        start = time.monotonic()
        other.start()
        other.join()
        assert other.exitcode == 0
        assert time.monotonic() - start > _PACE * 5 / 6
        assert seconds_of_a_turn(Pacer(folder, "arxiv", _PACE)) > _PACE / 2


@pytest.mark.parametrize("name", ["arxiv.stamp", "arxiv.lock"])
def test_links_are_refused(tmp_path: Path, name: str) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "pace"
    victim.write_text("precious")
    folder.mkdir()
    (folder / name).symlink_to(victim)
    with pytest.raises(SettingsError, match="arxiv"), Pacer(folder, "arxiv", 0.01).turn():
        pytest.fail("followed the link")
    assert victim.read_text() == "precious"


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "real" / "arxiv.stamp")
    for folder in ("file", "link", "real", "file/below"):
        with pytest.raises(SettingsError), Pacer(tmp_path / folder, "arxiv", 0.01).turn():
            pytest.fail(f"used {folder}")


def test_stamps_are_numbers(tmp_path: Path) -> None:
    seconds_of_a_turn(Pacer(tmp_path, "arxiv", 0.01))
    for moment in (tmp_path / "arxiv.stamp").read_text().split():
        assert math.isclose(float(moment), time.time(), abs_tol=5)


def test_a_server_whose_clock_goes_before(tmp_path: Path) -> None:
    """The file's own time, which a server of files gives it, holds nobody off."""
    stamp = tmp_path / "arxiv.stamp"
    seconds_of_a_turn(Pacer(tmp_path, "arxiv", 0.01))
    os.utime(stamp, (time.time() + 600,) * 2)
    time.sleep(0.02)
    assert Pacer(tmp_path, "arxiv", 0.01)._due_in() <= 0
