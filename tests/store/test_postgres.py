"""The record in PostgreSQL: its schema, its errors in words, its locks, and a server that ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from fakes import HashEmbedder, document, result
from fmqa.errors import (
    ForeignIndex,
    RecordBusy,
    RecordUnreachable,
    SettingsError,
    StoreError,
)
from fmqa.store import record_schema as schema_module
from fmqa.store.history import StoredExchange
from fmqa.store.library import Library, open_database
from fmqa.store.mappers import passage_texts
from fmqa.store.postgres.postgres_database import PostgresDatabase
from fmqa.store.record_schema import Migration
from fmqa.store.sqlite.sqlite_database import SqliteDatabase
from servers import PostgresServer, Unavailable, postgres, schema

pytestmark = pytest.mark.slow

MODEL = "hash:64"


def opened(url: str, folder: Path) -> Library:
    return Library(folder, folder / "record.sqlite3", url)


def write(library: Library, paper: str, *texts: str) -> None:
    made = document(paper, list(texts) or ["A sentence."])
    with library.writing(MODEL) as writer:
        vectors = HashEmbedder().embed_array(passage_texts(made))
        writer.add(made, vectors, MODEL, result(made, f"/papers/{paper}.pdf"))


def test_both_engines_have_the_same_columns(postgres_url: str, tmp_path: Path) -> None:
    """A step of one engine's schema that the other's lacks shows here."""
    SqliteDatabase(tmp_path / "r.sqlite3").close()
    PostgresDatabase(postgres_url).close()
    with sqlite3.connect(tmp_path / "r.sqlite3") as db:
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")}
        tables = {name for name in tables if "_fts" not in name and "sqlite" not in name}
        one = {
            table: [row[1] for row in db.execute(f"PRAGMA table_info({table})")] for table in tables
        }
    with psycopg.connect(postgres_url) as db:
        other = {
            table: [column.name for column in db.execute(f"SELECT * FROM {table}").description]
            for table in tables
        }
        here = "table_schema = current_schema() AND column_name <> 'at'"
        texts = f"SELECT * FROM information_schema.columns WHERE {here} AND data_type = 'text'"
        assert {row[0] for row in db.execute(texts.replace("*", "collation_name"))} == {"C"}
    assert one == other


def test_migrating_twice_changes_nothing_and_a_newer_record_is_refused(postgres_url: str) -> None:
    PostgresDatabase(postgres_url).close()
    again = PostgresDatabase(postgres_url)
    with again.atomic() as db:
        assert db.one("SELECT count(*) AS n FROM migrations")["n"] == len(
            schema_module.POSTGRES_MIGRATIONS
        )
        db.execute("INSERT INTO migrations VALUES ('p999_future', 'soon')")
    again.close()
    with pytest.raises(ForeignIndex, match="newer fmqa") as caught:
        PostgresDatabase(postgres_url)
    assert "FMQA_DATABASE_URL" in caught.value.hint


def test_a_step_that_fails_leaves_the_record_as_it_was(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks = Migration("p999_breaks", ("CREATE TABLE colours (name text)",) * 2)
    steps = schema_module.POSTGRES_MIGRATIONS
    monkeypatch.setattr(schema_module, "POSTGRES_MIGRATIONS", (*steps, breaks))
    with pytest.raises(StoreError, match="colours"):
        PostgresDatabase(postgres_url)
    monkeypatch.setattr(schema_module, "POSTGRES_MIGRATIONS", steps)
    library = PostgresDatabase(postgres_url)
    with library.snapshot() as db:
        assert db.one("SELECT to_regclass('colours') AS held")["held"] is None
        assert db.one("SELECT to_regclass('papers') AS held")["held"] is not None
    library.close()


def _migrate(url: str, errors) -> None:
    try:
        PostgresDatabase(url).close()
    except BaseException as error:
        errors.put(repr(error))


def test_replicas_that_start_at_once_make_one_schema(postgres_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    errors = context.Queue()
    replicas = [context.Process(target=_migrate, args=(postgres_url, errors)) for _ in range(2)]
    threads = [threading.Thread(target=_migrate, args=(postgres_url, errors)) for _ in range(4)]
    for one in (*replicas, *threads):
        one.start()
    for one in (*replicas, *threads):
        one.join(60)
    assert errors.empty(), errors.get()
    with psycopg.connect(postgres_url) as db:
        assert db.execute("SELECT count(*) FROM meta").fetchone() == (1,)


def test_what_cannot_be_reached_is_said_without_the_password(tmp_path: Path) -> None:
    url = "postgresql://ada:hush@127.0.0.1:9/fmqa"
    with pytest.raises(RecordUnreachable) as caught:
        opened(url, tmp_path)
    assert "127.0.0.1:9/fmqa" in str(caught.value)
    assert "hush" not in str(caught.value) + caught.value.hint
    assert "FMQA_DATABASE_URL" in caught.value.hint
    for wrong in ("mysql://ada@host/x", "postgresql://[host", "fmqa.sqlite3"):
        with pytest.raises(SettingsError, match="no address") as refused:
            opened(wrong, tmp_path)
        assert "postgresql://" in refused.value.hint


def test_a_missing_driver_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "fmqa.store.postgres.postgres_database")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError) as caught:
        open_database(tmp_path / "r.sqlite3", "postgresql://localhost/fmqa")
    assert "fmqa[postgres]" in caught.value.hint


def test_a_schema_that_is_not_there_is_said(postgres_server: PostgresServer) -> None:
    url = f"{postgres_server.url}?options={quote('-csearch_path=nowhere')}"
    with pytest.raises(StoreError, match="isn't there") as caught:
        PostgresDatabase(url)
    assert "search_path" in caught.value.hint


def test_a_user_who_may_only_read_is_told(postgres_url: str) -> None:
    PostgresDatabase(postgres_url).close()
    role = f"reader_{os.getpid()}"
    with psycopg.connect(postgres_url, autocommit=True) as db:
        db.execute(f"CREATE ROLE {role} LOGIN")
        name = db.execute("SELECT current_schema()").fetchone()[0]
        db.execute(f"GRANT USAGE ON SCHEMA {name} TO {role}")
        db.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO {role}")
    try:
        database = PostgresDatabase(postgres_url.replace("postgres@", f"{role}@"))
        with pytest.raises(StoreError, match="can't be written") as caught, database.atomic() as db:
            db.execute("INSERT INTO meta VALUES ('a', 'b')")
        assert "create and write" in caught.value.hint
        database.close()
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as db:
            db.execute(f"DROP OWNED BY {role}")
            db.execute(f"DROP ROLE {role}")


def test_a_nul_gives_way_to_a_space(postgres_url: str, tmp_path: Path) -> None:
    library = opened(postgres_url, tmp_path)
    library.sessions.append("a", StoredExchange("What\x00 is it?", "What is it?", ("SAM\x00",)))
    (held,) = library.sessions.history("a")
    assert held.asked == "What  is it?"
    write(library, "2001.00001", "A\x00 sentence of segmentation.")
    assert len(library.record.lexical(["segmentation"], 5)) == 1
    library.close()


def test_blocks(postgres_url: str) -> None:
    one, other = PostgresDatabase(postgres_url), PostgresDatabase(postgres_url)
    with pytest.raises(KeyError), one.atomic() as db:
        db.execute("INSERT INTO meta VALUES ('a', 'b')")
        raise KeyError
    with one.snapshot() as db:
        before = db.one("SELECT count(*) AS n FROM meta")["n"]
        with other.atomic() as writing:
            writing.execute("INSERT INTO meta VALUES ('a', 'b')")
        assert db.one("SELECT count(*) AS n FROM meta")["n"] == before == 1
        with one.snapshot() as inner:
            assert inner is db
    with one.snapshot() as db, pytest.raises(StoreError, match="inside"), one.atomic():
        pass
    with pytest.raises(StoreError), one.snapshot() as db:
        db.execute("INSERT INTO meta VALUES ('c', 'd')")
    with one.atomic() as db:  # and none of this left a session in a bad state
        assert db.one("SELECT count(*) AS n FROM meta")["n"] == 2
    one.close()
    other.close()


def test_a_writer_that_stays_too_long_is_not_waited_for(postgres_url: str) -> None:
    one, other = PostgresDatabase(postgres_url), PostgresDatabase(postgres_url)
    with other.lock("some", 0.0):  # whose session is used by the thread's blocks
        with other.alone() as db:
            db.execute("SET lock_timeout = '50ms'")
        with one.atomic(), pytest.raises(RecordBusy, match="Another process"), other.atomic():
            pass
    with other.atomic():
        pass
    one.close()
    other.close()


def _append(folder: Path, url: str, times: int) -> None:
    library = Library(folder, folder / "record.sqlite3", url)
    for number in range(times):
        library.sessions.append("one", StoredExchange(f"{os.getpid()} {number}?", "", ()))
    library.close()


def test_processes_that_write_at_once_lose_nothing(library: Library) -> None:
    context = multiprocessing.get_context("spawn")
    arguments = (library.index_dir, library.url, 10)
    processes = [context.Process(target=_append, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    asked = [one.asked for one in library.sessions.history("one")]
    assert len(asked) == len(set(asked)) == 30


def _write_for_ever(folder: Path, url: str, started) -> None:
    library = Library(folder, folder / "record.sqlite3", url)
    embedder = HashEmbedder()
    with library.writing(MODEL) as writer:
        for number in range(10_000):
            made = document(f"2001.{number:05}", [f"Sentence {n}, {number}." for n in range(20)])
            writer.add(made, embedder.embed_array(passage_texts(made)), MODEL, result(made))
            if number == 2:
                started.set()


def test_a_killed_writer_leaves_whole_papers_and_no_lock(library: Library) -> None:
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    arguments = (library.index_dir, library.url, started)
    process = context.Process(target=_write_for_ever, args=arguments)
    process.start()
    assert started.wait(60)
    with pytest.raises(RecordBusy), library.writing(MODEL):
        pass
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join(60)
    write(library, "2002.00001", "The next writer's.")
    rows = library.record.papers()
    assert len(rows) >= 4
    assert {row.passages for row in rows} == {1, 20}
    assert library.check() == []
    assert len(library.index(MODEL)) == len(library.record.active_ids())


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    try:
        with postgres() as server:
            yield server
    except Unavailable as error:
        pytest.skip(f"no PostgreSQL could be started: {error}")


def test_a_server_that_is_restarted(own_server: PostgresServer, tmp_path: Path) -> None:
    """Whoever writes goes on, with the lock; whoever reads asks again."""
    embedder = HashEmbedder()
    with schema(own_server.url) as url:
        library, other = opened(url, tmp_path), opened(url, tmp_path / "other")
        with library.writing(MODEL) as writer:
            for number, how in enumerate((None, signal.SIGINT, signal.SIGQUIT)):
                if how:
                    own_server.stop(how)
                    own_server.start()
                made = document(f"2001.{number:05}", [f"Sentence {number}."])
                writer.add(made, embedder.embed_array(passage_texts(made)), MODEL, result(made))
            with pytest.raises(RecordBusy), other.writing(MODEL):
                pass
        assert [row.meta.paper_id for row in other.record.papers()] == [
            "2001.00000", "2001.00001", "2001.00002"
        ]  # fmt: skip
        assert library.check() == []

        with pytest.raises(RecordBusy), library.writing(MODEL) as writer:
            own_server.stop()
            own_server.start()
            with other.writing(MODEL):  # was quicker to take the lock
                writer.drop_notes("2001.00001")
        write(library, "2001.00009")
        library.close()
        other.close()


def test_a_crash_in_the_middle_of_a_paper(own_server: PostgresServer, tmp_path: Path) -> None:
    """The paper is written again, whole and once."""
    from fmqa.store import writer as writer_module

    made = document("2001.00001", ["A sentence."])
    real = writer_module.insert_pages
    crashes = [signal.SIGQUIT]

    def crash(*arguments: object) -> None:
        if crashes:
            own_server.stop(crashes.pop())
            own_server.start()
        real(*arguments)

    with schema(own_server.url) as url, pytest.MonkeyPatch.context() as patch:
        library = opened(url, tmp_path)
        patch.setattr(writer_module, "insert_pages", crash)
        with library.writing(MODEL) as writer:
            vectors = HashEmbedder().embed_array(passage_texts(made))
            writer.add(made, vectors, MODEL, result(made))
        assert [row.passages for row in library.record.papers()] == [1]
        assert [one.what for one in library.catalog.changes()] == ["added"]
        assert library.check() == []
        library.close()
