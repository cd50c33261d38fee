"""From a question to a checked answer, as a stream of events or at once."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from fmqa.answering.abstention import missing_pages, reason_of, refusal_of, tell_missing
from fmqa.answering.analysis import QueryAnalysis, Refusal
from fmqa.answering.attribution import in_own_words
from fmqa.answering.checking import Checking
from fmqa.answering.citing import Numbering
from fmqa.answering.conflicts import (
    Difference,
    between_papers,
    from_earlier_versions,
    unsaid_figures,
)
from fmqa.answering.conversation import (
    JOINT,
    Exchange,
    FollowUps,
    Rewrite,
    asks_for_more,
    is_courtesy,
    subjects_of,
    unsaid,
    with_kin_named,
    with_review_named,
)
from fmqa.answering.drafting import Drafter, ExtractiveDrafter
from fmqa.answering.events import Event, EvidenceFound, Finished, SentenceReady, SentenceWithheld
from fmqa.answering.evidence import Evidence, EvidenceSelector
from fmqa.answering.quotes import short_name
from fmqa.answering.rows import is_row
from fmqa.answering.schema import Answer, Related
from fmqa.answering.survey_questions import Kind, Side, sides_of
from fmqa.answering.synthesis import for_reading
from fmqa.answering.underway import Underway, marked
from fmqa.answering.verification import CheckingVerifier
from fmqa.errors import ModelError, ModelSilent, NothingToSearch
from fmqa.retrieval.search import Searcher, clean_question, nearest_papers
from fmqa.store.works import one_of_each_work
from fmqa.types import Filters, Hit, Source, StoredPassage

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

__all__ = [
    "Asked", "Assistant", "Event", "EvidenceFound", "Finished", "SentenceReady",
    "SentenceWithheld", "exchange", "marked",
]  # fmt: skip

LEAST_ANSWERABILITY = 0.3
"""Of questions held out of training, 0.08 of the answerable fall below it, 0.73 of the others."""
LEAST_IN_PASSING = 0.5
"""The same where papers only mention what is asked of; answerable ones come from 0.73 on."""
LEAST_TO_READ = 0.05
"""The same for a model that reads the passages, and says itself whether they answer."""
SURE_TO_ANSWER = 0.9
"""From here on such a model isn't believed when it says that they don't."""
PASSAGES_TO_READ = 60
_LOOKED_AT = 50  # passages, for a figure that is asked after
_OF_SIDES, _BESIDE_SIDES = 32, 8  # passages of the papers that are compared; of others, at least
_SHOWN_OF_REPLY = 200  # characters
_REMEMBERED = 4000  # characters of an answer that a follow-up is understood by


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
        pdf_url: where arXiv's PDFs are.
        max_question_chars: the longest question that is taken.
        review: id of the paper that "the review" means, where the library holds it.
        tell: tells of what kind a question is.
    """

    def __init__(  # noqa: PLR0913
        self,
        searcher: Searcher,
        selector: EvidenceSelector,
        drafter: Drafter,
        verifier: CheckingVerifier,
        *,
        model: str,
        passages: int = 24,
        pdf_url: str = "https://arxiv.org/pdf",
        max_question_chars: int = 4000,
        review: str = "",
        tell: Callable[[str], Collection[Kind]] = lambda question: (),
    ) -> None:
        self.searcher = searcher
        self.selector = selector
        self.drafter = drafter
        self.verifier = verifier
        self.model = model
        self.passages = passages
        self.pdf_url = pdf_url
        self.max_question_chars = max_question_chars
        self.rewrite: Rewrite = FollowUps(searcher)  # makes follow-ups stand alone
        self.review = review
        self.tell = tell

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
        if is_courtesy(asked, self.searcher):
            yield self._greeted(asked, started)
            return
        while history and is_courtesy(history[-1].asked, self.searcher):
            history = history[:-1]
        names = self.searcher.names
        question = with_kin_named(self.rewrite(asked, history), names)
        question = with_review_named(question, names.name_of(self.review))
        question = clean_question(question, 2 * self.max_question_chars)
        numbering = Numbering(self.pdf_url)
        state = Underway(asked, question, numbering, started)
        reads = bool(self.drafter.reads)
        query, hits, evidence, refusal = self.find(
            question, filters, lambda: state.reached("retrieval"), reads=reads
        )
        if history and asks_for_more(asked):
            evidence = unsaid(evidence, history[-1].said)
        state.subjects = subjects_of(question, (), self._is_paper)
        state.confidence = evidence.answerability
        if refusal:
            yield self._abstained(state, refusal, query, hits, evidence)
            return
        preview = Numbering(self.pdf_url)
        for quote in evidence.quotes:
            preview.cite(quote)
        state.reached("evidence")
        yield EvidenceFound(preview.citations)
        self._unsaid(question, evidence, state)
        yield from self._sentences(question, evidence, state)
        if not state.sentences:
            refusal = Refusal.UNSUPPORTED if state.withheld else Refusal.NOT_ANSWERED
            yield self._abstained(state, refusal, query, hits, evidence)
            return
        state.subjects = subjects_of(question, state.used, self._is_paper)
        yield from self._differences(state)
        answer = state.answer(self.model, related=_related(hits, numbering.papers))
        yield Finished(answer, lasting=not state.model_failed)

    def find(
        self,
        question: str,
        filters: Filters | None = None,
        searched: Callable[[], None] = lambda: None,
        *,
        reads: bool = False,
    ) -> tuple[QueryAnalysis, list[Hit], Evidence, Refusal | None]:
        """What is found for a question that stands alone, and why it isn't answered, if so.

        Args:
            question: in English.
            filters: which papers may answer.
            searched: told when the passages are found.
            reads: look for a model that reads: for more passages, and refuse less.
        """
        passages = max(self.passages, PASSAGES_TO_READ) if reads else self.passages
        question = question.replace(JOINT, " ")
        query = QueryAnalysis.of(question, self.searcher, filters)
        kinds = self.tell(question)
        sides = sides_of(query, self.searcher) if "compare" in kinds else ()
        hits = self._search(question, passages, filters, sides)
        searched()
        broad = "many" in kinds and not sides
        evidence = self.selector.select(query, hits, sides=sides, broad=broad)
        evidence = in_own_words(evidence, self.searcher.library.bibliography)
        asked_least = LEAST_IN_PASSING if query.in_passing else LEAST_ANSWERABILITY
        least = LEAST_TO_READ if reads else asked_least
        refusal = refusal_of(query, evidence, least)
        return query, hits, evidence, refusal

    def _search(
        self, question: str, passages: int, filters: Filters | None, sides: Sequence[Side]
    ) -> list[Hit]:
        """The best passages, and of each paper that is compared its own best."""
        hits = self.searcher.search(question, passages, filters)
        if not sides or (filters and filters.papers):
            return hits
        each = _OF_SIDES // len(sides)
        found: list[list[Hit]] = []
        for side in sides:
            narrowed = replace(filters or Filters(), papers=tuple(side))
            with suppress(NothingToSearch):
                found.append(self.searcher.search(question, each, narrowed))
        turns = (hit for turn in zip_longest(*found) for hit in turn if hit is not None)
        own = {hit.passage.id: hit for hit in turns}
        others = [hit for hit in hits if hit.passage.id not in own]
        return [*own.values(), *others[: max(_BESIDE_SIDES, passages - len(own))]]

    def _sentences(
        self, question: str, evidence: Evidence, state: Underway
    ) -> Iterator[SentenceReady | SentenceWithheld]:
        reads = self.drafter.reads
        held = self.searcher.library.record.passages_of
        quotes = for_reading(evidence, reads, held) if reads else evidence.quotes
        try:
            yield from Checking(self.drafter, self.verifier, quotes, state).drafts(question)
            if state.sentences:
                return
            if state.withheld:
                said = state.withheld[0].text[:_SHOWN_OF_REPLY]
                raise ModelSilent(f"No quote carries what the language model wrote: “{said}”")
            if evidence.answerability >= SURE_TO_ANSWER:
                raise ModelSilent("The language model finds no answer in what seems to hold one.")
        except ModelError as error:
            yield from self._in_the_papers_words(evidence, error, state)

    def _in_the_papers_words(
        self, evidence: Evidence, error: ModelError, state: Underway
    ) -> Iterator[SentenceReady]:
        """What the model couldn't say; what was said already stays."""
        state.say_last()
        state.model_failed = True
        if evidence.answerability < LEAST_ANSWERABILITY:  # only a model could have told
            state.notices.append(f"{error} The papers' own words are too far off. {error.hint}")
            return
        state.notices.append(f"{error} The papers' own words are shown instead. {error.hint}")
        for draft in ExtractiveDrafter().drafts(state.question, evidence.quotes):
            if not state.uses(quote := evidence.quotes[draft.quotes[0]]):
                yield state.say_quote(quote, draft.begins, draft.head)

    def _unsaid(self, question: str, evidence: Evidence, state: Underway) -> None:
        """Tell of exact figures in the question that no paper gives: "who says 2,570,263?"."""
        for figure in unsaid_figures(question, [quote.text for quote in evidence.quotes]):
            near = (hit.passage.passage.text for hit in self.searcher.search(figure, _LOOKED_AT))
            if unsaid_figures(figure, near, counted=True) and not self.searcher.mentions(figure):
                state.notices.append(f"No paper says {figure}.")

    def _differences(self, state: Underway) -> Iterator[SentenceReady]:
        """What older versions and other papers say otherwise of the figures in the answer."""
        # A row's figures have their heads elsewhere, so they can't be compared with others'.
        said = [quote for quote in state.used if not is_row(quote)]
        for difference in from_earlier_versions(said, self._other_versions):
            if not state.uses(difference.other):
                yield state.say_version(difference.other)
        for difference in between_papers(said):
            one, other = difference.figures
            who = "Two versions of a paper" if _one_work(difference) else "The sources"
            marks = [state.numbering.cite(q)[1].number for q in (difference.one, difference.other)]
            state.notices.append(
                f"{who} differ: {one} [{marks[0]}], {other} [{marks[1]}]. Read both quotes."
            )

    def _other_versions(self, paper_id: str) -> list[StoredPassage]:
        record = self.searcher.library.record
        siblings = [one for kin in record.siblings(paper_id) for one in record.passages_of(kin)]
        own_words = (passage for passage in siblings if passage.source is Source.PDF)
        return [*record.earlier_passages(paper_id), *own_words]

    def _greeted(self, asked: str, started: float) -> Finished:
        """A short word to who thanks or greets."""
        refusal = Refusal.NO_QUESTION
        reason = reason_of(refusal, QueryAnalysis(asked, {}, {}))
        state = Underway(asked, asked, Numbering(self.pdf_url), started)
        answer = state.answer(self.model, related=(), abstained=reason, reason=reason)
        return Finished(answer.model_copy(update={"refusal": refusal.value}))

    def _abstained(
        self,
        state: Underway,
        refusal: Refusal,
        query: QueryAnalysis,
        hits: Sequence[Hit],
        evidence: Evidence,
    ) -> Finished:
        """The refusal, with what the papers do hold that is nearest."""
        quote = None if query.refusal else evidence.nearest
        related = _related(hits, set())
        titles = "; ".join(paper.title for paper in related)
        reason = reason_of(refusal, query)
        missing = missing_pages(query, hits, self.searcher.library.record)
        text = " ".join(["The papers don't answer this.", reason, *map(tell_missing, missing)])
        if quote is not None:
            text += (
                f" The nearest sentence, of {short_name(quote)}: “{' '.join(quote.text.split())}”"
            )
        if titles:
            text += f" Nearest papers: {titles}."
        near = Numbering(self.pdf_url).cite(quote)[1] if quote is not None else None
        answer = state.answer(self.model, related=related, abstained=text, reason=reason)
        told = {"nearest": near, "refusal": refusal.value, "missing": missing}
        return Finished(answer.model_copy(update=told), lasting=not state.model_failed)


def exchange(answer: Answer) -> Exchange:
    """What the next question of a conversation has to know of this one."""
    said = " ".join(one.english or one.text for one in answer.sentences)[:_REMEMBERED]
    asked = answer.understood_as or answer.question
    return Exchange(answer.question, asked, answer.subjects, said)


def _one_work(difference: Difference) -> bool:
    papers = (difference.one.passage.paper, difference.other.passage.paper)
    return len(one_of_each_work(papers)) == 1


def _related(hits: Sequence[Hit], cited: set[str]) -> tuple[Related, ...]:
    others = [hit for hit in hits if hit.passage.paper.paper_id not in cited]
    papers = [hit.passage.paper for hit in nearest_papers(others)]
    return tuple(Related(paper_id=p.paper_id, arxiv_id=p.arxiv_id, title=p.title) for p in papers)
