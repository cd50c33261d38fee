"""Puts questions one by one, and keeps what was done when it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fmqa.answering.assistant import exchange
from fmqa.errors import ModelError
from fmqa.evaluation.figures import Figures, figures, groups
from fmqa.evaluation.observing import AnyAssistant, Observed, Observer

if TYPE_CHECKING:
    from fmqa.answering.conversation import Exchange, Rewrite
    from fmqa.evaluation.judging import Judge
    from fmqa.evaluation.questions import Question

Progress = Callable[[str, int, int], None]


@dataclass
class Evaluation:
    """What was asked and what came of it; grows while it is made.

    ``stopped`` when it ended before its last question. ``notices`` tell of a judge that failed.
    ``papers`` and ``generation`` say what library it was.
    """

    model: str
    papers: int
    generation: int
    began: str
    rows: list[Observed] = field(default_factory=list)
    stopped: bool = False
    notices: list[str] = field(default_factory=list)

    @property
    def figures(self) -> Figures:
        """Of all questions."""
        return figures(self.rows)

    def halves(self) -> dict[str, Figures]:
        """Of the half that thresholds may be fitted on, and of the other."""
        return groups(self.rows, lambda row: row.question.half)

    def by_type(self) -> dict[str, Figures]:
        """Of each type of question."""
        return groups(self.rows, lambda row: row.question.kind)

    def by_language(self) -> dict[str, Figures]:
        """Of each language that is asked in."""
        return groups(self.rows, lambda row: row.question.lang)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the figures, and each question with its answer."""
        return {
            "model": self.model,
            "papers": self.papers,
            "generation": self.generation,
            "began": self.began,
            "stopped": self.stopped,
            "notices": self.notices,
            "figures": self.figures.as_dict(),
            "halves": {name: made.as_dict() for name, made in self.halves().items()},
            "types": {name: made.as_dict() for name, made in self.by_type().items()},
            "languages": {name: made.as_dict() for name, made in self.by_language().items()},
            "questions": [_row(row) for row in self.rows],
        }


class Evaluator:
    """Asks an assistant questions whose answers are known.

    Args:
        assistant: what is asked.
        judge: also reads each answer, if given.
        rewrite: makes follow-ups stand alone, in place of what the assistant has for it.
        progress: told of (label, done, all).
    """

    def __init__(
        self,
        assistant: AnyAssistant,
        *,
        judge: Judge | None = None,
        rewrite: Rewrite | None = None,
        progress: Progress = lambda *step: None,
    ) -> None:
        self.observer = Observer(assistant, rewrite)
        self.judge = judge
        self.progress = progress

    def run(self, questions: Sequence[Question]) -> Evaluation:
        """Asks them all. Ctrl-C ends it early, with what was done."""
        core = self.observer.core
        record = core.searcher.library.record
        made = Evaluation(
            core.model,
            record.count_papers(),
            record.generation,
            datetime.now(UTC).isoformat(timespec="seconds"),
        )
        told: dict[str, Exchange] = {}
        try:
            self.observer.warm_up()
            for done, question in enumerate(questions):
                self.progress("Asking", done, len(questions))
                history = [self._told(before, told) for before in question.after]
                row = self.observer.observe(question, history)
                if row.answer is not None:
                    told[question.id] = exchange(row.answer)
                made.rows.append(self._judged(row, made))
        except KeyboardInterrupt:
            made.stopped = True
        self.progress("Asking", len(questions), len(questions))
        return made

    def _told(self, question: Question, told: dict[str, Exchange]) -> Exchange:
        """What was said to a question before; it is asked where it wasn't among those drawn."""
        if question.id not in told:
            history = [told[before.id] for before in question.after]
            told[question.id] = exchange(
                self.observer.assistant.ask(question.question, None, history)
            )
        return told[question.id]

    def _judged(self, row: Observed, made: Evaluation) -> Observed:
        """The row with the judge's opinion. A judge that fails is not asked again."""
        if self.judge is None or row.answer is None or not row.answered:
            return row
        try:
            return replace(row, judgement=self.judge.judge(row.answer))
        except ModelError as error:
            made.notices.append(f"Judged no more from {row.question.id} on: {error}")
            self.judge = None
            return row


def _row(row: Observed) -> dict[str, Any]:
    question = row.question
    return {
        "id": question.id,
        "question": question.question,
        "asked": row.asked,
        "type": question.type,
        "lang": question.lang,
        "half": question.half,
        "answerable": question.answerable,
        "expected_facts": [list(fact.options) for fact in question.expected_facts],
        "supporting_ids": list(question.supporting_ids),
        "right": row.right,
        "status": row.answer.status if row.answer else "failed",
        "error": row.error,
        "missed": row.missed,
        "said": list(row.said),
        "quoted": list(row.quoted),
        "cited": list(row.cited),
        "ranked": list(row.ranked[:20]),
        "confidence": round(row.confidence, 4),
        "first_ms": None if row.first_ms is None else round(row.first_ms),
        "total_ms": round(row.total_ms),
        "tokens": row.tokens,
        "judgement": row.judgement.as_dict() if row.judgement else None,
        "answer": row.answer.model_dump() if row.answer else None,
    }
