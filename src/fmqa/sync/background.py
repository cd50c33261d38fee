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
    last_end: datetime | None = None
    next_run: datetime | None = None
    last_error: str = ""


class BackgroundSync:
    """Calls ``run`` each ``every``, one run at a time, on a thread that dies with the program.

    A run that was due while the program was off, or the machine asleep, is made up once; one that
    falls due while another goes on is left out. Why a run failed stands in the state, and the next
    one comes as planned.

    Args:
        run: one sync; it takes the lock over processes itself.
        every: from one run's start to the next.
        last_run: when the last run of any process was, in UTC; None when there was none.
        soon: seconds after the start in which a run that is due begins, at random, so that many
            programs that start together don't all ask arXiv at once.
    """

    def __init__(
        self,
        run: Callable[[], None],
        every: timedelta,
        last_run: Callable[[], datetime | None],
        *,
        soon: tuple[float, float] = (2.0, 10.0),
    ) -> None:
        if every <= timedelta(0):
            raise ValueError("The interval must be longer than zero.")
        self._run = run
        self._every = every
        self._last_run = last_run
        self._soon = soon
        self._state = SyncState()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="sync", daemon=True)

    def start(self) -> None:
        """Begin; to be called once."""
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> bool:
        """Start no more runs, and wait for the one under way at most so many seconds.

        Returns:
            Whether none is under way any more. One that is goes on until it or the program ends.
        """
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def state(self) -> SyncState:
        """What is going on now."""
        return self._state

    def _delay(self) -> timedelta:
        """How long until the first run: what is left of the interval, or a moment if it is over."""
        soon = timedelta(seconds=random.uniform(*self._soon))  # noqa: S311  (nothing secret)
        try:
            last = self._last_run()
        except FmqaError as error:
            _log.warning("When the last sync was can't be read: %s", error)
            last = None
        if last is None:
            return soon
        last = last if last.tzinfo else last.replace(tzinfo=UTC)
        # A last run in the future is a clock that was set back: wait one interval, not for years.
        return max(soon, min(last + self._every - datetime.now(UTC), self._every))

    def _loop(self) -> None:
        due = datetime.now(UTC) + self._delay()
        self._state = replace(self._state, next_run=due)
        while not self._stop.wait(max(0.0, min(_seconds_until(due), _LOOK_SECONDS))):
            if _seconds_until(due) > 0:
                continue
            self._state = replace(self._state, running=True, next_run=self._following(due))
            error = self._once()
            due = self._following(due)
            self._state = SyncState(False, datetime.now(UTC), due, error)
        self._state = replace(self._state, next_run=None)

    def _following(self, due: datetime) -> datetime:
        """The first time after ``due``, in whole intervals, that is still to come."""
        return due + (max(datetime.now(UTC) - due, timedelta(0)) // self._every + 1) * self._every

    def _once(self) -> str:
        """One run, whatever becomes of it; why it failed."""
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
        else:
            error = ""
        return error


def _seconds_until(moment: datetime) -> float:
    return (moment - datetime.now(UTC)).total_seconds()
