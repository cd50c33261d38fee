"""Jobs: one at a time, watched, stopped, and ended with the program."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from fmqa.apps.changing import JobLine, JobResult, Jobs
from fmqa.errors import DiskFull, RecordBusy


def ended(jobs: Jobs) -> None:
    until = time.monotonic() + 10
    while jobs.state.running:
        assert time.monotonic() < until
        time.sleep(0.01)


def waiting(begun: threading.Event, go: threading.Event) -> Callable[[Jobs], JobResult]:
    """A job that takes steps until it may end."""

    def work(watch: Jobs) -> JobResult:
        done = 0
        while not go.wait(0.01):
            watch.step("Reading", done := done + 1, 5)
            watch.notify("waiting for arXiv")
            begun.set()
        return JobResult((JobLine("Added", "2304.12306"),))

    return work


def test_a_job_is_watched_and_ends() -> None:
    jobs, begun, go = Jobs(), threading.Event(), threading.Event()
    assert jobs.state.number == 0
    jobs.start("Adding", waiting(begun, go))
    assert begun.wait(10)
    state = jobs.state
    assert state.running
    assert list(state.steps) == ["Reading"]
    assert state.said in ("", "waiting for arXiv")
    with pytest.raises(RecordBusy):
        jobs.start("Another", waiting(begun, go))
    assert jobs.state.title == "Adding"
    go.set()
    ended(jobs)
    assert jobs.state.outcome == JobResult((JobLine("Added", "2304.12306"),))
    assert jobs.start("Next", lambda watch: JobResult()).number == 2
    ended(jobs)
    assert jobs.state.steps == {}


def test_steps_of_a_label_stand_in_one_place() -> None:
    jobs = Jobs()

    def work(watch: Jobs) -> JobResult:
        for label, done in (("Fetching", 1), ("Reading", 1), ("Fetching", 2)):
            watch.step(label, done, 2)
        return JobResult()

    jobs.start("Syncing", work)
    ended(jobs)
    assert list(jobs.state.steps.items()) == [("Fetching", (2, 2)), ("Reading", (1, 2))]


def test_a_stopped_job_ends_at_its_next_step() -> None:
    jobs, begun = Jobs(), threading.Event()
    jobs.start("Syncing", waiting(begun, threading.Event()))
    assert begun.wait(10)
    jobs.stop()
    ended(jobs)
    assert jobs.state.outcome is None
    assert not jobs.state.broken


def test_what_goes_wrong_is_kept() -> None:
    jobs = Jobs()

    def full(watch: Jobs) -> JobResult:
        raise DiskFull("The disk is full.")

    def broken(watch: Jobs) -> JobResult:
        raise ZeroDivisionError

    jobs.start("Adding", full)
    ended(jobs)
    assert jobs.state.outcome is not None
    assert isinstance(jobs.state.outcome.problem, DiskFull)
    jobs.start("Adding", broken)
    ended(jobs)
    assert jobs.state.broken


def test_closing_stops_the_job_and_takes_no_more() -> None:
    jobs, begun = Jobs(), threading.Event()
    jobs.start("Syncing", waiting(begun, threading.Event()))
    assert begun.wait(10)
    assert jobs.close(10)
    assert not jobs.state.running
    with pytest.raises(RecordBusy):
        jobs.start("Another", lambda watch: JobResult())


def test_closing_doesn_t_wait_for_ever() -> None:
    jobs, go = Jobs(), threading.Event()

    def deaf(watch: Jobs) -> JobResult:
        go.wait(10)
        return JobResult()

    jobs.start("Syncing", deaf)
    assert not jobs.close(0.05)
    go.set()
    ended(jobs)
