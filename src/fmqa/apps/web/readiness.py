"""Models and library made ready in the background, so that the page is there at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING

from fmqa.apps.admission_queue import AdmissionQueue
from fmqa.apps.web.monitoring import Measured, Metrics
from fmqa.errors import FmqaError

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench

_POLL_SECONDS = 0.25
_SETTLE_SECONDS = 5.0
_MIB = 1 << 20


class Readiness:
    """The workbench's assistant, made once for all sessions by a thread of its own.

    Holds no conversation. ``admission`` is what all who want an answer have to pass, and
    ``metrics`` where the answers of `assistant` are counted. What the making says of its progress
    still reaches the workbench's own `step` (a bar on the terminal), and is kept as one line for
    the pages that wait.
    """

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self._guard = threading.Lock()
        self._made: Future[Measured] | None = None
        self._tell = bench.step
        self.status = ""
        settings = bench.settings
        self.admission = AdmissionQueue(
            settings.questions_at_once, settings.questions_waiting, settings.questions_per_person
        )
        self.metrics = Metrics(bench, self.admission)
        self.max_question_chars = settings.max_question_chars
        bench.step = self._step

    def start(self) -> Future[Measured]:
        """Start the making unless it runs or is done; after a failure, anew."""
        with self._guard:
            if self._made is None or (self._made.done() and self._made.exception()):
                self._made = Future()
                threading.Thread(
                    target=self._make, args=(self._made,), name="make-ready", daemon=True
                ).start()
            return self._made

    def until(self, made: Future[Measured]) -> Iterator[str]:
        """What is being done, each time that it changes, until the making has ended."""
        said = None
        while not made.done():
            status = self.status or "Getting the library ready"
            if status != said:
                said = status
                yield status
            time.sleep(_POLL_SECONDS)

    @property
    def assistant(self) -> Measured:
        """What answers questions, once it is ready.

        Raises:
            FmqaError: it can't be made ready, and why.
        """
        return self.start().result()

    @property
    def models(self) -> str:
        """How far the making is: "loading", "ok" or "failed"."""
        made = self._made
        if made is None or not made.done():
            return "loading"
        return "failed" if made.exception() else "ok"

    @property
    def problem(self) -> str:
        """Why the making has failed, in words; empty when it hasn't."""
        made = self._made
        error = made.exception() if made is not None and made.done() else None
        if isinstance(error, FmqaError):
            return f"{error} {error.hint}".strip()
        return "Something went wrong in the program itself." if error else ""

    def settle(self) -> None:
        """Give the making a moment to end: native code doesn't like to be left in the middle."""
        if self._made is not None:
            wait([self._made], timeout=_SETTLE_SECONDS)

    def _make(self, made: Future[Measured]) -> None:
        try:
            assistant = self.bench.prepared
        except BaseException as error:
            made.set_exception(error)
        else:
            made.set_result(Measured(assistant, self.metrics))

    def _step(self, label: str, done: int, total: int) -> None:
        self.status = _step_text(label, done, total)
        self._tell(label, done, total)


def _step_text(label: str, done: int, total: int) -> str:
    if total <= 1:
        return label
    if total > _MIB:
        return f"{label}: {done // _MIB:,} of {total // _MIB:,} MiB"
    return f"{label}: {done:,} of {total:,}"
