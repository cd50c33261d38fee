"""The small arXiv answers as arXiv does, its PDFs are read as papers, its faults are real."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import arxiv  # type: ignore[import-untyped]
import httpx
import pytest

from fmqa.errors import ReadingError
from fmqa.reading.pdfium import read_pdfium
from fmqa.reading.reader import DefaultPdfReader
from fmqa.types import Document, Outcome
from shared_folder import SHARED
from small_arxiv import FAULTS, Fault, SmallArxiv, World, make_paper, make_world
from small_arxiv.faults import (
    Action,
    cut_short,
    drip,
    empty_feed,
    garbage,
    refuse,
    reset,
    short_of_length,
    stall,
    wrong_type,
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


@pytest.fixture
def changing() -> Iterator[SmallArxiv]:
    """A world of the test's own, served."""
    with SmallArxiv(make_world(16, oversize=2 * MIB)) as started:
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


def test_a_seed_makes_the_same_world_to_the_byte() -> None:
    one, same, other = make_world(16), make_world(16), make_world(16, seed=1)
    assert [p.arxiv_id for p in one.papers()] == [p.arxiv_id for p in same.papers()]
    assert all(one.pdf(p.arxiv_id) == same.pdf(p.arxiv_id) for p in one.papers())
    assert one.cited() != other.cited()
    assert one.pdf(one.review) != other.pdf(one.review)


def test_the_bibliography_cites_in_all_ways() -> None:
    world = make_world()
    entries = world[world.review].entries
    ways = Counter(entry.how for entry in entries)
    assert sum(count for how, count in ways.items() if how) == len(world.cited()) == 60
    assert min(ways[how] for how in ("text", "doi", "link", "scholar", "title", "")) >= 5
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    for entry in entries:
        assert (entry.arxiv_id is None) == (entry.how == "")
        printed = entry.arxiv_id is not None and entry.arxiv_id in entry.text
        assert printed == (entry.how in ("text", "doi"))
        linked = entry.arxiv_id is not None and entry.arxiv_id in (entry.link or "")
        assert linked if entry.how == "link" else not linked or entry.how == "text"
        assert entry.scholar_knows or entry.how != "scholar"
        assert not entry.scholar_knows or entry.how not in ("title", "")
    titles = {paper.arxiv_id: paper.title for paper in world.papers()}
    by_title = [entry for entry in entries if entry.how == "title"]
    exact = [e for e in by_title if titles.get(e.arxiv_id or "") == e.printed_title]
    assert len(exact) < ways["title"] / 2
    two = [i for i in world.cited() if len(world[i].versions) > 1 and not world[i].latest.withdrawn]
    assert len(two) >= 5


def test_near_misses_are_other_papers_than_those_cited() -> None:
    world = make_world()
    truth = world.truth()
    assert len(world.near_misses) == 20
    assert not set(world.near_misses) & set(world.cited())
    for arxiv_id, number in world.near_misses.items():
        entry, near = world[world.review].entries[number - 1], world[arxiv_id]
        right = world.get(truth[number] or "")
        # Something that the bibliography or arXiv says tells the two apart.
        assert right is None or near.title != right.title or near.authors != right.authors
        assert near.title != entry.printed_title or tuple(near.authors) != entry.authors
    assert None in {truth[number] for number in world.near_misses.values()}


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


def test_a_pdf_that_ends_in_the_middle_cannot_be_read(world: World, tmp_path: Path) -> None:
    whole = world.pdf(world.special["truncated"])
    for share in (0.5, 0.6, 0.9):
        with pytest.raises(ReadingError) as caught:
            read(whole[: int(share * len(whole))], tmp_path)
        assert caught.value.outcome is Outcome.DAMAGED


def test_the_bibliography_stands_in_two_columns_over_several_pages() -> None:
    world = make_world()
    file = read_pdfium(world.pdf(world.review), 100)
    lefts: dict[int, set[int]] = {}
    numbers = []
    for page in file.pages:
        for line in page.lines:
            if match := re.match(r"\[(\d+)\] \w\. ", page.text_of(line)):
                numbers.append(int(match[1]))
                lefts.setdefault(page.number, set()).add(round(line.left))
    entries = world[world.review].entries
    assert numbers == [entry.number for entry in entries]
    assert len(lefts) >= 2
    assert max(len(found) for found in lefts.values()) == 2


def test_links_lie_over_their_entries() -> None:
    from pypdf import PdfReader

    world = make_world()
    data = world.pdf(world.review)
    shown = read_pdfium(data, 100).pages
    linked: dict[str, str] = {}
    for page, raw in zip(PdfReader(BytesIO(data)).pages, shown, strict=True):
        for annotation in page.get("/Annots", ()):
            x1, y1, x2, y2 = (float(value) for value in annotation.get_object()["/Rect"])
            inside = [
                raw.text_of(line)
                for line in raw.lines
                if x1 - 20 <= line.left <= x2 and y1 <= (line.bottom + line.top) / 2 <= y2
            ]
            uri = annotation.get_object()["/A"]["/URI"]
            linked[uri] = linked.get(uri, "") + " ".join(inside)
    wanted = {entry.link: entry for entry in world[world.review].entries if entry.link}
    assert set(linked) == set(wanted)
    for uri, entry in wanted.items():
        assert linked[uri].startswith(f"[{entry.number}] ")
        assert linked[uri].count("[") == entry.text.count("[") + 1


def test_each_entry_is_cited_in_the_text(world: World, tmp_path: Path) -> None:
    document = read(world.pdf(world.review), tmp_path)
    text = " ".join(passage.text for passage in document.passages)
    review = world[world.review]
    assert {n for _, numbers in review.mentions for n in numbers} == set(world.truth())
    assert sum(sentence in text for sentence, _ in review.mentions) > 0.9 * len(review.mentions)


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


def test_a_version_is_that_version(changing: SmallArxiv) -> None:
    world = changing.world
    revised = [i for i in world.cited() if len(world[i].versions) == 2]
    wanted = next(i for i in revised if not world[i].latest.withdrawn)
    first, latest = found(changing, id_list=[f"{wanted}v1", wanted])
    assert names([first, latest]) == [f"{wanted}v1", f"{wanted}v2"]
    assert first.updated < latest.updated
    assert first.summary != latest.summary
    assert found(changing, id_list=[f"{wanted}v9"]) == []


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


def test_results_are_sorted_as_asked(server: SmallArxiv) -> None:
    order = arxiv.SortCriterion.SubmittedDate
    down = found(server, query="all:of", sort_by=order)
    assert len(down) > 20
    assert [r.published for r in down] == sorted((r.published for r in down), reverse=True)
    up = found(server, query="all:of", sort_by=order, sort_order=arxiv.SortOrder.Ascending)
    assert [r.published for r in up] == sorted(r.published for r in up)
    by_update = found(server, query="all:of", sort_by=arxiv.SortCriterion.LastUpdatedDate)
    assert [r.updated for r in by_update] == sorted((r.updated for r in by_update), reverse=True)


def test_without_max_results_ten_come(server: SmallArxiv, client: httpx.Client) -> None:
    answer = client.get(server.api_url, params={"search_query": "all:of"})
    feed = ElementTree.fromstring(answer.content)
    assert len(feed.findall(f"{ATOM}entry")) == 10
    total = feed.findtext("{http://a9.com/-/spec/opensearch/1.1/}totalResults")
    assert total is not None
    assert int(total) > 20


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


def test_the_hard_pdfs_are_hard(changing: SmallArxiv, client: httpx.Client) -> None:
    world = changing.world
    url = f"{changing.pdf_url}/{world.special['oversize']}"
    large = client.get(url)
    assert large.headers["content-length"] == str(2 * MIB) == str(len(large.content))
    world.oversize_declared = False
    undeclared = client.get(url)
    assert "content-length" not in undeclared.headers
    assert undeclared.content == large.content
    cut = world.special["truncated"]
    answer = client.get(f"{changing.pdf_url}/{cut}")
    assert answer.status_code == 200
    assert world.pdf(cut).startswith(answer.content)
    assert len(answer.content) < 0.7 * len(world.pdf(cut))


# Semantic Scholar


def test_references_come_page_by_page_with_the_fields_asked_for(
    server: SmallArxiv, world: World, client: httpx.Client
) -> None:
    url = f"{server.scholar_url}/paper/arXiv:{world.review}/references"
    listed: list[dict[str, Any]] = []
    offset: int | None = 0
    while offset is not None:
        page = f"fields=title,year,authors,externalIds&offset={offset}&limit=10"
        answer = client.get(f"{url}?{page}").json()
        assert answer["offset"] == offset
        listed += [one["citedPaper"] for one in answer["data"]]
        offset = answer.get("next")
    entries = world[world.review].entries
    assert len(listed) == len(entries)
    assert len(server.requests) == -(-len(entries) // 10)
    ids = {(one["externalIds"] or {}).get("ArXiv") for one in listed} - {None}
    assert ids == {entry.arxiv_id for entry in entries if entry.scholar_knows}
    assert None in [one["externalIds"] for one in listed]
    assert None in [one["paperId"] for one in listed]
    assert {"paperId", "title", "year", "authors", "externalIds"} == set(listed[0])
    bare = client.get(url).json()["data"][0]["citedPaper"]
    assert set(bare) == {"paperId", "title"}


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


# Changes while it is served


def test_papers_change_while_they_are_served(
    changing: SmallArxiv, client: httpx.Client, tmp_path: Path
) -> None:
    world = changing.world
    arxiv_id = next(iter(world.near_misses))
    url = f"{changing.pdf_url}/{arxiv_id}"
    assert names(found(changing, id_list=[arxiv_id])) == [f"{arxiv_id}v1"]
    made = world.add_version(arxiv_id, comment="Corrected")
    assert names(found(changing, id_list=[arxiv_id])) == [f"{arxiv_id}v2"]
    document = read(client.get(url).content, tmp_path)
    assert document.meta.version == 2
    assert any(made.claim in passage.text for passage in document.passages)
    world.withdraw(arxiv_id)
    assert client.get(url).status_code == 404
    world.add(make_paper("2511.00001", "2025-11-02T10:00:00Z", 999))
    assert names(found(changing, id_list=["2511.00001"])) == ["2511.00001v1"]


def test_a_review_may_cite_more_later(changing: SmallArxiv, tmp_path: Path) -> None:
    world = changing.world
    review, more = world.review, next(iter(world.near_misses))
    entry = world.cite(review, more)
    assert world.truth()[entry.number] == more
    texts = [read(world.pdf(review, number), tmp_path) for number in (1, 2)]
    assert [f"[{entry.number}]" in texts[n].pages[-1].text for n in (0, 1)] == [False, True]
    assert names(found(changing, id_list=[review])) == [f"{review}v2"]


def test_requests_are_listed(server: SmallArxiv, world: World, client: httpx.Client) -> None:
    before = time.monotonic()
    client.get(f"{server.pdf_url}/{world.review}", headers={"User-Agent": "a test"})
    client.get(server.api_url, params={"id_list": world.review})
    pdf, api = server.requests
    assert (pdf.kind, pdf.status, pdf.user_agent) == ("pdf", 200, "a test")
    assert (pdf.sent, pdf.fault) == (len(world.pdf(world.review)), None)
    assert (api.kind, api.path) == ("api", f"/api/query?id_list={world.review}")
    assert before <= pdf.at <= api.at <= time.monotonic()
    server.forget()
    assert server.requests == []


def test_open_requests_are_counted(server: SmallArxiv, world: World) -> None:
    url = f"{server.pdf_url}/{world.review}"

    got: list[bytes] = []

    def get() -> None:
        got.append(httpx.get(url, trust_env=False, timeout=30).content)

    for _ in range(20):
        get()  # each on a connection of its own, one after the other
    assert server.connections_at_once == {"pdf": 1, "arxiv": 1}
    server.faults.add(Fault("pdf", stall(1.0)))
    threads = [threading.Thread(target=get) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.connections_at_once["pdf"] == 3
    assert got == [world.pdf(world.review)] * 23


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


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_short_bodies_are_short(
    share: float, server: SmallArxiv, world: World, client: httpx.Client
) -> None:
    server.faults.add(Fault("pdf", cut_short(share), times=1))
    url = f"{server.pdf_url}/{world.review}"
    cut, whole = client.get(url), client.get(url)
    assert cut.status_code == 200
    assert cut.headers["content-length"] == str(int(share * len(whole.content)))
    assert whole.content.startswith(cut.content)


def test_refusals_say_when_to_come_back(
    server: SmallArxiv, world: World, client: httpx.Client
) -> None:
    url = f"{server.scholar_url}/paper/arXiv:{world.review}"
    done = []
    for action in (refuse(429, 2), refuse(429, 5, as_date=True), refuse(429), refuse(503)):
        server.faults.clear()
        server.faults.add(Fault("scholar", action))
        answer = client.get(url)
        done.append((answer.status_code, answer.headers.get("retry-after")))
    assert done[0] == (429, "2")
    date = done[1][1]
    assert date is not None
    assert 3 < (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds() <= 6
    assert done[2:] == [(429, None), (503, None)]


def test_wrong_contents(server: SmallArxiv, world: World, client: httpx.Client) -> None:
    asked = {"id_list": world.review}
    server.faults.add(Fault("", wrong_type(), times=2))
    for answer in (
        client.get(f"{server.pdf_url}/{world.review}"),
        client.get(server.api_url, params=asked),
    ):
        assert (answer.status_code, answer.headers["content-type"][:9]) == (200, "text/html")
    server.faults.add(Fault("api", empty_feed(), times=1))
    assert found(server, id_list=[world.review]) == []
    assert len(found(server, id_list=[world.review])) == 1
    server.faults.add(Fault("api", garbage()))
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(client.get(server.api_url, params=asked).content)


def test_a_drip_is_slow_and_whole(server: SmallArxiv, world: World, client: httpx.Client) -> None:
    whole = world.pdf(world.review)
    server.faults.add(Fault("pdf", drip(len(whole) // 10, 0.02)))
    begin = time.monotonic()
    assert client.get(f"{server.pdf_url}/{world.review}").content == whole
    assert time.monotonic() - begin > 0.15


def test_faults_strike_where_and_as_often_as_told() -> None:
    def struck(fault: Fault, paths: list[str]) -> str:
        return "".join("x" if fault.strikes("pdf", path) else "." for path in paths)

    same = ["/pdf/a"] * 6
    assert struck(Fault("pdf", refuse(503), times=2), same) == "xx...."
    assert struck(Fault("pdf", refuse(503), every=3), same) == "x..x.."
    assert struck(Fault("pdf", refuse(503), once_per_path=True), same) == "x....."
    assert struck(Fault("api", refuse(503)), same) == "......"
    mixed = ["/pdf/a", "/pdf/b", "/pdf/c"]
    assert struck(Fault("", refuse(503), "/b"), mixed) == ".x."
    assert struck(Fault("", refuse(503), lambda path: path > "/pdf/a"), mixed) == ".xx"
    often = struck(Fault("", refuse(503), probability=0.3, seed=4), same * 50)
    assert 60 < often.count("x") < 120
    assert often == struck(Fault("", refuse(503), probability=0.3, seed=4), same * 50)


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
