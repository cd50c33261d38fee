"""The HTTP API on a live server over the starter notes, as docs/api.md shows it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import bibtexparser
import pytest

from fmqa.answering.schema import Answer, Comparison
from fmqa.apps.queries import PaperList, Passages

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
BLOCK = re.compile(r"<!-- run(?:: (\w+))? -->\n```\w+\n(.*?)```", re.S)
BLOCKS = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
SHOWN = {
    "ask": Answer,
    "search": Passages,
    "papers": PaperList,
    "passage": Passages,
    "compare": Comparison,
}


@pytest.fixture(scope="module")
def client(hashed_page: str) -> Any:
    from gradio_client import Client

    return Client(hashed_page, verbose=False, analytics_enabled=False)


def run(block: str, address: str, *command: str) -> str:
    done = subprocess.run(
        [*command, block.replace("http://127.0.0.1:7860", address)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "no_proxy": "*"},
    )
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
@pytest.mark.parametrize("block", [block for kind, block in BLOCKS if kind == ""])
def test_the_curl_commands_of_the_page(hashed_page: str, block: str) -> None:
    name = re.findall(r"call/v2/(\w+)", block)[0]
    said = run(block, hashed_page, "sh", "-c")
    event, data = re.search(r"event: (complete|error)\ndata: (.*)", said).groups()
    assert event == "complete"
    (result,) = json.loads(data)
    assert SHOWN[name].model_validate(result)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_the_page_shows_each_endpoint_and_an_error(hashed_page: str) -> None:
    assert {re.findall(r"call/v2/(\w+)", b)[0] for kind, b in BLOCKS if kind == ""} == set(SHOWN)
    (block,) = (block for kind, block in BLOCKS if kind == "error")
    said = run(block, hashed_page, "sh", "-c")
    assert "event: error" in said
    assert "limit: Input should be less than or equal to 30" in said


def test_the_python_of_the_page(hashed_page: str) -> None:
    (block,) = (block for kind, block in BLOCKS if kind == "python")
    said = run(block, hashed_page, sys.executable, "-c")
    assert "MedSAM" in said.splitlines()[0]
    assert "@misc{" in said


def test_the_openai_client_of_the_page(hashed_page: str) -> None:
    (block,) = (block for kind, block in BLOCKS if kind == "openai")
    said = run(block, hashed_page, sys.executable, "-c")
    assert "Sources:" in said
    assert "url_citation" in said


def test_what_is_offered_is_what_the_page_says(client: Any) -> None:
    offered = client.view_api(return_format="dict", print_info=False)
    documented = set(re.findall(r"^\| `(/\w+)`", PAGE.read_text(encoding="utf-8"), re.M))
    assert set(offered["named_endpoints"]) == documented
    assert not offered["unnamed_endpoints"]
    for endpoint in offered["named_endpoints"].values():
        assert endpoint["description"]
        assert all(p["parameter_name"] and p["python_type"] for p in endpoint["parameters"])


def test_exports_of_what_was_asked(client: Any) -> None:
    answer = client.predict(question="What is MedSAM?", api_name="/ask")
    text = client.predict(answers=[answer], form="bibtex", api_name="/export")
    entries = bibtexparser.parse_string(text).entries
    assert len(entries) == len({c["paper_id"] for c in answer["citations"]})


@pytest.mark.parametrize(
    ("endpoint", "inputs", "said"),
    [
        ("/ask", {"question": ""}, "The question is empty"),
        ("/ask", {"question": ["a"]}, "question: Input should be a valid string"),
        ("/ask", {"question": "x " * 50_000}, "at most"),
        ("/ask", {"question": "What?", "filters": "year=soon"}, "is no year"),
        ("/ask", {"question": "What?", "filters": "path=/etc"}, "is no filter"),
        ("/ask", {"question": "What?", "history": [{"question": "a"}] * 21}, "at most 20"),
        ("/ask", {"question": "What?", "history": [{"asked": "a"}]}, "history.0.question"),
        ("/search", {"query": "SAM", "limit": 0}, "limit"),
        ("/papers", {"offset": -1}, "offset"),
        ("/passage", {}, "either passage_id, or paper and page"),
        ("/passage", {"paper": "../../etc/passwd", "page": 1}, "There is no paper"),
        ("/passage", {"passage_id": 2**62}, "There is no passage"),
        ("/compare", {"names": []}, "One to 30 papers"),
        ("/compare", {"names": ["Zorblax9000"]}, "No paper here goes by"),
        ("/compare", {"names": ["UNI"], "by": ["colour"]}, "There is no column"),
        ("/export", {"answers": []}, "at least 1"),
        ("/export", {"answers": [{"question": "a"}]}, "answers.0"),
    ],
)
def test_what_cannot_be_used_is_said_in_words(
    client: Any, endpoint: str, inputs: dict[str, Any], said: str
) -> None:
    with pytest.raises(Exception, match=re.escape(said)) as caught:
        client.predict(**inputs, api_name=endpoint)
    assert "Traceback" not in str(caught.value)
