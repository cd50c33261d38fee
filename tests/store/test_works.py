"""Which papers are one work, and that each work counts once."""

from __future__ import annotations

import pytest

from fakes import Add, document
from fmqa.store.library import Library
from fmqa.store.works import one_of_each_work
from fmqa.survey.comparison import resolve
from fmqa.types import Source

TITLE = "Bramblenet: A Foundation Model for Knee Radiographs"
LIKE = "Bramblenet: Foundation Models for Radiographs of the Knee"
OTHER = "Bramblenet: Three Years in the Clinic and What They Taught"
AUTHORS = ("Ada Ma", "Boris Li", "Cy Wu")
TEXT = [
    "The encoder was trained on knee radiographs that four hospitals of one region have collected.",
    "Experts drew the borders of each bone twice, and the mean of both was taken as the reference.",
    "Accuracy falls where the joint was replaced, which the training data hardly ever show at all.",
]
NEW = [
    f"In our later study we looked at question number {n} of those that were left." for n in "123"
]


def shown(library: Library) -> dict[str, str]:
    return {row.meta.paper_id: row.meta.work for row in library.record.papers()}


@pytest.mark.parametrize(
    ("title", "authors", "text"),
    [
        (TITLE, AUTHORS, NEW),
        (TITLE.upper(), ("A. Ma", "B. Li"), NEW),
        (TITLE, (), TEXT),
        (LIKE, AUTHORS, TEXT),
        (f"Supplementary Material for “{TITLE}”", (), NEW),
        (f"{TITLE} – Supplementary Information", AUTHORS, NEW),
    ],
)
def test_files_of_one_work_are_known(
    add: Add, library: Library, title: str, authors: tuple[str, ...], text: list[str]
) -> None:
    add(document("1", TEXT, title=TITLE, authors=AUTHORS))
    add(document("local:2", text, title=title, authors=authors, arxiv_id=None))
    assert shown(library) == {"1": "", "local:2": "1"}
    assert library.record.siblings("1") == ["local:2"]


@pytest.mark.parametrize(
    ("title", "authors", "text"),
    [
        (TITLE, ("Dee Xu", "Eve Yu"), TEXT),
        (TITLE, (), NEW),
        (LIKE, AUTHORS, NEW),
        (OTHER, AUTHORS, NEW),
        ("Hazelnet: Prognosis from Whole-Slide Images", AUTHORS, TEXT),
    ],
)
def test_other_works_are_not_taken_for_it(
    add: Add, library: Library, title: str, authors: tuple[str, ...], text: list[str]
) -> None:
    add(document("1", TEXT, title=TITLE, authors=AUTHORS))
    add(document("local:2", text, title=title, authors=authors, arxiv_id=None))
    assert shown(library) == {"1": "", "local:2": ""}
    assert library.record.siblings("1") == []


def test_a_note_and_its_paper_are_one_and_counted_once(library: Library, add: Add) -> None:
    add(document("local:2", TEXT, title=TITLE, authors=AUTHORS, arxiv_id=None, year=2024))
    add(document("2311.09876", ["A note."], title=TITLE, authors=AUTHORS, source=Source.NOTE))
    add(document("local:3", NEW, title=TITLE, authors=AUTHORS, arxiv_id=None, year=2020))
    assert shown(library) == {"local:2": "", "2311.09876": "local:2", "local:3": "local:2"}
    metas = [row.meta for row in library.record.papers()]
    assert [meta.paper_id for meta in one_of_each_work(metas)] == ["2311.09876"]
    assert resolve("Bramblenet", metas).paper_id == "2311.09876"
    add(document("local:2", NEW, title=TITLE, authors=AUTHORS, arxiv_id=None, year=2024))
    assert shown(library)["local:2"] == ""


def test_a_removed_lead_leaves_the_others_one_work(library: Library, add: Add) -> None:
    for paper in ("1", "2", "3"):
        add(document(paper, TEXT, title=TITLE, authors=AUTHORS))
    with library.writing("hash:64") as writer:
        writer.remove("1")
    assert library.record.siblings("2") == ["3"]
