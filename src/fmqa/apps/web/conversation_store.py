"""Conversations of the page in the record, so that another replica goes on with them.

A browser's tab names its conversation by a random text that it keeps as long as it is open; who
doesn't know it can't come by it, and where people log in, it is each person's own besides.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import ValidationError

from fmqa.answering.assistant import Finished
from fmqa.answering.schema import Answer
from fmqa.apps.exports import stored
from fmqa.apps.web.chat import Turn, Turns
from fmqa.errors import FmqaError
from fmqa.store.history import Sessions, StoredExchange

if TYPE_CHECKING:
    from fmqa.apps.asgi import Person
    from fmqa.store.library import Library

KEPT = timedelta(days=7)
_PREFIX = "page:"
_NAME = re.compile(r"[0-9a-f]{32}")
_log = logging.getLogger(__name__)


class ConversationStore:
    """What was asked and answered in the page's conversations.

    Args:
        library: where they are kept.
    """

    def __init__(self, library: Library) -> None:
        self._library = library

    @property
    def _sessions(self) -> Sessions:
        return self._library.sessions

    def turns(self, name: str, person: Person) -> Turns:
        """The answered questions of a conversation, oldest first; none of one that isn't known."""
        key = _key(name, person)
        if not key:
            return ()
        try:
            return tuple(filter(None, map(_turn, self._sessions.history(key))))
        except FmqaError:
            _log.exception("A conversation could not be read.")
            return ()

    def keep(self, name: str, person: Person, turns: Turns) -> None:
        """Keep a conversation as it stands. That it can't be kept ends no answer."""
        key = _key(name, person)
        if not key:
            return
        now = [stored(turn.answer) for turn in turns if turn.answer is not None]
        try:
            held = self._sessions.history(key)
            if now[: len(held)] != held:  # a question was changed or asked anew
                self._sessions.forget(key)
                held = []
            for one in now[len(held) :]:
                self._sessions.append(key, one)
        except FmqaError:
            _log.exception("A conversation could not be kept.")

    def forget(self, name: str, person: Person) -> None:
        """Forget a conversation, when its reader clears it."""
        if key := _key(name, person):
            self._sessions.forget(key)

    def sweep(self, now: datetime | None = None) -> int:
        """Forget conversations that nobody has gone on with for a week; returns how many."""
        before = (now or datetime.now(UTC)) - KEPT
        forgotten = 0
        try:
            for row in self._sessions.list():
                old = datetime.fromisoformat(row.last_at) < before
                if old and row.name.startswith(_PREFIX):
                    forgotten += self._sessions.forget(row.name)
        except FmqaError:
            _log.exception("Old conversations could not be forgotten.")
        return forgotten


def _key(name: str, person: Person) -> str:
    """What the record knows a conversation by; empty where a browser gave no proper name."""
    return f"{_PREFIX}{person.name}:{name}" if _NAME.fullmatch(name or "") else ""


def _turn(held: StoredExchange) -> Turn | None:
    try:
        answer = Answer.model_validate_json(held.answer)
    except ValidationError:  # of another version of the program
        return None
    return Turn(held.asked).after(Finished(answer))
