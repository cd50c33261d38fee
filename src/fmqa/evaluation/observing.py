"""Asking one question and writing down all that came of it."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fmqa.answering.abstention import support
from fmqa.answering.assistant import Assistant, EvidenceFound, Finished, SentenceReady
from fmqa.answering.evidence import Evidence, EvidenceSelector
from fmqa.answering.multilingual import MultilingualAssistant
from fmqa.errors import FmqaError
from fmqa.evaluation.matching import held
from fmqa.evaluation.placing import Place, Placing
from fmqa.evaluation.ranking import ranked_papers
from fmqa.retrieval.expansion import expanded_question
from fmqa.types import Hit

if TYPE_CHECKING:
    from fmqa.answering.conversation import Exchange, Rewrite
    from fmqa.answering.schema import Answer
    from fmqa.evaluation.judging import Judgement
    from fmqa.evaluation.questions import Question

AnyAssistant = Assistant | MultilingualAssistant

_RANKED_PASSAGES = 100  # enough for 20 papers, of which no more than a few passages come first


@dataclass(frozen=True, slots=True)
class Observed:
    """One question and what came of it. ``asked`` is what a follow-up was understood as.

    ``said`` and ``quoted`` say of each expected fact whether a said sentence, or a quote of a
    supporting paper, holds it. ``confidence`` is what abstention goes by: closeness plus weighted
    coverage of the evidence, 0 without any. Times are milliseconds, ``first`` to the first quote or
    sentence that can be shown, None where nothing is. ``tokens`` are (read, written).
    ``error`` is why no answer came; ``answer`` is None then.
    """

    question: Question
    asked: str
    answer: Answer | None = None
    error: str = ""
    said: tuple[bool, ...] = ()
    quoted: tuple[bool, ...] = ()
    telling: tuple[bool, ...] = ()
    places: tuple[Place, ...] = ()
    confidence: float = 0.0
    ranked: tuple[str, ...] = ()
    first_ms: float | None = None
    total_ms: float = 0.0
    tokens: tuple[int, int] | None = None
    judgement: Judgement | None = None

    @property
    def answered(self) -> bool:
        """Whether something was said."""
        return self.answer is not None and self.answer.status == "answered"

    @property
    def cited(self) -> tuple[str, ...]:
        """The papers that the answer cites, each once."""
        citations = self.answer.citations if self.answer else ()
        return tuple(dict.fromkeys(citation.paper_id for citation in citations))

    @property
    def right(self) -> bool:
        """Refused where nothing answers; else all facts said, in whatever paper they stand.

        Where no fact is expected, a supporting paper is cited.
        """
        if not self.question.answerable:
            return self.answer is not None and not self.answered
        if self.question.expected_facts:
            return self.answered and all(self.said)
        return self.answered and not set(self.question.supporting_ids).isdisjoint(self.cited)

    @property
    def missed(self) -> list[str]:
        """The facts that no sentence says."""
        said = self.said or (False,) * len(self.question.expected_facts)
        return [f.text for f, is_said in zip(self.question.expected_facts, said, strict=True)
                if not is_said]  # fmt: skip


class Observer:
    """Asks an assistant and watches.

    Args:
        assistant: what is asked. Its own parts are left as they are.
        rewrite: makes follow-ups stand alone, in place of what the assistant has for it.
    """

    def __init__(self, assistant: AnyAssistant, rewrite: Rewrite | None = None) -> None:
        core = copy.copy(core_of(assistant))
        self._selector = _Watched(core.selector)
        core.selector = self._selector
        core.rewrite = rewrite or core.rewrite
        self.core = core
        self.assistant: AnyAssistant = core
        if isinstance(assistant, MultilingualAssistant):
            self.assistant = MultilingualAssistant(core, assistant.translator)
        self.placing = Placing(core.searcher.library)

    def observe(self, question: Question, history: Sequence[Exchange] = ()) -> Observed:
        """Puts a question, after those of ``history``; an error of ours is written down."""
        self._selector.evidence = None
        timing = _Timing()
        answer: Answer | None = None
        error = ""
        with _usage(self.core.model) as usage:
            try:
                answer = self._ask(question.question, history, timing)
            except FmqaError as failure:
                error = str(failure)
        asked = (answer.understood_as if answer else "") or question.question
        texts = [sentence.text for sentence in answer.sentences] if answer else []
        citations = answer.citations if answer else ()
        facts, wanted = question.expected_facts, question.supporting_ids
        supporting = [c.quote for c in citations if not wanted or c.paper_id in wanted]
        return Observed(
            question,
            asked,
            answer,
            error,
            said=held(facts, texts),
            quoted=held(facts, supporting),
            telling=tuple(any(held(facts, [citation.quote])) for citation in citations),
            places=tuple(self.placing.place(citation) for citation in citations),
            confidence=_confidence(self._selector.evidence),
            ranked=() if error else tuple(self._ranking(asked)),
            first_ms=timing.first_ms,
            total_ms=timing.total_ms,
            tokens=usage.tokens,
        )

    def warm_up(self) -> None:
        """Load what the first question would wait for, so that its time is like the others'."""
        with suppress(FmqaError):  # the first question will say it
            self.core.searcher.search("warm up", 1)

    def _ask(self, asked: str, history: Sequence[Exchange], timing: _Timing) -> Answer:
        for event in self.assistant.stream(asked, None, history):
            timing.saw(isinstance(event, EvidenceFound | SentenceReady))
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a stream ends with Finished")

    def _ranking(self, asked: str) -> list[str]:
        """The papers as the search ranks them, which an answer's few passages don't show."""
        searcher = self.core.searcher
        return ranked_papers(searcher.search(expanded_question(asked), _RANKED_PASSAGES))


def core_of(assistant: AnyAssistant) -> Assistant:
    """The part of an assistant that works in English."""
    return assistant.inner if isinstance(assistant, MultilingualAssistant) else assistant


class _Watched(EvidenceSelector):
    """An evidence selector that keeps what it chose last."""

    def __init__(self, inner: EvidenceSelector) -> None:
        super().__init__(inner.embed, inner.limit)
        self.inner = inner
        self.evidence: Evidence | None = None

    def select(self, question: str, hits: Sequence[Hit]) -> Evidence:
        """What the inner one selects."""
        self.evidence = self.inner.select(question, hits)
        return self.evidence


def _confidence(evidence: Evidence | None) -> float:
    if evidence is None or not evidence.quotes:
        return 0.0
    return support(evidence)


class _Timing:
    def __init__(self) -> None:
        self._started = time.monotonic()
        self.first_ms: float | None = None
        self.total_ms = 0.0

    def saw(self, content: bool) -> None:
        self.total_ms = (time.monotonic() - self._started) * 1000
        if content and self.first_ms is None:
            self.first_ms = self.total_ms


@dataclass(slots=True)
class _Usage:
    tokens: tuple[int, int] | None = None


@contextmanager
def _usage(model: str) -> Iterator[_Usage]:
    """Counts the tokens that LangChain's models tell of; nothing without a model."""
    usage = _Usage()
    if model == "none":
        yield usage
        return
    from langchain_core.callbacks import get_usage_metadata_callback

    with get_usage_metadata_callback() as counting:
        yield usage
    parts = list(counting.usage_metadata.values())
    if parts:
        usage.tokens = (
            sum(part["input_tokens"] for part in parts),
            sum(part["output_tokens"] for part in parts),
        )
