"""The library as a model of OpenAI's, by the `openai` client and by plain HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from served import PASSWORD, Bench, Scripted, Served, logins, served, until

from fmqa.settings import Settings

pytestmark = pytest.mark.slow

ASKED = [{"role": "user", "content": "What is MedSAM?"}]


@pytest.fixture(scope="module")
def opened() -> Iterator[Served]:
    settings = Settings(llm="none", request_max_kb=64, questions_at_once=1, questions_waiting=0)
    with served(Bench(settings=settings)) as server:
        yield server


def client(address: str, key: str = "any") -> openai.OpenAI:
    web = httpx.Client(trust_env=False, timeout=60)
    return openai.OpenAI(base_url=f"{address}/v1", api_key=key, http_client=web, max_retries=0)


def post(server: Served, **body: Any) -> httpx.Response:
    url = f"{server.address}/v1/chat/completions"
    return httpx.post(url, json={"model": "fmqa", "messages": ASKED} | body, trust_env=False)


def marked_places(content: str, annotations: Any) -> list[str]:
    return [
        content[one.url_citation.start_index : one.url_citation.end_index] for one in annotations
    ]


def test_an_answer_with_its_sources(hashed_page: str) -> None:
    made = client(hashed_page).chat.completions.create(model="fmqa", messages=ASKED)  # type: ignore[arg-type]
    (choice,) = made.choices
    content, annotations = choice.message.content or "", choice.message.annotations or []
    assert (made.object, made.model, choice.finish_reason) == ("chat.completion", "fmqa", "stop")
    assert "MedSAM" in content
    said, _, sources = content.partition("\n\nSources:\n\n")
    assert "[1]" in said
    assert sources.startswith("- [1] ")
    assert set(marked_places(content, annotations)) >= {"[1]"}
    for one in annotations:
        assert one.type == "url_citation"
        assert one.url_citation.title
        assert one.url_citation.url in sources


def test_a_stream_adds_up_to_the_answer(hashed_page: str) -> None:
    asked = client(hashed_page)
    whole = asked.chat.completions.create(model="fmqa", messages=ASKED)  # type: ignore[arg-type]
    parts = list(asked.chat.completions.create(model="fmqa", messages=ASKED, stream=True))  # type: ignore[arg-type]
    assert len({part.id for part in parts}) == 1
    assert parts[0].choices[0].delta.role == "assistant"
    assert [part.choices[0].finish_reason for part in parts] == [None] * (len(parts) - 1) + ["stop"]
    text = "".join(part.choices[0].delta.content or "" for part in parts)
    assert text == whole.choices[0].message.content
    told = [getattr(part.choices[0].delta, "annotations", None) for part in parts]
    assert [one for one in told if one] == [
        [one.model_dump() for one in whole.choices[0].message.annotations or []]
    ]


def test_a_follow_up_is_understood_from_the_messages(hashed_page: str) -> None:
    def first(messages: list[dict[str, Any]]) -> str:
        made = client(hashed_page).chat.completions.create(model="fmqa", messages=messages)  # type: ignore[arg-type]
        return made.choices[0].message.content or ""

    follow = {"role": "user", "content": "On how many images was it trained?"}
    talk = [*ASKED, {"role": "assistant", "content": "A model."}, follow]
    alone = first([{"role": "user", "content": "On how many images was MedSAM trained?"}])
    assert "MedSAM" in alone
    assert alone.partition(" [1]")[0] in first(talk)
    assert first([follow]) != first(talk)


def test_text_in_parts_is_read_and_images_are_refused(opened: Served) -> None:
    text = {"type": "text", "text": "What is UNI?"}
    said = post(opened, messages=[{"role": "user", "content": [text]}])
    assert "About What is UNI" in said.json()["choices"][0]["message"]["content"]
    image = {"type": "image_url", "image_url": {"url": "data:,"}}
    refused = post(opened, messages=[{"role": "user", "content": [text, image]}])
    assert refused.status_code == 400
    assert "image_url" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"messages": []},
        {"messages": "What?"},
        {"messages": [{"role": "user"}, {"role": "assistant", "content": "x"}]},
        {"messages": [{"role": "nobody", "content": "x"}]},
        {"n": 2},
        {"stream": "perhaps"},
    ],
)
def test_what_cannot_be_used_is_said_in_openai_s_form(opened: Served, body: Any) -> None:
    said = post(opened, **body)
    assert said.status_code == 400
    error = said.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert set(error) == {"message", "type", "param", "code"}


def test_other_models_and_addresses_are_not_there(opened: Served) -> None:
    asked = client(opened.address)
    with pytest.raises(openai.NotFoundError, match="gpt-4") as raised:
        asked.chat.completions.create(model="gpt-4", messages=ASKED)  # type: ignore[arg-type]
    assert raised.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError, match="embeddings"):
        asked.embeddings.create(model="fmqa", input="x")
    assert [model.id for model in asked.models.list()] == ["fmqa"]
    assert asked.models.retrieve("fmqa").object == "model"


def test_the_limits_are_those_of_the_page(opened: Served) -> None:
    assert post(opened, padding="x" * 70_000).status_code == 413
    scripted: Scripted = opened.bench.assistant
    asked = client(opened.address)
    slow = [{"role": "user", "content": "slow"}]
    with asked.chat.completions.create(model="fmqa", messages=slow, stream=True) as held:  # type: ignore[arg-type]
        until(lambda: "slow" in scripted.begun)
        for stream in (False, True):
            busy = post(opened, stream=stream)
            assert busy.status_code == 429
            assert busy.json()["error"]["type"] == "rate_limit_error"
        scripted.go.set()
        assert "About slow" in "".join(c.choices[0].delta.content or "" for c in held)
    until(lambda: opened.ready.admission.lengths == (0, 0))


def test_a_client_that_goes_gives_its_place_back() -> None:
    with served() as server:
        body = {"model": "fmqa", "stream": True, "messages": [{"role": "user", "content": "slow"}]}
        url = f"{server.address}/v1/chat/completions"
        with httpx.stream("POST", url, json=body, trust_env=False):
            until(lambda: server.ready.admission.lengths == (1, 0))
        until(lambda: server.ready.admission.lengths == (0, 0))
        assert not server.bench.assistant.go.is_set()


class Failing(Scripted):
    def stream(self, question: str, filters: Any = None, **options: Any) -> Iterator[Any]:
        yield from ()
        raise RuntimeError("a secret")


def test_a_failure_tells_nothing_of_the_program() -> None:
    with served(Bench(assistant=Failing())) as server:
        said = post(server)
        assert said.status_code == 500
        assert said.json()["error"]["type"] == "server_error"
        assert "secret" not in said.text
        streamed = post(server, stream=True)
        lines = [line[6:] for line in streamed.text.splitlines() if line.startswith("data: ")]
        assert "error" in json.loads(lines[-2])
        assert "secret" not in streamed.text
        with pytest.raises(openai.APIError, match="Something went wrong"):
            list(
                client(server.address).chat.completions.create(
                    model="fmqa", messages=ASKED, stream=True
                )
            )  # type: ignore[arg-type]


def test_the_key_is_the_login(tmp_path: Path) -> None:
    with served(who=logins(tmp_path, "ann")) as server:
        known = client(server.address, f"ann:{PASSWORD}")
        assert known.chat.completions.create(model="fmqa", messages=ASKED).choices  # type: ignore[arg-type]
        for key in ("ann:wrong password", "ann", "x"):
            with pytest.raises(openai.AuthenticationError, match="logged in"):
                client(server.address, key).models.list()
        headers = {"authorization": f"Bearer ann:{PASSWORD}"}
        assert (
            httpx.get(f"{server.address}/config", headers=headers, trust_env=False).status_code
            == 401
        )
