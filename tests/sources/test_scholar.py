"""Semantic Scholar's references: paging, gaps in the data, outages, and its recorded answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import yaml
from scripted import Handler, Scripted

from fmqa.errors import SourceRefused, SourceUnreachable
from fmqa.settings import Settings
from fmqa.sources.arxiv import ArxivClient
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sources.scholar import ScholarClient, ScholarReference
from shared_folder import SHARED
from small_arxiv import SmallArxiv, make_world
from small_arxiv.faults import Fault, garbage, refuse
from small_arxiv.making import REVIEW

RECORDED = SHARED / "data" / "semantic_scholar"
PAPER = ArxivId("2304.12306", 3)


def make(home: Path, url: str) -> ScholarClient:
    return ScholarClient(
        Settings(
            home=home,
            semantic_scholar_url=f"{url}/",
            arxiv_pace=0.002,
            pace_dir=home / "pace",
            fetch_timeout=1,
            fetch_tries=3,
        )
    )


def serving(value: Any, status: int = 200) -> Callable[[Handler, int], None]:
    return lambda handler, number: handler.say(status, json.dumps(value).encode())


def test_references_of_the_small_arxiv(tmp_path: Path) -> None:
    world = make_world()
    with SmallArxiv(world) as small:
        small.faults.add(Fault("scholar", refuse(429), times=2))
        small.faults.add(Fault("scholar", garbage(), times=1))
        with make(tmp_path, small.scholar_url) as client:
            found = client.references(ArxivId(REVIEW))
            assert client.references(ArxivId("0808.05394")) == []
    entries = world[REVIEW].entries
    known = {entry.arxiv_id for entry in entries if entry.arxiv_id and entry.scholar_knows}
    assert len(found) == len(entries)
    assert {one.arxiv_id for one in found} - {None} == known
    assert all(one.title and one.authors and one.year for one in found)
    asked = parse_qs(urlsplit(small.requests[0].path).query)
    assert asked == {
        "fields": ["title,year,authors,externalIds"],
        "offset": ["0"],
        "limit": ["1000"],
    }


def test_pages(tmp_path: Path) -> None:
    def page(handler: Handler, number: int) -> None:
        offset = int(parse_qs(urlsplit(handler.path).query)["offset"][0])
        rows = [{"citedPaper": {"title": f"T{at}"}} for at in range(offset, offset + 1000)]
        value: dict[str, Any] = {"offset": offset, "data": rows}
        if offset < 2000:
            value["next"] = offset + 1000
        serving(value)(handler, number)

    with Scripted(page) as server, make(tmp_path, server.url) as client:
        titles = [one.title for one in client.references(PAPER)]
    assert titles == [f"T{at}" for at in range(3000)]
    assert len(server.asked) == 3


@pytest.mark.parametrize("following", [0, -5, 1000, "1000", None])
def test_paging_ends(tmp_path: Path, following: object) -> None:
    value = {"offset": 0, "next": following, "data": [{"citedPaper": {"title": "T"}}]}
    with Scripted(serving(value)) as server, make(tmp_path, server.url) as client:
        assert 1 <= len(client.references(PAPER)) <= 2
    assert len(server.asked) <= 2


def test_gaps_in_the_data(tmp_path: Path) -> None:
    rows = [
        {"citedPaper": None},
        {},
        None,
        {"citedPaper": {"title": None, "externalIds": None, "authors": None, "year": None}},
        {"citedPaper": {"title": " A\n title ", "externalIds": None, "authors": None}},
        {"citedPaper": {"title": None, "externalIds": {"ArXiv": "2001.00001v2"}}},
        {"citedPaper": {"title": "B", "externalIds": {"ArXiv": "junk/../x", "DOI": 7}}},
        {
            "citedPaper": {
                "title": "C",
                "year": "2020",
                "authors": [{"name": None}, None, {"name": "Jun Ma"}],
                "externalIds": {"DOI": "10.1000/1", "CorpusId": 5},
            }
        },
    ]
    with Scripted(serving({"data": rows})) as server, make(tmp_path, server.url) as client:
        assert client.references(PAPER) == [
            ScholarReference("A title"),
            ScholarReference("", arxiv_id="2001.00001"),
            ScholarReference("B"),
            ScholarReference("C", authors=("Jun Ma",), doi="10.1000/1"),
        ]


@pytest.mark.parametrize("value", [{"data": None}, {}, {"data": "x"}])
def test_no_data(tmp_path: Path, value: object) -> None:
    with Scripted(serving(value)) as server, make(tmp_path, server.url) as client:
        assert client.references(PAPER) == []


def test_paths_of_old_and_new_ids_without_version(tmp_path: Path) -> None:
    with Scripted(serving({"data": []})) as server, make(tmp_path, server.url) as client:
        client.references(PAPER)
        client.references(ArxivId("hep-th/9901001", 2))
    assert [unquote(urlsplit(asked.path).path) for asked in server.asked] == [
        "/paper/arXiv:2304.12306/references",
        "/paper/arXiv:hep-th/9901001/references",
    ]


def test_outages_and_refusals(tmp_path: Path) -> None:
    for script in (serving([1]), serving({}, 503)):
        with Scripted(script) as server, make(tmp_path, server.url) as client:
            with pytest.raises(SourceUnreachable, match="Semantic Scholar can't be reached"):
                client.references(PAPER)
            assert len(server.asked) == 3
    wrong = serving({"error": "Unrecognized or unsupported fields: [x]"}, 400)
    refused = pytest.raises(SourceRefused, match=r"unsupported fields: \[x\]")
    with Scripted(wrong) as server, make(tmp_path, server.url) as client, refused:
        client.references(PAPER)


def test_its_pace_is_its_own(tmp_path: Path) -> None:
    with Scripted(serving({"data": []})) as server:
        settings = Settings(
            home=tmp_path,
            arxiv_api_url=f"{server.url}/api",
            arxiv_pdf_url=server.url,
            semantic_scholar_url=server.url,
            arxiv_pace=0.3,
            pace_dir=tmp_path / "pace",
        )
        with ArxivClient(settings), ScholarClient(settings) as scholar:
            (tmp_path / "pace").mkdir()
            (tmp_path / "pace" / "arxiv.stamp").write_text("0 9e9")
            scholar.references(PAPER)
            scholar.references(PAPER)
    assert 0.3 <= server.gaps()[0] < 2


def recorded(name: str) -> list[dict[str, Any]]:
    path = RECORDED / name
    if not path.is_file():
        return []
    taken: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))["interactions"]
    return taken


@pytest.mark.skipif(not RECORDED.is_dir(), reason=f"no {RECORDED}")
def test_recorded_answers(tmp_path: Path) -> None:
    played = recorded("test_get_paper_references.yaml")
    body = played[0]["response"]["body"]["string"].encode()
    refusal = recorded("test_bad_query_parameters.yaml")[0]["response"]["content"].encode()
    missing = recorded("test_not_found.yaml")[0]["response"]["body"]["string"].encode()
    answers = [(200, body), (404, missing), (404, missing), (400, refusal)]

    def answer(handler: Handler, number: int) -> None:
        handler.say(*answers[number])

    with Scripted(answer) as server, make(tmp_path, server.url) as client:
        # The recorded page says that 50 more follow; the next answer is that there is nothing.
        found = client.references(PAPER)
        assert len(found) == 50
        assert found[0].title.startswith("Group lending or individual lending?")
        assert all(one.title for one in found)
        assert client.references(PAPER) == []
        with pytest.raises(SourceRefused, match="Unrecognized or unsupported fields"):
            client.references(PAPER)
    assert "offset=50" in server.asked[1].path
