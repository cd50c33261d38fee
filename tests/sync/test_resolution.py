"""From references to ids: as printed, by Semantic Scholar, by title; each question asked once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from fmqa.errors import SourceError, SourceRefused, SourceUnreachable
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sources.scholar import ScholarReference
from fmqa.store.library import Library
from fmqa.sync.resolution import Resolver, as_printed, methods
from fmqa.types import ArxivRecord, Reference

REVIEW = ArxivId("2510.16973", 1)
NAMES = ("Jun Ma", "Yuting He")


def entry(number: int, title: str = "", **more: object) -> Reference:
    made = title or f"A study of the number {number} in images"
    return Reference(number, f"J. Ma. {made}.", made, ("J. Ma", "Y. He"), 2023, **more)


def record(arxiv_id: str, title: str) -> ArxivRecord:
    return ArxivRecord(arxiv_id, 1, title, NAMES, published="2023-04-24T00:00:00Z")


@dataclass
class Titles:
    """arXiv's title search over a few papers."""

    papers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    error: SourceError | None = None

    def find_title(self, title: str, limit: int = 5) -> list[ArxivRecord]:
        self.asked.append(title)
        if self.error is not None:
            raise self.error
        return [record(one, name) for one, name in self.papers.items() if name == title][:limit]


@dataclass
class Scholar:
    """Semantic Scholar's word on one paper."""

    rows: list[ScholarReference] = field(default_factory=list)
    asked: list[ArxivId] = field(default_factory=list)
    error: SourceError | None = None

    def references(self, paper: ArxivId) -> list[ScholarReference]:
        self.asked.append(paper)
        if self.error is not None:
            raise self.error
        return self.rows


def outcome(resolved: list[Reference]) -> dict[int, tuple[str | None, str]]:
    return {one.number: (one.arxiv_id, one.method) for one in resolved}


def test_each_way(library: Library) -> None:
    printed = entry(1, arxiv_id="2301.00001", method="text", score=1.0)
    by_doi = entry(2, doi="10.1000/XYZ")
    by_row, by_title, nowhere = entry(3), entry(4), entry(5)
    scholar = Scholar(
        [
            ScholarReference("Another title", doi="10.1000/xyz", arxiv_id="2302.00002"),
            ScholarReference(by_row.title, NAMES, 2023, "2303.00003"),
            ScholarReference(by_title.title, NAMES, 2023, None),
        ]
    )
    arxiv = Titles({"2304.00004": by_title.title})
    steps: list[tuple[int, int]] = []
    resolved = Resolver(library.catalog, arxiv, scholar).resolve(
        REVIEW, [printed, by_doi, by_row, by_title, nowhere], lambda *step: steps.append(step)
    )
    assert outcome(resolved) == {
        1: ("2301.00001", "text"),
        2: ("2302.00002", "scholar"),
        3: ("2303.00003", "scholar"),
        4: ("2304.00004", "title"),
        5: (None, ""),
    }
    assert methods(resolved) == {"text": 1, "scholar": 2, "title": 1}
    assert {0 < one.score <= 1 for one in resolved[:4]} == {True}
    assert set(arxiv.asked) == {by_title.title, nowhere.title}
    assert scholar.asked == [ArxivId(REVIEW.bare)]
    assert steps == [(1, 2), (2, 2)]


def test_nothing_is_asked_twice(library: Library) -> None:
    references = [entry(1), entry(2)]
    arxiv, scholar = Titles({"2301.00001": references[0].title}), Scholar()
    first = Resolver(library.catalog, arxiv, scholar).resolve(REVIEW, references)
    arxiv.asked.clear()
    scholar.asked.clear()
    again = Resolver(library.catalog, arxiv, scholar).resolve(REVIEW, first)
    assert again == first
    assert (arxiv.asked, scholar.asked) == ([], [])
    offline = Resolver(library.catalog).resolve(REVIEW, references)
    assert offline == first
    # Another version of the paper may cite others.
    Resolver(library.catalog, arxiv, scholar).resolve(replace(REVIEW, version=2), references)
    assert (arxiv.asked, len(scholar.asked)) == ([], 1)


def test_answers_are_asked_for_again_after_a_month(library: Library) -> None:
    references, arxiv = [entry(1)], Titles()
    Resolver(library.catalog, arxiv).resolve(REVIEW, references)
    arxiv.papers, arxiv.asked = {"2301.00001": references[0].title}, []
    later = (datetime.now(UTC) - timedelta(days=31)).isoformat()
    library.record.database.connection.execute("UPDATE lookups SET at = ?", (later,))
    assert Resolver(library.catalog).resolve(REVIEW, references) == references
    resolved = Resolver(library.catalog, arxiv).resolve(REVIEW, references)
    assert outcome(resolved) == {1: ("2301.00001", "title")}


def test_arxiv_goes_away(library: Library) -> None:
    references = [entry(1), entry(2)]
    arxiv = Titles({"2301.00001": references[0].title}, error=SourceUnreachable("gone"))
    resolver = Resolver(library.catalog, arxiv)
    assert resolver.resolve(REVIEW, references) == references
    assert resolver.unreachable is arxiv.error
    assert len(arxiv.asked) == 1  # nothing more is asked then
    arxiv.error = None
    resolved = Resolver(library.catalog, arxiv).resolve(REVIEW, references)
    assert outcome(resolved)[1] == ("2301.00001", "title")


def test_a_title_that_arxiv_refuses_costs_no_other(library: Library) -> None:
    arxiv, told = Titles(error=SourceRefused("odd query")), list[str]()
    resolver = Resolver(library.catalog, arxiv, notify=told.append)
    resolver.resolve(None, [entry(1), entry(2)])
    assert len(arxiv.asked) == 2
    assert resolver.unreachable is None
    assert "odd query" in told[0]


@pytest.mark.parametrize("error", [SourceUnreachable("gone"), SourceRefused("no")])
def test_semantic_scholar_goes_away(library: Library, error: SourceError) -> None:
    reference, told = entry(1), list[str]()
    scholar, arxiv = Scholar(error=error), Titles({"2301.00001": reference.title})
    resolver = Resolver(library.catalog, arxiv, scholar, told.append)
    for paper in (REVIEW, ArxivId("2301.00009", 1)):
        assert outcome(resolver.resolve(paper, [reference])) == {1: ("2301.00001", "title")}
    assert len(scholar.asked) == 1
    assert told == [f"Going on without Semantic Scholar: {error}"]
    scholar.error = None  # a failure is not kept for an answer
    Resolver(library.catalog, arxiv, scholar).resolve(REVIEW, [reference])
    assert len(scholar.asked) == 2


def test_what_is_not_searched_for(library: Library) -> None:
    arxiv = Titles()
    short = Reference(1, "Deep learning. Nature, 2015.", "Deep learning")
    untitled = Reference(2, "Smudge.", "")
    Resolver(library.catalog, arxiv).resolve(None, [short, untitled])
    assert arxiv.asked == []


def test_a_paper_is_not_cited_twice(library: Library) -> None:
    one, other = entry(1, "The same title of a paper"), entry(2, "The same title of a paper")
    arxiv = Titles({"2301.00001": one.title})
    resolved = Resolver(library.catalog, arxiv).resolve(None, [one, other])
    assert outcome(resolved) == {1: ("2301.00001", "title"), 2: (None, "")}
    assert len(arxiv.asked) == 1
    printed = entry(3, "The same title of a paper", arxiv_id="2301.00001", method="link")
    again = Resolver(library.catalog, arxiv).resolve(None, [one, printed])
    assert outcome(again) == {1: (None, ""), 3: ("2301.00001", "link")}


def test_as_printed() -> None:
    found = entry(1, arxiv_id="2301.00001", method="title", score=0.97)
    assert as_printed(found) == entry(1)
    linked = entry(1, arxiv_id="2301.00001", method="link", score=1.0)
    assert as_printed(linked) is linked
