"""Syncs at intervals inside a running program, such as the server of the chat."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from fmqa.errors import FmqaError

_log = logging.getLogger(__name__)
# A waiting thread's clock stands still while a laptop sleeps. Looking at the time this often makes
# up a run that was due meanwhile soon after it wakes.
_LOOK_SECONDS = 300.0


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
    """Calls ``run`` each ``every``, one run at a time, on a thread that dies with the program.

    A run that was due while the program was off, or the machine asleep, is made up once; one that
    falls due while another goes on is left out. Why a run failed stands in the state, and the next
    one comes as planned.

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
        self._stop: threading.Event | None = None

    def start(self) -> None:
        """Begin; a second call changes nothing."""
        first = _now() + self._delay()
        with self._lock:
            if self._stop is not None:
                return
            self._stop = stop = threading.Event()
            self._state = replace(self._state, next_run=first)
        threading.Thread(target=self._loop, args=(stop, first), name="sync", daemon=True).start()

    def stop(self, seconds: float = 10.0) -> bool:
        """Start no more runs, and wait for the one under way at most so many seconds.

        Returns:
            Whether none is under way any more. One that is goes on until it or the program ends.
        """
        with self._lock:
            if self._stop is not None:
                self._stop.set()
            self._stop = None
            self._state = replace(self._state, next_run=None)
        return self._idle.wait(seconds)

    def state(self) -> SyncState:
        """What is going on now."""
        with self._lock:
            return self._state

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

    def _loop(self, stop: threading.Event, due: datetime) -> None:
        while not stop.wait(min(max(0.0, (due - _now()).total_seconds()), _LOOK_SECONDS)):
            if due > _now():
                continue
            due = self._following(due)
            if self._begin(stop, due):
                self._once()
                due = self._following(due)
                with self._lock:
                    if not stop.is_set():
                        self._state = replace(self._state, next_run=due)

    def _following(self, due: datetime) -> datetime:
        """The first time from ``due`` on, in whole intervals, that is still to come."""
        passed = _now() - due
        return due if passed < timedelta(0) else due + (passed // self._every + 1) * self._every

    def _begin(self, stop: threading.Event, following: datetime) -> bool:
        """Whether this run may go: not after a stop, nor beside one that outlived a stop."""
        with self._lock:
            if stop.is_set():
                return False
            self._state = replace(self._state, next_run=following)
            if self._state.running:
                return False
            self._state = replace(self._state, running=True, last_start=self._clock())
            self._idle.clear()
            return True

    def _once(self) -> None:
        """One run, whatever becomes of it."""
        error = ""
        try:
            self._run()
        except FmqaError as failure:
            error = " ".join(part for part in (str(failure), failure.hint) if part)
            _log.warning("The sync failed: %s", error)
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
            _log.exception("The sync failed")
        except BaseException:
            error = "The run was broken off."
            _log.exception("The sync was broken off")
        with self._lock:
            self._state = replace(
                self._state, running=False, last_end=self._clock(), last_error=error
            )
            self._idle.set()
