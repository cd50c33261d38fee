"""Changes of the library that a server makes for its users: one at a time, in a thread, watched."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from fmqa.errors import FmqaError, RecordBusy

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobLine:
    """What a job did to one paper or file.

    ``what`` names it in a word or two, ``name`` is the paper's id or the file's name, ``why`` and
    ``hint`` say what went wrong and what to do, where something did.
    """

    what: str
    name: str
    title: str = ""
    why: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a job came to. ``problem`` ended it early, after what the lines say."""

    lines: tuple[JobLine, ...] = ()
    problem: FmqaError | None = None


@dataclass(frozen=True, slots=True)
class JobState:
    """The job that runs, or the last one.

    ``number`` counts jobs, 0 before the first. ``steps`` are (label, done, total), in the order in
    which they came up; ``said`` is the last that was said of waiting. A job that ended has an
    ``outcome``, unless it was stopped or broke, which ``broken`` says.
    """

    number: int = 0
    title: str = ""
    running: bool = False
    steps: tuple[tuple[str, int, int], ...] = ()
    said: str = ""
    stopping: bool = False
    outcome: JobResult | None = None
    broken: bool = False


class JobStopped(Exception):
    """Raised in a job, at its next step, when it is to end."""


class Watch:
    """What a job tells of its progress; each telling is also where it can be stopped.

    Args:
        tell: takes a change of the state.
        stop: set when the job is to end.
    """

    def __init__(
        self, tell: Callable[[Callable[[JobState], JobState]], None], stop: threading.Event
    ) -> None:
        self._tell = tell
        self._stop = stop

    def step(self, label: str, done: int, total: int) -> None:
        """A step of the job; from any thread.

        Raises:
            JobStopped: the job is to end.
        """
        self._look()
        self._tell(lambda state: replace(state, said="", steps=_with(state, label, done, total)))

    def notify(self, words: str) -> None:
        """What is waited for; from any thread.

        Raises:
            JobStopped: the job is to end.
        """
        self._look()
        self._tell(lambda state: replace(state, said=words))

    def _look(self) -> None:
        if self._stop.is_set():
            raise JobStopped


Work = Callable[[Watch], JobResult]


class Jobs:
    """Does one job at a time, in a thread that dies with the program.

    The lock over processes is the library's own; this one keeps a server's users from waiting for
    each other without knowing.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._state = JobState()
        self._stop = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._closed = False

    @property
    def state(self) -> JobState:
        """The job that runs, or the last one."""
        with self._guard:
            return self._state

    def start(self, title: str, work: Work) -> JobState:
        """Begin a job.

        Raises:
            RecordBusy: another one is under way, or the program ends.
        """
        with self._guard:
            if self._state.running or self._closed:
                raise RecordBusy("The library is being changed already.")
            self._state = JobState(self._state.number + 1, title, running=True)
            self._stop.clear()
            self._idle.clear()
            begun = self._state
        threading.Thread(target=self._run, args=(work,), name="fmqa-job", daemon=True).start()
        return begun

    def stop(self) -> None:
        """Ask the job that runs to end at its next step. What it committed stays."""
        with self._guard:
            if self._state.running:
                self._stop.set()
                self._state = replace(self._state, stopping=True)

    def close(self, seconds: float) -> bool:
        """Take no more jobs, stop the one that runs, and wait for it at most so long.

        Returns:
            Whether none is under way any more. One that is ends with the program, as if killed.
        """
        with self._guard:
            self._closed = True
        self.stop()
        return self._idle.wait(seconds)

    def _run(self, work: Work) -> None:
        outcome, broken = None, False
        try:
            outcome = work(Watch(self._tell, self._stop))
        except JobStopped:
            _log.info("A change of the library was stopped.")
        except FmqaError as error:
            outcome = JobResult(problem=error)
        except Exception:
            broken = True
            _log.exception("A change of the library broke")
        finally:
            with self._guard:
                self._state = replace(self._state, running=False, outcome=outcome, broken=broken)
                self._idle.set()

    def _tell(self, change: Callable[[JobState], JobState]) -> None:
        with self._guard:
            self._state = change(self._state)


def _with(state: JobState, label: str, done: int, total: int) -> tuple[tuple[str, int, int], ...]:
    """The steps with this one in the place that its label has already, else at the end."""
    steps = {name: (count, of) for name, count, of in state.steps}
    return tuple((name, *counts) for name, counts in (steps | {label: (done, total)}).items())
