"""The small arXiv answers as arXiv does, its PDFs are read as papers, its faults are real."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import arxiv  # type: ignore[import-untyped]
import httpx
import pytest

from fmqa.reading.reader import DefaultPdfReader
from fmqa.types import Document
from shared_folder import SHARED
from small_arxiv import FAULTS, Fault, SmallArxiv, World, make_world
from small_arxiv.faults import (
    Action,
    reset,
    short_of_length,
    stall,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
RECORDED = SHARED / "data" / "arxiv_api"
ATOM = "{http://www.w3.org/2005/Atom}"
MIB = 1 << 20


@pytest.fixture(scope="module")
def world() -> World:
    """A world that no test changes."""
    return make_world(24, oversize=2 * MIB)


@pytest.fixture
def server(world: World) -> Iterator[SmallArxiv]:
    with SmallArxiv(world) as started:
        yield started


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=10) as opened:
        yield opened


def found(server: SmallArxiv, page_size: int = 100, **asked: Any) -> list[arxiv.Result]:
    """What the arxiv package finds."""
    api = arxiv.Client(page_size=page_size, delay_seconds=0, num_retries=0)
    api.query_url_format = server.api_url + "?{}"
    api._session.trust_env = False
    return list(api.results(arxiv.Search(max_results=None, **asked)))


def names(results: list[arxiv.Result]) -> list[str]:
    return [result.get_short_id() for result in results]


def read(data: bytes, folder: Path) -> Document:
    path = folder / "made.pdf"
    path.write_bytes(data)
    return DefaultPdfReader().read(path)


# Papers and their PDFs


def test_every_pdf_is_read_as_the_paper_it_is(world: World, tmp_path: Path) -> None:
    for paper in world.papers():
        for version in (v for v in paper.versions if not v.withdrawn):
            document = read(world.pdf(paper.arxiv_id, version.number), tmp_path)
            meta = document.meta
            assert (meta.arxiv_id, meta.version) == (paper.arxiv_id, version.number)
            assert (meta.title, meta.authors) == (paper.title, tuple(paper.authors))
            assert meta.year == paper.year
            assert len(document.passages) >= 5
            text = " ".join(passage.text for passage in document.passages)
            assert (400 if paper.entries else 1000) <= len(text.split()) <= 2000
            assert 2 <= len(document.pages) <= 8
            assert version.claim in text
            others = {v.claim for v in paper.versions if v.claim} - {version.claim}
            assert not any(claim in text for claim in others)


# The arXiv API


def test_ids_come_in_the_order_asked_for_and_page_by_page(server: SmallArxiv, world: World) -> None:
    ids = world.cited()
    results = found(server, page_size=5, id_list=["0000.00000", *ids, "2301.99999"])
    assert names(results) == [f"{i}v{world[i].latest.number}" for i in ids]
    assert len(server.requests_of("api")) == -(-len(ids) // 5)
    for result, arxiv_id in zip(results, ids, strict=True):
        paper = world[arxiv_id]
        assert (result.title, result.summary) == (paper.title, paper.abstract)
        assert [author.name for author in result.authors] == paper.authors
        assert (result.categories, result.primary_category) == (
            paper.categories,
            paper.categories[0],
        )
        assert (result.comment or "") == paper.latest.comment


def test_a_malformed_id_is_a_400_with_an_error_entry(
    server: SmallArxiv, client: httpx.Client
) -> None:
    answer = client.get(server.api_url, params={"id_list": "2304.12306,abc"})
    assert answer.status_code == 400
    entry = ElementTree.fromstring(answer.content).find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == "Error"
    assert entry.findtext(f"{ATOM}summary") == "incorrect id format for abc"
    for asked in ({"max_results": "x"}, {"start": "-1"}, {"search_query": 'ti:"open'}):
        assert client.get(server.api_url, params=asked).status_code == 400


@pytest.mark.skipif(not RECORDED.is_dir(), reason=f"no {RECORDED}")
@pytest.mark.parametrize("name", ["id_1605.08386_s0", "id_0808.05394_s0", "id_abc_s0"])
def test_feeds_are_built_as_recorded_ones(
    name: str, server: SmallArxiv, world: World, client: httpx.Client
) -> None:
    import json

    recorded = json.loads(next(RECORDED.glob(f"{name}*.json")).read_text())
    single = next(p for p in world.papers() if p.latest.comment and not p.latest.withdrawn)
    asked = {"id_1605.08386_s0": single.arxiv_id, "id_0808.05394_s0": "0808.05394"}
    answer = client.get(server.api_url, params={"id_list": asked.get(name, "abc")})
    assert answer.status_code == recorded["status_code"]
    assert shape(answer.content) == shape(recorded["body"].encode())


def shape(feed: bytes) -> list[tuple[str, tuple[str, ...]]]:
    """Elements and their attributes in order; runs of equal ones once."""
    made: list[tuple[str, tuple[str, ...]]] = []
    for element in ElementTree.fromstring(feed).iter():
        one = (element.tag, tuple(sorted(element.attrib)))
        if not made or (made[-1] != one and made[-2:] != [one, (f"{ATOM}name", ())]):
            made.append(one)
    return [one for one in made if one[0] not in (f"{ATOM}author", f"{ATOM}name")]


QUERIES: list[tuple[str, Callable[[Any], bool]]] = [
    ('ti:"A SMALL review, of foundation-models"', lambda p: p.title.startswith("A Small Review")),
    ('ti:"small foundation"', lambda p: False),
    ("ti:liver AND ti:in", lambda p: {"liver", "in"} <= words(p.title)),
    ("ti:liver OR ti:heart", lambda p: bool({"liver", "heart"} & words(p.title))),
    ("ti:of ANDNOT ti:liver", lambda p: "of" in words(p.title) and "liver" not in words(p.title)),
    (
        "(ti:liver OR ti:heart) AND cat:cs.CV",
        lambda p: bool({"liver", "heart"} & words(p.title)) and "cs.CV" in p.categories,
    ),
    ("cat:eess.*", lambda p: any(c.startswith("eess.") for c in p.categories)),
    ("abs:hospital", lambda p: "hospital" in words(p.abstract)),
    ("au:Hartmann", lambda p: any("hartmann" in words(a) for a in p.authors)),
    ("ti:(liver OR lung)", lambda p: bool({"liver", "lung"} & words(p.title))),
    ("withdrawn", lambda p: p.latest.withdrawn),
    (
        "submittedDate:[201801010000 TO 201912312359]",
        lambda p: p.published[:4] in ("2018", "2019"),
    ),
]


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text.casefold()))


@pytest.mark.parametrize(("query", "means"), QUERIES, ids=[query for query, _ in QUERIES])
def test_queries_find_what_they_say(
    query: str, means: Callable[[Any], bool], server: SmallArxiv, world: World
) -> None:
    wanted = {f"{p.arxiv_id}v{p.latest.number}" for p in world.papers() if means(p)}
    assert set(names(found(server, page_size=7, query=query))) == wanted


# PDFs


def test_a_pdf_has_all_its_addresses(
    server: SmallArxiv, world: World, client: httpx.Client
) -> None:
    old = world.special["old"]
    whole = world.pdf(old)
    for name in (old, f"{old}v1", f"{old}.pdf", f"{old}v1.pdf"):
        answer = client.get(f"{server.pdf_url}/{name}")
        assert (answer.status_code, answer.content) == (200, whole)
        assert answer.headers["content-type"] == "application/pdf"
    head = client.head(f"{server.pdf_url}/{old}")
    assert (head.headers["content-length"], head.content) == (str(len(whole)), b"")
    for name in (f"{old}v2", "2301.99999", "nonsense"):
        assert client.get(f"{server.pdf_url}/{name}").status_code == 404


@pytest.mark.parametrize(("name", "status"), [("withdrawn", 404), ("withdrawn_html", 200)])
def test_a_withdrawn_paper_has_a_page_in_place_of_its_pdf(
    name: str, status: int, server: SmallArxiv, world: World, client: httpx.Client
) -> None:
    arxiv_id = world.special[name]
    answer = client.get(f"{server.pdf_url}/{arxiv_id}")
    assert (answer.status_code, answer.headers["content-type"][:9]) == (status, "text/html")
    assert client.get(f"{server.pdf_url}/{arxiv_id}v1").content[:5] == b"%PDF-"
    [result] = found(server, id_list=[arxiv_id])
    assert result.comment == "This paper has been withdrawn by the author"


# Semantic Scholar


def test_scholar_says_no_as_the_real_one(
    server: SmallArxiv, world: World, client: httpx.Client
) -> None:
    paper = f"{server.scholar_url}/paper"
    unknown = client.get(f"{paper}/arXiv:2301.99999")
    assert unknown.status_code == 404
    assert unknown.json() == {"error": "Paper with id arXiv:2301.99999 not found"}
    wrong = client.get(f"{paper}/arXiv:{world.review}", params={"fields": "unknown"})
    assert wrong.status_code == 400
    assert wrong.json() == {"error": "Unrecognized or unsupported fields: [unknown]"}
    title = world[world.special["old"]].title
    match = client.get(
        f"{paper}/search/match", params={"query": title.lower(), "fields": "externalIds"}
    ).json()["data"]
    assert match[0]["externalIds"]["ArXiv"] == world.special["old"]
    assert client.get(f"{paper}/search/match", params={"query": "zzz"}).status_code == 404


# Faults


@pytest.mark.parametrize("name", FAULTS)
def test_a_client_that_tries_again_gets_through(
    name: str, server: SmallArxiv, world: World, client: httpx.Client
) -> None:
    """Of three paths the first is struck, once; its second try gets what there is to get."""
    fault = server.faults.add(FAULTS[name]())
    ids = world.cited()[-3:]
    urls = {
        "pdf": [f"{server.pdf_url}/{i}v1" for i in ids],
        "api": [f"{server.api_url}?id_list={i}" for i in ids],
        "": [f"{server.scholar_url}/paper/arXiv:{i}" for i in ids],
    }[fault.kind]
    statuses: list[object] = []
    for url in urls:
        try:
            answer = client.get(url, timeout=1 if "stall" in name and not statuses else 10)
            statuses.append(answer.status_code)
        except httpx.TransportError as error:
            statuses.append(type(error))
    assert [r.fault for r in server.requests] == [name, None, None]
    assert statuses[1:] == [200, 200]
    assert client.get(urls[0]).status_code == 200
    assert fault.struck == [server.requests[0].path]


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (stall(30, -1), httpx.ReadTimeout),
        (stall(30, 0), httpx.ReadTimeout),
        (stall(30, 0.5), httpx.ReadTimeout),
        (reset(-1), httpx.ReadError),
        (reset(0), httpx.ReadError),
        (reset(0.5), httpx.ReadError),
        (short_of_length(), httpx.RemoteProtocolError),
    ],
    ids=lambda value: getattr(value, "__qualname__", str(value)),
)
def test_faults_of_the_wire(
    action: Action,
    error: type[Exception],
    server: SmallArxiv,
    world: World,
) -> None:
    """The connection is what fails, after as many bytes as the fault lets through."""
    server.faults.add(Fault("pdf", action, times=1))
    url = f"{server.pdf_url}/{world.review}"
    with httpx.Client(trust_env=False, timeout=0.4) as client:
        with pytest.raises(error):
            client.get(url)
        assert client.get(url, timeout=10).content == world.pdf(world.review)
    sent = server.requests[0].sent
    assert sent in (0, len(world.pdf(world.review)) // 2)


def test_a_reset_reaches_the_client_as_such(server: SmallArxiv, world: World) -> None:
    import socket

    server.faults.add(Fault("pdf", reset(-1)))
    host, port = httpx.URL(server.url).host, httpx.URL(server.url).port
    with socket.create_connection((host, port or 0), timeout=5) as raw:
        raw.sendall(f"GET /pdf/{world.review} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            raw.recv(100)


# On its own


def test_it_runs_on_its_own(client: httpx.Client) -> None:
    command = [sys.executable, "-m", "tests.small_arxiv", "--papers", "16"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(6)]
            done = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
            answer = client.get(done["FMQA_ARXIV_API_URL"], params={"id_list": "2510.16973"})
            assert "A Small Review" in answer.text
            assert client.get(f"{done['FMQA_ARXIV_PDF_URL']}/2510.16973").content[:5] == b"%PDF-"
            assert Path(done["FMQA_PACE_DIR"]).is_dir()
            os.kill(process.pid, signal.SIGTERM)
            process.wait(10)
        finally:
            process.kill()  # it would be waited for, whatever failed
    assert not Path(done["FMQA_PACE_DIR"]).exists()
