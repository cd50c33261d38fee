"""Trends: their numbers are a plain SQL count's, and each is of papers that can be looked at."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from fakes import Add, document
from fmqa.apps.cli.main import app
from fmqa.apps.cli.overviews import TrendBy
from fmqa.apps.workbench import Workbench
from fmqa.errors import NothingToSearch, UsageError
from fmqa.store.library import Library
from fmqa.store.quoted_facets import Facet, FacetName
from fmqa.survey import trend_maker
from fmqa.survey.corpus import Review, Standing
from fmqa.survey.facet_maker import FacetMaker
from fmqa.survey.trend_data import By, Observation, Panels, Trend, as_csv, make_trend, trend_rows
from fmqa.survey.trend_plot import amount_words, draw, moment
from fmqa.types import PaperMeta, Reference, Source, Span

REVIEW = "2510.16973"
KINDS = ("vision-only", "vision-language", "generalist", "", "dataset")
MODALITIES = (("CT",), ("CT", "MRI"), ("X-ray",), (), ("pathology", "CT"))


@pytest.fixture
def filled(library: Library, add: Add) -> Library:
    """Thirty papers of six years, a third of them cited by the review, a fifth after it."""
    made = []
    for number in range(30):
        after = number % 5 == 4
        month = f"{'2511' if after else f'2{number % 5}05'}"
        size = 10 ** (3 + number % 4) * (number + 1)
        text = f"Model{number} was trained on {size:,} images of many hospitals."
        made.append(
            document(
                f"{month}.000{number:02}",
                [
                    text,
                    f"Model{number} has {number + 2} million parameters in its encoder.",
                    f"We trained Model{number} with self-supervised learning on these images.",
                ],
                name=f"Model{number}",
                title=f"Model{number}: $x_1$ <b>title</b> with \x1b[31m marks",
                year=2025 if after else 2020 + number % 5,
                kind=KINDS[number % 5],
                modality=MODALITIES[number % 5],
                tasks=("segmentation",) if number % 2 else ("classification", "=cmd|' /C calc'!A0"),
            )
        )
    review = document(REVIEW, ["The review of them all."], title="The review", year=2025)
    references = tuple(
        Reference(place, "entry", arxiv_id=one.meta.arxiv_id) for place, one in enumerate(made[::3])
    )
    topic = document("topic:x", ["A topic."], source=Source.NOTE, arxiv_id=None, year=2024)
    undated = document("local:00", ["A file."], arxiv_id=None, year=None, kind="method")
    add(*made, replace(review, references=references), topic, undated)
    return library


def trend_of(maker: FacetMaker | Library, by: By | str) -> Trend:
    maker = maker if isinstance(maker, FacetMaker) else FacetMaker(maker, review=REVIEW)
    return trend_maker.trend(maker, by)


# What is known of a paper without reading it, and where that is nothing, what was read.
_LISTED = """SELECT value, year, count(DISTINCT paper_id) FROM (
    SELECT papers.paper_id, year, one.value FROM papers, json_each({column}) AS one
    UNION SELECT papers.paper_id, year, facets.value FROM papers
    JOIN versions ON versions.paper_id = papers.paper_id AND versions.active
    JOIN facets ON facets.version_id = versions.id AND facet = '{facet}'
    WHERE {column} IN ('[]', '[""]', ''))
    WHERE year IS NOT NULL AND paper_id NOT LIKE 'topic:%' AND value != '' GROUP BY 1, 2"""
SQL = {
    By.KIND: _LISTED.format(
        column="CASE kind WHEN '' THEN '[]' ELSE json_array(kind) END", facet="kind"
    ),
    By.MODALITY: _LISTED.format(column="modality", facet="modality"),
    By.TASK: _LISTED.format(column="tasks", facet="task"),
    By.TRAINING: """SELECT facets.value, year, count(DISTINCT papers.paper_id) FROM facets
        JOIN versions ON versions.id = facets.version_id AND versions.active
        JOIN papers ON papers.paper_id = versions.paper_id
        WHERE facet = 'training' AND year IS NOT NULL GROUP BY 1, 2""",
}


@pytest.mark.parametrize("by", SQL)
def test_the_numbers_are_those_of_plain_sql(filled: Library, by: By) -> None:
    trend = trend_of(filled, by)
    with filled.record.database.snapshot() as db:
        wanted = {(value, year): count for value, year, count in db.execute(SQL[by])}
    assert wanted
    assert trend.counts() == wanted
    # And so what is drawn, and what is written.
    drawn = Panels.of(trend, 100, sides=False)
    assert drawn.counts == {None: wanted}
    assert {drawn.total(value) for value in drawn.values} == {
        row.total for row in trend_rows(trend)
    }
    told = csv.DictReader(io.StringIO(as_csv(trend)))
    written = {(row["value"].removeprefix("'"), int(row["year"])): row["papers"] for row in told}
    assert {key: int(count) for key, count in written.items() if count != "0"} == wanted


def test_a_work_of_two_files_counts_once(library: Library, add: Add) -> None:
    meta = {"title": "Bramblenet: A Model for Radiographs", "authors": ("Ada Ma", "Bo Li")}
    add(document("2311.09876", ["Bramblenet reads."], modality=("X-ray",), year=2023, **meta))
    add(document("local:1", ["It reads."], modality=("X-ray",), year=2024, arxiv_id=None, **meta))
    trend = trend_of(library, By.MODALITY)
    assert [(point.paper_id, point.year) for point in trend.points] == [("2311.09876", 2023)]
    assert trend.papers == 1


def test_the_sides_of_the_review_are_those_of_plain_sql(filled: Library) -> None:
    trend = trend_of(filled, By.TASK)
    with filled.record.database.snapshot() as db:
        cited = {
            row[0]: row[1]
            for row in db.execute(
                """SELECT one.value, count(DISTINCT papers.paper_id)
                   FROM papers, json_each(tasks) AS one JOIN bibliography
                   ON bibliography.arxiv_id = papers.arxiv_id JOIN versions ON
                   versions.id = version_id AND versions.paper_id = ? GROUP BY 1""",
                (REVIEW,),
            )
        }
    assert Counter(point.value for point in trend.points if point.group == "cited") == cited
    since = {point.paper_id for point in trend.points if point.group == "since"}
    assert since
    assert all(paper.startswith("2511") for paper in since)


def test_each_number_opens_into_its_papers(filled: Library) -> None:
    trend = trend_of(filled, By.MODALITY)
    for (value, year), count in trend.counts().items():
        papers = trend.at(value, year)
        assert len({point.paper_id for point in papers}) == count
    assert sum(row.total for row in trend_rows(trend)) == len(trend.points)


def test_sizes_carry_the_quote_that_shows_them(filled: Library) -> None:
    for by, holds in ((By.DATA_SIZE, "images"), (By.MODEL_SIZE, "parameters")):
        trend = trend_of(filled, by)
        assert len(trend.points) == 30
        for point in trend.points:
            cited = point.citation
            assert cited is not None
            assert cited.paper_id == point.paper_id
            assert holds in cited.quote
            assert cited.version is not None
            pages = filled.record.pages(cited.paper_id, cited.version, Source(cited.source))
            assert pages[cited.page - 1].text[cited.start : cited.end] == cited.quote
    assert {point.amount for point in trend.points} == {(n + 2) * 1e6 for n in range(30)}


def test_what_is_not_known_is_counted_too(filled: Library) -> None:
    trend = trend_of(filled, By.KIND)
    assert trend.papers == 32  # the topic isn't one
    known = {point.paper_id for point in trend.points}
    assert trend.unknown == trend.papers - len(known) - trend.undated
    assert trend.undated == 1


def paper(number: int, **meta: object) -> PaperMeta:
    return PaperMeta(f"p{number}", 1, f"Paper {number}", **meta)  # type: ignore[arg-type]


def stands(dates: dict[str, str]) -> Standing:
    return Standing(Review("r", "r", "2025-10", frozenset()), dates, frozenset())


def test_a_paper_counts_once_for_a_value_and_with_its_largest_amount() -> None:
    seen = [Observation("p1", "CT"), Observation("p1", "CT"), Observation("p9", "CT")]
    trend = make_trend(By.MODALITY, seen, [paper(1, year=2024)], stands({}))
    assert trend.counts() == {("CT", 2024): 1}
    sizes = [Observation("p1", "a", 5.0), Observation("p1", "b", 7.0), Observation("p1", "c", 6.0)]
    trend = make_trend(By.DATA_SIZE, sizes, [paper(1, year=2024)], stands({}))
    assert [point.amount for point in trend.points] == [7.0]


def test_a_year_is_the_papers_own_and_else_that_of_its_publication() -> None:
    seen = [Observation(f"p{n}", "CT") for n in (1, 2, 3)]
    metas = [paper(1, year=2023), paper(2), paper(3)]
    trend = make_trend(By.MODALITY, seen, metas, stands({"p1": "2022-05", "p2": "2021-05"}))
    assert [(point.paper_id, point.year) for point in trend.points] == [("p2", 2021), ("p1", 2023)]
    assert trend.undated == 1


def test_it_is_made_once_for_a_state_of_the_library(
    filled: Library, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = FacetMaker(filled, review=REVIEW)
    trend = trend_of(first, "kind")
    monkeypatch.setattr(trend_maker, "observe", None)
    assert trend_of(first, By.KIND) is trend
    assert trend_of(filled, By.KIND) == trend
    monkeypatch.undo()
    add(document("2601.00001", ["New."], kind="survey", year=2026))
    assert ("survey", 2026) in trend_of(first, By.KIND).counts()


def test_what_there_is_not_is_said(library: Library, add: Add) -> None:
    add(document("2601.00001", ["A paper that says nothing of itself."]))
    with pytest.raises(NothingToSearch, match="data-size"):
        trend_of(library, By.DATA_SIZE)
    with pytest.raises(UsageError, match="colour"):
        trend_of(library, "colour")


@pytest.mark.parametrize("sides", [False, True])
@pytest.mark.parametrize("by", [By.KIND, By.MODALITY, By.DATA_SIZE])
def test_plots_are_pictures(filled: Library, by: By, sides: bool) -> None:
    trend = trend_of(filled, by)
    png = draw(trend, "png", sides=sides)
    assert png.startswith(b"\x89PNG")
    assert len(png) > 10_000
    root = ET.fromstring(draw(trend, "svg", sides=sides))
    assert root.tag.endswith("svg")


def test_a_plot_of_one_side_only_has_an_empty_other(filled: Library) -> None:
    trend = trend_of(filled, By.DATA_SIZE).only("since")
    assert draw(trend, "png", sides=True).startswith(b"\x89PNG")


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_name_can_be_drawn_and_written(name: str, value: str) -> None:
    metas = [paper(1, year=2024, name=name, kind=value)]
    trend = make_trend(By.KIND, [Observation("p1", value)], metas, stands({}))
    as_csv(trend)
    if name.isascii():
        draw(trend, "svg")


@pytest.mark.parametrize(
    ("amount", "words"),
    [(86.0, "86"), (1500.0, "1.5k"), (1_570_263.0, "1.57M"), (3e9, "3B"), (1e12, "1T")],
)
def test_amounts_in_words(amount: float, words: str) -> None:
    assert amount_words(amount) == words


def test_where_a_point_stands_in_its_year(filled: Library) -> None:
    point = trend_of(filled, By.KIND).points[0]
    for published, share in (("2024-01-01", 0.0), ("2024-07-01", 0.5), ("2024", 0.5), ("", 0.5)):
        moved = point.model_copy(update={"year": 2024, "published": published})
        assert moment(moved) == pytest.approx(2024 + share, abs=0.01)
    other = point.model_copy(update={"year": 2023, "published": "2024-12"})
    assert moment(other) == 2023.5  # the year that is counted is the paper's own


def test_the_command_knows_all_trends() -> None:
    assert list(get_args(TrendBy)) == [one.value for one in By]


@pytest.fixture
def home(tmp_path: Path, filled: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(Workbench, "load_starter", lambda bench: 0)
    yield tmp_path


def run(home: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["trends", "--home", str(home), *arguments])
    if isinstance(done.exception, UsageError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_prints_tables(home: Path) -> None:
    told = run(home, "--by", "modality")
    assert "Papers a year, by imaging modality" in told
    assert [line.split()[-1] for line in told.splitlines() if line.startswith("CT")] == ["18"]
    told = run(home, "--by", "data-size")
    assert "was trained on" in " ".join(told.split())
    assert "\x1b" not in told
    told = run(home, "--by", "kind", "--cited-by-review")
    assert "Cited by the review (" in told
    assert "Since the review (" in told


def test_the_command_writes_what_other_programs_read(home: Path, tmp_path: Path) -> None:
    told = list(csv.DictReader(io.StringIO(run(home, "--by", "task", "--format", "csv"))))
    assert sum(int(row["papers"]) for row in told if row["value"] == "segmentation") == 15
    assert not any(row["value"].startswith("=") for row in told)
    trend = Trend.model_validate(json.loads(run(home, "--by", "kind", "--format", "json")))
    assert trend.by is By.KIND
    for form in ("png", "svg"):
        file = tmp_path / f"plot.{form}"
        run(home, "--by", "kind", "--format", form, "--output", str(file))
        assert file.stat().st_size > 5_000
    with pytest.raises(UsageError, match="written to a file"):
        run(home, "--format", "png")


def test_a_users_correction_is_counted_at_once(filled: Library) -> None:
    maker = FacetMaker(filled)
    before = trend_of(maker, By.KIND).counts()
    paper = trend_of(maker, By.KIND).points[0]
    shown = Facet(paper.paper_id, 1, Source.PDF, FacetName.KIND, "survey", "", Span(1, 0, 0), 1.0)
    filled.facets.correct(paper.paper_id, FacetName.KIND, [shown])
    after = trend_of(maker, By.KIND).counts()
    assert after["survey", paper.year] == before.get(("survey", paper.year), 0) + 1
    assert after.get((paper.value, paper.year), 0) == before[paper.value, paper.year] - 1


def test_a_value_that_was_read_carries_its_quote(filled: Library) -> None:
    points = trend_of(filled, By.TRAINING).points
    assert {point.value for point in points} >= {"self-supervised"}
    for point in points:
        assert point.citation is not None
        assert point.citation.version is not None
        page = filled.record.pages(point.paper_id, point.citation.version, Source.PDF)[0]
        assert page.text[point.citation.start : point.citation.end] == point.citation.quote
