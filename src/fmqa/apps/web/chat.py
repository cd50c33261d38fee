"""What happens when a question is put, stopped or cleared: functions of the session's own turns."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from fmqa.apps.web.conversation import Turn
from fmqa.apps.web.readiness import Readiness
from fmqa.errors import FmqaError, UsageError

Turns = tuple[Turn, ...]

_TURNS_KEPT = 50
_log = logging.getLogger(__name__)


def ask(ready: Readiness, question: str, turns: Turns) -> Iterator[Turns]:
    """The turns with the question at their end, each time that its answer has come further."""
    earlier = turns[-(_TURNS_KEPT - 1) :]
    turn = Turn(question)
    yield (*earlier, turn)
    try:
        for status in ready.wait():
            yield (*earlier, turn.waiting_for(status))
        for event in ready.assistant.stream(question):
            turn = turn.after(event)
            yield (*earlier, turn)
    except Exception as error:
        if not isinstance(error, FmqaError):
            _log.exception("A question could not be answered.")
        yield (*earlier, turn.failed(error))


def stopped(turns: Turns) -> Turns:
    """The turns with the last one ended as it stands."""
    return (*turns[:-1], turns[-1].stopped()) if turns else turns


def answer_endpoint(ready: Readiness) -> Callable[[str], dict[str, Any]]:
    """The function behind `/ask`."""
    import gradio as gr

    def ask(question: str) -> dict[str, Any]:
        """The checked answer to a question, as docs/answer.schema.json describes it."""
        try:
            if not isinstance(question, str):
                raise UsageError("The question isn't a text.")
            return ready.assistant.ask(question).model_dump(mode="json")
        except FmqaError as error:
            raise gr.Error(f"{error} {error.hint}".strip(), print_exception=False) from error

    return ask
