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
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol

from fmqa import prompts
from fmqa.answering import asking
from fmqa.answering.claims import without_citations
from fmqa.answering.quotes import short_name, stands_alone
from fmqa.answering.replies import MARK, Reply, declines, denies, plain, without_reasoning
from fmqa.answering.rows import in_caption, is_row, told
from fmqa.errors import ModelSilent
from fmqa.reading.sentences import split_sentences
from fmqa.types import Quote

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, LanguageModelInput
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

    ``verbatim`` when it is the quote itself.
    """

    text: str
    quotes: tuple[int, ...]
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A word to the user on how the model did."""

    text: str


class Drafter(Protocol):
    """Writes sentences from quotes, in the order in which they are to be read."""

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft | Notice]:
        """The sentences, each as soon as it is written; none where the quotes don't answer.

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
                    reply = asking.invoke(slot, reword_messages(quote), stop=["\n"])
            finally:
                free.put(slot)
            if declines(without_reasoning(str(reply.text))):
                raise ModelSilent(_declined(str(reply.text)))
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
            draft = next(reworded) if place in places else None
            if isinstance(draft, Draft):
                yield replace(draft, quotes=(place,))
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

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft | Notice]:
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
    reply = without_reasoning(reply)
    if reply.startswith(("{", "[{", "```", "|")):
        whole = Reply(_ANY)
        reply = "\n".join([*whole.add(reply), *whole.end()])
    lines = [line.strip() for line in reply.splitlines() if line.strip()]
    if not lines:
        return ""
    # "Here is the sentence:" says nothing yet.
    first = lines[1] if len(lines) > 1 and lines[0].endswith(":") else lines[0]
    text = MARK.sub("", plain(_PREAMBLE.sub("", first.strip('"“”')))).strip('"“” ')
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

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft | Notice]:
        """The model's sentences with the quotes that it names, as they stream in.

        A model whose context is too small for all quotes is asked again with half of them.

        Raises:
            ModelSilent: it wrote nothing, declined, or was cut off before it answered.
        """
        count = len(quotes)
        with self.errors():
            while True:
                reply, ending = Reply(count), ""
                try:
                    for piece in asking.stream(self.model, _messages(question, quotes[:count])):
                        ending = asking.ending(piece) or ending
                        yield from _drafts(reply.add(str(piece.text)), quotes[:count])
                    break
                except Exception as error:
                    if count == 1 or reply.text or not asking.overflows(error):
                        raise
                    count = (count + 1) // 2
            cut_off = asking.is_cut_off(ending)
            yield from _drafts(_checked_end(reply, ending), quotes[:count])
            if count < len(quotes):
                yield Notice(TOO_LONG.format(read=count, count=len(quotes)))
            if cut_off:
                yield Notice(CUT_OFF)


TOO_LONG = (
    "The language model's context is too small for the {count} quotes; it was given {read} of them."
)
CUT_OFF = "The language model's reply was cut off; its last, unfinished sentence isn't said."


def _messages(question: str, quotes: Sequence[Quote]) -> list[BaseMessage]:
    from langchain_core.messages import HumanMessage, SystemMessage

    named = [(short_name(quote), _shown(quote)) for quote in quotes]
    return [
        SystemMessage(prompts.SYNTHESIS_SYSTEM),
        HumanMessage(prompts.synthesis_question(question, named)),
    ]


def _checked_end(reply: Reply, ending: str) -> list[str]:
    """What is left of a reply that has ended.

    Raises:
        ModelSilent: there is no answer in all of it.
    """
    cut_off = asking.is_cut_off(ending)
    left = reply.end(cut_off=cut_off)
    if asking.is_filtered(ending):
        raise ModelSilent("The server's filter took the language model's answer away.")
    if reply.given:
        if denies(reply.text):
            return []
        if declines(reply.text):
            raise ModelSilent(_declined(reply.text))
        return left
    if cut_off:
        raise ModelSilent("The language model was cut off before it answered.")
    if reply.text:
        raise ModelSilent("The language model's reply couldn't be read.")
    raise ModelSilent("The language model gave no answer.")


def _declined(reply: str) -> str:
    said = " ".join(without_reasoning(reply).split())[:_SHOWN_OF_REFUSAL]
    return f"The language model declined to answer: “{said}”"


def _drafts(sentences: Sequence[str], quotes: Sequence[Quote]) -> Iterator[Draft]:
    for sentence in sentences:
        draft = cited(sentence, len(quotes))
        if _says(sentence):
            yield draft
        elif not draft.text.strip(" ."):  # marks alone, as of a table's line
            yield from (verbatim(quotes[index], index) for index in draft.quotes)


def _shown(quote: Quote) -> str:
    """A quote as a strong model sees it: a row in its table, a sentence behind what it leans on."""
    if is_row(quote):
        return " ".join(in_caption(quote).text.split())
    return f"({quote.context}) {quote.text}" if quote.context else quote.text


def _says(text: str) -> bool:
    return any(c.isalpha() for c in text) and prompts.NOT_ANSWERED not in text


def cited(sentence: str, count: int) -> Draft:
    """A sentence without its marks, and the quotes (from 0) that they name and that exist."""
    named = [
        int(number) - 1
        for marks in MARK.findall(sentence)
        for number in marks.split(",")
        if 1 <= int(number) <= count
    ]
    text = re.sub(r"\s+([.,;])", r"\1", MARK.sub("", sentence)).strip()
    return Draft(text, tuple(dict.fromkeys(named)))
