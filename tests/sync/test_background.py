"""Syncs in the background of a program: when they start, how they fail, how they end."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fmqa.errors import RecordBusy, SourceUnreachable, StoreError
from fmqa.sync.background import BackgroundSync, SyncState

SHORT = timedelta(seconds=0.2)
LONG = timedelta(hours=1)
PATIENCE = 10.0
SOON = (0.0, 0.02)


class Runs:
    """A sync that says when it was called; it waits for `go`, and fails with what is set."""

    def __init__(self) -> None:
        self.calls: list[float] = []
        self.together = 0
        self.most_together = 0
        self.go = threading.Event()
        self.go.set()
        self.failure: BaseException | None = None
        self._changed = threading.Condition()

    def __call__(self) -> None:
        with self._changed:
            self.calls.append(time.monotonic())
            self.together += 1
            self.most_together = max(self.most_together, self.together)
            self._changed.notify_all()
        self.go.wait(PATIENCE)
        with self._changed:
            self.together -= 1
        if self.failure is not None:
            raise self.failure

    def wait(self, count: int, seconds: float = PATIENCE) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self.calls) >= count, seconds)


def until(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold; looked at often, because the state tells nobody of a change."""
    waiting, end = threading.Event(), time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            return False
        waiting.wait(0.01)
    return True


def never() -> datetime | None:
    return None


@pytest.fixture
def runs() -> Iterator[Runs]:
    made = Runs()
    yield made
    made.go.set()


@pytest.fixture
def background(runs: Runs) -> Iterator[Callable[..., BackgroundSync]]:
    made: list[BackgroundSync] = []

    def make(
        every: timedelta = SHORT, last: Callable[[], datetime | None] = never
    ) -> BackgroundSync:
        made.append(BackgroundSync(runs, every, last, soon=SOON))
        return made[-1]

    yield make
    runs.go.set()
    for sync in made:
        sync.stop(PATIENCE)


def test_it_runs_again_and_again(background: Callable[..., BackgroundSync], runs: Runs) -> None:
    sync = background()
    assert sync.state() == SyncState()
    sync.start()
    assert runs.wait(4)
    gaps = [later - sooner for sooner, later in zip(runs.calls, runs.calls[1:], strict=False)]
    assert 0.1 < sum(gaps) / len(gaps) < 2
    assert sync.stop(PATIENCE)
    state = sync.state()
    assert (state.running, state.last_error, state.next_run) == (False, "", None)
    assert state.last_end is not None
    count = len(runs.calls)
    assert not runs.wait(count + 1, 0.5)


@pytest.mark.parametrize("ago", [None, timedelta(hours=1, seconds=1), timedelta(days=400)])
def test_missed_runs_are_made_up_once(
    background: Callable[..., BackgroundSync], runs: Runs, ago: timedelta | None
) -> None:
    sync = background(LONG, lambda: datetime.now(UTC) - ago if ago else None)
    sync.start()
    assert runs.wait(1)
    assert not runs.wait(2, 0.3)
    assert until(lambda: sync.state().last_end is not None)
    next_run = sync.state().next_run
    assert next_run is not None
    assert timedelta(minutes=59) < next_run - datetime.now(UTC) <= LONG


@pytest.mark.parametrize(
    ("last", "left"),
    [
        (timedelta(minutes=-20), timedelta(minutes=40)),
        (timedelta(days=1000), LONG),  # the clock was set back since
    ],
)
def test_a_run_that_is_not_due_is_waited_for(
    background: Callable[..., BackgroundSync], runs: Runs, last: timedelta, left: timedelta
) -> None:
    sync = background(LONG, lambda: datetime.now(UTC) + last)
    sync.start()
    assert not runs.wait(1, 0.3)
    next_run = sync.state().next_run
    assert next_run is not None
    assert timedelta(0) <= datetime.now(UTC) + left - next_run < timedelta(seconds=PATIENCE)


def test_a_last_run_without_time_zone_is_utc(
    background: Callable[..., BackgroundSync], runs: Runs
) -> None:
    sync = background(LONG, lambda: datetime.now(UTC).replace(tzinfo=None))
    sync.start()
    assert not runs.wait(1, 0.2)


def test_a_record_that_cannot_say_when_is_asked_for_a_run(
    background: Callable[..., BackgroundSync], runs: Runs
) -> None:
    def broken() -> datetime | None:
        raise StoreError("The record can't be read.")

    background(LONG, broken).start()
    assert runs.wait(1)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (SourceUnreachable("arXiv doesn't answer."), "arXiv doesn't answer. What was fetched"),
        (RecordBusy("Another process is writing.", hint=""), "Another process is writing."),
        (ZeroDivisionError("by nothing"), "ZeroDivisionError: by nothing"),
        (SystemExit(3), "The run was broken off."),
    ],
)
def test_a_failing_run_is_told_and_the_next_one_comes(
    background: Callable[..., BackgroundSync],
    runs: Runs,
    caplog: pytest.LogCaptureFixture,
    failure: BaseException,
    said: str,
) -> None:
    caplog.set_level(logging.WARNING)
    sync = background()
    runs.failure = failure
    sync.start()
    assert runs.wait(2)
    assert until(lambda: sync.state().last_error.startswith(said))
    assert caplog.records
    runs.failure = None
    assert runs.wait(len(runs.calls) + 2)
    assert until(lambda: sync.state().last_error == "")


def test_two_runs_never_overlap(background: Callable[..., BackgroundSync], runs: Runs) -> None:
    runs.go.clear()
    sync = background(timedelta(seconds=0.05))
    sync.start()
    assert runs.wait(1)
    assert sync.state().running
    assert not runs.wait(2, 0.5)  # ten intervals long
    before = len(runs.calls)
    runs.go.set()
    assert runs.wait(before + 1)
    assert runs.most_together == 1


def test_stop_does_not_wait_for_ever(background: Callable[..., BackgroundSync], runs: Runs) -> None:
    runs.go.clear()
    sync = background()
    sync.start()
    assert runs.wait(1)
    began = time.monotonic()
    assert not sync.stop(0.1)
    assert time.monotonic() - began < 2
    assert sync.state().running
    runs.go.set()
    assert sync.stop(PATIENCE)
    assert not runs.wait(2, 0.5)


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than zero"):
        BackgroundSync(lambda: None, timedelta(0), never)


def test_a_run_under_way_does_not_keep_the_program() -> None:
    program = """
import threading
from datetime import timedelta
from fmqa.sync.background import BackgroundSync
begun = threading.Event()
def run():
    begun.set()
    threading.Event().wait(300)
BackgroundSync(run, timedelta(hours=1), lambda: None, soon=(0.0, 0.0)).start()
assert begun.wait(20)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
