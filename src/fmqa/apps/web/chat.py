"""What happens when a question is put, stopped or cleared: functions of the session's own turns."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from fmqa.answering.assistant import exchange
from fmqa.apps.web.conversation import Stage, Turn
from fmqa.apps.web.person import NOBODY, Person
from fmqa.apps.web.readiness import Readiness
from fmqa.errors import Busy, FmqaError, UsageError
from fmqa.filters import filters_of

Turns = tuple[Turn, ...]

_TURNS_KEPT = 50
_log = logging.getLogger(__name__)


def begun(question: str, turns: Turns, filters: str = "") -> Turns:
    """The turns with a new question at their end."""
    return (*turns[-(_TURNS_KEPT - 1) :], Turn(question, filters=filters))


def refused(question: str, turns: Turns, busy: Busy, filters: str = "") -> Turns:
    """The same when no more questions are taken: it ends where it began."""
    *earlier, turn = begun(question, turns, filters)
    return (*earlier, turn.failed(busy))


def answered(ready: Readiness, turns: Turns, person: Person = NOBODY) -> Iterator[Turns]:
    """The turns, each time that the answer to the last question has come further."""
    *earlier, turn = turns
    if turn.stage is not Stage.ASKED:
        yield turns
        return
    try:
        _check_asked(turn.question)
        filters = filters_of(turn.filters)
        with ready.turnstile.enter(person) as place:
            for ahead in place.positions():
                yield (*earlier, turn.waiting(ahead))
            made = ready.start()
            for status in ready.until(made):
                yield (*earlier, turn.taken(status))
            turn = turn.taken()
            yield (*earlier, turn)
            history = [exchange(past.answer) for past in earlier if past.answer is not None]
            for event in made.result().stream(turn.question, filters, history=history):
                turn = turn.after(event)
                yield (*earlier, turn)
    except Exception as error:
        if not isinstance(error, FmqaError):
            _log.exception("A question could not be answered.")
        yield (*earlier, turn.failed(error))


def _check_asked(question: str) -> None:
    if not question.strip():
        raise UsageError("Nothing was asked.", hint="Write a question, or take an example.")


def stopped(turns: Turns) -> Turns:
    """The turns with the last one ended as it stands."""
    return (*turns[:-1], turns[-1].stopped()) if turns else turns
