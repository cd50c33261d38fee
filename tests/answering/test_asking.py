"""A strong model behind a small OpenAI-compatible server that fails in the ways that servers do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from fakes import quote
from fmqa.answering import asking
from fmqa.answering.asking import LanguageModel
from fmqa.answering.drafting import Draft, Notice
from fmqa.answering.models import check_model, language_model
from fmqa.answering.synthesis import CUT_OFF, SynthesisDrafter
from fmqa.errors import ModelError, ModelSilent, ModelUnavailable
from fmqa.settings import Settings

QUOTES = [
    quote("MedSAM fine-tunes SAM on 1,570,263 pairs.", passage_id=1, name="MedSAM"),
    quote("The encoder is frozen.", passage_id=2, name="MedSAM"),
    quote("It segments 3D images slice by slice.", passage_id=3, name="MedSAM"),
]
ONE = Draft("MedSAM fine-tunes SAM.", (0,))
SSE = "text/event-stream"


@dataclass(frozen=True)
class Response:
    body: str
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0


def streamed(
    text: str | None, finish: str | None = "stop", *, reasoning: str | None = None
) -> Response:
    def event(delta: dict[str, Any], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        chunk = {
            "id": "x",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [choice],
        }
        return f"data: {json.dumps(chunk)}\n\n"

    events = [event({"role": "assistant", "content": None, "reasoning_content": reasoning})]
    events += [event({"content": word + " "}) for word in (text or "").split()]
    events.append(event({}, finish))
    return Response("".join(events) + "data: [DONE]\n\n", kind=SSE)


def whole(text: str | None) -> Response:
    """A reply that isn't streamed, with no choice in it when ``text`` is None."""
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    body = {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": choices if text is not None else [],
    }
    return Response(json.dumps(body))


def refused(status: int, message: str = "no", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps({"error": {"message": message}}), status, headers=named)


class Server(ThreadingHTTPServer):
    """Gives its ``responses`` one after another, the last one for ever."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.responses: list[Response] = []
        self.prompts: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.prompts.append(asked["messages"][-1]["content"])
        responses = self.server.responses
        response = responses.pop(0) if len(responses) > 1 else responses[0]
        time.sleep(response.delay)
        body = response.body.encode()
        self.send_response(response.status)
        self.send_header("Content-Type", response.kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def drafts(server: Server, *responses: Response) -> list[Draft | Notice]:
    server.responses = list(responses)
    model = language_model(settings_for(server), lambda: pytest.fail("it isn't local"))
    return list(SynthesisDrafter(model).drafts("Why?", QUOTES))


def settings_for(server: Server, **others: Any) -> Settings:
    return Settings(
        **others,
        llm="openai:some",
        llm_base_url=f"http://127.0.0.1:{server.server_port}/v1",
        llm_api_key="k",
    )


def test_a_model_that_could_not_be_made_is_made_anew() -> None:
    ready = False

    def make() -> FakeListChatModel:
        if not ready:
            raise ModelUnavailable("It doesn't start.")
        return FakeListChatModel(responses=["Yes."])

    model = LanguageModel(make)
    with pytest.raises(ModelUnavailable, match="doesn't start"):
        model.ask("", "Why?")
    ready = True
    assert model.ask("", "Why?") == "Yes."


GOOD = streamed("MedSAM fine-tunes SAM [1].")


@pytest.mark.parametrize(
    "responses",
    [
        [GOOD],
        [refused(500), GOOD],
        [refused(503), GOOD],
        [refused(429, retry_after="1"), GOOD],
        [whole("MedSAM fine-tunes SAM [1].")],
        [streamed("MedSAM fine-tunes SAM [1].", finish=None)],
        [streamed("<think>It is frozen [2].</think> MedSAM fine-tunes SAM [1].")],
    ],
)
def test_what_comes_right(server: Server, responses: list[Response]) -> None:
    assert drafts(server, *responses) == [ONE]


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (streamed("", "length", reasoning="It may be [1]."), "cut off before"),
        (streamed("", reasoning="It may be [1]."), "no answer"),
        (streamed(""), "no answer"),
        (whole(None), "no answer"),
        (whole(""), "no answer"),
        (streamed("I'm sorry, but I can't help with that."), "declined"),
        (streamed("MedSAM fine", "content_filter"), "filter"),
        (streamed('{"answer": "MedSAM', "length"), "cut off before"),
    ],
)
def test_silence_is_told(server: Server, response: Response, told: str) -> None:
    with pytest.raises(ModelSilent, match=told):
        drafts(server, response)


def test_a_sentence_that_was_cut_off_is_not_said(server: Server) -> None:
    cut = streamed("MedSAM fine-tunes SAM [1]. The encoder is fro", "length")
    assert drafts(server, cut) == [ONE, Notice(CUT_OFF)]


@pytest.mark.parametrize(
    "wait", ["40", formatdate(time.time() + 3600, usegmt=True)], ids=["seconds", "a date"]
)
def test_a_long_wait_is_told_and_not_waited_for(server: Server, wait: str) -> None:
    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match="refuses more requests") as error:
        drafts(server, refused(429, "slow down", retry_after=wait))
    assert time.monotonic() - began < 5
    assert "Ask again in" in error.value.hint
    assert len(server.prompts) == 1


def test_a_server_that_always_fails_is_asked_twice(server: Server) -> None:
    with pytest.raises(ModelUnavailable, match="boom"):
        drafts(server, refused(500, "boom"))
    assert len(server.prompts) == 2


OVERFLOW = refused(400, "This model's maximum context length is 512 tokens.")


def test_a_small_context_gets_fewer_quotes(server: Server) -> None:
    said = drafts(server, OVERFLOW, GOOD)
    assert said[0] == ONE
    assert isinstance(said[1], Notice)
    assert "given 2 of them" in said[1].text
    assert "[3]" in server.prompts[0]
    assert "[3]" not in server.prompts[1]


def test_a_context_too_small_for_one_quote(server: Server) -> None:
    with pytest.raises(ModelError, match="maximum context") as error:
        drafts(server, OVERFLOW)
    assert "larger context" in error.value.hint
    assert len(server.prompts) == 3


@pytest.mark.parametrize(("told", "seconds"), [("2", 2.0), ("soon", None), ("", None)])
def test_how_long_a_server_asks_to_wait(told: str, seconds: float | None) -> None:
    error = Exception()
    error.response = SimpleNamespace(headers={"retry-after": told})  # type: ignore[attr-defined]
    assert asking.asked_to_wait(error) == seconds


@pytest.mark.parametrize(
    ("response", "told"),
    [(streamed("one two three"), ", streams"), (whole("one two three"), "doesn't stream")],
)
def test_the_check_says_whether_it_streams(server: Server, response: Response, told: str) -> None:
    server.responses = [response]
    assert told in check_model(settings_for(server)).detail


@pytest.mark.parametrize("response", [streamed(""), whole(None), streamed("<think>Hm.")])
def test_the_check_takes_no_silence_for_an_answer(server: Server, response: Response) -> None:
    server.responses = [response]
    with pytest.raises(ModelSilent):
        check_model(settings_for(server))


@pytest.mark.parametrize(
    ("status", "words"), [(401, "refuses the key"), (403, "refuses the key"), (404, "isn't known")]
)
def test_what_a_provider_refuses(server: Server, status: int, words: str) -> None:
    server.responses = [refused(status)]
    with pytest.raises(ModelUnavailable, match=words):
        check_model(settings_for(server))


def test_a_provider_that_is_too_slow(server: Server) -> None:
    server.responses = [replace(GOOD, delay=1.0)]
    with pytest.raises(ModelUnavailable, match="didn't answer within"):
        check_model(settings_for(server, llm_timeout=0.2))
