"""`fmqa sync`: what arXiv changes comes into the library, and what nobody wants any longer goes."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import replace

import pytest

from arxiv_home import MODEL, ArxivHome, HashEmbedder, ids, readable
from fmqa.retrieval.search import Searcher
from fmqa.sources.note_files import Note
from fmqa.store.library import Library
from fmqa.store.writer import RecordWriter
from fmqa.types import Hit, PaperMeta, PaperStatus, Source
from records import differences
from small_arxiv import Fault, World, make_paper
from small_arxiv.faults import stall


def plain(world: World) -> list[str]:
    """Cited papers without peculiarities, of one version."""
    special = set(world.special.values())
    return [one for one in world.cited() if one not in special and world[one].latest.number == 1]


def search(library: Library, question: str, limit: int = 12) -> list[Hit]:
    return Searcher(library, HashEmbedder()).search(question, limit=limit)


def test_a_sync_at_once_finds_no_change(filled: ArxivHome, world: World) -> None:
    filled.seeds(follow=[world.review], query=[("ti:review", 5)])
    filled.sync()  # runs the query for the first time
    before = filled.digest()
    filled.asked_since()
    report = filled.sync()
    assert not report.changed
    with filled.library() as library:
        known = set(library.record.arxiv_ids()) | set(world.cited())
    assert filled.asked_since() == {"api": math.ceil(len(known) / 100) + 1}
    assert filled.digest() == before
    assert filled.changes()[-1][0] != "new_version"


def test_a_hundred_papers_are_asked_about_at_once(home: ArxivHome, world: World) -> None:
    many = [f"2001.{number:05}" for number in range(1, 121)]
    for number, arxiv_id in enumerate(many):
        world.add(make_paper(arxiv_id, "2020-01-05T00:00:00Z", number))
    home.seeds(seed=many)
    for _ in range(2):
        report = home.sync(limit=0)
        assert (report.left, report.ingested) == (120, [])
        assert home.asked_since() == {"api": 2}


def test_a_new_version_takes_the_place_of_the_old(filled: ArxivHome, world: World) -> None:
    paper = world[plain(world)[0]]
    old, new = paper.latest, world.add_version(paper.arxiv_id)
    assert ids(filled.sync().updated) == {paper.arxiv_id}
    with filled.bench() as bench:
        record = bench.library.record
        best = search(bench.library, new.claim)[0].passage
        assert (best.paper.paper_id, best.paper.version) == (paper.arxiv_id, 2)
        assert best.status is PaperStatus.CURRENT
        assert all(
            old.claim not in hit.passage.passage.text for hit in search(bench.library, old.claim)
        )
        assert any(
            old.claim in squeeze(page.text) for page in record.pages(paper.arxiv_id, 1, Source.PDF)
        )
        answer = bench.assistant.ask(new.claim)
        cited = {(c.version, c.status) for c in answer.citations if c.paper_id == paper.arxiv_id}
        old_one, new_one = (1, PaperStatus.SUPERSEDED), (2, PaperStatus.CURRENT)
        assert new_one in cited
        assert cited <= {old_one, new_one}
    assert filled.held()[paper.arxiv_id] == [1, 2]
    assert ("new_version", paper.arxiv_id, 2) in filled.changes()
    assert not filled.sync().changed


def squeeze(text: str) -> str:
    return " ".join(text.split())


def test_a_withdrawn_paper_is_kept_and_marked(filled: ArxivHome, world: World) -> None:
    paper = world[plain(world)[0]]
    world.withdraw(paper.arxiv_id)
    report = filled.sync()
    assert ids(report.withdrawn) == {paper.arxiv_id}
    assert (report.failed, report.updated) == ([], [])
    assert filled.held()[paper.arxiv_id] == [1]
    with filled.bench() as bench:
        best = search(bench.library, paper.versions[0].claim)[0].passage
        assert (best.paper.paper_id, best.status) == (paper.arxiv_id, PaperStatus.WITHDRAWN)
        answer = bench.assistant.ask(paper.versions[0].claim)
        assert {c.status for c in answer.citations if c.paper_id == paper.arxiv_id} == {
            PaperStatus.WITHDRAWN
        }
    assert ("withdrawn", paper.arxiv_id, None) in filled.changes()
    assert not filled.sync().changed

    world.add_version(paper.arxiv_id)  # and stands again
    report = filled.sync()
    assert ids(report.restored) == ids(report.updated) == {paper.arxiv_id}
    with filled.library() as library:
        best = search(library, paper.latest.claim)[0].passage
        assert (best.paper.version, best.status) == (3, PaperStatus.CURRENT)
    assert ("restored", paper.arxiv_id, None) in filled.changes()


def test_a_paper_withdrawn_before_it_was_held_comes_when_it_stands(
    filled: ArxivHome, world: World
) -> None:
    paper = world.special["withdrawn"]
    assert paper not in filled.held()
    world.add_version(paper)
    assert ids(filled.sync().ingested) == {paper}


def test_a_version_named_by_the_user_that_is_withdrawn_later(home: ArxivHome, world: World) -> None:
    """The version with a text is fetched, marked, and a sync doesn't ask for the empty one."""
    paper = world.special["withdrawn"]
    home.seeds()
    assert ids(home.ingest(f"{paper}v1").ingested) == {paper}
    with home.library() as library:
        statuses = {one.status for one in library.record.passages_of(paper)}
    assert statuses == {PaperStatus.WITHDRAWN}
    report = home.sync()
    assert (report.failed, report.skipped, report.changed) == ([], [], False)


def test_a_new_reference_of_the_review_comes_in(filled: ArxivHome, world: World) -> None:
    new = sorted(readable(world, sorted(world.near_misses)))[0]
    world.cite(world.review, new)
    report = filled.sync()
    assert ids(report.updated) == {world.review}
    assert ids(report.ingested) == {new}
    assert {r.number: r.arxiv_id for r in filled.references()} == world.truth()
    changes = filled.changes()
    assert [paper for what, paper, _ in changes if what == "new_reference"] == [new]
    assert ("added", new, 1) in changes
    assert not filled.sync().changed


def test_a_saved_query_finds_what_came_since(filled: ArxivHome, world: World) -> None:
    profile = world[plain(world)[0]].profile
    assert profile is not None
    name = "Querida"

    def publish(arxiv_id: str, published: str) -> str:
        about = replace(profile, name=name)
        world.add(make_paper(arxiv_id, published, 0, profile=about, title=f"{name} in {arxiv_id}"))
        return arxiv_id

    publish("2401.00001", "2024-01-05T00:00:00Z")
    second = publish("2402.00002", "2024-02-05T00:00:00Z")
    third = publish("2403.00003", "2024-03-05T00:00:00Z")
    filled.seeds(follow=[world.review], query=[(f"ti:{name}", 2)])
    assert ids(filled.sync().ingested) == {second, third}  # the newest two
    assert not filled.sync().changed
    filled.asked_since()
    filled.ingest()  # goes on with what is missing, and asks no query again
    assert filled.asked_since() == {}
    fourth = publish("2404.00004", "2024-04-05T00:00:00Z")
    assert ids(filled.sync().ingested) == {fourth}
    asked = [request.path for request in filled.server.requests if "Querida" in request.path]
    assert asked
    assert all("submittedDate%3A%5B20240227" in path for path in asked)  # a week before the last
    assert {second, third, fourth} <= set(filled.held())

    filled.seeds(follow=[world.review])
    assert ids(filled.sync().unfollowed) == {second, third, fourth}
    assert not filled.held().keys() & {second, third, fourth}


def test_papers_that_nothing_asks_for_are_let_go(filled: ArxivHome, world: World) -> None:
    kept, *_ = cited = plain(world)
    filled.ingest(kept)  # for its own sake, too
    before = set(filled.held())
    for path in list(filled.papers.glob("*.pdf")):
        path.with_suffix(".html").write_text("<p>arXiv's</p>")
    filled.seeds()
    report = filled.sync()
    assert ids(report.unfollowed) == before - {kept}
    assert set(filled.held()) == {kept}
    names = {path.name for path in filled.papers.iterdir()}
    assert names == {f"{kept}v1.pdf", f"{kept}v1.html"}
    with filled.library() as library:
        assert {hit.passage.paper.paper_id for hit in search(library, "Dice score")} == {kept}
    gone = {paper for what, paper, _ in filled.changes() if what == "unfollowed"}
    assert gone == before - {kept}
    assert set(cited) - {kept} <= gone
    assert not filled.sync().changed

    filled.seeds(follow=[world.review])  # and all comes back
    assert ids(filled.sync().ingested) == before - {kept}


def test_files_of_the_users_own_and_notes_stay(
    filled: ArxivHome, world: World, home: ArxivHome
) -> None:
    own, noted = plain(world)[:2]
    mine = filled.folder / "mine.pdf"
    mine.write_bytes(world.pdf(own) + b"\n%EOF again\n")
    with filled.bench() as bench:
        bench.ingestor.ingest_files([mine], bench.read_limits, retry=True)
        meta = PaperMeta(noted, 1, "A note", arxiv_id=noted)
        note = Note(meta, "Our note says that it is good. It says so twice.", ("https://a.b",), "1")
        bench.ingestor.ingest_notes([note])
    filled.seeds()
    report = filled.sync()
    assert own not in ids(report.unfollowed)
    assert noted in ids(report.unfollowed)
    assert mine.is_file()
    with filled.library() as library:
        assert {one.source for one in library.record.passages_of(own)} == {Source.PDF}
        assert [one.source for one in library.record.passages_of(noted)] == [Source.NOTE]
        best = search(library, "Our note says that it is good")[0].passage
        assert (best.paper.paper_id, best.source) == (noted, Source.NOTE)
    world.add_version(own)  # a file of the user's is kept current, too
    assert ids(filled.sync().updated) == {own}
    assert mine.is_file()


def test_what_the_user_removed_stays_away(filled: ArxivHome, world: World) -> None:
    gone = plain(world)[0]

    def remove() -> None:
        with filled.library() as library, library.writing(MODEL) as writer:
            assert writer.remove(gone)

    remove()
    assert gone not in ids(filled.sync().ingested)
    assert gone not in ids(filled.ingest().ingested)
    with filled.bench() as bench:
        meta = PaperMeta(gone, 1, "A note", arxiv_id=gone)
        bench.ingestor.ingest_notes([Note(meta, "A note. On it.", ("https://a.b",), "1")])
        assert bench.library.record.passages_of(gone) == []
    world.add_version(gone)
    filled.sync()
    assert gone not in filled.held()
    assert ids(filled.ingest(gone).ingested) == {gone}
    remove()
    filled.sync()
    assert gone not in filled.held()


def test_questions_are_answered_during_a_sync(filled: ArxivHome, world: World) -> None:
    """From the last whole generation, while the sync waits for a PDF."""
    first, second = (world[one] for one in plain(world)[:2])
    old = {one.arxiv_id: one.latest.claim for one in (first, second)}
    for paper in (first, second):
        world.add_version(paper.arxiv_id)
    filled.settings["fetch_timeout"] = 30
    # They are fetched in the order of the bibliography.
    held_up = filled.server.faults.add(Fault("pdf", stall(3, 0), match=f"{second.arxiv_id}v2"))
    with filled.library() as library:
        before = library.index(MODEL).generation
        sync = threading.Thread(target=filled.sync)
        sync.start()
        deadline = time.monotonic() + 20
        while not (held_up.struck and 2 in filled.held()[first.arxiv_id]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        renewed, waiting = first.arxiv_id, second.arxiv_id
        assert library.index(MODEL).generation == before < library.record.generation
        best = search(library, old[waiting])[0].passage
        assert (best.paper.paper_id, best.status) == (waiting, PaperStatus.CURRENT)
        found = search(library, old[renewed], limit=100)
        hits = [hit for hit in found if hit.passage.paper.paper_id == renewed]
        assert hits
        for hit in hits:
            assert (hit.passage.status is PaperStatus.CURRENT) == (hit.passage.paper.version == 2)
        assert any(hit.passage.status is PaperStatus.SUPERSEDED for hit in hits)
        assert sync.is_alive()
        sync.join(30)
        assert not sync.is_alive()
        after = [h for h in search(library, old[renewed]) if h.passage.paper.paper_id == renewed]
        assert {hit.passage.paper.version for hit in after} == {2}


def test_only_one_process_writes(filled: ArxivHome) -> None:
    from fmqa.errors import RecordBusy

    with filled.library() as library, library.writing(MODEL) as writer:
        assert isinstance(writer, RecordWriter)
        with pytest.raises(RecordBusy):
            filled.sync()


def test_a_sync_from_nothing_is_an_ingestion(home: ArxivHome, clean: ArxivHome) -> None:
    home.sync()
    assert differences(home.digest(), clean.digest()) == []
