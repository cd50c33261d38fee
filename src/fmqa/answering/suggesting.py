"""What may be asked next, each question tried by retrieval and the rules of abstention first.

Nothing is written by a model: questions are made from the facts that the record holds of the
papers that were cited, or that came nearest, and only those are offered that would be answered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fmqa.answering.assistant import Assistant
    from fmqa.answering.schema import Answer
    from fmqa.store.library import Library
    from fmqa.types import Filters, PaperMeta

DATA = "What data was {name} trained on?"
DESIGN = "What is the architecture of {name}?"
TRAINING = "How was {name} trained?"
TASKS = "Which tasks does {name} solve?"
WHAT = "What is {name}?"
BOTH = "How do {name} and {other} differ?"
FORMS = (DATA, DESIGN, TRAINING, TASKS, WHAT, BOTH)

_OFFERED = 3
_TRIED = 5
_KEPT = 2048


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that the papers answer: one of the `FORMS`, and the names to put into it."""

    form: str
    name: str
    other: str = ""

    @property
    def english(self) -> str:
        """The question as it is searched for."""
        return self.form.format(name=self.name, other=self.other)


class Suggester:
    """Offers questions after an answer. Usable from several threads.

    Args:
        assistant: whose search and rules decide what would be answered.
        library: what is known of papers.
    """

    def __init__(self, assistant: Assistant, library: Library) -> None:
        self.assistant = assistant
        self.library = library
        self._answerable = lru_cache(_KEPT)(self._would_answer)

    def after(
        self, answer: Answer, asked: Collection[str] = (), filters: Filters | None = None
    ) -> tuple[Suggestion, ...]:
        """At most three questions that would be answered.

        Args:
            answer: the last one.
            asked: questions of the conversation, which aren't offered again.
            filters: those that the next question would be put with.
        """
        known = {_plain(question) for question in asked}
        generation = self.library.record.generation
        offered: list[Suggestion] = []
        for number, one in enumerate(self._candidates(answer)):
            if number == _TRIED or len(offered) == _OFFERED:
                break
            question = one.english
            if _plain(question) not in known and self._answerable(generation, question, filters):
                offered.append(one)
        return tuple(offered)

    def _candidates(self, answer: Answer) -> Iterator[Suggestion]:
        if answer.status == "abstained":
            near = [paper.paper_id for paper in answer.related]
            yield from (Suggestion(WHAT, meta.name) for meta in self._named(near))
            return
        cited = self._named([citation.paper_id for citation in answer.citations])
        others = self._named([paper.paper_id for paper in answer.related])
        for meta in cited[:2]:
            yield from _about(meta, answer.question)
        if cited and others:
            yield Suggestion(BOTH, cited[0].name, others[0].name)
        yield from (Suggestion(WHAT, meta.name) for meta in others)

    def _named(self, papers: Sequence[str]) -> list[PaperMeta]:
        """The facts of those papers that have a name to ask by, each name once."""
        found: dict[str, PaperMeta] = {}
        for paper in dict.fromkeys(papers):
            held = self.library.versions.active(paper)
            if held is not None and held.meta.name and held.meta.kind != "topic":
                found.setdefault(held.meta.name, held.meta)
        return list(found.values())

    def _would_answer(self, generation: int, question: str, filters: Filters | None) -> bool:
        """What `Assistant.stream` decides before a word is written, in a state of the library."""
        del generation
        return self.assistant.find(question, filters)[-1] is None


def _about(meta: PaperMeta, question: str) -> Iterator[Suggestion]:
    """What the record's facts say that there is to know of a paper, the question's own last."""
    forms = [(DATA, meta.data, "data"), (DESIGN, meta.architecture, "architecture")]
    forms += [(TRAINING, meta.training, "train"), (TASKS, " ".join(meta.tasks), "task")]
    text = question.lower()
    told = [form for form, fact, word in forms if fact and word not in text]
    yield from (Suggestion(form, meta.name) for form in told[:2])


def _plain(question: str) -> str:
    return " ".join(question.lower().split()).rstrip("?？ ")
