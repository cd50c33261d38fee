"""From a question to a checked answer, as a stream of events or at once."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fmqa.answering.abstention import reason_of, refusal_of
from fmqa.answering.analysis import QueryAnalysis, Refusal
from fmqa.answering.citing import Numbering
from fmqa.answering.claims import named_things, numbers
from fmqa.answering.conflicts import between_papers, from_earlier_versions
from fmqa.answering.conversation import (
    Exchange,
    Rewrite,
    standalone,
    subjects_of,
    with_kin_named,
    with_review_named,
)
from fmqa.answering.drafting import Draft, Drafter, Notice, verbatim
from fmqa.answering.evidence import Evidence, EvidenceSelector
from fmqa.answering.quotes import short_name
from fmqa.answering.rows import is_row
from fmqa.answering.schema import Answer, Citation, Related, Sentence, Timings, Withheld
from fmqa.answering.verification import Verifier
from fmqa.errors import ModelError, ModelSilent
from fmqa.retrieval.search import Searcher, clean_question, nearest_papers
from fmqa.types import Filters, Hit, Quote

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable


LEAST_ANSWERABILITY = 0.35
"""Of questions held out of training, 0.05 of the answerable fall below it, 0.80 of the others."""


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """The quotes that the answer will rest on, before a word is written."""

    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class SentenceReady:
    """A sentence that has been checked, with the citations that it uses for the first time."""

    sentence: Sentence
    new_citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class SentenceWithheld:
    """A drafted sentence that is not said."""

    withheld: Withheld


@dataclass(frozen=True, slots=True)
class Finished:
    """The whole answer."""

    answer: Answer


Event = EvidenceFound | SentenceReady | SentenceWithheld | Finished


class Asked(ABC):
    """Whatever answers questions as a stream of events, asked in the other ways too."""

    @abstractmethod
    def stream(
        self,
        question: str,
        filters: Filters | None = None,
        history: Sequence[Exchange] = (),
    ) -> Iterator[Event]:
        """The answer as it comes about; the last event is `Finished`."""

    def anew(
        self,
        question: str,
        filters: Filters | None = None,
        history: Sequence[Exchange] = (),
    ) -> Iterator[Event]:
        """The same, never from memory: for those who remember nothing, as ever."""
        return self.stream(question, filters, history)

    def ask(
        self,
        question: str,
        filters: Filters | None = None,
        history: Sequence[Exchange] = (),
    ) -> Answer:
        """The answer to a question.

        Args:
            question: in words.
            filters: which papers may answer.
            history: what was asked before, oldest first, see `exchange`.

        Raises:
            UsageError: the question is empty or too long.
            NothingToSearch: no paper to answer from.
        """
        for event in self.stream(question, filters, history):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a stream ends with Finished")

    def runnable(self) -> Runnable[str, Answer]:
        """The answering as a LangChain Runnable from a question to an `Answer`."""
        from langchain_core.runnables import RunnableLambda

        chain: Runnable[str, Answer] = RunnableLambda(self.ask).with_config(run_name="fmqa")
        return chain


class Assistant(Asked):
    """Answers questions. Holds no conversation: what was asked before comes with each call.

    Args:
        searcher: finds passages.
        selector: chooses quotes in them.
        drafter: writes sentences from quotes.
        verifier: decides which of them are said.
        model: what to call the drafter's model in an answer.
        passages: how many passages to look through.
        least: the probability of an answer below which none is given.
        pdf_url: where arXiv's PDFs are.
        max_question_chars: the longest question that is taken.
        rewrite: makes follow-ups stand alone; by rules when None.
        review: id of the paper that "the review" means, where the library holds it.
    """

    def __init__(  # noqa: PLR0913
        self,
        searcher: Searcher,
        selector: EvidenceSelector,
        drafter: Drafter,
        verifier: Verifier,
        *,
        model: str,
        passages: int = 24,
        least: float = LEAST_ANSWERABILITY,
        pdf_url: str = "https://arxiv.org/pdf",
        max_question_chars: int = 4000,
        rewrite: Rewrite | None = None,
        review: str = "",
    ) -> None:
        self.searcher = searcher
        self.selector = selector
        self.drafter = drafter
        self.verifier = verifier
        self.model = model
        self.passages = passages
        self.least = least
        self.pdf_url = pdf_url
        self.max_question_chars = max_question_chars
        self.rewrite = rewrite or self.by_rules
        self.review = review

    def by_rules(self, question: str, history: Sequence[Exchange]) -> str:
        """The question as one that stands alone, by the rules."""
        return standalone(question, history, self._is_paper, self.searcher.speaks_of)

    def _is_paper(self, name: str) -> bool:
        return bool(self.searcher.papers_called([name]))

    def stream(
        self,
        question: str,
        filters: Filters | None = None,
        history: Sequence[Exchange] = (),
    ) -> Iterator[Event]:
        """The answer as it comes about; the last event is `Finished`."""
        started = time.monotonic()
        asked = clean_question(question, self.max_question_chars)
        names = self.searcher.names
        question = with_kin_named(self.rewrite(asked, history), names)
        question = with_review_named(question, names.name_of(self.review))
        question = clean_question(question, 2 * self.max_question_chars)
        numbering = Numbering(self.pdf_url)
        state = _Answering(asked, question, numbering, started)
        query, hits, evidence, refusal = self.find(question, filters, state.retrieved)
        state.subjects = subjects_of(question, (), self._is_paper)
        state.confidence = evidence.answerability
        if refusal:
            yield Finished(self._abstained(state, refusal, query, hits, evidence))
            return
        preview = Numbering(self.pdf_url)
        for quote in evidence.quotes:
            preview.cite(quote)
        state.subjects = subjects_of(question, evidence.quotes, self._is_paper)
        state.found()
        yield EvidenceFound(preview.citations)
        yield from self._sentences(question, evidence, state)
        yield from self._differences(evidence.quotes, state)
        if not state.sentences:
            yield Finished(self._abstained(state, Refusal.UNSUPPORTED, query, hits, evidence))
            return
        yield Finished(state.answer(self.model, related=_related(hits, numbering.papers)))

    def find(
        self,
        question: str,
        filters: Filters | None = None,
        searched: Callable[[], None] = lambda: None,
    ) -> tuple[QueryAnalysis, list[Hit], Evidence, Refusal | None]:
        """What is found for a question that stands alone, and why it isn't answered, if so.

        Args:
            question: in English.
            filters: which papers may answer.
            searched: told when the passages are found.
        """
        hits = self.searcher.search(question, self.passages, filters)
        query = QueryAnalysis.of(question, self.searcher, filters)
        searched()
        evidence = self.selector.select(query, hits)
        return query, hits, evidence, refusal_of(query, evidence, self.least)

    def _sentences(
        self, question: str, evidence: Evidence, state: _Answering
    ) -> Iterator[SentenceReady | SentenceWithheld]:
        quotes = evidence.quotes
        try:
            for draft in self.drafter.drafts(question, quotes):
                if isinstance(draft, Notice):
                    state.notices.append(draft.text)
                else:
                    yield from self._checked(draft, quotes, state)
            if state.withheld and not state.sentences:
                raise ModelSilent("No quote carries what the language model wrote.")
        except ModelError as error:
            # The quotes are an answer of their own; what was said already stays.
            state.notices.append(f"{error} The papers' own words are shown instead. {error.hint}")
            for index, quote in enumerate(quotes):
                if index not in state.used:
                    yield from self._checked(verbatim(quote, index), quotes, state)

    def _differences(self, quotes: Sequence[Quote], state: _Answering) -> Iterator[SentenceReady]:
        """What older versions and other papers say otherwise of the figures in the answer."""
        # A row's figures have their heads elsewhere, so they can't be compared with others'.
        said = [quotes[index] for index in sorted(state.used) if not is_row(quotes[index])]
        for difference in from_earlier_versions(
            said, self.searcher.library.record.earlier_passages
        ):
            yield state.say_earlier(difference.other)
        for difference in between_papers(said):
            one, other = difference.figures
            marks = [state.numbering.cite(q)[1].number for q in (difference.one, difference.other)]
            state.notices.append(
                f"The sources differ: {one} [{marks[0]}], {other} [{marks[1]}]. Read both quotes."
            )

    def _checked(
        self, draft: Draft, quotes: Sequence[Quote], state: _Answering
    ) -> Iterator[SentenceReady | SentenceWithheld]:
        if draft.verbatim:
            if draft.quotes[0] not in state.used:
                yield state.say(draft.text, quotes, draft.quotes[0], "verbatim")
            return
        named = draft.quotes[0] if draft.quotes else None
        verdict = self.verifier.verify(draft.text, quotes, named, state.question)
        if verdict.quote is not None:
            if not state.said(draft.text):
                yield state.say(draft.text, quotes, verdict.quote, "supported")
            return
        if any(part.quote is not None for part in verdict.parts):
            for part in verdict.parts:
                if part.quote is None:
                    yield state.withhold(part.text, part.reason)
                elif not state.said(part.text):
                    yield state.say(part.text, quotes, part.quote, "supported")
            return
        yield state.withhold(draft.text, verdict.reason)
        if named is not None and named not in state.used:
            own = verbatim(quotes[named], named)
            yield state.say(own.text, quotes, named, "verbatim")

    def _abstained(
        self,
        state: _Answering,
        refusal: Refusal,
        query: QueryAnalysis,
        hits: Sequence[Hit],
        evidence: Evidence,
    ) -> Answer:
        """The refusal, with what the papers do hold that is nearest."""
        quote = None if query.refusal else evidence.nearest
        related = _related(hits, set())
        titles = "; ".join(paper.title for paper in related)
        reason = reason_of(refusal, query)
        text = f"The papers don't answer this. {reason}"
        if quote is not None:
            text += (
                f" The nearest sentence, of {short_name(quote)}: “{' '.join(quote.text.split())}”"
            )
        if titles:
            text += f" Nearest papers: {titles}."
        near = Numbering(self.pdf_url).cite(quote)[1] if quote is not None else None
        answer = state.answer(self.model, related=related, abstained=text, reason=reason)
        return answer.model_copy(update={"nearest": near, "refusal": refusal.value})


class _Answering:
    """What has been said so far to one question."""

    def __init__(self, asked: str, question: str, numbering: Numbering, started: float) -> None:
        self.asked = asked
        self.question = question
        self.confidence = 0.0
        self.subjects: tuple[str, ...] = ()
        self.numbering = numbering
        self.started = started
        self.sentences: list[Sentence] = []
        self.withheld: list[Withheld] = []
        self.notices: list[str] = []
        self.used: set[int] = set()
        self.retrieval_ms = 0
        self.evidence_ms = 0
        self.first_ms = 0

    def retrieved(self) -> None:
        self.retrieval_ms = self._elapsed()

    def found(self) -> None:
        self.evidence_ms = self._elapsed()

    def said(self, text: str) -> bool:
        """Whether it has been said in almost the same words, of the same, with its figures."""
        words, facts = set(text.lower().split()), _facts(text)
        return any(
            len(words & set(said.text.lower().split())) > 0.85 * len(words)
            and facts == _facts(said.text)
            for said in self.sentences
        )

    def say(self, text: str, quotes: Sequence[Quote], index: int, verdict: Any) -> SentenceReady:
        self.first_ms = self.first_ms or self._elapsed()
        self.used.add(index)
        new, citation = self.numbering.cite(quotes[index])
        sentence = Sentence(text=text, citations=(citation.number,), verdict=verdict)
        self.sentences.append(sentence)
        return SentenceReady(sentence, (citation,) if new else ())

    def say_earlier(self, quote: Quote) -> SentenceReady:
        """Say, in its own words, what a replaced version gave as another figure."""
        new, citation = self.numbering.cite(quote)
        text = f"Version {citation.version} of the paper said: “{citation.quote}”"
        sentence = Sentence(text=text, citations=(citation.number,), verdict="verbatim")
        self.sentences.append(sentence)
        return SentenceReady(sentence, (citation,) if new else ())

    def withhold(self, text: str, reason: str) -> SentenceWithheld:
        self.withheld.append(Withheld(text=text, reason=reason))
        return SentenceWithheld(self.withheld[-1])

    def answer(
        self, model: str, *, related: tuple[Related, ...], abstained: str = "", reason: str = ""
    ) -> Answer:
        return Answer(
            question=self.asked,
            understood_as=self.question if self.question != self.asked else "",
            subjects=self.subjects,
            status="abstained" if abstained else "answered",
            reason=reason,
            confidence=round(self.confidence, 4),
            answer=abstained or " ".join(marked(sentence) for sentence in self.sentences),
            sentences=() if abstained else tuple(self.sentences),
            withheld=tuple(self.withheld),
            citations=() if abstained else self.numbering.citations,
            related=related,
            notices=tuple(self.notices),
            model=model,
            timings_ms=Timings(
                retrieval=self.retrieval_ms,
                evidence=self.evidence_ms,
                first_sentence=self.first_ms,
                total=self._elapsed(),
            ),
        )

    def _elapsed(self) -> int:
        return round((time.monotonic() - self.started) * 1000)


def exchange(answer: Answer) -> Exchange:
    """What the next question of a conversation has to know of this one."""
    return Exchange(answer.question, answer.understood_as or answer.question, answer.subjects)


def _facts(text: str) -> tuple[set[float], set[str]]:
    return {number.value for number in numbers(text)}, set(named_things(f"x {text}"))


def marked(sentence: Sentence) -> str:
    """A sentence with its citation marks before its full stop: "… images [1]."."""
    marks = "".join(f"[{number}]" for number in sentence.citations)
    text = sentence.text.rstrip()
    end = text[-1] if text and text[-1] in ".!?。！？" else "."
    return f"{text.rstrip('.!?。！？')} {marks}{end}"


def _related(hits: Sequence[Hit], cited: set[str]) -> tuple[Related, ...]:
    others = [hit for hit in hits if hit.passage.paper.paper_id not in cited]
    papers = [hit.passage.paper for hit in nearest_papers(others)]
    return tuple(Related(paper_id=p.paper_id, arxiv_id=p.arxiv_id, title=p.title) for p in papers)
