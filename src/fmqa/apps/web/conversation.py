"""What a session holds: its questions, and how far the answer to each has come.

Everything is frozen; an event makes a new turn from the old one, so that no two sessions, and no
two threads of one, can share a half-made answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from fmqa.answering.assistant import (
    Event,
    EvidenceFound,
    Finished,
    SentenceReady,
    SentenceWithheld,
)
from fmqa.answering.schema import Answer, Citation, Sentence, Withheld
from fmqa.answering.suggesting import Suggestion
from fmqa.errors import FmqaError


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

    def waiting(self, ahead: int) -> Turn:
        """The turn while so many others come first."""
        return replace(self, ahead=ahead)

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
