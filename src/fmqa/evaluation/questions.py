"""Questions with the sentences that answer them, one JSON object a line; docs/evaluation.md.

The same form for our own questions and for anyone's.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fmqa.errors import UsageError
from fmqa.settings import checkout_root

_FOLLOW_UP = "follow-up:"
_HINT = "docs/evaluation.md has the form of a question."
_SEED = 0  # draws the same questions in each run
_Form = TypeVar("_Form", bound=BaseModel)


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)  # further fields are left alone


class LabelledQuote(_Row):
    """A sentence that answers a question, or helps to; ``fact`` numbers what it states."""

    quote: str = Field(min_length=1)
    role: Literal["core", "helpful"] = "core"
    fact: int | None = None
    paper: str = ""


class Question(_Row):
    """A question and what a right answer holds.

    An expected fact is a string, or several of which one will do. ``split`` tells apart what may be
    looked at from what is held back.
    """

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    kind: str = Field(min_length=1)
    answerable: bool
    evidence: tuple[LabelledQuote, ...] = ()
    expected_facts: tuple[str | tuple[str, ...], ...] = ()
    papers: tuple[str, ...] = ()
    why: str = ""
    split: str = ""

    @model_validator(mode="after")
    def _can_be_graded(self) -> Question:
        if self.answerable and not (self.evidence or self.expected_facts):
            raise ValueError("an answerable question needs evidence or expected_facts")
        return self

    @property
    def group(self) -> str:
        """The kind without what follows a colon: all follow-ups are of one kind."""
        return self.kind.split(":")[0]

    @property
    def after(self) -> str:
        """The id of the question that a follow-up is asked after; empty for others."""
        return self.kind.removeprefix(_FOLLOW_UP) if self.kind.startswith(_FOLLOW_UP) else ""

    @property
    def facts(self) -> tuple[tuple[str, ...], ...]:
        """Each expected fact in its wordings."""
        return tuple((f,) if isinstance(f, str) else f for f in self.expected_facts)

    @property
    def wanted(self) -> tuple[tuple[str, ...], ...]:
        """What has to be cited: for each of these groups, one of its quotes.

        A group is a fact's quotes; where no quote is numbered, each core sentence is one.
        """
        groups: dict[int, list[str]] = {}
        for one in self.evidence:
            if one.fact is not None:
                groups.setdefault(one.fact, []).append(one.quote)
        if groups:
            return tuple(map(tuple, groups.values()))
        return tuple((one.quote,) for one in self.evidence if one.role == "core")


def starter_questions() -> Path:
    """Our own questions over the starter library: the checkout's, or the installed package's."""
    root = checkout_root()
    if root is not None:
        return root / "corpus" / "questions.jsonl"
    return Path(__file__).resolve().parents[1] / "starter" / "questions.jsonl"


def read_questions(path: Path) -> list[Question]:
    """The questions of a file, in its order.

    Raises:
        UsageError: the file can't be read, or a row doesn't hold; the message names file and line.
    """
    found: dict[str, Question] = {}
    for where, question in read_rows(path, Question, _HINT):
        if question.id in found:
            raise UsageError(f"{where}: the id {question.id!r} is taken.", hint=_HINT)
        if question.after and question.after not in found:
            raise UsageError(f"{where}: {question.kind!r} names no question above it.", hint=_HINT)
        found[question.id] = question
    return list(found.values())


def read_rows(path: Path, form: type[_Form], hint: str) -> Iterator[tuple[str, _Form]]:
    """The JSON objects of a file, one a line, each with the words for where it stands.

    Args:
        path: of the file.
        form: what each row has to be.
        hint: where the form is told.

    Raises:
        UsageError: the file can't be read, a row isn't of the form, or there is none.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} can't be read: {error}.", hint=hint) from error
    if not any(map(str.strip, lines)):
        raise UsageError(f"{path} holds no row.", hint=hint)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path.name}, line {number}"
        try:
            row = form.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            said = f"{field}: {first['msg']}" if field else first["msg"]
            raise UsageError(f"{where}: {said}.", hint=hint) from error
        yield where, row


def chosen(
    questions: Sequence[Question], *, kinds: Sequence[str] = (), limit: int | None = None
) -> list[Question]:
    """Some of the questions, in their order.

    Args:
        questions: all of them.
        kinds: only these kinds; all when empty.
        limit: how many at most, drawn at random but always the same.

    What a follow-up among them is asked after comes along.

    Raises:
        UsageError: no question is of these kinds.
    """
    left = [q for q in questions if not kinds or q.group in kinds or q.kind in kinds]
    if not left:
        known = ", ".join(sorted({q.group for q in questions}))
        raise UsageError(f"No question is of the kind {', '.join(kinds)}.", hint=f"Known: {known}.")
    if limit is not None and limit < len(left):
        left = random.Random(_SEED).sample(left, limit)  # noqa: S311 (no secret)
    return with_before(left, questions)


def with_before(some: Sequence[Question], questions: Sequence[Question]) -> list[Question]:
    """Some of the questions and what they are asked after, in the order of all."""
    wanted = {question.id for question in some}
    for question in reversed(questions):  # each stands below what it is asked after
        if question.id in wanted and question.after:
            wanted.add(question.after)
    return [question for question in questions if question.id in wanted]
