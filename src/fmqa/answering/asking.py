"""Asking a language model that may be busy, fail once, or not stream.

The providers' own libraries wait as long as a server asks for, in silence: 84 s for a 429 that asks
for 40. Here a server gets one more try after at most `LONGEST_WAIT` seconds, so that the user never
waits long without a word; then the papers' own words are shown, with what happened.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from fmqa.answering.reasoning import without_reasoning
from fmqa.sources.service import retry_after

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, LanguageModelInput
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable

_T = TypeVar("_T")

LONGEST_WAIT = 2.5
_WAIT = 0.5
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
CUT_OFF = frozenset({"length", "max_tokens", "model_length"})
"""What `ending` is where the reply was as long as it may be."""
FILTERED = frozenset({"content_filter", "safety", "refusal"})
"""What `ending` is where the server's filter took the reply away."""
_OVERFLOW = re.compile(
    r"context[ _](?:length|size|window)|maximum context|too many tokens|prompt is too long|"
    r"exceed\w* (?:the )?(?:available |model'?s? )*context|tokens? exceed|input is too long",
    re.IGNORECASE,
)


class LanguageModel:
    """A chat model of LangChain's, made when it is first needed. Safe to share between threads.

    Args:
        make: makes the model.
        errors: turns what its provider raises into a `ModelError`.
    """

    def __init__(
        self,
        make: Callable[[], BaseChatModel],
        errors: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._make = make
        self._errors = errors
        self._guard = Lock()
        self._made: Future[BaseChatModel] | None = None

    def start(self) -> Future[BaseChatModel]:
        """Begin to make the model in the background, unless that runs or is done."""
        with self._guard:
            if self._made is None or (self._made.done() and self._made.exception()):
                pool = ThreadPoolExecutor(1, thread_name_prefix="language-model")
                self._made = pool.submit(self._make)
                pool.shutdown(wait=False)
            return self._made

    def ask(self, system: str, text: str, examples: Sequence[tuple[str, str]] = ()) -> str:
        """The whole reply without the model's reasoning; ``examples`` are turns before the text.

        Raises:
            ModelError: the model can't be used (any more).
        """
        turns = [turn for asked, told in examples for turn in (("human", asked), ("ai", told))]
        with self._errors():
            reply = invoke(self.start().result(), [("system", system), *turns, ("human", text)])
        return without_reasoning(str(reply.text))

    def stream(self, system: str, text: str) -> Iterator[AIMessage]:
        """The reply in pieces as they come.

        Raises:
            ModelError: the model can't be used (any more).
        """
        with self._errors():
            yield from stream(self.start().result(), [("system", system), ("human", text)])


def asked_to_wait(error: BaseException) -> float | None:
    """The seconds that a server asks to wait in its ``Retry-After``; None where it doesn't."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    return retry_after(headers)


def overflows(error: BaseException) -> bool:
    """Whether a server refuses a request because it is longer than the model's context."""
    return any(one is not None and _OVERFLOW.search(str(one)) for one in (error, error.__cause__))


def patiently(ask: Callable[[], _T]) -> _T:
    """What ``ask`` gives; once more after a short wait where the server may do better then."""
    try:
        return ask()
    except Exception as error:
        wait = _worth_waiting(error)
        if wait is None:
            raise
    time.sleep(wait)
    return ask()


def invoke(model: Any, messages: Any) -> AIMessage:
    """The model's whole reply; an empty one where the server sent no choice."""
    from langchain_core.messages import AIMessage

    try:
        reply: AIMessage = patiently(lambda: model.invoke(messages))
    except IndexError:  # LangChain's, at the first of no choices
        return AIMessage("")
    return reply


def stream(model: Runnable[LanguageModelInput, AIMessage], messages: Any) -> Iterator[AIMessage]:
    """The reply in pieces as they come; in one piece from a server that doesn't stream."""

    def begin() -> tuple[Iterator[AIMessage], AIMessage | None]:
        pieces: Iterator[Any] = iter(model.stream(messages))
        try:
            return pieces, next(pieces, None)
        except ValueError:  # LangChain's "No generation chunks were returned"
            return iter(()), None

    pieces, first = patiently(begin)
    heard = False
    if first is not None:
        heard = bool(first.text or ending(first))
        yield first
    for piece in pieces:
        heard = heard or bool(piece.text or ending(piece))
        yield piece
    if not heard:
        yield invoke(model, messages)


def ending(message: AIMessage) -> str:
    """Why the reply ends with this piece: ``stop``, ``length``, … in small letters, if it does."""
    told = message.response_metadata
    for key in ("finish_reason", "stop_reason", "done_reason"):
        if told.get(key):
            return str(told[key]).lower()
    return ""


def _worth_waiting(error: Exception) -> float | None:
    status = getattr(error, "status_code", None)
    if status == _TOO_MANY_REQUESTS:
        wait = asked_to_wait(error)
        wait = 1.0 if wait is None else wait
        return wait if wait <= LONGEST_WAIT else None
    kinds = {kind.__name__ for kind in type(error).__mro__}
    lost = "APIConnectionError" in kinds and "APITimeoutError" not in kinds
    return _WAIT if lost or (isinstance(status, int) and status >= _SERVER_ERROR) else None
