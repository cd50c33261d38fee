"""A file is the paper that its name or a stamp gives only if its first page agrees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes import HashEmbedder, document
from fmqa.reading.pool import ReadLimits
from fmqa.sources.note_files import Note, note_on
from fmqa.store.library import Library
from fmqa.sync import ingestor as ingestor_module
from fmqa.sync.ingestor import Ingestor
from fmqa.sync.matching import is_paper
from fmqa.types import Document, Outcome, PaperMeta, PaperStatus, ReadResult, Source

ID = "2304.12306"
HELD = PaperMeta(
    ID, 0, "Segment Anything in Medical Images", ("Jun Ma", "Yuting He", "Feifei Li"), 2023, ID
)

NOTE = Note(HELD, "A note. It says much.", ("https://example.org",), "x")


def a_file(title: str, *authors: str, text: str = "A new sentence stands here.") -> Document:
    return document(ID, [text], title=title, authors=authors, year=2023)


@pytest.mark.parametrize(
    ("title", "authors", "same"),
    [
        ("Segment Anything in Medical Images", (), True),
        ("Segment anything in medical images", ("Ada Ma",), True),
        ("MedSAM: Segment Anything in Medical Images", ("Jun Ma", "Yuting He"), True),
        ("Towards a Foundation of Medical Segmentation", ("Jun Ma", "Y. He", "Bo Wang"), True),
        (ID, (), True),
        ("", (), True),
        ("Yarrownet: A File With a Foreign Name", ("Ada Ma", "Boris Li"), False),
        ("Gorsenet: A Reply to Segment Anything in Medical Images", ("Ada Ma", "Boris Li"), False),
        ("Teaselnet: Tracking Needles in Ultrasound", (), False),
        ("Another Paper on Needles", ("Jun Ma", "Ada Wu", "Boris Xu", "Cy Yu"), False),
    ],
)
def test_title_and_authors_decide(title: str, authors: tuple[str, ...], same: bool) -> None:
    assert is_paper(a_file(title, *authors), HELD) is same


def test_a_title_that_stands_on_the_page_is_the_papers() -> None:
    text = "Journal of Things\nSegment Anything in Medical Images\nJun Ma"
    assert is_paper(a_file("Journal of Things", "Editor One", text=text), HELD)


@pytest.fixture
def ingest(
    library: Library, embedder: HashEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ingestor = Ingestor(library, embedder.fingerprint, embedder.embed_array)
    monkeypatch.setattr(ingestor_module, "note_on", {}.get)
    ingestor.ingest_notes([NOTE])

    def ingest(made: Document) -> ReadResult:
        path = tmp_path / f"{ID}.pdf"
        path.write_text(made.pages[0].text)

        def read(paths, limits, workers):
            for one in paths:
                yield ReadResult(one, Outcome.OK, document=made, sha256=made.sha256)

        monkeypatch.setattr(ingestor_module, "read_files", read)
        return ingestor.ingest_files([path], ReadLimits()).results[0]

    return ingest


def texts(library: Library, paper_id: str) -> list[str]:
    return [held.passage.text for held in library.record.passages_of(paper_id)]


def test_a_foreign_file_replaces_nothing_and_that_is_said(library: Library, ingest) -> None:
    made = a_file("Yarrownet: A File With a Foreign Name", "Ada Ma", text="Cores. © 2021 Ma.")
    result = ingest(made)
    assert ID in result.detail
    rows = {row.meta.paper_id: row for row in library.record.papers()}
    local = rows[f"local:{made.sha256[:16]}"]
    assert (local.meta.title, local.meta.year, local.meta.arxiv_id) == (made.meta.title, 2021, None)
    assert library.record.remarks(local.meta.paper_id) == result.detail
    assert rows[ID].source is Source.NOTE
    assert texts(library, ID) == ["A note. It says much."]


def test_a_foreign_file_is_told_before_the_notes_are_in_the_library(
    library: Library, ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with library.writing("hash:64") as writer:
        writer.drop_notes(ID)
    monkeypatch.setattr(ingestor_module, "note_on", {ID: NOTE}.get)
    assert ID in ingest(a_file("Yarrownet: A File With a Foreign Name", "Ada Ma")).detail
    assert [row.meta.arxiv_id for row in library.record.papers()] == [None]


def test_the_starter_librarys_notes_are_found_by_id() -> None:
    note = note_on("1505.04597")
    assert note is not None
    assert note.meta.arxiv_id == "1505.04597"
    assert note_on("9901.00001") is None


def test_a_removed_replacement_brings_the_note_back(library: Library, ingest) -> None:
    assert ingest(a_file(HELD.title, "Jun Ma")).detail == ""
    assert texts(library, ID) == ["A new sentence stands here."]
    with library.writing("hash:64") as writer:
        assert writer.remove(ID)
    assert texts(library, ID) == ["A note. It says much."]
    assert [row.source for row in library.record.papers()] == [Source.NOTE]
    assert library.check() == []
    with library.writing("hash:64") as writer:
        assert writer.remove(ID)
        assert not writer.remove(ID)


def test_a_changed_note_stays_after_its_papers_removal(
    library: Library, embedder: HashEmbedder, ingest
) -> None:
    ingest(a_file(HELD.title, "Jun Ma"))
    with library.writing("hash:64") as writer:
        writer.remove(ID)
    ingestor = Ingestor(library, embedder.fingerprint, embedder.embed_array)
    ingestor.ingest_notes([Note(HELD, "A mended note.", ("https://example.org",), "y")])
    assert texts(library, ID) == ["A mended note."]


def test_a_retracted_paper_is_marked(library: Library, ingest) -> None:
    result = ingest(replace(a_file("Yarrownet: A File", "Ada Ma"), retracted=True))
    (row,) = [row for row in library.record.papers() if row.source is Source.PDF]
    assert row.status is PaperStatus.WITHDRAWN
    assert "retracted" in result.detail
