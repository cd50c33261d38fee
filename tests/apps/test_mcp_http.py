"""The tools at /mcp of a running app, by the `mcp` client: same login, same limits."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from served import PASSWORD, logins, page_of

from fmqa.answering.schema import Answer
from fmqa.apps.workbench import Workbench

pytestmark = pytest.mark.slow

TOOLS = {"search_papers", "ask_papers", "get_passage", "list_papers", "compare_papers"}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def guarded(hashed_bench: Workbench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    who = logins(tmp_path_factory.mktemp("users"), "ada")
    with page_of(hashed_bench, who) as opened_at:
        yield opened_at


def basic(name: str, password: str) -> dict[str, str]:
    packed = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"authorization": f"Basic {packed}"}


def talk(address: str, say: Any, headers: dict[str, str] | None = None) -> Any:
    async def run() -> Any:
        with anyio.fail_after(60):
            async with (
                httpx.AsyncClient(headers=headers, trust_env=False, timeout=60) as web,
                Client(streamable_http_client(f"{address}/mcp", http_client=web)) as client,
            ):
                return await say(client)

    return anyio.run(run)


async def tools(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools()).tools}


async def asked(client: Client) -> Any:
    return await client.call_tool("ask_papers", {"question": "What is MedSAM?"})


def test_the_tools_over_http(hashed_page: str) -> None:
    assert talk(hashed_page, tools) == TOOLS
    answer = Answer.model_validate(talk(hashed_page, asked).structured_content)
    assert answer.status == "answered"
    assert answer.citations


def test_the_same_login_as_the_page(guarded: str) -> None:
    assert talk(guarded, tools, basic("ada", PASSWORD)) == TOOLS
    assert talk(guarded, asked, basic("ada", PASSWORD)).structured_content["citations"]
    for headers in (
        {},
        basic("ada", "wrong"),
        basic("eve", PASSWORD),
        {"authorization": "Bearer x"},
    ):
        refused = httpx.post(
            f"{guarded}/mcp", json=HELLO, headers=ACCEPT | headers, trust_env=False
        )
        assert refused.status_code in {401, 403}
        assert "search_papers" not in refused.text


def test_pages_of_other_sites_may_not_ask(hashed_page: str) -> None:
    def sent(**headers: str) -> int:
        return httpx.post(
            f"{hashed_page}/mcp", json=HELLO, headers=ACCEPT | headers, trust_env=False
        ).status_code

    assert sent() == 200
    assert sent(origin=hashed_page) == 200
    assert sent(origin="https://evil.example") == 403
    assert sent(origin="null") == 403
    assert sent(host="evil.example") == 400


def test_a_large_or_broken_request_is_refused(hashed_page: str) -> None:
    def sent(content: bytes) -> int:
        headers = ACCEPT | {"content-type": "application/json"}
        return httpx.post(
            f"{hashed_page}/mcp", content=content, headers=headers, trust_env=False
        ).status_code

    assert sent(b"{" * (2 << 20)) == 413
    assert sent(b"no json") == 400


def test_the_page_is_served_beside_it(hashed_page: str) -> None:
    assert "fmqa" in httpx.get(hashed_page, trust_env=False).text
