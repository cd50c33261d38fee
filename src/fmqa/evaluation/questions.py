"""Questions with what a right answer holds, one JSON object a line.

``id, question, type, expected_facts, supporting_ids, answerable`` and, where wanted, ``lang``
(``en`` unless given) and ``gold_refusal`` (why it should be refused, for a reader of the report). A
fact is a string, or a list of strings any of which will do; `fmqa.evaluation.matching` says when a
sentence holds it. A follow-up has the type ``follow-up:ID`` and is asked after question ID.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmqa.errors import UsageError
from fmqa.evaluation.matching import Fact
from fmqa.settings import checkout_root

FOLLOW_UP = "follow-up:"
_FIELDS = {
    "id": str,
    "question": str,
    "type": str,
    "expected_facts": list,
    "supporting_ids": list,
    "answerable": bool,
    "lang": str,
    "gold_refusal": str,
}
_OPTIONAL = ("lang", "gold_refusal")
_HINT = "docs/evaluation.md has the form of a question."


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what a right answer holds.

    ``supporting_ids`` are the papers that a right answer may cite. ``after`` is the question that
    a follow-up is asked after, with what that one is asked after before it; empty for others.
    """

    id: str
    question: str
    type: str
    expected_facts: tuple[Fact, ...] = ()
    supporting_ids: tuple[str, ...] = ()
    answerable: bool = True
    lang: str = "en"
    gold_refusal: str = ""
    after: tuple[Question, ...] = ()

    @property
    def half(self) -> str:
        """``fit`` or ``test``, by the id alone: thresholds may be chosen on the first only."""
        return "test" if hashlib.sha256(self.id.encode()).digest()[0] % 2 else "fit"

    @property
    def kind(self) -> str:
        """The type without the id of a follow-up."""
        return FOLLOW_UP.rstrip(":") if self.type.startswith(FOLLOW_UP) else self.type


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
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} can't be read: {error}.", hint=_HINT) from error
    found: dict[str, Question] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = _Row(f"{path.name}, line {number}", line)
        question = row.question(found)
        if question.id in found:
            raise row.bad(f"the id {question.id!r} is taken")
        found[question.id] = question
    if not found:
        raise UsageError(f"{path} holds no question.", hint=_HINT)
    return list(found.values())


def chosen(
    questions: Sequence[Question],
    *,
    kinds: Sequence[str] = (),
    limit: int | None = None,
    seed: int | None = None,
) -> list[Question]:
    """Some of the questions, in their order.

    Args:
        questions: all of them.
        kinds: only these types; all when empty.
        limit: how many at most.
        seed: draws them at random with this seed; the first ones are taken without.

    Raises:
        UsageError: no question is of these types.
    """
    left = [q for q in questions if not kinds or q.kind in kinds or q.type in kinds]
    if not left:
        known = ", ".join(sorted({q.kind for q in questions}))
        raise UsageError(f"No question is of the type {', '.join(kinds)}.", hint=f"Known: {known}.")
    if limit is None or limit >= len(left):
        return left
    if seed is None:
        return left[:limit]
    drawn = set(random.Random(seed).sample(range(len(left)), limit))  # noqa: S311 (no secret)
    return [question for place, question in enumerate(left) if place in drawn]


class _Row:
    """One line of a file, on its way to a question."""

    def __init__(self, where: str, line: str) -> None:
        self.where = where
        try:
            self.fields: Any = json.loads(line)
        except json.JSONDecodeError as error:
            raise self.bad(f"no JSON ({error})") from error
        if not isinstance(self.fields, dict):
            raise self.bad("no JSON object")

    def bad(self, what: str) -> UsageError:
        return UsageError(f"{self.where}: {what}.", hint=_HINT)

    def question(self, known: dict[str, Question]) -> Question:
        self._check_fields()
        fields = self.fields
        made = Question(
            id=fields["id"],
            question=fields["question"],
            type=fields["type"],
            expected_facts=tuple(self._facts()),
            supporting_ids=tuple(self._texts("supporting_ids")),
            answerable=fields["answerable"],
            lang=fields.get("lang", "en"),
            gold_refusal=fields.get("gold_refusal", ""),
            after=self._after(known),
        )
        if made.answerable and not (made.expected_facts or made.supporting_ids):
            raise self.bad("an answerable question needs expected_facts or supporting_ids")
        if not made.answerable and made.expected_facts:
            raise self.bad("a question that is not answerable has no expected_facts")
        if made.answerable and made.gold_refusal:
            raise self.bad("an answerable question has no gold_refusal")
        return made

    def _check_fields(self) -> None:
        for name, kind in _FIELDS.items():
            if name not in self.fields:
                if name in _OPTIONAL:
                    continue
                raise self.bad(f"{name} is missing")
            value = self.fields[name]
            if not isinstance(value, kind):
                raise self.bad(f"{name} must be a {kind.__name__}")
            if isinstance(value, str) and not value.strip() and name != "gold_refusal":
                raise self.bad(f"{name} is empty")
        unknown = self.fields.keys() - _FIELDS.keys()
        if unknown:
            raise self.bad(f"unknown field {min(unknown)!r}")

    def _texts(self, name: str) -> list[str]:
        values = self.fields[name]
        if not all(isinstance(value, str) and value.strip() for value in values):
            raise self.bad(f"{name} must be a list of strings")
        return list(values)

    def _facts(self) -> Iterator[Fact]:
        for value in self.fields["expected_facts"]:
            options = value if isinstance(value, list) else [value]
            if not options or not all(isinstance(option, str) for option in options):
                raise self.bad("an expected fact must be a string or a list of strings")
            try:
                yield Fact.of(*options)
            except ValueError as error:
                raise self.bad(str(error)) from error

    def _after(self, known: dict[str, Question]) -> tuple[Question, ...]:
        kind = self.fields["type"]
        if not kind.startswith(FOLLOW_UP):
            return ()
        first = known.get(kind.removeprefix(FOLLOW_UP))
        if first is None:
            raise self.bad(f"{kind!r} names no question above it")
        return (*first.after, first)
