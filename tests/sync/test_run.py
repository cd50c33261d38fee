"""`fmqa ingest` from nothing: the review, what it cites, and what a second run does."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from arxiv_home import ArxivHome, ids, readable
from fmqa.retrieval.search import Searcher
from fmqa.types import PassageKind, Source
from records import differences, digest
from small_arxiv import World


def test_the_review_and_all_that_it_cites_come_in(clean: ArxivHome) -> None:
    home, world, (report,) = clean, clean.world, clean.reports
    wanted = readable(world, [world.review, *world.cited()])
    assert ids(report.ingested) == wanted == set(home.held())
    assert report.cited == len(world.truth())
    assert report.resolved_count == len(world.cited())
    assert report.passages > 5 * len(wanted)
    assert (report.updated, report.unreachable, report.left) == ([], "", 0)
    with home.library() as library:
        assert {row.meta.paper_id for row in library.record.papers()} == wanted
        assert all(row.source is Source.PDF for row in library.record.papers())


def test_references_are_resolved_to_the_papers_that_they_mean(
    clean: ArxivHome,
) -> None:
    world = clean.world
    references = clean.references()
    assert {one.number: one.arxiv_id for one in references} == world.truth()
    entries = {entry.number: entry for entry in world[world.review].entries}
    for reference in references:
        entry = entries[reference.number]
        assert squeezed(reference.text).startswith(squeezed(entry.text))
        # Ids that stand in the text may stand in a link, too; Semantic Scholar may know a title.
        if entry.how in ("text", "doi", "link"):
            assert reference.method in ("text", "doi", "link")
        else:
            assert reference.method == entry.how
    assert not {one.arxiv_id for one in references} & set(world.near_misses)


def squeezed(text: str) -> str:
    """Without what typesetting adds: line ends and hyphens."""
    return re.sub(r"[\s-]", "", text)


def test_the_report_says_what_did_not_come_in_and_why(clean: ArxivHome) -> None:
    home, world, (report,) = clean, clean.world, clean.reports
    special = world.special
    why = {line.arxiv_id: line.why for line in report.failed}
    assert set(why) == {special["oversize"], special["truncated"]}
    assert "is over 1 MiB" in why[special["oversize"]]
    assert "cut short" in why[special["truncated"]]
    skipped = {line.arxiv_id: line.why for line in report.skipped}
    assert set(skipped) == {special["withdrawn"], special["withdrawn_html"]}
    assert all("has been withdrawn" in words for words in skipped.values())
    unresolved = {row.number: row.text for row in report.unresolved}
    foreign = {e.number: e.text for e in world[world.review].entries if not e.arxiv_id}
    assert unresolved.keys() == foreign.keys()
    assert all(squeezed(unresolved[n]) == squeezed(foreign[n]) for n in foreign)
    assert {row.cited_by for row in report.unresolved} == {world.review}
    failures = [change for change in home.changes() if change[0] == "failed"]
    assert {paper for _, paper, _ in failures} == set(why)


def test_arxiv_says_what_a_paper_is(clean: ArxivHome) -> None:
    world = clean.world
    with clean.library() as library:
        rows = {row.meta.paper_id: row for row in library.record.papers()}
    for paper_id, row in rows.items():
        paper = world[paper_id]
        assert (row.meta.title, list(row.meta.authors)) == (paper.title, paper.authors)
        assert (row.meta.year, row.meta.version) == (paper.year, paper.latest.number)
    assert rows[world.special["html"]].meta.title.startswith("<script>alert(1)</script> & <b>Net")
    assert world.special["old"] in rows


def test_the_sentences_that_cite_are_kept(clean: ArxivHome) -> None:
    world = clean.world
    with clean.library() as library:
        kept = {
            squeezed(one.text): one.numbers for one in library.bibliography.mentions(world.review)
        }
    mentions = [(squeezed(text), numbers) for text, numbers in world[world.review].mentions]
    found = [(kept[text], numbers) for text, numbers in mentions if text in kept]
    assert all(numbers == truth for numbers, truth in found)
    assert len(found) >= 0.9 * len(mentions)


def test_passages_are_found(clean: ArxivHome) -> None:
    world = clean.world
    with clean.bench() as bench:
        searcher = Searcher(bench.library, bench.embedder)
        for paper_id in readable(world, world.cited()):
            paper = world[paper_id]
            best = searcher.search(paper.latest.claim, limit=1)[0].passage
            assert best.paper.paper_id == paper_id
            assert paper.latest.claim in best.passage.text
            assert best.paper.version == paper.latest.number
        kinds = {one.passage.kind for one in bench.library.record.passages_of(world.review)}
        assert {PassageKind.ABSTRACT, PassageKind.BODY} <= kinds


def test_a_second_run_asks_nothing_and_changes_nothing(filled: ArxivHome) -> None:
    before = filled.digest()
    report = filled.ingest()
    assert filled.asked_since() == {}
    assert not report.changed
    assert report.failed == []
    assert len(report.still_failing) == 2
    assert report.known == len(filled.held())
    assert filled.digest() == before


def test_two_ingestions_come_to_the_same(filled: ArxivHome, home: ArxivHome) -> None:
    """The digests that other tests go by tell a difference, and only a difference."""
    with filled.library() as library:
        one = digest(library)
        db = library.record.database.connection
        db.execute("UPDATE passages SET text = text || '.' WHERE ordinal = 3 AND version_id = 2")
        (paper,) = db.execute("SELECT paper_id FROM versions WHERE id = 2").fetchone()
        assert differences(one, digest(library)) == [f"{paper} passages"]


def test_a_limit_leaves_the_rest_for_later_runs(home: ArxivHome, clean: ArxivHome) -> None:
    first = home.ingest(limit=3)
    others = ids(first.ingested) - {home.world.review}
    assert len(others) + len(first.failed) == 3
    assert first.left > 0
    assert home.ingest(limit=0).left == first.left
    last = home.ingest()
    assert last.left == 0
    assert not ids(last.ingested) & ids(first.ingested)
    assert differences(home.digest(), clean.digest()) == []


def test_depths(filled: ArxivHome, world: World) -> None:
    # The papers' own bibliographies name books only: the second step finds nothing to fetch.
    deeper = filled.ingest(depth=2)
    assert deeper.cited > len(world.truth())
    assert filled.asked_since().get("pdf", 0) == 0
    assert {row.cited_by for row in deeper.unresolved} >= readable(world, world.cited())


def test_without_the_references(home: ArxivHome, world: World) -> None:
    report = home.ingest(depth=0)
    assert (report.cited, report.resolved) == (0, {})
    assert set(home.held()) == {world.review}


def newest(world: World, paper_id: str) -> int:
    return world[paper_id].latest.number


@pytest.mark.parametrize(
    ("text", "version"),
    [("{}", 2), ("{}v1", 1), ("https://arxiv.org/abs/{}", 2), ("http://arxiv.org/pdf/{}v1.pdf", 1)],
)
def test_papers_that_are_named(home: ArxivHome, world: World, text: str, version: int) -> None:
    renewed = next(one for one in sorted(readable(world, world.cited())) if newest(world, one) == 2)
    report = home.ingest(text.format(renewed))
    assert [(line.arxiv_id, line.version) for line in report.ingested] == [(renewed, version)]
    assert home.held() == {renewed: [version]}
    assert not home.ingest(text.format(renewed)).changed
    if version == 1:  # a sync brings it to the newest, as all others
        home.seeds()
        assert ids(home.sync().updated) == {renewed}
        assert home.held() == {renewed: [1, 2]}


def test_a_named_paper_alone_is_fetched(home: ArxivHome, world: World) -> None:
    home.ingest(limit=2)
    held = set(home.held())
    named = sorted(readable(world, world.cited()) - held)[0]
    report = home.ingest(named)
    assert ids(report.ingested) == {named}
    assert set(home.held()) == held | {named}


def test_a_papers_html_comes_with_it(home: ArxivHome, world: World) -> None:
    first, second = sorted(readable(world, world.cited()))[:2]
    version = newest(world, first)
    world.html = {(first, version): "<html><article class='ltx_document'></article></html>"}
    home.ingest(first, second)
    assert home.asked_since()["html"] == 2
    assert [path.stem for path in home.papers.glob("*.html")] == [f"{first}v{version}"]
    home.settings |= {"arxiv_html": False}
    third = sorted(readable(world, world.cited()))[2]
    assert ids(home.ingest(third).ingested) == {third}
    assert "html" not in home.asked_since()


def test_a_paper_that_arxiv_does_not_have(home: ArxivHome) -> None:
    report = home.ingest("2401.99999")
    assert report.ingested == []
    assert [(line.arxiv_id, line.why) for line in report.still_failing] == [
        ("2401.99999", "arXiv has no such paper.")
    ]
    home.asked_since()
    home.ingest("2401.99999")
    assert home.asked_since() == {}
    home.ingest("2401.99999", retry=True)
    assert set(home.asked_since()) == {"api"}


def test_retry_asks_again_for_what_could_not_be_had(filled: ArxivHome, world: World) -> None:
    mended = world.special["truncated"]
    world[mended].manner = "whole"
    assert not filled.ingest().changed
    filled.asked_since()
    report = filled.ingest(retry=True)
    assert ids(report.ingested) == {mended}
    assert ids(report.failed) == {world.special["oversize"]}
    asked = [request.path for request in filled.server.requests_of("pdf")]
    assert {path.split("/")[-1] for path in asked} == {
        f"{mended}v1",
        f"{world.special['oversize']}v1",
    }


def test_a_pdf_that_cannot_be_read_is_not_asked_for_again(filled: ArxivHome, world: World) -> None:
    damaged = sorted(readable(world, sorted(world.near_misses)))[0]
    world._pdfs[(damaged, 1)] = b"%PDF-1.7\nno objects at all\n%%EOF\n"
    report = filled.ingest(damaged)
    assert ids(report.failed) == {damaged}
    assert damaged not in filled.held()
    filled.asked_since()
    report = filled.ingest(damaged)
    assert (report.failed, ids(report.still_failing)) == ([], {damaged})
    assert ids(filled.ingest(damaged, retry=True).failed) == {damaged}
    assert filled.asked_since() == {}


def test_a_sync_asks_again_after_a_week_for_what_could_not_be_had(
    filled: ArxivHome, world: World
) -> None:
    mended = world.special["truncated"]
    world[mended].manner = "whole"
    assert not filled.sync().changed
    with filled.library() as library:
        ago = (datetime.now(UTC) - timedelta(days=8)).isoformat(timespec="seconds")
        library.record.database.connection.execute("UPDATE files SET at = ?", (ago,))
    assert not filled.ingest().changed
    assert ids(filled.sync().ingested) == {mended}


def test_references_are_followed_no_longer(filled: ArxivHome, world: World) -> None:
    before = set(filled.held())
    filled.seeds(seed=[world.review])
    assert ids(filled.sync().unfollowed) == before - {world.review}
    assert set(filled.held()) == {world.review}
