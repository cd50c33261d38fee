"""The client against the small arXiv, with faults, and against recorded answers of the real one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from scripted import Handler, Scripted

from fmqa.errors import (
    NotServed,
    SettingsError,
    SourceRefused,
    SourceUnreachable,
    UsageError,
)
from fmqa.settings import Settings
from fmqa.sources.arxiv import ArxivClient, is_withdrawn, title_query
from fmqa.sources.arxiv_ids import ArxivId, parse_id
from shared_folder import SHARED
from small_arxiv import FAULTS, Fault, SmallArxiv, World, make_world
from small_arxiv.faults import cut_short, empty_feed, refuse, wrong_type

RECORDED = SHARED / "data" / "arxiv_api"


def settings_for(home: Path, url: str, **others: Any) -> Settings:
    given: dict[str, Any] = {
        "home": home,
        "arxiv_api_url": f"{url}/api/query",
        "arxiv_pdf_url": f"{url}/pdf",
        "arxiv_pace": 0.002,
        "pace_dir": home / "pace",
        "fetch_timeout": 1,
        "fetch_tries": 3,
    }
    return Settings(**(given | others))


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(oversize=2 << 20)


@pytest.fixture
def small(world: World) -> Iterator[SmallArxiv]:
    with SmallArxiv(world) as server:
        yield server


@pytest.fixture
def client(small: SmallArxiv, tmp_path: Path) -> Iterator[ArxivClient]:
    with ArxivClient(settings_for(tmp_path, small.url)) as made:
        yield made


def ids_of(world: World) -> list[ArxivId]:
    return [found for paper in world.papers() if (found := parse_id(paper.arxiv_id))]


def asked(server: SmallArxiv, name: str) -> list[str]:
    queries = [parse_qs(urlsplit(request.path).query) for request in server.requests_of("api")]
    return [query.get(name, [""])[0] for query in queries]


def test_records_of_all_papers_in_batches(
    world: World, small: SmallArxiv, client: ArxivClient
) -> None:
    ids = ids_of(world)
    twice = [ArxivId(one.bare, 1) for one in ids[:20]]
    batches = list(client.iter_records([*ids, *twice, *ids]))
    assert [len(batch) for batch in batches] == [100, len(ids) + 20 - 100]
    records = [record for batch in batches for record in batch]
    assert [record.arxiv_id for record in records] == [one.bare for one in [*ids, *twice]]
    assert len(small.requests) == 2
    for record in records:
        paper = world[record.arxiv_id]
        version = paper.version(record.version)
        assert version is not None
        assert record.title == " ".join(paper.title.split())
        assert record.authors == tuple(paper.authors)
        assert record.abstract == " ".join(version.abstract.split())
        assert record.published == paper.published
        assert record.withdrawn == version.withdrawn
        assert record.categories == tuple(paper.categories)
    assert {record.version for record in records[len(ids) :]} == {1}
    assert any(record.version > 1 for record in records[: len(ids)])
    assert any(record.withdrawn for record in records)


def test_unknown_ids_are_asked_for_once_more_and_left_out(
    world: World, small: SmallArxiv, client: ArxivClient
) -> None:
    known = ids_of(world)[0]
    found = client.records([ArxivId("0808.05394"), known, ArxivId(known.bare, 98)])
    assert [record.arxiv_id for record in found] == [known.bare]
    first, again = asked(small, "id_list")
    assert first == f"0808.05394,{known},{known.bare}v98"
    assert again == f"0808.05394,{known.bare}v98"
    assert client.records([]) == []
    assert len(small.requests) == 2


def test_an_empty_answer_loses_nothing(
    world: World, small: SmallArxiv, client: ArxivClient
) -> None:
    small.faults.add(Fault("api", empty_feed(), once_per_path=True))
    ids = ids_of(world)[:3]
    assert len(client.records(ids)) == 3
    assert [len(page) for page in client.search("cat:cs.CV", limit=7)] == [7]
    title = world.papers()[0].title
    assert client.find_title(title)
    assert len(small.requests) == 6


def malformed(handler: Handler, number: int) -> None:
    """Refuses ids that begin with 99, and names none of them."""
    ids = parse_qs(urlsplit(handler.path).query)["id_list"][0].split(",")
    entry = (
        "<entry><id>http://arxiv.org/abs/{0}v1</id><title>T {0}</title>"
        "<updated>2020-01-01T00:00:00Z</updated><published>2020-01-01T00:00:00Z</published></entry>"
    )
    space = 'xmlns="http://www.w3.org/2005/Atom"'
    if any(one.startswith("99") for one in ids):
        error = "<entry><title>Error</title><summary>incorrect id format</summary></entry>"
        handler.say(400, f"<feed {space}>{error}</feed>".encode())
    else:
        body = "".join(entry.format(one) for one in ids)
        handler.say(200, f"<feed {space}>{body}</feed>".encode())


def test_a_malformed_id_spoils_only_itself(tmp_path: Path) -> None:
    good = [ArxivId(f"2001.{number:05}") for number in range(1, 30)]
    bad, told = [ArxivId("9901.00001"), ArxivId("9901.00002")], []
    with Scripted(malformed) as server:
        with ArxivClient(settings_for(tmp_path, server.url), notify=told.append) as client:
            found = client.records([*good[:10], bad[0], *good[10:], bad[1]])
            assert [record.arxiv_id for record in found] == [one.bare for one in good]
            assert [line.split(" ")[0] for line in told] == ["9901.00001", "9901.00002"]
            with pytest.raises(SourceRefused, match="incorrect id format"):
                client.records(bad[:1])
        assert len(server.asked) < 30


def test_a_malformed_id_that_is_named_costs_one_request(
    world: World, small: SmallArxiv, client: ArxivClient
) -> None:
    bad = ArxivId("2313.00001")  # no thirteenth month
    found = client.records([*ids_of(world)[:40], bad])
    assert len(found) == 40
    assert len(small.requests) == 2


def test_searches_page_newest_first(world: World, small: SmallArxiv, client: ArxivClient) -> None:
    everything = sorted(
        (paper for paper in world.papers()), key=lambda paper: paper.published, reverse=True
    )
    pages = list(client.search("abs:the OR ti:a OR cat:cs.CV OR cat:eess.IV", limit=1000))
    found = [record for page in pages for record in page]
    dates = [record.published for record in found]
    assert dates == sorted(dates, reverse=True)
    assert len(found) > 60
    assert {record.arxiv_id for record in found} <= {paper.arxiv_id for paper in everything}
    assert list(client.search("cat:cs.CV", limit=0)) == []
    assert sum(map(len, client.search("cat:cs.CV", limit=13))) == 13
    assert set(asked(small, "sortBy")) == {"submittedDate"}
    assert asked(small, "max_results")[-1] == "13"


def test_searches_since_a_moment(world: World, small: SmallArxiv, client: ArxivClient) -> None:
    dates = sorted(paper.published for paper in world.papers() if "cs.CV" in paper.categories)
    since = datetime.fromisoformat(dates[-5])
    found = [r for page in client.search("cat:cs.CV", since=since, limit=50) for r in page]
    assert 1 <= len(found) <= 6
    assert all(record.published >= dates[-5][:16] for record in found)
    moment = datetime.fromisoformat("2024-03-01T01:30:00+02:00")
    for given in (moment, moment.astimezone(UTC).replace(tzinfo=None)):
        list(client.search("a OR b", since=given, limit=5))
        assert asked(small, "search_query")[-1] == (
            "(a OR b) AND submittedDate:[202402292330 TO 999912312359]"
        )


def feed_of(numbers: range, total: int, start: int) -> bytes:
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/2001.{number:05}v1</id><title>T</title>"
        "<updated>2020-01-01T00:00:00Z</updated><published>2020-01-01T00:00:00Z</published></entry>"
        for number in numbers
    )
    space = "http://a9.com/-/spec/opensearch/1.1/"
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="{space}">'
        f"<opensearch:totalResults>{total}</opensearch:totalResults>"
        f"<opensearch:startIndex>{start}</opensearch:startIndex>{entries}</feed>"
    ).encode()


def test_pages_that_stay_empty_are_an_outage_not_an_end(tmp_path: Path) -> None:
    def empty_later(handler: Handler, number: int) -> None:
        start = int(parse_qs(urlsplit(handler.path).query)["start"][0])
        numbers = range(1, 101) if start == 0 else range(0)
        handler.say(200, feed_of(numbers, 150, start))

    with Scripted(empty_later) as server:
        with ArxivClient(settings_for(tmp_path, server.url)) as client:
            pages = client.search("x", limit=150)
            assert len(next(pages)) == 100
            with pytest.raises(SourceUnreachable, match="empty"):
                next(pages)
        assert len(server.asked) == 3


def test_papers_that_come_in_meanwhile_are_not_sent_twice(tmp_path: Path) -> None:
    def moving(handler: Handler, number: int) -> None:
        start = int(parse_qs(urlsplit(handler.path).query)["start"][0])
        numbers = range(1, 101) if start == 0 else range(99, 149)  # two came in
        handler.say(200, feed_of(numbers, 150, start))

    with Scripted(moving) as server, ArxivClient(settings_for(tmp_path, server.url)) as client:
        found = [record.arxiv_id for page in client.search("x", limit=150) for record in page]
    assert found == [f"2001.{number:05}" for number in range(1, 149)]


def test_titles_are_found(world: World, small: SmallArxiv, client: ArxivClient) -> None:
    for paper in world.papers()[:40]:
        found = client.find_title(paper.title)
        assert paper.arxiv_id in {record.arxiv_id for record in found}, paper.title
        assert len(found) <= 5
    before = len(small.requests)
    assert client.find_title("Unheard-of Xylophones in Zoology") == []
    assert len(small.requests) == before + 2  # an empty answer may be wrong
    assert client.find_title("of the ☃") == []
    assert len(small.requests) == before + 2
    assert set(asked(small, "sortBy")) == {"relevance"}


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("Segment Anything in Medical Images", "segment anything medical images"),
        ("CLIP", "clip"),
        ("SAM 2", "sam 2"),
        ("A U-Net: Pre-\nTraining", "net pre training"),
        ('x" OR all:(foo) ANDNOT ti:bar', "all foo ti bar"),
        (r"$\mathcal{L}_1$ and \textbf{bold} ﬁne", "bold fine"),
        ("Schrödinger Bridges", "bridges"),
        ("the of", ""),
        (
            "Convolutional Networks for Biomedical Image Segmentation with Few Labelled Examples",
            "convolutional networks biomedical segmentation labelled examples",
        ),
    ],
)
def test_title_queries(title: str, query: str) -> None:
    expected = {f"ti:{word}" for word in query.split()} - {"ti:ti"}
    made = set(title_query(title).split(" AND ")) - {"", "ti:ti"}
    assert made == expected


def test_a_pdf(world: World, small: SmallArxiv, client: ArxivClient, tmp_path: Path) -> None:
    one = ids_of(world)[0]
    fetched = client.fetch_pdf(ArxivId(one.bare, 1), tmp_path / "papers")
    assert fetched.path == tmp_path / "papers" / f"{one.bare}v1.pdf"
    assert fetched.path.read_bytes() == world.pdf(one.bare, 1)
    assert client.fetch_pdf(ArxivId(one.bare, 1), tmp_path / "papers") == fetched
    assert len(small.requests_of("pdf")) == 1
    old = next(one for one in ids_of(world) if "/" in one.bare)
    path = client.fetch_pdf(ArxivId(old.bare, 1), tmp_path / "papers").path
    assert path.name == f"{old.bare.replace('/', '_')}v1.pdf"


HTML = "<!DOCTYPE html><html><body><article class='ltx_document'>Text</article></body></html>"


def test_the_html_is_kept_beside_the_pdf(
    world: World,
    small: SmallArxiv,
    client: ArxivClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_html, without = ids_of(world)[:2]
    monkeypatch.setattr(world, "html", {(with_html.bare, 1): HTML})
    for one, names in ((with_html, {".html", ".pdf"}), (without, {".pdf"})):
        for _ in range(2):  # the second time, nothing is asked
            path = client.fetch_pdf(ArxivId(one.bare, 1), tmp_path / one.bare).path
        assert {file.suffix for file in path.parent.iterdir()} == names
    assert path.with_name(f"{without.bare}v1.pdf") == path
    kept = tmp_path / with_html.bare / f"{with_html.bare}v1.html"
    assert kept.read_text() == HTML
    assert [(request.kind, request.status) for request in small.requests] == [
        ("html", 200), ("pdf", 200), ("html", 404), ("pdf", 200)
    ]  # fmt: skip


def test_a_paper_comes_without_its_html(
    world: World, small: SmallArxiv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = ArxivId(ids_of(world)[0].bare, 1)
    monkeypatch.setattr(world, "html", {(one.bare, 1): HTML})
    for number, (action, tries) in enumerate(
        ((refuse(503), 2), (cut_short(), 2), (refuse(403), 1), (wrong_type(), 1), (None, 0))
    ):
        small.forget()
        small.faults.clear()
        if action is not None:
            small.faults.add(Fault("html", action))
        settings = settings_for(tmp_path, small.url, arxiv_html=action is not None)
        with ArxivClient(settings) as client:
            path = client.fetch_pdf(one, tmp_path / str(number)).path
        assert [file.name for file in path.parent.iterdir()] == [path.name]
        assert (len(small.requests_of("html")), len(small.requests_of("pdf"))) == (tries, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        ArxivId("2304.12306"),
        ArxivId("../../etc/passwd", 1),
        ArxivId("2304.12306/../..", 1),
        ArxivId("2304.12306", 0),
        ArxivId("", 1),
    ],
)
def test_only_ids_make_paths(client: ArxivClient, tmp_path: Path, wrong: ArxivId) -> None:
    with pytest.raises(UsageError):
        client.fetch_pdf(wrong, tmp_path / "papers")
    assert not (tmp_path / "papers").exists()


def test_pdfs_that_are_not_served_leave_nothing(
    world: World, small: SmallArxiv, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, small.url, fetch_max_mb=1)
    folder = tmp_path / "papers"
    with ArxivClient(settings) as client:
        manners = {}
        for paper in world.papers():
            latest = paper.latest
            if paper.manner != "whole" or latest.withdrawn:
                one = ArxivId(paper.arxiv_id, latest.number)
                with pytest.raises(NotServed) as raised:
                    client.fetch_pdf(one, folder)
                gone = f"withdrawn, {paper.gone}"
                manners[gone if latest.withdrawn else paper.manner] = str(raised.value)
    assert "over 1 MiB" in manners["oversize"]
    assert "cut short" in manners["truncated"]
    assert "has nothing at" in manners["withdrawn, 404"]
    assert "a page instead of the PDF" in manners["withdrawn, 200"]
    assert not folder.exists() or list(folder.iterdir()) == []


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_is_survived(
    world: World, small: SmallArxiv, tmp_path: Path, name: str
) -> None:
    kind = {"kind": "pdf"} if "429 with" in name else {}  # they wait in real seconds
    small.faults.add(FAULTS[name](every=1, **kind))
    ids = ids_of(world)[:2]
    settings = settings_for(tmp_path, small.url, fetch_timeout=0.3)
    with ArxivClient(settings) as client:
        records = client.records(ids)
        assert [record.arxiv_id for record in records] == [one.bare for one in ids]
        one = ArxivId(records[0].arxiv_id, records[0].version)
        path = client.fetch_pdf(one, tmp_path / "papers").path
    assert path.read_bytes() == world.pdf(one.bare, one.version)
    assert [left.name for left in path.parent.iterdir()] == [path.name]
    assert any(request.fault for request in small.requests)


def test_outages_end_the_run_and_skips_do_not(
    world: World, small: SmallArxiv, client: ArxivClient, tmp_path: Path
) -> None:
    one = ArxivId(ids_of(world)[0].bare, 1)
    for action, error in (
        (refuse(503), SourceUnreachable),
        (wrong_type(), NotServed),
        (cut_short(), NotServed),
    ):
        small.faults.clear()
        small.faults.add(Fault("", action))
        with pytest.raises(error):
            client.fetch_pdf(one, tmp_path / "papers")
    small.faults.clear()
    small.faults.add(Fault("api", wrong_type()))
    with pytest.raises(SourceUnreachable):
        client.records([one])


def test_one_connection_at_a_time_with_the_contact(
    world: World, small: SmallArxiv, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, small.url, contact="me@example.org")
    with ArxivClient(settings) as client:
        threads = [
            threading.Thread(target=client.find_title, args=(paper.title,))
            for paper in world.papers()[:4]
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(small.requests) == 4
    assert small.connections_at_once["arxiv"] == 1
    assert {request.user_agent for request in small.requests} == {small.requests[0].user_agent}
    assert small.requests[0].user_agent.endswith(" (+mailto:me@example.org)")


@pytest.mark.parametrize(
    ("api", "pdf", "pace", "fine"),
    [
        ("https://export.arxiv.org/api/query", "https://arxiv.org/pdf", 3, True),
        ("https://export.arxiv.org/api/query", "http://127.0.0.1/pdf", 2.9, False),
        ("http://127.0.0.1/api", "https://ARXIV.org./pdf", 0.1, False),
        ("http://127.0.0.1/api", "http://arxiv.org.example/pdf", 0.1, True),
    ],
)
def test_arxivs_own_hosts_are_never_hurried(
    tmp_path: Path, api: str, pdf: str, pace: float, fine: bool
) -> None:
    settings = settings_for(tmp_path, "", arxiv_api_url=api, arxiv_pdf_url=pdf, arxiv_pace=pace)
    if fine:
        ArxivClient(settings).close()
    else:
        with pytest.raises(SettingsError, match="FMQA_ARXIV_PACE"):
            ArxivClient(settings)


@pytest.mark.parametrize(
    ("comment", "abstract"),
    [
        ("This paper has been withdrawn", ""),
        ("This paper has been withdrawn by the author due to an error in equation 1", ""),
        ("Withdrawn", ""),
        ("withdrawn due to a mistake in Lemma 2", ""),
        ("Paper withdrawn by the authors", ""),
        ("12 pages; withdrawn by the author", ""),
        ("This submission has been withdrawn by arXiv administrators", ""),
        ("arXiv admin note: submission has been withdrawn by arXiv administrators due to", ""),
        ("The authors have withdrawn this paper.", ""),
        ("We withdraw this manuscript because of an error", ""),
        ("This article was withdrawn from arXiv", ""),
        ("", "This paper has been withdrawn by the authors."),
        ("", "This paper was withdrawn."),
        ("", "This submission has been withdrawn at the request of the author"),
        ("", "arXiv admin: this\n paper is withdrawn"),
        ("", "This paper has since been withdrawn."),
        ("arXiv admin note: this version withdrawn by arXiv administrators", ""),
        ("The paper has been withdrawn", ""),
        ("Withdrawn by the authors, superseded by arXiv:2001.00001", ""),
    ],
)
def test_withdrawals(comment: str, abstract: str) -> None:
    assert is_withdrawn(comment, abstract)


@pytest.mark.parametrize(
    ("comment", "abstract"),
    [
        ("", ""),
        ("10 pages", "We withdrawn samples study."),
        ("", "Opioid withdrawal symptoms in intensive care"),
        ("", "Patients who had withdrawn consent were left out."),
        ("", "The drug has been withdrawn from the market."),
        ("Withdrawn from ICLR 2024", ""),
        ("This paper has been withdrawn from consideration at CVPR", ""),
        ("Replaces an earlier submission, which has been withdrawn", ""),
        ("This replaces arXiv:2001.00001, withdrawn by its authors", ""),
        ("", "Reviewers can't see whether the submission was withdrawn by its authors."),
        ("", "We ask when authors withdraw the paper, and why."),
        ("Supersedes arXiv:2001.00001, withdrawn by the authors", ""),
        ("", "We study papers withdrawn by journals, and why authors withdraw their work."),
        ("", "A dataset of retracted and withdrawn articles"),
        ("", "Blood was withdrawn by a nurse."),
    ],
)
def test_no_withdrawals(comment: str, abstract: str) -> None:
    assert not is_withdrawn(comment, abstract)


# Recorded answers of arXiv


def recorded() -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(RECORDED.glob("*.json"))]


def key(url: str) -> frozenset[tuple[str, str]]:
    """A request without its order of results, which was recorded only as relevance."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return frozenset(pair for pair in pairs if not pair[0].startswith("sort"))


@pytest.fixture
def replay(tmp_path: Path) -> Iterator[tuple[ArxivClient, Scripted]]:
    answers = {key(one["url"]): one for one in recorded()}

    def answer(handler: Handler, number: int) -> None:
        one = answers.get(key(handler.path))
        if one is None:
            handler.say(418, b"not recorded")
        else:
            handler.say(one["status_code"], one["body"].encode())

    with Scripted(answer) as server, ArxivClient(settings_for(tmp_path, server.url)) as client:
        yield client, server


@pytest.mark.skipif(not recorded(), reason=f"no {RECORDED}")
def test_all_recorded_answers_replay(replay: tuple[ArxivClient, Scripted]) -> None:
    import arxiv

    client, server = replay
    played = 0
    for one in recorded():
        query = dict(parse_qsl(urlsplit(one["url"]).query, keep_blank_values=True))
        size, start = int(query["max_results"]), int(query["start"])
        ids = [text for text in query["id_list"].split(",") if text]
        search = arxiv.Search(query["search_query"], ids, max_results=start + size)
        if one["status_code"] == 400:
            with pytest.raises(SourceRefused, match="incorrect id format for abc"):
                list(client._results(search, start, size))
        else:
            results = list(client._results(search, start, size))
            assert len(results) == one["body"].count("<entry>")
            names = [result.get_short_id() for result in results]
            assert all(f"<id>http://arxiv.org/abs/{name}</id>" in one["body"] for name in names)
        played += 1
    assert played == 20
    assert key(server.asked[0].path) in {key(one["url"]) for one in recorded()}


@pytest.mark.skipif(not recorded(), reason=f"no {RECORDED}")
def test_records_of_recorded_answers(replay: tuple[ArxivClient, Scripted]) -> None:
    client, server = replay
    record = client.records([ArxivId("1605.08386")])[0]
    assert record == replace(
        record,
        arxiv_id="1605.08386",
        version=1,
        title="Heat-bath random walks with Markov bases",
        authors=("Caprice Stanley", "Tobias Windisch"),
        published="2016-05-26T17:59:46Z",
        updated="2016-05-26T17:59:46Z",
        categories=("math.CO", "math.ST"),
        comment="20 pages, 3 figures",
        doi="",
        withdrawn=False,
    )
    assert record.abstract.startswith("Graphs on lattice points are studied")
    pair = client.records([ArxivId("0808.05394"), ArxivId("1707.08567")])
    assert [one.arxiv_id for one in pair] == ["1707.08567"]
    assert client.records([ArxivId("0000.0000")]) == []
    old = client.records([ArxivId("quant-ph/0201082", 1)])[0]
    assert (old.arxiv_id, old.version) == ("quant-ph/0201082", 1)
    assert client.records([ArxivId("astro-ph/0601001")])[0].arxiv_id == "astro-ph/0601001"
    with pytest.raises(SourceRefused, match="incorrect id format for abc"):
        client.records([ArxivId("abc")])
    page = next(client.search("testing", limit=100))
    assert len({one.arxiv_id for one in page}) == 100
    assert not any(one.withdrawn for one in page)
    assert urlencode({"start": 0}) in server.asked[-1].path
