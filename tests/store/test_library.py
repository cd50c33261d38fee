"""The record and its index together: whatever happens to the index, the record mends it."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fakes import Add, HashEmbedder, document, result
from fmqa.errors import DiskFull, ForeignIndex, RecordBusy
from fmqa.store import library as library_module
from fmqa.store import record as record_module
from fmqa.store.library import Library
from fmqa.store.mappers import index_text, passage_texts
from fmqa.store.sqlite import faiss_index
from fmqa.store.sqlite.faiss_index import read_manifest

MODEL = "hash:64"
of_files = pytest.mark.parametrize("library", ["sqlite"], indirect=True)
"""For what only an index in files can come to."""


def again(library: Library) -> Library:
    """The same data folder, opened a second time."""
    return Library(library.index_dir, library.index_dir / "record.sqlite3", library.url)


def found(library: Library, embedder: HashEmbedder, question: str) -> str:
    query = np.asarray(embedder.embed_query(question), np.float32)
    ids = [key for key, _ in library.index(embedder.fingerprint).search(query, 1)]
    return library.record.passages(ids)[ids[0]].paper.paper_id


@pytest.fixture
def papers(add: Add) -> None:
    add(
        document("2001.00001", ["Slides of pathology are large."]),
        document("2001.00002", ["Retinal photographs of the eye."]),
    )


@pytest.mark.usefixtures("papers")
def test_what_was_written_is_found(library: Library, embedder: HashEmbedder) -> None:
    assert found(library, embedder, "eye photographs") == "2001.00002"
    assert library.check() == []


def test_an_empty_library_is_whole(library: Library) -> None:
    assert library.check() == []
    assert len(library.index(MODEL)) == 0


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def tear(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def garble(path: Path) -> None:
    path.write_bytes(b"\xa5" * path.stat().st_size)


@of_files
@pytest.mark.usefixtures("papers")
@pytest.mark.parametrize("damage", [remove, empty, tear, garble])
@pytest.mark.parametrize("pattern", ["vectors.json", "*.faiss", "*.npy"])
def test_a_damaged_index_is_rebuilt_without_embedding(
    library: Library, embedder: HashEmbedder, damage: Callable[[Path], None], pattern: str
) -> None:
    for path in library.index_dir.glob(pattern):
        damage(path)
    embedder.embedded.clear()
    reader = again(library)
    problems = reader.check()
    assert problems
    assert "question" in problems[0]
    assert len(reader.index(MODEL)) == 2
    assert reader.check() == []
    assert embedder.embedded == []
    assert found(reader, embedder, "eye photographs") == "2001.00002"
    reader.close()


@of_files
@pytest.mark.usefixtures("papers")
def test_a_foreign_manifest_is_rebuilt(library: Library) -> None:
    path = library.index_dir / "vectors.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model": "another"}))
    reader = again(library)
    assert len(reader.index(MODEL)) == 2
    manifest = read_manifest(library.index_dir)
    assert manifest is not None
    assert manifest.model == MODEL
    reader.close()


@pytest.mark.usefixtures("papers")
def test_another_models_record_is_refused_and_mended(
    library: Library, embedder: HashEmbedder
) -> None:
    other = HashEmbedder(dimension=32, name="other:32")
    for refused in (
        lambda: library.index(other.fingerprint),
        lambda: library.writing(other.fingerprint).__enter__(),
    ):
        with pytest.raises(ForeignIndex, match="hash:64") as caught:
            refused()
        assert "fmqa index --rebuild" in caught.value.hint
    embedder.embedded.clear()
    assert library.rebuild(other) == 2
    assert len(other.embedded) == 2
    assert found(library, other, "eye photographs") == "2001.00002"
    with pytest.raises(ForeignIndex):
        library.index(MODEL)
    # Back again, nothing has to be embedded: the first model's vectors were kept.
    assert library.rebuild(embedder) == 0
    assert embedder.embedded == []
    assert found(library, embedder, "eye photographs") == "2001.00002"
    assert library.check() == []


@pytest.mark.usefixtures("papers")
def test_a_rebuild_that_is_stopped_goes_on(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "_REBUILD_BATCH", 1)

    class Failing(HashEmbedder):
        def embed_array(self, texts):
            if self.embedded:
                raise KeyboardInterrupt
            return super().embed_array(texts)

    with pytest.raises(KeyboardInterrupt):
        library.rebuild(Failing(name="other"))
    assert len(library.index(MODEL)) == 2  # the old model still serves
    assert library.rebuild(HashEmbedder(name="other")) == 1


@of_files
@pytest.mark.usefixtures("papers")
def test_readers_keep_the_old_generation_while_another_writes(
    library: Library, embedder: HashEmbedder
) -> None:
    reader = again(library)
    assert len(reader.index(MODEL)) == 2
    with library.writing(MODEL) as writer:
        made = document("2001.00003", ["Chest radiographs."])
        writer.add(made, embedder.embed_array(passage_texts(made)), MODEL, result(made))
        assert len(reader.index(MODEL)) == 2
        assert found(reader, embedder, "eye photographs") == "2001.00002"
        late = again(library)  # who comes now finds the old generation too
        assert len(late.index(MODEL)) == 2
        late.close()
    assert len(reader.index(MODEL)) == 3
    assert found(reader, embedder, "chest radiographs") == "2001.00003"
    reader.close()


@of_files
@pytest.mark.usefixtures("papers")
def test_a_reader_without_any_index_reads_the_record_while_another_writes(
    library: Library,
) -> None:
    (library.index_dir / "vectors.json").unlink()
    reader = again(library)
    with library.writing(MODEL):
        assert len(reader.index(MODEL)) == 2
    reader.close()


@pytest.mark.usefixtures("papers")
def test_two_writers(library: Library) -> None:
    other = again(library)
    with (
        library.writing(MODEL),
        pytest.raises(RecordBusy, match="Another fmqa process"),
        other.writing(MODEL),
    ):
        pass
    with library.writing(MODEL), pytest.raises(RecordBusy):
        other.rebuild(HashEmbedder())
    with other.writing(MODEL):  # the lock is free again
        pass
    other.close()


def _write_and_wait(folder: Path, url: str, started, finish) -> None:
    library = Library(folder, folder / "record.sqlite3", url)
    embedder = HashEmbedder()
    with library.writing(MODEL) as writer:
        made = document("2001.00009", ["Ultrasound of the heart."])
        writer.add(made, embedder.embed_array(passage_texts(made)), MODEL, result(made))
        started.set()
        finish.wait(30)
    library.close()


@pytest.mark.usefixtures("papers")
def test_a_writer_in_another_process(library: Library, embedder: HashEmbedder) -> None:
    context = multiprocessing.get_context("spawn")
    started, finish = context.Event(), context.Event()
    arguments = (library.index_dir, library.url, started, finish)
    process = context.Process(target=_write_and_wait, args=arguments)
    process.start()
    try:
        assert started.wait(30)
        with pytest.raises(RecordBusy), library.writing(MODEL):
            pass
        # SQLite's index is as it was before the writer; PostgreSQL has what is committed.
        assert len(library.index(MODEL)) == (3 if library.url else 2)
        assert found(library, embedder, "eye photographs") == "2001.00002"
    finally:
        finish.set()
        process.join(30)
    assert process.exitcode == 0
    assert found(library, embedder, "ultrasound heart") == "2001.00009"


def test_threads_read_while_one_writes(library: Library, embedder: HashEmbedder, add: Add) -> None:
    add(document("2001.00000", ["The first word of all."]))
    reader = again(library)
    stop = threading.Event()
    errors: list[BaseException] = []

    def read() -> None:
        try:
            while not stop.is_set():
                query = np.asarray(embedder.embed_query("the first word"), np.float32)
                ids = [key for key, _ in reader.index(MODEL).search(query, 5)]
                assert reader.record.passages(ids)
                reader.record.papers()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, 12):  # no reader that mends the index makes this RecordBusy
            add(document(f"2001.{number:05}", [f"Another word, {number}."]))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert len(reader.index(MODEL)) == 12
    reader.close()


@of_files
@pytest.mark.usefixtures("papers")
def test_a_question_that_mends_the_index_stops_no_writer(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    (library.index_dir / "vectors.json").unlink()
    real = faiss_index.write_generation
    wrote: list[bool] = []

    def slow(*arguments: object) -> object:
        with again(library).writing(MODEL):  # meanwhile
            wrote.append(True)
        return real(*arguments)

    monkeypatch.setattr(faiss_index, "write_generation", slow)
    assert len(library.index(MODEL)) == 2
    assert wrote == [True]


def test_the_generation_is_published_when_a_writer_is_stopped(
    library: Library, embedder: HashEmbedder
) -> None:
    made = document("2001.00001", ["It was committed."])
    with pytest.raises(KeyboardInterrupt), library.writing(MODEL) as writer:
        writer.add(made, embedder.embed_array(passage_texts(made)), MODEL, result(made))
        raise KeyboardInterrupt
    assert library.check() == []
    with library.writing(MODEL):  # and the lock was given back
        pass


@of_files
@pytest.mark.usefixtures("papers")
def test_generations_are_swept(library: Library, add: Add) -> None:
    for number in range(5):
        add(document(f"2002.{number:05}"))
    assert len(list(library.index_dir.glob("vectors-*"))) == 2


@of_files
@pytest.mark.usefixtures("papers")
def test_an_index_that_is_behind_says_so_and_catches_up(
    library: Library, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = document("2001.00003", ["Chest radiographs."])
    monkeypatch.setattr(faiss_index.FaissGenerations, "publish", lambda *_: None)  # killed before
    with library.writing(MODEL) as writer:
        writer.add(made, embedder.embed_array(passage_texts(made)), MODEL, result(made))
    monkeypatch.undo()
    assert "behind" in library.check()[0]
    assert len(library.index(MODEL)) == 3
    assert library.check() == []


@of_files
@pytest.mark.usefixtures("papers")
def test_a_full_disk_while_publishing_keeps_the_record(
    library: Library, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise DiskFull("No room left.")

    monkeypatch.setattr(faiss_index, "write_generation", full)
    made = document("2001.00003", ["Chest radiographs."])
    with pytest.raises(DiskFull), library.writing(MODEL) as writer:
        writer.add(made, embedder.embed_array(passage_texts(made)), MODEL, result(made))
    monkeypatch.undo()
    assert found(library, embedder, "chest radiographs") == "2001.00003"


def test_vectors_come_in_blocks_and_only_those_that_are_searched(
    library: Library, embedder: HashEmbedder, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(document("1", ["One text.", "Another text."]), document("2", ["A third.", "A fourth."]))
    add(document("1", ["One new text.", "A newer text.", "The newest."], version=2))
    monkeypatch.setattr(record_module, "_BLOCK", 2)
    with library.record.active_vectors(embedder.fingerprint) as active:
        blocks = list(active)
        assert len(list(active)) == 3  # can be gone through again
    assert [len(block) for block in blocks] == [2, 2, 1]
    assert list(active.ids) == library.record.active_ids()
    held = library.record.passages(active.ids)
    found = [held[key] for key in active.ids]
    texts = [index_text(one.paper.title, one.passage.section, one.passage.text) for one in found]
    np.testing.assert_allclose(np.concatenate(blocks), embedder.embed_array(texts), atol=1e-6)


def test_equal_texts_are_embedded_once_and_found_twice(
    library: Library, embedder: HashEmbedder, add: Add
) -> None:
    add(
        document("2001.00001", ["The very same words."], title="One title"),
        document("2001.00002", ["The very same words."], title="One title"),
    )
    with library.record.database.snapshot() as db:
        assert db.execute("SELECT count(*) FROM embeddings").fetchone()[0] == 1
    assert len(library.index(MODEL)) == 2
