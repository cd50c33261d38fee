"""The library as a model of OpenAI's chat completions, at `/v1`, for programs that speak to such.

The answer is Markdown: checked sentences with marks, then the sources that they name; `annotations`
say where the marks lead. Earlier questions of the conversation are read, so that a follow-up is
understood. System messages aren't, since nothing that a client says changes how we answer.

The forms are those of https://platform.openai.com/docs/api-reference/chat; what is sent beyond the
fields below (temperature, tools) is not read.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Generator, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fmqa.answering.events import Finished, SentenceReady
from fmqa.answering.underway import marked
from fmqa.apps.asgi import Mount, Person, person_of
from fmqa.apps.cited_works import locator
from fmqa.apps.queries import MOST_BEFORE, Queries, with_comparison
from fmqa.errors import Busy, FmqaError, UsageError
from fmqa.survey.escaping import escape_markdown

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from fmqa.answering.schema import Answer, Citation, Sentence
    from fmqa.apps.web.readiness import Readiness

MODEL = "fmqa"
PATH = "/v1"

Json = dict[str, Any]


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ContentPart(_Sent):
    """A piece of a message."""

    type: str
    text: str = ""


class ChatMessage(_Sent):
    """A message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | tuple[ContentPart, ...] | None = None

    @property
    def text(self) -> str:
        """Its words.

        Raises:
            UsageError: it holds something else, such as an image.
        """
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        other = next((part.type for part in self.content if part.type != "text"), "")
        if other:
            raise UsageError(
                f"A message holds a part of type {other[:40]!r}.", hint="Only text can be read."
            )
        return "\n".join(part.text for part in self.content)


class ChatRequest(_Sent):
    """A request for a completion."""

    model: Annotated[str, Field(max_length=200)]
    messages: Annotated[tuple[ChatMessage, ...], Field(min_length=1, max_length=1000)]
    stream: bool = False
    n: Literal[1] | None = None


def error_form(status: int, message: str, code: str | None = None, param: str = "") -> Json:
    """An error as OpenAI's clients read it."""
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "invalid_request_error" if status < 500 else "server_error")
    told = {"message": message, "type": kind, "param": param or None, "code": code}
    return {"error": told}


def refused(error: Exception) -> tuple[Json, int]:
    """An error in OpenAI's form, and its HTTP status; what isn't meant for users stays untold."""
    if not isinstance(error, FmqaError):
        _log.error("A completion could not be made.", exc_info=error)
        return error_form(500, "Something went wrong in the program itself."), 500
    status = 400 if isinstance(error, UsageError) else 429 if isinstance(error, Busy) else 503
    return error_form(status, f"{error} {error.hint}".strip()), status


_MARK = re.compile(r"\[(\d+)\]")
_log = logging.getLogger(__name__)


def mount(ready: Readiness) -> Mount:
    """The routes of the model: `/v1/models` and `/v1/chat/completions`.

    Args:
        ready: where the assistant comes from, and the program's other parts.
    """
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    card = {"id": MODEL, "object": "model", "created": int(time.time()), "owned_by": MODEL}

    def models(request: Request) -> Response:
        del request
        return JSONResponse({"object": "list", "data": [card]})

    def model(request: Request) -> Response:
        name = request.path_params["name"]
        return JSONResponse(card) if name == MODEL else _no_model(name)

    def nothing(request: Request) -> Response:
        told = f"There is no {request.method} {request.url.path[:80]} here."
        return JSONResponse(error_form(404, told, "not_found"), 404)

    async def complete(request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool

        body = await request.body()
        return await run_in_threadpool(_completed, ready, body, person_of(request))

    return Mount(
        (
            Route(f"{PATH}/models", models),
            Route(f"{PATH}/models/{{name}}", model),
            Route(f"{PATH}/chat/completions", complete, methods=["POST"]),
            Route(
                f"{PATH}/{{rest:path}}",
                nothing,
                methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            ),
        )
    )


def _completed(ready: Readiness, body: bytes, person: Person) -> Response:
    """The answer to one request, whole or as a stream."""
    from starlette.responses import JSONResponse, StreamingResponse

    try:
        asked = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return JSONResponse(error_form(400, f"{first['msg']}.", param=where), 400)
    if asked.model != MODEL:
        return _no_model(asked.model)
    try:
        chat = Chat(ready, asked, person)
        if asked.stream:
            ready.admission.check(person)
            headers = {"cache-control": "no-store"}
            events = _events(chat.lines())
            return StreamingResponse(events, media_type="text/event-stream", headers=headers)
        return JSONResponse(chat.whole())
    except Exception as error:
        return JSONResponse(*refused(error))


async def _events(lines: Generator[str]) -> AsyncIterator[str]:
    """Server-sent events, a comment for an empty one; the answering ends with the client."""
    from starlette.concurrency import iterate_in_threadpool

    try:
        async for line in iterate_in_threadpool(lines):
            yield f"data: {line}\n\n" if line else ": waiting\n\n"
    finally:
        lines.close()


def _no_model(name: str) -> Response:
    from starlette.responses import JSONResponse

    told = f"The model {name[:80]!r} does not exist; there is {MODEL!r}."
    return JSONResponse(error_form(404, told, "model_not_found", "model"), 404)


class Chat:
    """A question of a conversation, and its answer piece by piece.

    Args:
        ready: where the assistant comes from.
        asked: what was sent.
        person: who asks.

    Raises:
        UsageError: the last message is no question in words.
    """

    def __init__(self, ready: Readiness, asked: ChatRequest, person: Person) -> None:
        self.ready = ready
        self.person = person
        self.before, self.question = _conversation(asked)
        self.name = f"chatcmpl-{secrets.token_hex(12)}"
        self.created = int(time.time())

    def whole(self) -> Json:
        """The completion at once.

        Raises:
            FmqaError: the question can't be answered now, or as it is.
        """
        made = _Content()
        for _ in self._pieces(made):
            pass
        message = {
            "role": "assistant",
            "content": made.text,
            "refusal": None,
            "annotations": made.annotations,
        }
        return self._form("chat.completion", message=message, finish_reason="stop")

    def lines(self) -> Generator[str]:
        """The completion as the data of server-sent events; empty while there is nothing to say."""
        made = _Content()
        try:
            yield self._line({"role": "assistant", "content": ""})
            for piece in self._pieces(made):
                yield self._line({"content": piece}) if piece else ""
            yield self._line({"annotations": made.annotations})
            yield self._line({}, "stop")
        except Exception as error:
            yield json.dumps(refused(error)[0])
        yield "[DONE]"

    def _line(self, delta: Json, finish: str | None = None) -> str:
        return json.dumps(self._form("chat.completion.chunk", delta=delta, finish_reason=finish))

    def _form(self, kind: str, **choice: Any) -> Json:
        return {
            "id": self.name,
            "object": kind,
            "created": self.created,
            "model": MODEL,
            "choices": [{"index": 0, "logprobs": None, **choice}],
        }

    def _pieces(self, made: _Content) -> Iterator[str]:
        """Each text as it is added to the content; an empty one where nothing is yet."""
        with self.ready.admission.enter(self.person) as turn:
            for _ in turn.positions():
                yield ""
            making = self.ready.start()
            for _ in self.ready.until(making):
                yield ""
            assistant = making.result()
            history = Queries(self.ready.bench, making.result).retold(self.before)
            for event in assistant.stream(self.question, None, history):
                if isinstance(event, SentenceReady):
                    yield made.say(event.sentence)
                elif isinstance(event, Finished):
                    yield made.finish(with_comparison(self.ready.bench, event.answer))
                else:
                    yield ""


def _conversation(asked: ChatRequest) -> tuple[list[tuple[str, str]], str]:
    """The earlier questions, oldest first, each with what was answered, and the one to be answered.

    Raises:
        UsageError: the last message isn't the user's, or a message is no text.
    """
    if asked.messages[-1].role != "user":
        raise UsageError(
            "The last message is not the user's.", hint="Send the question as the last message."
        )
    turns: list[tuple[str, str]] = []
    for message in asked.messages[:-1]:
        if message.role == "user":
            turns.append((message.text, ""))
        elif message.role == "assistant" and turns:
            turns[-1] = turns[-1][0], message.text
    return turns[-MOST_BEFORE:], asked.messages[-1].text


class _Content:
    """The text of an answer as it grows, and the places of its marks."""

    def __init__(self) -> None:
        self.text = ""
        self.annotations: list[Json] = []

    def say(self, sentence: Sentence) -> str:
        """Add a sentence; the text that was added."""
        words = marked(sentence.model_copy(update={"text": escape_markdown(sentence.text)}))
        return self._add(f" {words}" if self.text else words)

    def finish(self, answer: Answer) -> str:
        """Add what stands behind the sentences; the text that was added."""
        from fmqa.survey.comparison import as_markdown

        parts = ["" if self.text else escape_markdown(answer.answer)]
        parts += [f"*{escape_markdown(notice)}*" for notice in answer.notices]
        if answer.comparison is not None:
            parts.append(as_markdown(answer.comparison).strip())
        if answer.citations:
            parts.append("Sources:\n\n" + "\n".join(map(_source, answer.citations)))
        added = self._add("\n\n".join(parts).rstrip())
        cited = {str(citation.number): citation for citation in answer.citations}
        self.annotations = [
            {
                "type": "url_citation",
                "url_citation": {
                    "start_index": mark.start(),
                    "end_index": mark.end(),
                    "title": one.title,
                    "url": one.url,
                },
            }
            for mark in _MARK.finditer(self.text)
            if (one := cited.get(mark[1])) is not None
        ]
        return added

    def _add(self, text: str) -> str:
        self.text += text
        return text


def _source(citation: Citation) -> str:
    link = f" <{citation.url}>" if citation.url else ""
    where = f"{escape_markdown(citation.title)}, {escape_markdown(locator(citation))}"
    return f"- [{citation.number}] {where}: “{escape_markdown(citation.whole)}”{link}"
