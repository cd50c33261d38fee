"""A conversation as it was kept by name, for an export."""

from __future__ import annotations

from pydantic import ValidationError

from fmqa.answering.assistant import exchange
from fmqa.answering.conversation import Exchange
from fmqa.answering.schema import Answer
from fmqa.errors import UsageError
from fmqa.store.history import Sessions, StoredExchange

_NOT_KEPT = "The answer wasn't kept."


def kept_answers(sessions: Sessions, name: str) -> list[Answer]:
    """What was answered in a session, oldest first.

    An answer of a version of fmqa that didn't keep it, or kept it in another form, is replaced by
    one that says so.

    Raises:
        UsageError: there is no such session.
    """
    held = sessions.history(name)
    if not held:
        names = ", ".join(row.name for row in sessions.list()[:5])
        raise UsageError(
            f"There is no conversation {name!r}.",
            hint=f"Kept are: {names}." if names else "`fmqa ask --session NAME` keeps one.",
        )
    return [_answer(exchange) for exchange in held]


def history(sessions: Sessions, name: str) -> list[Exchange]:
    """What a question in a session is asked after, oldest first; empty for a new one."""
    return [
        Exchange(held.asked, held.standalone, held.subjects, exchange(_answer(held)).said)
        for held in sessions.history(name)
    ]


def stored(answer: Answer) -> StoredExchange:
    """An answer as a conversation keeps it."""
    past = exchange(answer)
    return StoredExchange(past.asked, past.standalone, past.subjects, answer.model_dump_json())


def _answer(held: StoredExchange) -> Answer:
    try:
        return Answer.model_validate_json(held.answer)
    except ValidationError:
        return Answer(
            question=held.asked,
            status="abstained",
            reason=_NOT_KEPT,
            answer=_NOT_KEPT,
            model="",
        )
