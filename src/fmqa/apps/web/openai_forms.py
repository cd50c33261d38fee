"""What a client of OpenAI's chat completions sends, and the forms of what it gets.

The forms are those of https://platform.openai.com/docs/api-reference/chat; what is sent beyond the
fields below (temperature, tools) is not read.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fmqa.answering.schema import Citation
from fmqa.errors import Busy, FmqaError, UsageError

MODEL = "fmqa"
PATH = "/v1"

Json = dict[str, Any]


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ContentPart(_Sent):
    """A piece of a message."""

    type: str
    text: str = ""


class Message(_Sent):
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
    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=1000)]
    stream: bool = False
    n: Literal[1] | None = None


def completion(name: str, created: int, content: str, annotations: list[Json]) -> Json:
    """A whole completion.

    Args:
        name: of this completion, unique.
        created: seconds since 1970.
        content: the answer as Markdown.
        annotations: where its sources are, see `annotation`.
    """
    message = {
        "role": "assistant",
        "content": content,
        "refusal": None,
        "annotations": annotations,
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return _envelope("chat.completion", name, created, [choice])


def chunk(name: str, created: int, delta: Json, finish: str | None = None) -> Json:
    """A part of a completion that is streamed."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _envelope("chat.completion.chunk", name, created, [choice])


def _envelope(kind: str, name: str, created: int, choices: list[Json]) -> Json:
    return {"id": name, "object": kind, "created": created, "model": MODEL, "choices": choices}


def annotation(citation: Citation, start: int, end: int) -> Json:
    """That ``content[start:end]`` is the mark of a citation."""
    cited = {
        "start_index": start,
        "end_index": end,
        "title": citation.title,
        "url": citation.url,
    }
    return {"type": "url_citation", "url_citation": cited}


def model_card(created: int) -> Json:
    """The one model there is."""
    return {"id": MODEL, "object": "model", "created": created, "owned_by": MODEL}


def error_form(status: int, message: str, code: str | None = None, param: str = "") -> Json:
    """An error as OpenAI's clients read it."""
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "invalid_request_error" if status < 500 else "server_error")
    told = {"message": message, "type": kind, "param": param or None, "code": code}
    return {"error": told}


def status_of(error: Exception) -> int:
    """The HTTP status that an error has."""
    if isinstance(error, UsageError):
        return 400
    if isinstance(error, Busy):
        return 429
    return 503 if isinstance(error, FmqaError) else 500


def error_of(error: Exception) -> Json:
    """An error of ours in OpenAI's form; what isn't meant for users stays untold."""
    if isinstance(error, FmqaError):
        return error_form(status_of(error), f"{error} {error.hint}".strip())
    return error_form(500, "Something went wrong in the program itself.")
