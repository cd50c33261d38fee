"""Bringing documents in: notes, files, and files again."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes import HashEmbedder, document
from fmqa.errors import RecordBusy
from fmqa.reading.pool import ReadLimits, file_sha256
from fmqa.sources.note_files import Note
from fmqa.store.library import Library
from fmqa.sync import ingestor as ingestor_module
from fmqa.sync.ingestor import Ingestor, notes_mark
from fmqa.types import Outcome, PaperMeta, ReadResult, Source

pytestmark = pytest.mark.slow

LIMITS = ReadLimits()


def note(paper_id: str, text: str = "A sentence of ours. And another one.", **meta: object) -> Note:
    values = {"title": f"Paper {paper_id}", "arxiv_id": paper_id} | meta
    made = PaperMeta(paper_id=paper_id, version=0, **values)
    return Note(made, text, ("https://example.org",), sha256=f"{paper_id}{text}{meta}")


@pytest.fixture
def ingestor(library: Library, embedder: HashEmbedder) -> Ingestor:
    return Ingestor(library, embedder.fingerprint, embedder.embed_array)


def texts(library: Library, paper_id: str) -> list[str]:
    return [stored.passage.text for stored in library.record.passages_of(paper_id)]


def test_notes_are_written_once(
    ingestor: Ingestor, library: Library, embedder: HashEmbedder
) -> None:
    notes = [note("2001.00001"), note("2001.00002", "Other words. And more.")]
    assert not ingestor.holds_notes(notes_mark(notes))
    assert ingestor.ingest_notes(notes) == 2
    generation, embedder.embedded = library.record.generation, []
    assert ingestor.holds_notes(notes_mark(list(reversed(notes))))
    assert ingestor.ingest_notes(notes) == 0
    assert (library.record.generation, embedder.embedded) == (generation, [])
    assert texts(library, "2001.00001") == ["A sentence of ours. And another one."]
    assert library.check() == []


def test_a_changed_note_is_written_anew_and_the_others_are_left(
    ingestor: Ingestor, library: Library, embedder: HashEmbedder
) -> None:
    ingestor.ingest_notes([note("2001.00001"), note("2001.00002", data="4 million")])
    kept = library.record.passages_of("2001.00001")[0].id
    embedder.embedded.clear()
    changed = note("2001.00002", "Mended words.", data="")
    assert ingestor.ingest_notes([note("2001.00001"), changed]) == 1
    assert texts(library, "2001.00002") == ["Mended words."]
    assert library.record.passages_of("2001.00001")[0].id == kept
    assert len(embedder.embedded) == 1
    assert {row.meta.data for row in library.record.papers()} == {""}


def test_a_note_that_is_gone_is_removed(ingestor: Ingestor, library: Library) -> None:
    ingestor.ingest_notes([note("2001.00001"), note("2001.00002")])
    assert ingestor.ingest_notes([note("2001.00001")]) == 1
    assert [row.meta.paper_id for row in library.record.papers()] == ["2001.00001"]
    assert len(library.index("hash:64")) == 1


def test_the_mark_does_not_depend_on_the_order() -> None:
    one, other = note("2001.00001"), note("2001.00002")
    assert notes_mark([one, other]) == notes_mark([other, one]) != notes_mark([one])


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of files, read by a reader that makes a paper of each file's text."""

    def read(paths, limits, workers):
        for path in paths:
            text = path.read_text()
            digest = file_sha256(path)
            if text == "damaged":
                yield ReadResult(path, Outcome.DAMAGED, "no trailer", sha256=digest)
                continue
            made = document(f"local:{digest[:16]}", [text], sha256=digest, arxiv_id=None)
            yield ReadResult(path, Outcome.OK, document=made, sha256=digest)

    monkeypatch.setattr(ingestor_module, "read_files", read)
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def written(folder: Path, **contents: str) -> list[Path]:
    for name, content in contents.items():
        (folder / f"{name}.pdf").write_text(content)
    return [folder / f"{name}.pdf" for name in contents]


def test_files_end_in_outcomes(ingestor: Ingestor, library: Library, files: Path) -> None:
    seen: list[str] = []
    report = ingestor.ingest_files(
        written(files, a="One text.", b="damaged", c="Another text."),
        LIMITS,
        progress=lambda result: seen.append(result.path.name),
    )
    assert [(r.path.name, r.outcome) for r in report.results] == [
        ("a.pdf", Outcome.OK), ("b.pdf", Outcome.DAMAGED), ("c.pdf", Outcome.OK)
    ]  # fmt: skip
    assert seen == ["a.pdf", "b.pdf", "c.pdf"]
    assert (report.passages, report.count(Outcome.OK)) == (2, 2)
    assert all(result.document is None for result in report.results)
    assert len(library.record.papers()) == 2
    assert {e.path.name: e.outcome for e in library.record.journal()}["b.pdf"] is Outcome.DAMAGED


def test_known_files_are_left_alone_under_any_name(ingestor: Ingestor, files: Path) -> None:
    paths = written(files, a="One text.", b="damaged")
    ingestor.ingest_files(paths, LIMITS)
    again = ingestor.ingest_files([*paths, *written(files, renamed="One text.")], LIMITS)
    assert again.results == []
    assert [(r.path.name, r.outcome) for r in again.known] == [
        ("a.pdf", Outcome.OK), ("b.pdf", Outcome.DAMAGED), ("renamed.pdf", Outcome.OK)
    ]  # fmt: skip


def test_a_file_that_was_moved_is_found_where_it_is(
    ingestor: Ingestor, library: Library, files: Path
) -> None:
    (path,) = written(files, a="One text.")
    ingestor.ingest_files([path], LIMITS)
    copy = files / "copy.pdf"
    copy.write_bytes(path.read_bytes())
    ingestor.ingest_files([copy], LIMITS)
    assert [row.file for row in library.record.papers()] == [str(path)]
    path.unlink()
    ingestor.ingest_files([copy], LIMITS)
    assert [row.file for row in library.record.papers()] == [str(copy)]


def test_a_file_whose_old_place_cannot_be_looked_into_is_found_where_it_is(
    ingestor: Ingestor, library: Library, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = written(files, a="One text.")
    ingestor.ingest_files([path], LIMITS)
    copy = files / "copy.pdf"
    copy.write_bytes(path.read_bytes())
    stat = os.stat

    def closed(place: Any, **how: Any) -> os.stat_result:
        if str(place) == str(path):
            raise PermissionError
        return stat(place, **how)

    monkeypatch.setattr(os, "stat", closed)
    ingestor.ingest_files([copy], LIMITS)
    assert [row.file for row in library.record.papers()] == [str(copy)]


def test_retry_reads_all_again(
    ingestor: Ingestor, library: Library, files: Path, embedder: HashEmbedder
) -> None:
    paths = written(files, a="One text.", b="damaged")
    ingestor.ingest_files(paths, LIMITS)
    paths[1].write_text("Mended.")
    embedder.embedded.clear()
    report = ingestor.ingest_files(paths, LIMITS, retry=True)
    assert report.count(Outcome.OK) == 2
    assert len(embedder.embedded) == 1  # what was embedded before is not embedded again
    assert len(library.record.papers()) == 2


def test_a_changed_file_is_read(ingestor: Ingestor, library: Library, files: Path) -> None:
    ingestor.ingest_files(written(files, a="One text."), LIMITS)
    assert len(ingestor.ingest_files(written(files, a="New text."), LIMITS).results) == 1


@pytest.mark.parametrize("content", ["The same text.", "damaged"])
def test_a_copy_is_read_once_and_shares_the_outcome(
    ingestor: Ingestor, files: Path, content: str
) -> None:
    paths = written(files, a=content, b=content)
    seen: list[str] = []
    report = ingestor.ingest_files(
        paths, LIMITS, progress=lambda result: seen.append(result.path.name)
    )
    assert [result.path.name for result in report.results] == ["a.pdf"]
    assert [result.path.name for result in report.known] == ["b.pdf"]
    assert report.known[0].outcome is report.results[0].outcome
    assert "a.pdf" in report.known[0].detail
    assert seen == ["a.pdf", "b.pdf"]


def test_a_file_that_is_gone_is_left_to_the_reader(
    ingestor: Ingestor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def read(paths, limits, workers):
        asked.extend(paths)
        return iter(ReadResult(path, Outcome.DAMAGED, "it is gone") for path in paths)

    monkeypatch.setattr(ingestor_module, "read_files", read)
    paths = [Path("/nowhere/a.pdf"), Path("/nowhere/b.pdf")]
    report = ingestor.ingest_files(paths, LIMITS)
    assert asked == paths
    assert len(report.results) == 2


def test_a_pdf_takes_its_notes_place(
    ingestor: Ingestor, library: Library, monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    ingestor.ingest_notes([note("2001.00001", kind="dataset", name="Set")])
    pdf = replace(document("2001.00001", ["The paper's own words."]), sha256="x")
    monkeypatch.setattr(
        ingestor_module,
        "read_files",
        lambda paths, *rest: iter([ReadResult(paths[0], Outcome.OK, document=pdf, sha256="x")]),
    )
    ingestor.ingest_files(written(files, a="One text."), LIMITS)
    row = library.record.papers()[0]
    assert (row.source, row.meta.kind, row.meta.name) == (Source.PDF, "dataset", "Set")
    assert texts(library, "2001.00001") == ["The paper's own words."]
    # And the starter library doesn't take it back when a newer fmqa brings a newer note.
    ingestor.ingest_notes([note("2001.00001", "New words of ours.", kind="method")])
    assert texts(library, "2001.00001") == ["The paper's own words."]
    assert library.record.papers()[0].meta.kind == "method"


def test_what_was_committed_stays_when_it_is_stopped(
    ingestor: Ingestor, library: Library, files: Path
) -> None:
    def stop(result: ReadResult) -> None:
        if result.path.name == "b.pdf":
            raise KeyboardInterrupt

    paths = written(files, a="One text.", b="Two texts.", c="Three texts.")
    with pytest.raises(KeyboardInterrupt):
        ingestor.ingest_files(paths, LIMITS, progress=stop)
    assert len(library.record.papers()) == 2
    assert library.check() == []
    report = ingestor.ingest_files(paths, LIMITS)
    assert (len(report.known), len(report.results)) == (2, 1)


def test_two_ingestions_at_once(ingestor: Ingestor, library: Library, files: Path) -> None:
    with library.writing("hash:64"), pytest.raises(RecordBusy):
        ingestor.ingest_files(written(files, a="One text."), LIMITS)
