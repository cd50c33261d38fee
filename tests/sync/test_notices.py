"""Retractions and corrections in a sync: marked, told once, and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from arxiv_home import ArxivHome
from fakes import make_pdf
from fmqa.answering.citing import Numbering
from fmqa.sync.ingestor import OWN_PAGES
from fmqa.types import PaperStatus, Quote, Span
from small_arxiv import SmallArxiv

DOI = "10.5555/retracted"


def notice(kind: str, day: int = 6) -> dict[str, object]:
    return {
        "updated-by": [
            {
                "DOI": "10.5555/notice", "type": kind, "source": "retraction-watch",
                "updated": {"date-parts": [[2026, 2, day]]},
            }
        ]
    }  # fmt: skip


@pytest.fixture
def paper(filled: ArxivHome, arxiv: SmallArxiv) -> str:
    """A paper of the library whose article has a DOI."""
    held = sorted(filled.held())
    found = next(one for one in held if one != arxiv.world.review)
    arxiv.world[found].doi = DOI
    return found


def state(home: ArxivHome, paper: str) -> tuple[PaperStatus, str]:
    with home.library() as library:
        (row,) = [row for row in library.record.papers() if row.meta.paper_id == paper]
        return row.status, row.meta.notice


def forget_answers(home: ArxivHome) -> None:
    """As if Crossref had been asked long ago."""
    with home.library() as library, library.catalog.database.atomic() as db:
        db.execute("UPDATE lookups SET at = '2020-01-01T00:00:00+00:00' WHERE service = 'crossref'")


def changes(home: ArxivHome, paper: str) -> list[str]:
    with home.library() as library:
        found = library.catalog.changes()
    kinds = {"withdrawn", "restored", "corrected"}
    return [one.what for one in found if one.paper_id == paper and one.what in kinds]


def test_a_retraction_is_marked_told_once_and_taken_back(
    filled: ArxivHome, arxiv: SmallArxiv, paper: str
) -> None:
    arxiv.world.notices[DOI] = notice("retraction")
    report = filled.sync()
    assert [line.arxiv_id for line in report.withdrawn] == [paper]
    status, said = state(filled, paper)
    assert status is PaperStatus.WITHDRAWN
    assert "Retracted on 2026-02-06" in said
    with filled.library() as library:
        passage = library.record.passages_of(paper)[0]
        text = passage.passage.text
        _, citation = Numbering("").cite(Quote(text, Span(1, 0, len(text)), passage))
    assert (citation.status, citation.notice) == ("withdrawn", said)

    again = filled.sync()
    assert (again.withdrawn, again.restored, changes(filled, paper)) == ([], [], ["withdrawn"])
    assert len(arxiv.requests_of("crossref")) == 1  # asked once a week
    arxiv.world.notices.clear()
    forget_answers(filled)
    assert [line.arxiv_id for line in filled.sync().restored] == [paper]
    assert state(filled, paper) == (PaperStatus.CURRENT, "")
    assert changes(filled, paper) == ["withdrawn", "restored"]


def test_a_correction_leaves_the_paper_standing(
    filled: ArxivHome, arxiv: SmallArxiv, paper: str
) -> None:
    arxiv.world.notices[DOI] = notice("erratum")
    report = filled.sync()
    assert [line.arxiv_id for line in report.corrected] == [paper]
    status, said = state(filled, paper)
    assert status is PaperStatus.CURRENT
    assert "Corrected on 2026-02-06" in said
    assert filled.sync().corrected == []
    assert changes(filled, paper) == ["corrected"]


def test_without_crossref_the_sync_goes_on_and_marks_stay(
    filled: ArxivHome, arxiv: SmallArxiv, paper: str
) -> None:
    arxiv.world.notices[DOI] = notice("retraction")
    filled.sync()
    forget_answers(filled)
    filled.settings |= {"crossref_url": "http://127.0.0.1:9", "fetch_tries": 1}
    filled.told.clear()
    report = filled.sync()
    assert report.unreachable == ""
    told = [line for line in filled.told if "Crossref" in line]
    assert len(told) == 1
    assert "1 papers" in told[0]
    assert state(filled, paper)[0] is PaperStatus.WITHDRAWN


def test_what_a_papers_own_pages_say_outlives_a_sync(filled: ArxivHome, paper: str) -> None:
    with filled.library() as library, library.writing("hash:64") as writer:
        writer.set_withdrawn(paper, True, OWN_PAGES)
    assert filled.sync().restored == []
    assert state(filled, paper) == (PaperStatus.WITHDRAWN, OWN_PAGES)


def test_a_doi_on_page_1_counts_where_the_title_agrees(
    filled: ArxivHome, arxiv: SmallArxiv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pdf(tmp_path / "mine.pdf", 5)
    with filled.bench() as bench:
        bench.ingestor.ingest_files([tmp_path / "mine.pdf"], bench.read_limits)
        rows = bench.library.record.papers()
        (mine,) = [row.meta for row in rows if row.meta.paper_id.startswith("local:")]
        with bench.library.catalog.database.atomic() as db:
            db.execute(
                "UPDATE pages SET text = 'doi:10.5555/printed ' || text WHERE number = 1 AND "
                "version_id IN (SELECT id FROM versions WHERE paper_id = ?)",
                (mine.paper_id,),
            )
    arxiv.world.notices["10.5555/printed"] = notice("retraction") | {"title": ["Another title"]}
    assert filled.sync().withdrawn == []
    arxiv.world.notices["10.5555/printed"] = notice("retraction") | {"title": [mine.title]}
    forget_answers(filled)
    assert [line.arxiv_id for line in filled.sync().withdrawn] == [mine.paper_id]
