"""Writing sentences from quotes, in the way that the model at hand is good at.

Without a model the quotes speak for themselves. A small model rewords one quote at a time, so that
the citation is known without asking it. A strong one writes over whole passages (see `synthesis`).
Whatever is written is only a draft: the verifier decides what is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol

from fmqa import prompts
from fmqa.answering import asking
from fmqa.answering.claims import as_said, without_citations
from fmqa.answering.quotes import short_name
from fmqa.answering.replies import MARK, Begins, Reply, declines, plain, without_reasoning
from fmqa.answering.rows import is_row, told
from fmqa.errors import ModelSilent
from fmqa.reading.sentences import split_sentences
from fmqa.types import Quote

if TYPE_CHECKING:
    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable

    ChatRunnable = Runnable[LanguageModelInput, AIMessage]

Errors = Callable[[], AbstractContextManager[None]]

_SHOWN_OF_REFUSAL = 200
_ANY = 999  # as many quotes as a mark may name
_PREAMBLE = re.compile(r"^(?:sentence|answer|rewording)\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence and the quotes (by index) that it says it rests on.

    ``verbatim`` when it is the quote itself; ``begins`` a paragraph or an item of a list.
    """

    text: str
    quotes: tuple[int, ...]
    verbatim: bool = False
    begins: Begins = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A word to the user on how the model did."""

    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A draft that no quote carries, and why: what a strong model may repair."""

    draft: Draft
    reason: str


class Drafter(Protocol):
    """Writes sentences from quotes, in the order in which they are to be read.

    ``reads`` is how many tokens of passages it takes. One that takes none is given the quotes that
    were chosen; one that reads decides for itself what answers, and may repair what is refused.
    """

    reads: int = 0

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft | Notice]:
        """The sentences, each as soon as it is written; none where the quotes don't answer.

        Raises:
            ModelError: the model can't be used (any more).
        """
        ...

    def repaired(
        self, question: str, quotes: Sequence[Quote], refused: Sequence[Refused]
    ) -> list[list[Draft] | None]:
        """What takes the place of each refused draft: nothing where it is given up.

        None where nothing was said of it.

        Raises:
            ModelError: the model can't be used (any more).
        """
        del question, quotes
        return [None] * len(refused)


def verbatim(quote: Quote, index: int) -> Draft:
    """The quote as its own sentence, without the paper's reference numbers."""
    if is_row(quote):
        return Draft(told(quote), (index,), verbatim=True)
    return Draft(as_said(quote.text), (index,), verbatim=True)


class ExtractiveDrafter(Drafter):
    """The papers' own words."""

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft]:
        """Each quote as a sentence."""
        del question
        yield from (verbatim(quote, index) for index, quote in enumerate(quotes))


class RewordingDrafter(Drafter):
    """One quote at a time, several at once: for small models.

    Args:
        slots: the model, once for each request that it may have at a time; a local server's slots
            each keep the prompt's fixed beginning.
        errors: turns what a provider raises into a `ModelError`.
    """

    def __init__(self, slots: Sequence[ChatRunnable], errors: Errors) -> None:
        self.slots = slots
        self.errors = errors

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft]:
        """A rewording of each quote, in the quotes' order."""
        free: SimpleQueue[ChatRunnable] = SimpleQueue()
        for slot in self.slots:
            free.put(slot)

        def reword(quote: Quote) -> str:
            slot = free.get()
            try:
                with self.errors():
                    reply = asking.invoke(slot, reword_messages(quote), stop=["\n"])
            finally:
                free.put(slot)
            if declines(without_reasoning(str(reply.text))):
                raise ModelSilent(declined(str(reply.text)))
            text = one_sentence(str(reply.text))
            cut_off = asking.is_cut_off(asking.ending(reply)) and text[-1:] not in ".!?"
            return "" if cut_off else text

        pool = ThreadPoolExecutor(len(self.slots), thread_name_prefix="draft")
        try:
            del question  # see `prompts.reword_quote`
            waiting = [pool.submit(reword, quote) for quote in quotes]
            written = False
            for index, future in enumerate(waiting):
                text = future.result()
                written = written or bool(text)
                if not written and index == len(waiting) - 1:
                    raise ModelSilent("The language model gave no answer.")
                yield Draft(text, (index,)) if text else verbatim(quotes[index], index)
        finally:
            # Whoever stops listening doesn't wait for what he won't hear.
            pool.shutdown(wait=False, cancel_futures=True)


class SparingDrafter(Drafter):
    """Has only those quotes reworded that lean on the sentence before them.

    Rewording any other can only lose, and takes a small model seconds; what it names by "we" is put
    in by program, see `editing`.

    Args:
        inner: rewords; gives one draft for each quote, in order.
        most: how many are reworded, the likeliest first; the others are said as they are.
    """

    def __init__(self, inner: Drafter, most: int = 2) -> None:
        self.inner = inner
        self.most = most

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft]:
        """One draft for each quote, in order."""
        leaning = (n for n, quote in enumerate(quotes) if quote.context and not is_row(quote))
        places = list(leaning)[: self.most]
        reworded = self.inner.drafts(question, [quotes[place] for place in places])
        for place, quote in enumerate(quotes):
            draft = next(reworded) if place in places else None
            if isinstance(draft, Draft):
                yield replace(draft, quotes=(place,))
            else:
                yield verbatim(quote, place)


class PreparingDrafter(Drafter):
    """A drafter that is being made ready in the background while passages are looked for.

    Args:
        make: makes the drafter; what it raises is raised by `drafts`.
        reads: the tokens of passages that it will take.
    """

    def __init__(self, make: Callable[[], Drafter], reads: int = 0) -> None:
        self.reads = reads
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="prepare")
        self._ready = self._pool.submit(make)
        self._pool.shutdown(wait=False)

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft | Notice]:
        """What the drafter writes, once it is ready."""
        yield from self._ready.result().drafts(question, quotes)

    def repaired(
        self, question: str, quotes: Sequence[Quote], refused: Sequence[Refused]
    ) -> list[list[Draft] | None]:
        """What the drafter makes of them."""
        return self._ready.result().repaired(question, quotes, refused)


def reword_prefix() -> list[BaseMessage]:
    """The messages that every rewording starts with, to be read into a server's cache ahead."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    messages: list[BaseMessage] = [SystemMessage(prompts.REWORD_SYSTEM)]
    for asked, answered in prompts.REWORD_EXAMPLES:
        messages += [HumanMessage(asked), AIMessage(answered)]
    return messages


def reword_messages(quote: Quote) -> list[BaseMessage]:
    """All messages for the rewording of one quote."""
    from langchain_core.messages import HumanMessage

    text = " ".join(without_citations(quote.text).split())
    return [
        *reword_prefix(),
        HumanMessage(prompts.reword_quote(short_name(quote), text, quote.context)),
    ]


def one_sentence(reply: str) -> str:
    """The first sentence of a model's reply, without marks or a preamble; empty without one."""
    reply = without_reasoning(reply)
    if reply.startswith(("{", "[{", "```", "|")):
        whole = Reply(_ANY)
        reply = "\n".join(piece.text for piece in [*whole.add(reply), *whole.end()])
    lines = [line.strip() for line in reply.splitlines() if line.strip()]
    if not lines:
        return ""
    # "Here is the sentence:" says nothing yet.
    first = lines[1] if len(lines) > 1 and lines[0].endswith(":") else lines[0]
    text = MARK.sub("", plain(_PREAMBLE.sub("", first.strip('"“”')))).strip('"“” ')
    spans = split_sentences(text)
    return text[spans[0][0] : spans[0][1]].strip() if spans else ""


def declined(reply: str) -> str:
    """What to say of a model that refuses to help."""
    said = " ".join(without_reasoning(reply).split())[:_SHOWN_OF_REFUSAL]
    return f"The language model declined to answer: “{said}”"
