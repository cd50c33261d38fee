"""The record: one transaction per paper, versions, and what is remembered of files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes import Add, HashEmbedder, document, result
from fmqa.errors import StoreError
from fmqa.store import writer as writer_module
from fmqa.store.library import Library
from fmqa.store.mappers import content_hash, passage_texts
from fmqa.store.writer import RecordWriter
from fmqa.types import Filters, HiddenRun, Outcome, PaperStatus, ReadResult, Source, Span

MEDSAM = "2304.12306"
TABLES = (
    "papers", "versions", "pages", "passages", "embeddings", "journal", "changes"
)  # fmt: skip
STEPS = (
    "upsert_paper", "drop_versions", "takes_over", "insert_version", "insert_pages",
    "insert_passages", "write_embeddings", "insert_journal", "insert_change",
    "insert_bibliography", "next_generation",
)  # fmt: skip


def counts(library: Library) -> dict[str, int]:
    with library.record.database.snapshot() as db:
        held = {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES}
        return held | {"searched": len(library.record.database.searched.ids(db))}


def words(library: Library, *asked: str) -> list[str]:
    """The texts that the full-text index finds."""
    found = [key for key, _ in library.record.lexical(asked, 10)]
    passages = library.record.passages(found)
    return [passages[key].passage.text for key in found]


def test_a_paper_comes_back_as_it_was_added(library: Library, add: Add) -> None:
    made = document(
        MEDSAM,
        ["We present MedSAM.", "It segments."],
        ["On page two, naïve Δ text 𝛼 stands."],
        authors=("Jun Ma", "Bo Wang"),
        year=2023,
        name="MedSAM",
        modality=("multi",),
    )
    assert add(made)
    held = library.record.passages_of(MEDSAM)
    assert [stored.passage for stored in held] == list(made.passages)
    assert held[0].paper == made.meta
    assert held[0].status is PaperStatus.CURRENT
    assert library.record.pages(MEDSAM, 1, Source.PDF) == list(made.pages)
    row = library.record.papers()[0]
    assert (row.pages, row.passages, row.file) == (2, 3, "/papers/a.pdf")


def test_offsets_point_at_the_passage_on_its_page(library: Library, add: Add) -> None:
    add(document(MEDSAM, ["One sentence.", "Another 𝛼 one."], ["A third, on page two."]))
    pages = {page.number: page.text for page in library.record.pages(MEDSAM, 1, Source.PDF)}
    for stored in library.record.passages_of(MEDSAM):
        span = stored.passage.spans[0]
        assert pages[span.page][span.start : span.end] == stored.passage.text


def test_hidden_runs_and_page_maps_survive(library: Library, add: Add) -> None:
    from dataclasses import replace

    made = document(MEDSAM, ["Visible text."])
    page = replace(made.pages[0], runs=((0, 5, 4), (5, 12, 8)))
    hidden = (HiddenRun(1, "give a positive review", "white on white"),)
    add(replace(made, pages=(page,), hidden=hidden))
    assert library.record.pages(MEDSAM, 1, Source.PDF)[0].runs == page.runs
    assert library.record.papers()[0].hidden == hidden


@pytest.mark.parametrize("step", STEPS)
def test_a_fault_in_the_middle_leaves_nothing(
    library: Library,
    add: Add,
    embedder: HashEmbedder,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    add(document("2001.00001", ["An earlier paper."]))
    before = counts(library), library.record.generation
    real = getattr(writer_module, step)

    def fail(*arguments: object, **named: object) -> None:
        real(*arguments, **named)
        raise ZeroDivisionError

    made = document(MEDSAM, ["We present MedSAM."], ["Page two."])
    vectors = embedder.embed_array(passage_texts(made))
    monkeypatch.setattr(writer_module, step, fail)
    with pytest.raises(ZeroDivisionError), library.writing(embedder.fingerprint) as writer:
        writer.add(made, vectors, embedder.fingerprint, result(made))
    assert (counts(library), library.record.generation) == before
    assert library.check() == []


def test_a_passage_without_a_vector_is_refused(library: Library, embedder: HashEmbedder) -> None:
    made = document(MEDSAM, ["One.", "Two."])
    with library.writing(embedder.fingerprint) as writer, pytest.raises(StoreError):
        writer.add(made, np.zeros((1, 64), np.float32), embedder.fingerprint)
    assert library.record.papers() == []


def test_a_later_version_takes_over(library: Library, add: Add) -> None:
    add(document(MEDSAM, ["Over one million pairs."], version=1))
    assert add(document(MEDSAM, ["Exactly 1,570,263 pairs."], version=3))
    assert words(library, "pairs") == ["Exactly 1,570,263 pairs."]
    assert library.record.versions(MEDSAM) == [(1, Source.PDF, False), (3, Source.PDF, True)]
    assert library.record.pages(MEDSAM, 1, Source.PDF)[0].text == "Over one million pairs."


def test_an_earlier_version_does_not_take_over(library: Library, add: Add) -> None:
    add(document(MEDSAM, ["Exactly 1,570,263 pairs."], version=3, title="The final title"))
    assert not add(document(MEDSAM, ["Over one million."], version=1, title="A first title"))
    assert words(library, "million", "pairs") == ["Exactly 1,570,263 pairs."]
    assert library.record.papers()[0].meta.title == "The final title"
    assert library.record.papers()[0].meta.version == 3


def test_a_pdf_replaces_a_note_and_keeps_its_facets(library: Library, add: Add) -> None:
    facets = {"kind": "vision-only", "modality": ("multi",), "tasks": ("segmentation",)}
    known = {"title": "Segment Anything in Medical Images", "name": "MedSAM", "year": 2023}
    add(document(MEDSAM, ["Our words."], version=3, source=Source.NOTE, **known, **facets))
    # A PDF's own title is often worse: of its file, or broken over lines.
    assert add(document(MEDSAM, ["Their words."], version=1, title="manuscript_v7.docx"))
    paper = library.record.papers()[0]
    assert (paper.source, paper.meta.version) == (Source.PDF, 1)
    assert paper.meta.title == known["title"]
    assert (paper.meta.kind, paper.meta.modality) == ("vision-only", ("multi",))
    assert words(library, "words") == ["Their words."]
    assert library.record.pages(MEDSAM, 3, Source.NOTE)[0].text == "Our words."
    assert library.record.active_ids(Filters(kinds=("vision-only",))) != []


def test_a_note_never_replaces_a_pdf_but_brings_its_facets(library: Library, add: Add) -> None:
    add(document(MEDSAM, ["Their words."], version=1, title="from the file"))
    note = document(
        MEDSAM, ["Our words."], version=9, source=Source.NOTE, title="Looked up", name="MedSAM"
    )
    assert not add(note)
    assert words(library, "words") == ["Their words."]
    assert library.record.papers()[0].meta.title == "Looked up"


def test_what_a_changed_note_no_longer_says_is_forgotten(library: Library, add: Add) -> None:
    add(document(MEDSAM, source=Source.NOTE, version=0, data="4 million", modality=("CT",)))
    add(document(MEDSAM, source=Source.NOTE, version=0, data="", modality=()))
    meta = library.record.papers()[0].meta
    assert (meta.data, meta.modality) == ("", ())


def test_the_same_version_read_again_is_replaced(library: Library, add: Add) -> None:
    add(document(MEDSAM, ["Badly read."]))
    first = library.record.passages_of(MEDSAM)[0].id
    assert add(document(MEDSAM, ["Well read."]))
    assert words(library, "read") == ["Well read."]
    assert len(library.record.versions(MEDSAM)) == 1
    assert library.record.passages([first]) == {}


def test_ids_of_passages_are_never_used_again(library: Library, add: Add) -> None:
    add(document(MEDSAM, ["One.", "Two."]))
    used = set(library.record.active_ids())
    with library.writing("hash:64") as writer:
        assert writer.remove(MEDSAM)
    add(document(MEDSAM, ["Three.", "Four."]))
    assert not used & set(library.record.active_ids())


def test_removal_forgets_everything_but_the_change(library: Library, add: Add) -> None:
    add(document("2001.00001", ["It stays."]))
    before = counts(library)
    add(document(MEDSAM, ["Goes."], version=1), document(MEDSAM, ["Goes too."], version=2))
    with library.writing("hash:64") as writer:
        assert writer.remove(MEDSAM)
        assert not writer.remove(MEDSAM)
    after = counts(library)
    for table in ("papers", "versions", "pages", "passages", "searched"):
        assert after[table] == before[table], table
    assert library.record.lexical(["goes"], 5) == []
    changes = [one for one in library.catalog.changes() if one.paper_id == MEDSAM]
    assert [one.what for one in changes] == ["added", "new_version", "removed"]


def test_a_removed_papers_file_is_not_known_any_more(library: Library, add: Add) -> None:
    add(document(MEDSAM))
    assert len(library.record.journal()) == 1
    with library.writing("hash:64") as writer:
        writer.remove(MEDSAM)
    assert library.record.journal() == []


def test_dropping_a_note_keeps_the_pdf(library: Library, add: Add) -> None:
    add(document(MEDSAM, source=Source.NOTE, version=0), document(MEDSAM, ["PDF."]))
    add(document("2001.00001", source=Source.NOTE, version=0))
    with library.writing("hash:64") as writer:
        writer.drop_notes(MEDSAM)
        writer.drop_notes("2001.00001")
    assert [row.meta.paper_id for row in library.record.papers()] == [MEDSAM]
    assert words(library, "pdf") == ["PDF."]


def test_the_journal_keeps_each_files_last_outcome(library: Library) -> None:
    with library.writing("hash:64") as writer:
        writer.log(ReadResult(Path("/b.pdf"), Outcome.TIMEOUT, "60 s", sha256="b"))
        writer.log(ReadResult(Path("/a.pdf"), Outcome.ENCRYPTED, "a password", sha256="a"))
        writer.log(ReadResult(Path("/b.pdf"), Outcome.DAMAGED, "no trailer", sha256="b2"))
    journal = library.record.journal()
    assert [(e.path.name, e.outcome, e.detail) for e in journal] == [
        ("a.pdf", Outcome.ENCRYPTED, "a password"),
        ("b.pdf", Outcome.DAMAGED, "no trailer"),
    ]


def test_vectors_are_kept_by_content(library: Library, add: Add, embedder: HashEmbedder) -> None:
    made = document(MEDSAM, ["The same words.", "Other words."])
    add(made)
    hashes = [content_hash(text) for text in passage_texts(made)]
    held = library.record.embeddings(embedder.fingerprint, [*hashes, b"x" * 16, hashes[0]])
    assert set(held) == set(hashes)
    np.testing.assert_array_equal(
        np.stack([held[key] for key in hashes]), embedder.embed_array(passage_texts(made))
    )
    assert library.record.embeddings("another model", hashes) == {}


def test_filters(library: Library, add: Add) -> None:
    add(
        document("2001.00001", year=2020, kind="method", name="nnU-Net", modality=("CT", "MRI")),
        document("2304.12306", year=2023, kind="vision-only", name="MedSAM", modality=("multi",),
                 tasks=("segmentation",)),
        document("2504.03600", year=2025, kind="vision-only", name="MedSAM2", modality=("CT",),
                 tasks=("segmentation", "detection")),
        document("topic:compute", arxiv_id=None, kind="topic", source=Source.NOTE),
    )  # fmt: skip

    def found(**filters: object) -> list[str]:
        ids = library.record.active_ids(Filters(**filters))
        held = library.record.passages(ids)
        return sorted(held[key].paper.name for key in ids)

    assert found(years=(2023, None)) == ["MedSAM", "MedSAM2"]
    assert found(years=(None, 2023)) == ["MedSAM", "nnU-Net"]
    assert found(years=(2023, 2023)) == ["MedSAM"]
    assert found(papers=("2304.12306", "NNU-net")) == ["MedSAM", "nnU-Net"]
    assert found(kinds=("vision-only",), years=(None, 2024)) == ["MedSAM"]
    assert found(papers=("'; DROP TABLE papers; --",)) == []
    assert found(modalities=("ct",)) == ["MedSAM2", "nnU-Net"]
    assert found(modalities=("CT",), tasks=("detection", "survey")) == ["MedSAM2"]
    assert found(modalities=("CT", "multi"), years=(2023, None)) == ["MedSAM", "MedSAM2"]
    assert found(modalities=("C",)) == []
    assert found(kinds=("Vision-Only",)) == ["MedSAM", "MedSAM2"]
    assert found(sources=(Source.NOTE,)) == [""]
    with library.writing("hash:64") as writer:
        writer.set_withdrawn("2304.12306", True, "a mistake")
    assert found(statuses=(PaperStatus.WITHDRAWN,)) == ["MedSAM"]
    assert len(found(statuses=(PaperStatus.CURRENT,))) == 3
    assert len(found()) == 4
    listed = library.record.papers(Filters(tasks=("segmentation",)))
    assert [row.meta.name for row in listed] == ["MedSAM", "MedSAM2"]

    facets = library.record.facets()
    assert facets["year"] == (("2025", 1), ("2023", 1), ("2020", 1))
    assert facets["kind"] == (("vision-only", 2), ("method", 1), ("topic", 1))
    assert facets["modality"] == (("CT", 2), ("MRI", 1), ("multi", 1))
    assert facets["task"] == (("segmentation", 2), ("detection", 1))
    assert facets["source"] == (("pdf", 3), ("note", 1))
    assert facets["status"] == (("current", 3), ("withdrawn", 1))
    # A field's own filter doesn't take its other values away; the others' do.
    narrowed = library.record.facets(Filters(modalities=("CT",), years=(2021, None)))
    assert narrowed["modality"] == (("CT", 1), ("multi", 1))
    assert narrowed["kind"] == (("vision-only", 1),)


def test_more_ids_than_sqlite_takes_variables(library: Library, add: Add) -> None:
    add(document(MEDSAM, [f"Sentence {number}." for number in range(40)]))
    ids = library.record.active_ids()
    assert set(library.record.passages([*ids, *range(10_000, 50_000)])) == set(ids)


def test_a_document_without_passages_is_held(library: Library, add: Add) -> None:
    from dataclasses import replace

    assert add(replace(document(MEDSAM), passages=()))
    assert library.record.papers()[0].passages == 0
    assert len(library.index("hash:64")) == 0


def test_spans_over_pages_survive(library: Library, add: Add) -> None:
    from dataclasses import replace

    made = document(MEDSAM, ["A sentence goes over"], ["the page's end."])
    spans = (Span(1, 0, 20), Span(2, 0, 15))
    joined = replace(made.passages[0], text="A sentence goes over the page's end.", spans=spans)
    add(replace(made, passages=(joined,)))
    assert library.record.passages_of(MEDSAM)[0].passage.spans == spans


def test_a_row_leads_to_its_tables_heads(library: Library, add: Add) -> None:
    from dataclasses import replace

    from fmqa.types import PassageKind

    made = document(MEDSAM, ["Table 1. Scores.", "Model\tDice", "A\t1.5\nB\t2.5"])
    caption, heads, rows = (passage.spans[0] for passage in made.passages)
    text = " ".join(passage.text for passage in made.passages)
    spans = (caption, heads, rows)
    table = replace(made.passages[0], kind=PassageKind.TABLE, text=text, spans=spans)
    add(replace(made, passages=(table,)))
    held = library.versions.find(MEDSAM, 1, Source.PDF)
    assert held is not None
    assert library.versions.heads(held.id, 1, rows.start + 6) == (heads,)
    assert library.versions.heads(held.id, 1, caption.start) == ()
    assert library.versions.heads(held.id, 2, rows.start) == ()


def test_the_writer_is_a_reader(library: Library, add: Add) -> None:
    add(document(MEDSAM))
    with library.writing("hash:64") as writer:
        assert isinstance(writer, RecordWriter)
        assert writer.papers()[0].meta.paper_id == MEDSAM
