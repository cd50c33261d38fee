"""A session's conversation: its questions, how far each answer has come, and what happens to them.

Everything is frozen; an event makes a new turn from the old one, so that no two sessions, and no
two threads of one, can share a half-made answer.

The record keeps conversations of the page, so that another replica goes on with them. A browser's
tab names its conversation by a random text that it keeps as long as it is open; who doesn't know it
can't come by it, and where people log in, it is each person's own besides.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import ValidationError

from fmqa.answering.assistant import (
    Event,
    EvidenceFound,
    Finished,
    SentenceReady,
    SentenceWithheld,
    exchange,
)
from fmqa.answering.schema import Answer, Citation, Sentence, Withheld
from fmqa.answering.suggesting import Suggestion
from fmqa.apps.asgi import NOBODY, Person
from fmqa.apps.exports import stored
from fmqa.apps.queries import with_comparison
from fmqa.apps.web.readiness import Readiness
from fmqa.errors import Busy, FmqaError, UsageError
from fmqa.filters import filters_of
from fmqa.store.history import Sessions, StoredExchange
from fmqa.types import Filters

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.store.library import Library


class Stage(StrEnum):
    """How far an answer has come."""

    ASKED = "asked"
    TAKEN = "taken"
    FOUND = "found"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what has been said to it so far.

    ``found`` are the quotes that the answer will rest on, in the order of evidence; their numbers
    aren't the answer's, whose own are in ``citations``. ``filters`` are those that the question was
    put with, as `fmqa.filters` writes them. ``again`` asks for an answer that isn't remembered,
    ``rating`` is the reader's: 1, -1, or 0 for none.
    """

    question: str
    stage: Stage = Stage.ASKED
    status: str = ""
    ahead: int = 0
    found: tuple[Citation, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    answer: Answer | None = None
    problem: str = ""
    hint: str = ""
    filters: str = ""
    again: bool = False
    suggestions: tuple[Suggestion, ...] = ()
    rating: int = 0

    @property
    def running(self) -> bool:
        """Whether more is to come."""
        return self.stage in (Stage.ASKED, Stage.TAKEN, Stage.FOUND)

    def after(self, event: Event) -> Turn:
        """The turn with what an event brought."""
        match event:
            case EvidenceFound(citations):
                return replace(self, stage=Stage.FOUND, status="", found=citations)
            case SentenceReady(sentence, new):
                return replace(
                    self,
                    sentences=(*self.sentences, sentence),
                    citations=(*self.citations, *new),
                )
            case SentenceWithheld(withheld):
                return replace(self, withheld=(*self.withheld, withheld))
            case Finished(answer):
                return replace(
                    self,
                    stage=Stage.DONE,
                    status="",
                    found=(),
                    sentences=answer.sentences,
                    citations=answer.citations,
                    withheld=answer.withheld,
                    answer=answer,
                )

    def taken(self, status: str = "") -> Turn:
        """The turn once it is worked on; ``status`` says what has to be made ready first."""
        return replace(self, stage=Stage.TAKEN, status=status)

    def stopped(self) -> Turn:
        """The turn as it stands when the user wants no more of it."""
        return replace(self, stage=Stage.STOPPED, status="") if self.running else self

    def failed(self, error: Exception) -> Turn:
        """The turn ended by an error, in the reader's words. What was said already stays."""
        if isinstance(error, FmqaError):
            return replace(self, stage=Stage.FAILED, problem=str(error), hint=error.hint)
        return replace(
            self,
            stage=Stage.FAILED,
            problem="Something went wrong in the program itself.",
            hint="The terminal that runs fmqa shows the details. Asking again may help.",
        )


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


def asked_again(turns: Turns, place: int) -> Turns:
    """The turns with a question put anew: the last one in its place, an earlier one at the end."""
    turn = _turn(turns, place)
    if place == len(turns) - 1:
        return (*turns[:place], Turn(turn.question, filters=turn.filters, again=True))
    question = turn.question
    if turn.answer is not None and turn.answer.language == "en":
        question = turn.answer.understood_as or question  # what came before it is another now
    *earlier, anew = begun(question, turns, turn.filters)
    return (*earlier, replace(anew, again=True))


def edited(turns: Turns, place: int, question: str) -> Turns:
    """The turns with a changed question: the last one in its place, an earlier one at the end."""
    turn = _turn(turns, place)
    before = turns[:place] if place == len(turns) - 1 else turns
    return begun(question, before, turn.filters)


def _turn(turns: Turns, place: int) -> Turn:
    if not 0 <= place < len(turns):
        raise UsageError("There is no such question.", hint="Reload the page.")
    return turns[place]


def answered(ready: Readiness, turns: Turns, person: Person = NOBODY) -> Iterator[Turns]:
    """The turns, each time that the answer to the last question has come further."""
    *earlier, turn = turns
    if turn.stage is not Stage.ASKED:
        yield turns
        return
    try:
        _check_asked(turn.question)
        filters = filters_of(turn.filters)
        with ready.admission.enter(person) as place:
            for ahead in place.positions():
                yield (*earlier, replace(turn, ahead=ahead))
            made = ready.start()
            for status in ready.until(made):
                yield (*earlier, turn.taken(status))
            turn = turn.taken()
            yield (*earlier, turn)
            history = [exchange(past.answer) for past in earlier if past.answer is not None]
            assistant = made.result()
            stream = assistant.anew if turn.again else assistant.stream
            for event in stream(turn.question, filters, history=history):
                turn = _with_table(turn.after(event), ready.bench)
                yield (*earlier, turn)
            # To find suggestions costs as much as an answer; who waits for one comes first.
            if not ready.admission.lengths[1]:
                yield (*earlier, _with_suggestions(turn, earlier, filters, ready.bench))
    except Exception as error:
        if not isinstance(error, FmqaError):
            _log.exception("A question could not be answered.")
        yield (*earlier, turn.failed(error))


def _with_table(turn: Turn, bench: Workbench) -> Turn:
    """The turn with the table that its question asks for; an answer may do without."""
    if turn.answer is None:
        return turn
    try:
        return replace(turn, answer=with_comparison(bench, turn.answer))
    except Exception:
        _log.exception("A table could not be made.")
        return turn


def _with_suggestions(
    turn: Turn, earlier: Sequence[Turn], filters: Filters, bench: Workbench
) -> Turn:
    """The turn with what may be asked next; an answer is none the worse without."""
    if turn.answer is None:
        return turn
    try:
        asked = [past.question for past in (*earlier, turn)]
        suggestions = bench.suggester.after(turn.answer, asked, filters)
        return replace(turn, suggestions=tuple(suggestions))
    except Exception:
        _log.exception("No questions to ask next could be found.")
        return turn


def rated(turns: Turns, place: int, rating: int) -> Turns:
    """The turns with the reader's verdict on one answer."""
    if not 0 <= place < len(turns) or turns[place].answer is None or rating not in (-1, 0, 1):
        raise UsageError("There is no such answer.", hint="Reload the page.")
    turn = replace(turns[place], rating=rating)
    return (*turns[:place], turn, *turns[place + 1 :])


def _check_asked(question: str) -> None:
    if not question.strip():
        raise UsageError("Nothing was asked.", hint="Write a question, or take an example.")


def stopped(turns: Turns) -> Turns:
    """The turns with the last one ended as it stands."""
    return (*turns[:-1], turns[-1].stopped()) if turns else turns


KEPT = timedelta(days=7)
_PREFIX = "page:"
_NAME = re.compile(r"[0-9a-f]{32}")


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
            return tuple(filter(None, map(_turn_of, self._sessions.history(key))))
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


def _turn_of(held: StoredExchange) -> Turn | None:
    try:
        answer = Answer.model_validate_json(held.answer)
    except ValidationError:  # of another version of the program
        return None
    return Turn(held.asked).after(Finished(answer))
