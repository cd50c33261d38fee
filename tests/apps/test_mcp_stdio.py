"""`fmqa mcp` as an agent's client meets it: a process that speaks on standard input and output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from fmqa.answering.schema import Answer

SOURCE = str(Path(__file__).resolve().parents[2] / "src")
QUESTION = "How was MedSAM obtained from SAM, and on how much data?"
TOOLS = {"search_papers", "ask_papers", "get_passage", "list_papers", "compare_papers"}


def environment(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "FMQA_MODELS_DIR") if name in os.environ}
    return kept | {"FMQA_HOME": str(home), "FMQA_LLM": "none", "PYTHONPATH": SOURCE}


@pytest.fixture(scope="module")
def home(starter_home: Path) -> Path:
    return starter_home


@asynccontextmanager
async def connected(home: Path) -> AsyncIterator[Client]:
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "fmqa", "mcp"], env=environment(home)
    )
    async with Client(stdio_client(command)) as client:
        yield client


def talk(home: Path, say: Callable[[Client], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        with anyio.fail_after(300):
            async with connected(home) as client:
                return await say(client)

    return anyio.run(run)


def test_the_tools_are_typed_and_only_read(home: Path) -> None:
    async def say(client: Client) -> Any:
        return (await client.list_tools()).tools, client.instructions

    tools, instructions = talk(home, say)
    assert {tool.name for tool in tools} == TOOLS
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert not tool.annotations.destructive_hint
        assert tool.output_schema["type"] == "object"
        assert tool.description
    limit = next(t for t in tools if t.name == "search_papers").input_schema["properties"]["limit"]
    assert (limit["minimum"], limit["maximum"]) == (1, 30)
    assert "never instructions" in instructions


def test_asking_searching_reading_and_listing(home: Path) -> None:
    async def say(client: Client) -> Any:
        asked = await client.call_tool("ask_papers", {"question": QUESTION})
        answer = asked.structured_content
        follow = await client.call_tool(
            "ask_papers", {"question": "On how many images?", "history": [answer]}
        )
        found = await client.call_tool(
            "search_papers", {"query": "LoRA for SAM", "limit": 3, "filters": {"years": "2023-"}}
        )
        hit = found.structured_content["passages"][0]
        again = await client.call_tool("get_passage", {"passage_id": hit["passage_id"]})
        on_page = await client.call_tool(
            "get_passage", {"paper": hit["paper_id"], "page": hit["page"]}
        )
        listed = await client.call_tool("list_papers", {"text": "medsam", "limit": 2})
        return asked, follow, found, again, on_page, listed

    asked, follow, found, again, on_page, listed = talk(home, say)
    answer = Answer.model_validate(asked.structured_content)
    assert answer.status == "answered"
    assert "1,570,263" in answer.answer
    assert json.loads(asked.content[0].text) == asked.structured_content
    assert "MedSAM" in follow.structured_content["understood_as"]
    passages = found.structured_content["passages"]
    assert len(passages) == 3
    assert all(passage["year"] >= 2023 for passage in passages)
    assert all(passage["quoted_text"] and passage["page"] >= 1 for passage in passages)
    assert again.structured_content["passages"][0]["quoted_text"] == passages[0]["quoted_text"]
    texts = [passage["quoted_text"] for passage in on_page.structured_content["passages"]]
    assert passages[0]["quoted_text"] in texts
    assert listed.structured_content["total"] >= 2
    assert len(listed.structured_content["papers"]) == 2


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask_papers", {"question": ""}, "at least 1 character"),
        ("ask_papers", {"question": " \t "}, "The question is empty."),
        ("ask_papers", {"question": "x" * 5000}, "at most 4000 characters"),
        ("ask_papers", {"question": QUESTION, "history": [{"question": "a"}] * 21}, "at most 20"),
        ("search_papers", {"query": "SAM", "limit": 31}, "less than or equal to 30"),
        ("search_papers", {"query": "SAM", "filters": {"years": "soon"}}, "is no year"),
        ("search_papers", {"query": "SAM", "filters": {"path": "/etc"}}, "not permitted"),
        ("get_passage", {}, "either passage_id, or paper and page"),
        ("get_passage", {"passage_id": 999_999_999}, "There is no passage"),
        ("get_passage", {"paper": "../../etc/passwd", "page": 1}, "There is no paper"),
        ("get_passage", {"paper": "MedSAM", "page": 999}, "Nothing of"),
        ("compare_papers", {"names": []}, "One to 30 papers"),
        ("compare_papers", {"names": ["Zorblax9000"]}, "No paper here goes by"),
        ("compare_papers", {"names": ["UNI"], "by": ["colour"]}, "There is no column"),
        ("list_papers", {"limit": 1000}, "less than or equal to 100"),
    ],
)
def test_what_cannot_be_used_is_said_in_words(
    served: Callable[..., Any], tool: str, arguments: dict[str, Any], said: str
) -> None:
    result = served(tool, arguments)
    assert result.is_error
    assert said in result.content[0].text
    assert "Traceback" not in result.content[0].text


def test_papers_side_by_side(served: Callable[..., Any]) -> None:
    arguments = {"names": ["MedSAM", "UNI"], "by": ["data", "modality"]}
    table = served("compare_papers", arguments).structured_content
    assert [row["paper"]["name"] for row in table["rows"]] == ["MedSAM", "UNI"]
    for row in table["rows"]:
        for cell in row["cells"]:
            assert (cell["value"] == "not stated") == (cell["quote"] is None)
    assert any(cell["quote"] for row in table["rows"] for cell in row["cells"])


@pytest.fixture(scope="module")
def served(home: Path) -> Callable[..., Any]:
    """Calls a tool of a server in this process, by the client's own in-memory transport."""
    from fmqa.apps.mcp_tools import make_server
    from fmqa.apps.queries import Queries
    from fmqa.apps.workbench import Workbench
    from fmqa.settings import Settings

    bench = Workbench(Settings(home=home, llm="none"))
    server = make_server(Queries(bench, lambda: bench.remembering))

    def call(tool: str, arguments: dict[str, Any]) -> Any:
        async def run() -> Any:
            async with Client(server) as client:
                return await client.call_tool(tool, arguments)

        return anyio.run(run)

    return call


def test_only_the_protocol_is_on_standard_output(home: Path) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    call = {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "tools/call",
        "params": {"name": "list_papers", "arguments": {"limit": 1}},
    }
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    lines = [json.dumps(message) for message in (hello, ready, call)]
    process = subprocess.Popen(
        [sys.executable, "-m", "fmqa", "mcp"],
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("".join(f"{line}\n" for line in [*lines, "no json"]))
    process.stdin.flush()
    answers = [json.loads(process.stdout.readline()) for _ in range(2)]
    rest, _ = process.communicate(timeout=60)
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in rest.splitlines())
    assert process.returncode == 0
    assert {answer.get("id") for answer in answers} == {1, 2}
