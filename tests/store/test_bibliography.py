"""Bibliographies in the record, by version, and the sentences that cite."""

from __future__ import annotations

from dataclasses import replace

from fakes import Add, document
from fmqa.store.library import Library
from fmqa.types import Document, Mention, Reference, Source, Span

REVIEW = "2510.16973"
FIRST, SECOND = "Models are trained [1].", "Others followed [2, 3] and more [1]."


def reference(number: int, **more: object) -> Reference:
    return Reference(
        number, f"A. Author. Title {number}.", f"Title {number}", ("A. Author",), **more
    )


def review(version: int, *references: Reference, **more: object) -> Document:
    made = document(REVIEW, [FIRST, SECOND], version=version, **more)
    at = len(FIRST) + 1
    mentions = (
        Mention(Span(1, 0, len(FIRST)), (1,)),
        Mention(Span(1, at, at + len(SECOND)), (1, 2, 3)),
    )
    return replace(made, references=references, mentions=mentions)


def test_references_come_back_as_they_were(library: Library, add: Add) -> None:
    kept = (
        reference(2, year=2023, arxiv_id="2304.12306", method="text", score=1.0),
        reference(1, doi="10.1000/x", arxiv_id="2301.00001", method="title", score=0.97),
        reference(1),  # two of one number, as misprints have it
    )
    add(review(1, *kept))
    assert tuple(library.bibliography.references(REVIEW)) == kept
    assert library.bibliography.cited(REVIEW) == ["2304.12306", "2301.00001"]
    assert library.bibliography.references("2301.99999") == []
    assert library.bibliography.cited("2301.99999") == []


def test_the_version_that_is_searched_counts(library: Library, add: Add) -> None:
    old = reference(1, arxiv_id="2301.00001", method="text")
    new = reference(1, arxiv_id="2302.00002", method="text")
    add(review(1, old))
    add(review(2, new))
    assert library.bibliography.references(REVIEW) == [new]
    # What an older version cites is followed none the less, after what the newest does.
    assert library.bibliography.cited(REVIEW) == ["2302.00002", "2301.00001"]
    add(review(2, old, sha256="other"))  # read again
    assert library.bibliography.references(REVIEW) == [old]
    assert library.bibliography.cited(REVIEW) == ["2301.00001"]


def test_what_is_found_out_is_written_back(library: Library, add: Add) -> None:
    add(review(1, reference(1)), review(2, reference(1), reference(2)))
    found = [replace(reference(1), arxiv_id="2301.00001", method="title", score=0.95), reference(2)]
    library.bibliography.resolve(REVIEW, found)
    assert library.bibliography.references(REVIEW) == found
    assert library.bibliography.cited(REVIEW) == ["2301.00001"]
    with library.record.database.snapshot() as db:
        rows = db.execute(
            """SELECT version, count(*) AS found FROM bibliography JOIN versions ON versions.id =
               version_id WHERE bibliography.arxiv_id IS NULL GROUP BY version ORDER BY version"""
        ).fetchall()
    assert [tuple(row) for row in rows] == [(1, 1), (2, 1)]  # version 1 is as it was
    library.bibliography.resolve("2301.99999", found)  # a paper that isn't there: nothing happens
    assert library.bibliography.references("2301.99999") == []


def test_resolving_publishes_no_new_generation(library: Library, add: Add) -> None:
    add(review(1, reference(1)))
    before = library.record.generation
    library.bibliography.resolve(REVIEW, [replace(reference(1), arxiv_id="2301.00001")])
    assert library.record.generation == before


def test_sentences_that_cite(library: Library, add: Add) -> None:
    add(review(1, reference(1), reference(2), reference(3)))
    first, second = library.bibliography.mentions(REVIEW)
    assert (first.text, first.page, first.section, first.numbers) == (FIRST, 1, "Results", (1,))
    assert (second.text, second.numbers) == (SECOND, (1, 2, 3))
    assert library.bibliography.mentions("2301.99999") == []
    add(replace(review(2, reference(1)), mentions=()))
    assert library.bibliography.mentions(REVIEW) == []


def test_a_note_has_none_and_takes_none_away(library: Library, add: Add) -> None:
    add(document(REVIEW, ["A note."], version=0, source=Source.NOTE))
    assert library.bibliography.references(REVIEW) == []
    add(review(1, reference(1)))
    add(document(REVIEW, ["A newer note."], version=0, source=Source.NOTE))
    assert library.bibliography.references(REVIEW) == [reference(1)]
    assert len(library.bibliography.mentions(REVIEW)) == 2


def test_they_go_with_their_paper(library: Library, add: Add) -> None:
    add(review(1, reference(1, arxiv_id="2301.00001")))
    with library.writing("hash:64") as writer:
        writer.retire(REVIEW, "nothing asks for it")
    assert library.bibliography.cited(REVIEW) == []
    with library.record.database.snapshot() as db:
        for table in ("bibliography", "mentions"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
