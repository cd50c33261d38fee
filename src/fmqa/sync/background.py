"""Syncs at intervals inside a running program, such as the server of the chat."""

from __future__ import annotations

import logging
import random
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from apscheduler.executors.base import BaseExecutor, run_job  # type: ignore[import-untyped]

from fmqa.errors import FmqaError

if TYPE_CHECKING:
    from apscheduler.schedulers.background import (  # type: ignore[import-untyped]
        BackgroundScheduler,
    )

_log = logging.getLogger(__name__)
_JOB = "sync"
# A waiting thread's clock stands still while a laptop sleeps. Looking at the time this often makes
# up a run that was due meanwhile soon after it wakes.
_LOOK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SyncState:
    """What a background sync is doing. Times are UTC; ``last_error`` is empty after a good run."""

    running: bool = False
    last_start: datetime | None = None
    last_end: datetime | None = None
    next_run: datetime | None = None
    last_error: str = ""


def _now() -> datetime:
    return datetime.now(UTC)


class BackgroundSync:
    """Calls ``run`` each ``every``, one run at a time, on threads that die with the program.

    A run that was due while the program was off, or the machine asleep, is made up once; one that
    falls due while another still goes is left out. A run that fails is kept in the state in words,
    and the next one comes as planned.

    Args:
        run: one sync; it takes the lock over processes itself.
        every: from one run's start to the next.
        last_run: when the last run of any process was, in UTC; None when there was none.
        clock: the time in UTC.
        soon: seconds after the start in which a run that is due begins, at random, so that many
            programs that start together don't all ask arXiv at once.
    """

    def __init__(
        self,
        run: Callable[[], None],
        every: timedelta,
        last_run: Callable[[], datetime | None],
        clock: Callable[[], datetime] = _now,
        *,
        soon: tuple[float, float] = (2.0, 10.0),
    ) -> None:
        if every <= timedelta(0):
            raise ValueError("The interval must be longer than zero.")
        self._run = run
        self._every = every
        self._last_run = last_run
        self._clock = clock
        self._soon = soon
        self._state = SyncState()
        self._lock = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()
        self._scheduler: BackgroundScheduler | None = None

    def start(self) -> None:
        """Begin; a second call changes nothing."""
        from apscheduler.schedulers.background import BackgroundScheduler
        from apscheduler.triggers.interval import (  # type: ignore[import-untyped]
            IntervalTrigger,
        )

        if self._scheduler is not None:
            return
        first = _now() + self._delay()
        scheduler = BackgroundScheduler(
            timezone=UTC,
            daemon=True,
            executors={"default": _DaemonThreads()},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )
        every = IntervalTrigger(seconds=self._every.total_seconds(), start_date=first)
        scheduler.add_job(self._once, every, id=_JOB, next_run_time=first)
        scheduler.add_job(_look, IntervalTrigger(seconds=_LOOK.total_seconds()), id="look")
        with self._lock:
            self._scheduler = scheduler
        scheduler.start()

    def stop(self, seconds: float = 10.0) -> bool:
        """Start no more runs, and wait for the one under way at most so many seconds.

        Returns:
            Whether none is under way any more. One that is goes on until it or the program ends.
        """
        with self._lock:
            scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=False)
        return self._idle.wait(seconds)

    def state(self) -> SyncState:
        """What is going on now."""
        scheduler = self._scheduler
        job = scheduler.get_job(_JOB) if scheduler is not None else None
        with self._lock:
            return replace(self._state, next_run=job.next_run_time if job else None)

    def _delay(self) -> timedelta:
        """How long until the first run: what is left of the interval, or a moment if it is over."""
        low, high = self._soon
        soon = timedelta(seconds=random.uniform(low, high))  # noqa: S311  (nothing secret)
        try:
            last = self._last_run()
        except FmqaError as error:
            _log.warning("When the last sync was can't be read: %s", error)
            last = None
        if last is None:
            return soon
        last = last if last.tzinfo else last.replace(tzinfo=UTC)
        # A last run in the future is a clock that was set back: wait one interval, not for years.
        return max(soon, min(last + self._every - self._clock(), self._every))

    def _once(self) -> None:
        """One run, whatever becomes of it."""
        if not self._begin():
            return
        error = "The run was broken off."
        try:
            self._run()
            error = ""
        except FmqaError as failure:
            error = " ".join(part for part in (str(failure), failure.hint) if part)
            _log.warning("The sync failed: %s", error)
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
            _log.exception("The sync failed")
        finally:
            with self._lock:
                self._state = replace(
                    self._state, running=False, last_end=self._clock(), last_error=error
                )
                self._idle.set()

    def _begin(self) -> bool:
        """Whether this run may go: not after a stop, nor beside one that outlived a stop."""
        with self._lock:
            if self._state.running or self._scheduler is None:
                return False
            self._state = replace(self._state, running=True, last_start=self._clock())
            self._idle.clear()
            return True


def _look() -> None:
    """Nothing; see `_LOOK`."""


class _DaemonThreads(BaseExecutor):  # type: ignore[misc]
    """Runs each job on a daemon thread.

    APScheduler's own pool uses threads that the interpreter waits for: a sync under way would keep
    a server that was told to end.
    """

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        threading.Thread(
            target=self._work, args=(job, run_times), name=f"fmqa-{job.id}", daemon=True
        ).start()

    def _work(self, job: Any, run_times: list[datetime]) -> None:
        try:
            events = run_job(job, job._jobstore_alias, run_times, self._logger.name)
        except BaseException:  # as APScheduler's executors do: whatever it is, the job has ended
            self._run_job_error(job.id, *sys.exc_info()[1:])
        else:
            self._run_job_success(job.id, events)
