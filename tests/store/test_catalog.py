"""What is known of arXiv and wanted of it, in the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fakes import Add, document
from fmqa.store.arxiv_catalog import Catalog, FetchedFile, News, Wish
from fmqa.store.library import Library
from fmqa.types import ArxivRecord

RECORD = ArxivRecord(
    "2304.12306",
    3,
    "Segment <b>Anything</b> in Ünïcode",
    ("Jun Ma", "何 雨亭"),
    "An abstract.",
    "2023-04-24T13:56:12Z",
    "2024-04-16T00:00:00Z",
    ("eess.IV", "cs.CV"),
    "Accepted",
    "10.1038/s41467-024-44824-z",
    True,
)


@pytest.fixture
def catalog(library: Library) -> Catalog:
    return library.catalog


def age(catalog: Catalog, table: str, days: float) -> None:
    then = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    with catalog.database.atomic() as db:
        db.execute(f"UPDATE {table} SET at = ?", (then,))


def test_facts_are_kept_as_they_were_told(catalog: Catalog) -> None:
    other = ArxivRecord("q-bio/0604012", 1, "Another")
    catalog.put_facts([RECORD, other])
    assert catalog.facts() == {RECORD.arxiv_id: RECORD, other.arxiv_id: other}
    newer = replace(RECORD, version=4, withdrawn=False)
    catalog.put_facts([newer])
    assert catalog.facts()[RECORD.arxiv_id] == newer
    assert len(catalog.facts()) == 2


def test_wishes(catalog: Catalog) -> None:
    seed = Wish("2510.16973", "seed", depth=1)
    asked = Wish("2304.12306", "asked", version=2)
    found = Wish("2304.12306", "query", "ti:heart")
    catalog.want([asked, found, seed])
    assert catalog.wishes()[0] == seed
    assert set(catalog.wishes()) == {seed, asked, found}
    catalog.unwant([found])
    assert set(catalog.wishes()) == {seed, asked}
    catalog.unwant([replace(asked, why="seed")])
    assert set(catalog.wishes()) == {seed, asked}


def test_a_wish_said_again_goes_as_deep_as_it_ever_did(catalog: Catalog) -> None:
    wish = Wish("2510.16973", "seed", depth=2)
    catalog.want([wish])
    catalog.want([replace(wish, depth=1, version=3)])
    assert catalog.wishes() == [replace(wish, version=3)]
    catalog.set_depth(replace(wish, depth=0))
    assert [one.depth for one in catalog.wishes()] == [0]


def test_only_being_asked_for_brings_back_what_was_removed(
    catalog: Catalog, add: Add, library: Library
) -> None:
    add(document("2304.12306", ["A sentence."]))
    catalog.want([Wish("2304.12306", "asked")])
    with library.writing("hash:64") as writer:
        assert writer.remove("2304.12306")
        assert not writer.remove("2304.99999")
    assert catalog.excluded() == {"2304.12306"}
    assert catalog.wishes() == []
    catalog.want([Wish("2304.12306", "seed"), Wish("2304.12306", "query", "x")])
    assert catalog.excluded() == {"2304.12306"}
    catalog.want([Wish("2304.12306", "asked")])
    assert catalog.excluded() == set()


def test_files(catalog: Catalog) -> None:
    held = FetchedFile("2304.12306", 3, "2304.12306v3.pdf", "ab" * 32, 12345)
    failed = FetchedFile("2304.12306", 4, failure="cut short")
    for file in (held, failed, FetchedFile("2301.00001", 0, failure="unknown")):
        catalog.put_file(file)
    files = catalog.files()
    assert replace(files["2304.12306", 3], at="") == held
    assert replace(files["2304.12306", 4], at="") == failed
    assert datetime.now(UTC) - datetime.fromisoformat(files["2304.12306", 3].at) < timedelta(
        hours=1
    )
    catalog.put_file(replace(failed, failure="", name="n.pdf"))
    assert catalog.files()["2304.12306", 4].failure == ""
    assert sorted(catalog.forget_files("2304.12306")) == ["2304.12306v3.pdf", "n.pdf"]
    assert catalog.forget_files("2301.00001") == []
    assert catalog.files() == {}


def test_answers_have_an_age(catalog: Catalog) -> None:
    assert catalog.answer("service", "key") is None
    catalog.put_answer("service", "key", [{"name": "Müller"}])
    catalog.put_answer("service", "other", [])
    assert catalog.answer("service", "key") == [{"name": "Müller"}]
    assert catalog.answer("service", "other") == []  # which is an answer
    assert catalog.answer("another", "key") is None
    age(catalog, "lookups", 10)
    assert catalog.answer("service", "key", timedelta(days=9)) is None
    assert catalog.answer("service", "key", timedelta(days=11)) == [{"name": "Müller"}]
    assert catalog.answer("service", "key") == [{"name": "Müller"}]
    catalog.put_answer("service", "key", 2)
    assert catalog.answer("service", "key", timedelta(days=9)) == 2


def test_runs(catalog: Catalog) -> None:
    killed = catalog.begin_run("ingest")
    assert catalog.runs()[0].state == "running"
    run = catalog.begin_run("sync")
    catalog.end_run(run, "done", {"ingested": 2}, "sync: 2 new papers")
    last, first = catalog.runs()
    assert (first.id, first.state, first.ended_at) == (killed, "interrupted", None)
    assert (last.id, last.kind, last.state, last.summary) == (run, "sync", "done", {"ingested": 2})
    assert last.ended_at is not None
    assert last.started_at <= last.ended_at
    assert [one.id for one in catalog.runs(limit=1)] == [run]
    (change,) = catalog.changes()
    assert (change.what, change.detail, change.run) == ("run", "sync: 2 new papers", run)


def test_changes_bear_the_best_title_there_is(catalog: Catalog, add: Add) -> None:
    add(document("2301.00001", ["A sentence."], title="Of the record"))
    catalog.put_facts([replace(RECORD, arxiv_id="2301.00002", title="Of arXiv")])
    catalog.note_change(News("failed", "why", "2301.00002", 2))
    catalog.note_change(News("withdrawn", "", "2301.00001"))
    catalog.note_change(News("withdrawn", "", "2301.00001", title="Of the moment"))
    catalog.note_change(News("failed", "", "2301.00003"))
    changes = catalog.changes()
    assert [one.title for one in changes] == [
        "Of the record",
        "Of arXiv",
        "Of the record",
        "Of the moment",
        "",
    ]
    assert [one.id for one in changes] == sorted(one.id for one in changes)
    assert (changes[1].what, changes[1].detail, changes[1].version) == ("failed", "why", 2)
    age(catalog, "changes", 3)
    catalog.note_change(News("removed", "", "2301.00004"))
    recent = catalog.changes(datetime.now(UTC) - timedelta(days=1))
    assert [one.paper_id for one in recent] == ["2301.00004"]
    assert len(catalog.changes(datetime.now(UTC) - timedelta(days=4))) == 6


def test_new_references_are_told_once(catalog: Catalog) -> None:
    review, run = "2510.16973", 7
    assert catalog.note_citations(review, ["a", "b"], run) == []  # all of them are new
    assert catalog.note_citations(review, ["b", "a"], run) == []
    assert catalog.note_citations(review, ["a", "c"], run) == ["c"]
    assert catalog.note_citations(review, ["b", "c"], run) == []
    assert catalog.note_citations("another", ["c"], run) == []
    (change,) = catalog.changes()
    assert (change.what, change.paper_id, change.run) == ("new_reference", "c", 7)
    assert change.detail == f"now cited by {review}"
