"""Whose question is answered next: some at once, some in line, and no more than that.

One queue stands before the assistant for all who ask: the page, the API, agents. Gradio has a
queue of its own, but it tells the page nothing of a place in it, knows no persons, and can't be
emptied before the program ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from threading import Condition
from types import MappingProxyType
from typing import Any

from fmqa.apps.asgi import Person
from fmqa.errors import Busy

# For Gradio's events that pass the admission queue: Gradio starts them all, and here they wait.
UNQUEUED: Mapping[str, Any] = MappingProxyType(
    {"concurrency_limit": None, "concurrency_id": "answering"}
)
_LOOK_SECONDS = 1.0


class Ticket:
    """A place in the line, from `AdmissionQueue.enter`; a context that gives it back at its end."""

    def __init__(self, queue: AdmissionQueue, key: str) -> None:
        self.queue = queue
        self.key = key

    def positions(self) -> Iterator[int]:
        """How many questions come first, about once a second, until it is this one's turn.

        Raises:
            Busy: the program ends before it comes to this question.
        """
        while (ahead := self.queue.ahead(self, 0.0)) > 0:
            yield ahead
            self.queue.ahead(self, _LOOK_SECONDS)

    def wait(self) -> None:
        """Return when it is this one's turn.

        Raises:
            Busy: the program ends before it comes to this question.
        """
        for _ in self.positions():
            pass

    def __enter__(self) -> Ticket:
        return self

    def __exit__(self, *error: object) -> None:
        self.queue.leave(self)


class AdmissionQueue:
    """Lets questions in, first come, first served. Safe to share between threads.

    Args:
        at_once: how many are answered at the same time.
        waiting: how many may wait.
        per_person: how many of one person may be answered or wait. Those who can only be told by
            their address, which many may share, get no more than would leave half of the line.
    """

    def __init__(self, at_once: int = 4, waiting: int = 32, per_person: int = 3) -> None:
        self.at_once = at_once
        self.waiting = waiting
        self.per_person = per_person
        self.closed = False
        self._changed = Condition()
        self._line: list[Ticket] = []
        self._within: list[Ticket] = []

    def check(self, person: Person) -> None:
        """Whether there is room for a question of this person.

        Raises:
            Busy: there is none, and why.
        """
        with self._changed:
            self._check(person)

    def enter(self, person: Person) -> Ticket:
        """Take a place: at once where one is free, else at the end of the line.

        Raises:
            Busy: too many wait already, or too many of this person, or the program ends.
        """
        with self._changed:
            self._check(person)
            turn = Ticket(self, person.key)
            self._line.append(turn)
            self._advance()
        return turn

    def ahead(self, turn: Ticket, seconds: float) -> int:
        """How many questions come before it, at the latest after so many seconds; 0 when it's on.

        Raises:
            Busy: the program ends before it comes to this question.
        """
        with self._changed:
            until = time.monotonic() + seconds
            while turn in self._line and not self.closed:
                if not self._changed.wait(max(0.0, until - time.monotonic())):
                    break
            if turn in self._within:
                return 0
            if self.closed:
                raise _ending()
            # Those who are being answered come first too, one of whom has to end.
            return self._line.index(turn) + 1

    def leave(self, turn: Ticket) -> None:
        """Give a place back; once more does no harm."""
        with self._changed:
            for held in (self._line, self._within):
                if turn in held:
                    held.remove(turn)
            self._advance()

    def close(self) -> None:
        """Let nobody in from now on; those who wait are told so, those within are not disturbed."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def emptied(self, seconds: float) -> bool:
        """Whether all who are within have ended, at the latest after so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._within, timeout=seconds)

    @property
    def lengths(self) -> tuple[int, int]:
        """How many questions are being answered, and how many wait."""
        with self._changed:
            return len(self._within), len(self._line)

    def _check(self, person: Person) -> None:
        if self.closed:
            raise _ending()
        if len(self._within) >= self.at_once and len(self._line) >= self.waiting:
            raise Busy("Too many questions are waiting already, so this one wasn't taken.")
        key = person.key
        mine = sum(turn.key == key for turn in (*self._line, *self._within))
        if mine >= (self.per_person if person.alone else self.at_once + self.waiting // 2):
            raise Busy(
                f"Of yours, {mine} are being answered or wait already, so this one wasn't taken.",
                hint="Wait until one of them is answered, or stop it.",
            )

    def _advance(self) -> None:
        while self._line and len(self._within) < self.at_once and not self.closed:
            self._within.append(self._line.pop(0))
        self._changed.notify_all()


def _ending() -> Busy:
    return Busy(
        "fmqa is about to end, so no more questions are taken.",
        hint="Ask again in a minute or two; it may have been started anew.",
    )
