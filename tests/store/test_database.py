"""The SQLite file: migrations, and every way in which it can fail, in words."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from fakes import Add, HashEmbedder, document, result
from fmqa.errors import DiskFull, FmqaError, ForeignIndex, RecordBusy, RecordDamaged, StoreError
from fmqa.store import record_schema as schema_module
from fmqa.store.library import Library
from fmqa.store.mappers import passage_texts
from fmqa.store.record_schema import Migration
from fmqa.store.sqlite import sqlite_database as database_module
from fmqa.store.sqlite.sqlite_database import SqliteDatabase


def schema(path: Path) -> list[str]:
    with sqlite3.connect(path) as db:
        return [row[0] for row in db.execute("SELECT sql FROM sqlite_master ORDER BY name")]


def open_library(folder: Path) -> Library:
    return Library(folder, folder / "record.sqlite3")


def filled(library: Library, embedder: HashEmbedder, papers: int = 6) -> None:
    with library.writing(embedder.fingerprint) as writer:
        for number in range(papers):
            made = document(
                f"2001.{number:05}", *[[f"Page {n} " + "word " * 200] for n in range(9)]
            )
            writer.add(
                made, embedder.embed_array(passage_texts(made)), embedder.fingerprint, result(made)
            )


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite3"
    SqliteDatabase(path).close()
    before = schema(path)
    SqliteDatabase(path).close()
    assert schema(path) == before


def test_steps_are_recorded_by_name_and_only_new_ones_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "record.sqlite3"
    SqliteDatabase(path).close()

    colours = Migration("m999_colours", ("CREATE TABLE colours (name TEXT)",))
    steps = (*schema_module.SQLITE_MIGRATIONS, colours)
    monkeypatch.setattr(schema_module, "SQLITE_MIGRATIONS", steps)
    opened = SqliteDatabase(path)
    names = [row[0] for row in opened.connection.execute("SELECT name FROM migrations")]
    assert sorted(names) == [step.name for step in steps]
    opened.close()


def test_a_step_that_fails_leaves_the_record_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "record.sqlite3"
    SqliteDatabase(path).close()
    before = schema(path)

    breaks = Migration("m999_breaks", ("CREATE TABLE colours (name TEXT)",) * 2)
    steps = (*schema_module.SQLITE_MIGRATIONS, breaks)
    monkeypatch.setattr(schema_module, "SQLITE_MIGRATIONS", steps)
    with pytest.raises(StoreError):
        SqliteDatabase(path)
    assert schema(path) == before


def test_a_newer_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite3"
    opened = SqliteDatabase(path)
    opened.connection.execute("INSERT INTO migrations VALUES ('m999_future', 'soon')")
    opened.close()
    with pytest.raises(ForeignIndex, match="newer fmqa") as caught:
        SqliteDatabase(path)
    assert "Upgrade" in caught.value.hint


def test_opening_by_many_at_once(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite3"
    errors: list[BaseException] = []

    def open_it() -> None:
        try:
            SqliteDatabase(path).close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.parametrize("content", [b"this is not a database " * 300, b"\x00" * 8192])
def test_a_garbage_file_is_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "record.sqlite3"
    path.write_bytes(content)
    with pytest.raises(RecordDamaged, match=r"record\.sqlite3") as caught:
        SqliteDatabase(path)
    assert "fmqa ingest" in caught.value.hint
    assert path.read_bytes() == content


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9])
def test_a_truncated_record_says_so(tmp_path: Path, embedder: HashEmbedder, keep: float) -> None:
    library = open_library(tmp_path)
    filled(library, embedder)
    library.close()
    path = tmp_path / "record.sqlite3"
    os.truncate(path, int(path.stat().st_size * keep) // 4096 * 4096)
    try:
        opened = open_library(tmp_path)
    except RecordDamaged:
        return
    problems = opened.check()
    assert problems
    assert all(isinstance(problem, str) and "\n" not in problem[:20] for problem in problems)
    with pytest.raises(RecordDamaged):
        for stored in opened.record.passages(opened.record.active_ids()).values():
            opened.record.pages(stored.paper.paper_id, 1, stored.source)
    opened.close()


def test_pages_overwritten_with_garbage_say_so(tmp_path: Path, embedder: HashEmbedder) -> None:
    library = open_library(tmp_path)
    filled(library, embedder)
    library.close()
    path = tmp_path / "record.sqlite3"
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    try:
        opened = open_library(tmp_path)
        assert opened.check() != []
        with pytest.raises(RecordDamaged):
            opened.record.papers()
        opened.close()
    except RecordDamaged as error:
        assert "damaged" in str(error)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="can't be written") as caught:
        open_library(tmp_path / "file" / "index")
    assert "FMQA_HOME" in caught.value.hint


def test_a_folder_in_the_records_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "record.sqlite3").mkdir()
    with pytest.raises(StoreError, match="can't be opened") as caught:
        open_library(tmp_path)
    assert "FMQA_HOME" in caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="can't be"):
            open_library(tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_a_read_only_record_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What SQLite answers where the file system is read-only, whoever asks."""
    opened = SqliteDatabase(tmp_path / "record.sqlite3")
    opened.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="can't be opened for writing"), opened.atomic() as db:
        db.execute("INSERT INTO meta VALUES ('a', 'b')")
    opened.close()


class Small(sqlite3.Connection):
    """A connection to a record on a disk that is full after so many pages."""

    pages = 8

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.execute(f"PRAGMA max_page_count = {self.pages}")


def on_a_full_disk(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    real = sqlite3.connect
    small = type("Small", (Small,), {"pages": pages})

    def connect(*arguments: Any, **named: Any) -> sqlite3.Connection:
        return real(*arguments, **named, factory=small)

    monkeypatch.setattr(database_module.sqlite3, "connect", connect)


def test_a_full_disk_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_full_disk(monkeypatch, pages=8)
    with pytest.raises(DiskFull, match="No room"):
        open_library(tmp_path)
    monkeypatch.undo()
    opened = open_library(tmp_path)
    assert opened.check() == []
    opened.close()


def test_a_disk_that_fills_up_leaves_whole_papers(
    tmp_path: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = open_library(tmp_path)
    filled(library, embedder, papers=2)
    held = library.record.papers()
    room = library.record.database.connection.execute("PRAGMA page_count").fetchone()[0] + 4
    library.close()
    on_a_full_disk(monkeypatch, pages=room)
    library = open_library(tmp_path)
    with pytest.raises(DiskFull) as caught:
        filled(library, HashEmbedder(), papers=4)
    assert "Free some space" in caught.value.hint
    library.close()
    monkeypatch.undo()
    library = open_library(tmp_path)
    assert library.record.database.check() == []
    assert {row.meta.paper_id for row in library.record.papers()} >= {
        row.meta.paper_id for row in held
    }
    for row in library.record.papers():
        assert (row.pages, row.passages) == (9, 9)
    filled(library, embedder, papers=4)
    assert library.check() == []
    library.close()


def test_another_writer_is_waited_for_and_then_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_BUSY_SECONDS", 0.05)
    one, other = SqliteDatabase(tmp_path / "r.sqlite3"), SqliteDatabase(tmp_path / "r.sqlite3")
    with one.atomic(), pytest.raises(RecordBusy), other.atomic():
        pass
    one.close()
    other.close()


def test_a_block_that_raises_is_undone(tmp_path: Path) -> None:
    opened = SqliteDatabase(tmp_path / "r.sqlite3")
    with pytest.raises(KeyError), opened.atomic() as db:
        db.execute("INSERT INTO meta VALUES ('a', 'b')")
        raise KeyError
    assert opened.connection.execute("SELECT 1 FROM meta WHERE key = 'a'").fetchone() is None
    opened.close()


def test_a_snapshot_does_not_see_what_is_committed_meanwhile(tmp_path: Path) -> None:
    one, other = SqliteDatabase(tmp_path / "r.sqlite3"), SqliteDatabase(tmp_path / "r.sqlite3")

    def held() -> int:
        return int(db.execute("SELECT count(*) FROM meta").fetchone()[0])

    with one.snapshot() as db:
        before = held()
        with other.atomic() as writing:
            writing.execute("INSERT INTO meta VALUES ('a', 'b')")
        assert held() == before
    with one.snapshot() as db:
        assert held() == before + 1
    one.close()
    other.close()


def test_every_error_says_what_to_do(library: Library, add: Add) -> None:
    add(document("2304.12306"))
    for kind in (DiskFull, RecordBusy, RecordDamaged, ForeignIndex, StoreError):
        error = kind("In words.")
        assert isinstance(error, FmqaError)
        assert error.hint


def test_an_error_after_sqlite_rolled_back_itself_is_not_hidden(tmp_path: Path) -> None:
    """SQLite ends a transaction by itself on a full disk or a failing one."""
    opened = SqliteDatabase(tmp_path / "r.sqlite3")
    with pytest.raises(KeyError), opened.snapshot() as db:
        db.execute("ROLLBACK")
        raise KeyError
    with pytest.raises(KeyError), opened.atomic() as db:
        db.execute("ROLLBACK")
        raise KeyError
    opened.close()


def test_nor_while_migrating(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def on_a_full_disk(db: sqlite3.Connection, steps: object) -> None:
        db.execute("ROLLBACK")
        raise DiskFull("No room left.")

    monkeypatch.setattr(schema_module, "apply", on_a_full_disk)
    with pytest.raises(DiskFull):
        SqliteDatabase(tmp_path / "r.sqlite3")
