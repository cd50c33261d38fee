"""Writing sentences from quotes, in the way that the model at hand is good at.

Without a model the quotes speak for themselves. A small model rewords one quote at a time, so that
the citation is known without asking it. A strong model writes over all quotes at once and names
them. Whatever is written here is only a draft: the verifier decides what is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import pairwise
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol

from fmqa import prompts
from fmqa.answering.claims import without_citations
from fmqa.answering.quotes import short_name, stands_alone
from fmqa.answering.rows import in_caption, is_row, told
from fmqa.reading.sentences import split_sentences
from fmqa.types import Quote

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, LanguageModelInput
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable

    ChatRunnable = Runnable[LanguageModelInput, AIMessage]

Errors = Callable[[], AbstractContextManager[None]]

_MARK = re.compile(r"\s*\[\s*(\d+(?:\s*,\s*\d+)*)\s*\]")
_PREAMBLE = re.compile(r"^(?:sentence|answer|rewording)\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence and the quotes (by index) that it says it rests on.

    ``verbatim`` when it is the quote itself.
    """

    text: str
    quotes: tuple[int, ...]
    verbatim: bool = False


class Drafter(Protocol):
    """Writes sentences from quotes, in the order in which they are to be read."""

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft]:
        """The sentences, each as soon as it is written.

        Raises:
            ModelError: the model can't be used (any more).
        """
        ...


def verbatim(quote: Quote, index: int) -> Draft:
    """The quote as its own sentence, without the paper's reference numbers."""
    if is_row(quote):
        return Draft(told(quote), (index,), verbatim=True)
    text = " ".join(without_citations(quote.text).split())
    return Draft(re.sub(r"\s+([.,;:)])", r"\1", text), (index,), verbatim=True)


class ExtractiveDrafter:
    """The papers' own words."""

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft]:
        """Each quote as a sentence."""
        del question
        yield from (verbatim(quote, index) for index, quote in enumerate(quotes))


class RewordingDrafter:
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
                    reply = slot.invoke(reword_messages(quote), stop=["\n"])
            finally:
                free.put(slot)
            return one_sentence(str(reply.text))

        pool = ThreadPoolExecutor(len(self.slots), thread_name_prefix="draft")
        try:
            del question  # see `prompts.reword_quote`
            waiting = [pool.submit(reword, quote) for quote in quotes]
            for index, future in enumerate(waiting):
                text = future.result()
                yield Draft(text, (index,)) if text else verbatim(quotes[index], index)
        finally:
            # Whoever stops listening doesn't wait for what he won't hear.
            pool.shutdown(wait=False, cancel_futures=True)


class SparingDrafter:
    """Says a quote that stands alone as it is, and has only the others reworded.

    Rewording a sentence that already names what it speaks of can only lose, and takes a small
    model seconds.

    Args:
        inner: rewords; gives one draft for each quote, in order.
        most: how many are reworded, the likeliest first; the others are said as they are.
    """

    def __init__(self, inner: Drafter, most: int = 4) -> None:
        self.inner = inner
        self.most = most

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft]:
        """One draft for each quote, in order."""
        leaning = [place for place, quote in enumerate(quotes) if not stands_alone(quote)]
        places = leaning[: self.most]
        reworded = self.inner.drafts(question, [quotes[place] for place in places])
        for place, quote in enumerate(quotes):
            if place in places:
                yield replace(next(reworded), quotes=(place,))
            else:
                yield verbatim(quote, place)


class PreparingDrafter:
    """A drafter that is being made ready in the background while passages are looked for.

    Args:
        make: makes the drafter; what it raises is raised by `drafts`.
    """

    def __init__(self, make: Callable[[], Drafter]) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="prepare")
        self._ready = self._pool.submit(make)
        self._pool.shutdown(wait=False)

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft]:
        """What the drafter writes, once it is ready."""
        yield from self._ready.result().drafts(question, quotes)


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
    lines = [line.strip() for line in reply.strip().splitlines() if line.strip()]
    if not lines:
        return ""
    # "Here is the sentence:" says nothing yet.
    first = lines[1] if len(lines) > 1 and lines[0].endswith(":") else lines[0]
    text = _MARK.sub("", _PREAMBLE.sub("", first.strip('"“”'))).strip('"“” ')
    spans = split_sentences(text)
    return text[spans[0][0] : spans[0][1]].strip() if spans else ""


class SynthesisDrafter:
    """All quotes at once: for strong models.

    Args:
        model: any LangChain chat model.
        errors: turns what a provider raises into a `ModelError`.
    """

    def __init__(self, model: BaseChatModel, errors: Errors) -> None:
        self.model = model
        self.errors = errors

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft]:
        """The model's sentences with the quotes that it names, as they stream in."""
        from langchain_core.messages import HumanMessage, SystemMessage

        named = [(short_name(quote), _shown(quote)) for quote in quotes]
        messages = [
            SystemMessage(prompts.SYNTHESIS_SYSTEM),
            HumanMessage(prompts.synthesis_question(question, named)),
        ]
        written = ""
        with self.errors():
            for chunk in self.model.stream(messages):
                written += str(chunk.text)
                *whole, written = _cut(written)
                yield from (cited(text, len(quotes)) for text in whole if _says(text))
        if _says(written):
            yield cited(written, len(quotes))


def _shown(quote: Quote) -> str:
    """A quote as a strong model sees it: a row in its table, a sentence behind what it leans on."""
    if is_row(quote):
        return " ".join(in_caption(quote).text.split())
    return f"({quote.context}) {quote.text}" if quote.context else quote.text


def _says(text: str) -> bool:
    return any(c.isalpha() for c in text) and prompts.NOT_ANSWERED not in text


def _cut(written: str) -> list[str]:
    """Whole sentences with the marks behind them, and last what isn't a whole one yet."""
    spans = split_sentences(written)
    if len(spans) < 2:
        return [written]
    cuts = [start for start, _ in spans[1:] if not written[start:].lstrip().startswith("[")]
    if not cuts:
        return [written]
    edges = [0, *cuts]
    whole = [written[a:b].strip() for a, b in pairwise(edges)]
    return [*whole, written[cuts[-1] :]]


def cited(sentence: str, count: int) -> Draft:
    """A sentence without its marks, and the quotes (from 0) that they name and that exist."""
    named = [
        int(number) - 1
        for marks in _MARK.findall(sentence)
        for number in marks.split(",")
        if 1 <= int(number) <= count
    ]
    text = re.sub(r"\s+([.,;])", r"\1", _MARK.sub("", sentence)).strip()
    return Draft(text, tuple(dict.fromkeys(named)))
