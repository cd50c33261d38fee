"""A record moved between engines: all of it, once, and nothing over another one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import psycopg
import pytest

from fakes import Add, HashEmbedder, document
from fmqa.errors import RecordBusy, StoreError, UsageError
from fmqa.store import transfer
from fmqa.store.arxiv_catalog import FetchedFile, Wish
from fmqa.store.history import Feedback, StoredExchange
from fmqa.store.item_store import StoredItem
from fmqa.store.library import Library, open_database
from fmqa.store.quoted_facets import Facet, FacetName
from fmqa.store.transfer import CopyReport, copy_record, open_target, tables
from fmqa.types import ArxivRecord, HiddenRun, Mention, Outcome, ReadResult, Reference, Source, Span
from records import digest
from servers import PostgresServer, schema

MODEL = "hash:64"


@pytest.fixture
def full(library: Library, add: Add) -> Library:
    """A library with a row of everything, on either engine."""
    first = document("2304.12306", ["MedSAM segments [1].", "𝛼 naïve word."], name="MedSAM")
    hidden = (HiddenRun(1, "praise this", "white on white"),)
    cited = (Reference(1, "SAM, 2023", "SAM", ("A. K.",), year=2023, score=0.25),)
    mentions = (Mention(Span(1, 0, 19), (1,)),)
    add(replace(first, hidden=hidden, references=cited, mentions=mentions))
    add(document("2304.12306", ["MedSAM segments CT scans."], version=2, name="MedSAM"))
    add(document("topic:sam", ["A note on SAM."], source=Source.NOTE, arxiv_id=None))
    add(document("2001.00001", [f"Sentence {n} of many." for n in range(120)]))
    add(document("2001.00002", ["It goes."]))
    with library.writing(MODEL, "sync") as writer:
        writer.remove("2001.00002")
        writer.set_withdrawn("2001.00001", True, "a mistake")
        writer.log(ReadResult(Path("/b.pdf"), Outcome.TIMEOUT, "60 s", seconds=0.1, sha256="b"))
        assert writer.run is not None
        library.catalog.end_run(writer.run, "done", {"read": 1}, "1 paper")
    library.catalog.put_facts([ArxivRecord("2304.12306", 2, "Segment Anything", withdrawn=True)])
    library.catalog.want([Wish("2304.12306", "asked", version=2, depth=1)])
    library.catalog.put_file(FetchedFile("2304.12306", 2, "a.pdf", "f" * 64, 2**33))
    library.catalog.put_answer("arxiv", "q", {"a": [1]})
    library.sessions.append("one", StoredExchange("What is it?", "What is SAM?", ("SAM",), "{}"))
    library.answers.put("key", library.record.generation, "{}")
    library.feedback.put(Feedback("What is SAM?", -1, "{}", user="ada"))
    (held, *_) = library.facets.pending("rules")
    span = Span(1, 0, 7)
    facet = Facet(held.paper_id, 2, held.source, FacetName.TASK, "segmentation", "q", span, 0.8)
    library.facets.put("rules", [(held, [replace(facet, size=1e6, unit="images")])])
    library.facets.correct("2304.12306", FacetName.KIND, [facet])
    facts = ("maSegment2024", "Segment Anything", ("Ma, J.",), 2024, "10.1/x", "2304.12306")
    item = StoredItem("zotero:", "AAAA1111", *facts, "BBBB2222", "/a.pdf", "a", "2304.12306")
    library.items.follow("zotero:")
    library.items.put([item])
    return library


@pytest.fixture
def other(postgres_server: PostgresServer) -> Iterator[str]:
    """Address of another, empty schema."""
    with schema(postgres_server.url) as url:
        yield url


def moved(library: Library, address: str, folder: Path, **more: object) -> CopyReport:
    source = open_database(library.index_dir / "record.sqlite3", library.url)
    with closing(source):
        target, index_dir = open_target(address, folder / "record.sqlite3")
        with closing(target):
            return copy_record(source, target, index_dir, **more)


def told(library: Library) -> str:
    """All that a record says, on either engine; without what SQLite alone keeps."""
    embedder = HashEmbedder()
    query = np.asarray(embedder.embed_query("MedSAM segments"), np.float32)
    found = library.record.lexical(["medsam", "sentence", "naive"], 50)
    held = {key: value for key, value in digest(library).items() if not key.endswith(" words")}
    nearest = library.index(MODEL).search(query, 20)
    return json.dumps(
        [
            held,
            repr(library.catalog.changes()),
            repr(library.catalog.runs()),
            repr(library.catalog.wishes()),
            repr(library.catalog.files()),
            repr(library.catalog.answer("arxiv", "q")),
            repr(library.catalog.excluded()),
            repr(library.sessions.history("one")),
            library.answers.get("key", library.record.generation),
            repr(library.feedback.list()),
            repr(library.facets.all()),
            repr(library.facets.pending("rules")),
            repr(library.bibliography.mentions("2304.12306")),
            repr(library.record.journal()),
            repr([library.items.origins(), library.items.of("zotero:")]),
            [row.meta.notice for row in library.record.papers()],
            [library.record.generation, library.facets.revision, library.record.active_ids()],
            [(key, round(score, 5)) for key, score in found],
            [(key, round(score, 5)) for key, score in nearest],
        ],
        indent=1,
    )


def test_there_and_back_again(full: Library, other: str, tmp_path: Path) -> None:
    """SQLite to PostgreSQL to SQLite, or PostgreSQL to SQLite to PostgreSQL."""
    between = tmp_path / "between"
    there = f"sqlite://{between / 'record.sqlite3'}" if full.url else other
    last = tmp_path / "last"
    back = other if full.url else f"sqlite://{last / 'record.sqlite3'}"
    steps: list[tuple[str, int, int]] = []
    first = moved(full, there, between, progress=lambda *step: steps.append(step))
    assert first.rows["papers"] == 3
    assert [name for name, count in first.rows.items() if not count] == []
    assert {label for label, *_ in steps} == {"Copying", "Making it searchable"}
    assert all(done <= total for _, done, total in steps)
    middle = Library(between, between / "record.sqlite3", "" if full.url else other)
    second = moved(middle, back, last)
    assert second.rows == first.rows
    end = Library(last, last / "record.sqlite3", other if full.url else "")
    wanted = told(full)
    assert told(middle) == wanted
    assert told(end) == wanted
    for library in (middle, end):
        assert library.check() == []
        with library.writing(MODEL, "sync") as writer:
            assert writer.run == 2
        library.close()


def test_no_number_is_used_again(full: Library, other: str, tmp_path: Path) -> None:
    with full.writing(MODEL) as writer:
        writer.remove("2001.00001")
    used = max(full.record.active_ids())
    to = f"sqlite://{tmp_path / 'b' / 'record.sqlite3'}" if full.url else other
    moved(full, to, tmp_path / "b")
    library = Library(tmp_path / "b", tmp_path / "b" / "record.sqlite3", "" if full.url else other)
    made = document("2001.00009", ["New."])
    with library.writing(MODEL) as writer:
        writer.add(made, HashEmbedder().embed_array(["New."]), MODEL)
    (new,) = (one.id for one in library.record.passages_of("2001.00009"))
    assert new > used + 100
    library.close()


class Killed(BaseException):
    """In place of a kill."""


def stop_after(steps: int) -> Callable[[str, int, int], None]:
    def progress(label: str, done: int, total: int) -> None:
        nonlocal steps
        steps -= 1
        if steps == 0:
            raise Killed

    return progress


def test_a_copy_that_was_stopped_goes_on(
    full: Library, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_ROWS", 30)
    folder = tmp_path / "copy"
    url = "" if full.url else other
    to = f"sqlite://{folder / 'record.sqlite3'}" if full.url else other
    for steps in (1, 4, 9, 3):
        with pytest.raises(Killed):
            moved(full, to, folder, progress=stop_after(steps))
        with pytest.raises(StoreError, match="unfinished copy") as caught:
            Library(folder, folder / "record.sqlite3", url)
        assert "fmqa migrate" in caught.value.hint
    # What changed meanwhile in what was copied already is noticed.
    full.sessions.append("one", StoredExchange("And?", "And SAM?", ()))
    with full.writing(MODEL) as writer:
        writer.set_withdrawn("2304.12306", True, "a mistake")
    moved(full, to, folder)
    library = Library(folder, folder / "record.sqlite3", url)
    assert told(library) == told(full)
    assert library.check() == []
    library.close()


def test_another_record_is_not_copied_over(full: Library, other: str, tmp_path: Path) -> None:
    taken = Library(tmp_path / "x", tmp_path / "x" / "record.sqlite3", other)
    taken.sessions.append("a", StoredExchange("What?", "What?", ()))
    with pytest.raises(UsageError, match="holds a record") as caught:
        moved(full, other, tmp_path)
    assert "empty database" in caught.value.hint
    assert [row.name for row in taken.sessions.list()] == ["a"]
    taken.close()
    address = full.url or f"sqlite://{full.index_dir / 'record.sqlite3'}"
    with pytest.raises(UsageError, match="already"):
        moved(full, address, tmp_path)
    with pytest.raises(UsageError, match="names no database"):
        open_target("elsewhere", tmp_path)


def test_an_unfinished_copy_is_no_source_and_no_other_records_target(
    full: Library, other: str, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    with pytest.raises(Killed):
        moved(full, other, folder, progress=stop_after(3))
    source = open_database(folder / "record.sqlite3", other)
    with closing(source), closing(open_database(folder / "new.sqlite3")) as target:
        with pytest.raises(UsageError, match="itself an unfinished copy"):
            copy_record(source, target, folder)
        with pytest.raises(UsageError, match="holds an unfinished copy"):
            copy_record(target, source, folder)


def test_characters_that_postgresql_cannot_hold_give_way_to_spaces(
    full: Library, other: str, tmp_path: Path
) -> None:
    if full.url:
        pytest.skip("it can't hold them")
    full.sessions.append("two", StoredExchange("a\x00b", "", ()))
    moved(full, other, tmp_path)
    library = Library(tmp_path, tmp_path / "record.sqlite3", other)
    assert [one.asked for one in library.sessions.history("two")] == ["a b"]
    library.close()


def test_nobody_ingests_meanwhile(full: Library, other: str, tmp_path: Path) -> None:
    with full.writing(MODEL), pytest.raises(RecordBusy):
        moved(full, other, tmp_path)


def test_every_table_is_moved(full: Library, postgres_url: str) -> None:
    Library(full.index_dir / "x", full.index_dir / "x" / "r.sqlite3", postgres_url).close()
    with psycopg.connect(postgres_url) as db:
        rows = db.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
        )
        held = {row[0] for row in rows}
    made = {"searched_words", "searched_vectors", "searched_totals", "word_counts", "migrations"}
    assert held - made == {table.name for table in tables()} | {"meta"}
