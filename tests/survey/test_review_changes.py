"""What changed since the review: on a library made by hand, and through a sync."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from arxiv_home import ArxivHome, small_world
from fakes import Add, document
from fmqa.apps.cli.main import app
from fmqa.apps.web.tabs.survey import since_review
from fmqa.apps.workbench import Workbench
from fmqa.errors import UsageError
from fmqa.store.library import Library
from fmqa.survey import review_changes as changes_module
from fmqa.survey.corpus import Review, published, standing
from fmqa.survey.facet_maker import FacetMaker
from fmqa.survey.review_changes import ReviewChanges, review_changes, revised_figures
from fmqa.sync.digest import as_markdown, as_text
from fmqa.types import ArxivRecord, PaperMeta, Reference, Source
from small_arxiv import SmallArxiv

REVIEW = "2510.16973"
OLD = "SAM-Med3D was trained on 131K three-dimensional masks of many organs."
NEW = "SAM-Med3D was trained on 143K three-dimensional masks of many organs."
SAME = "SAM-Med3D was compared on 15 public datasets with other models of its kind."
ONE = "MedSAM was trained on 1,570,263 image-mask pairs of ten modalities."
OTHER = "MedSAM was trained on 1.1 million image-mask pairs, as its authors say."
PDF_URL = "https://arxiv.org/pdf"
NASTY = "Evil [link](javascript:x) <script>alert(1)</script> \x1b[31m"


@pytest.fixture
def filled(library: Library, add: Add) -> Library:
    """A review that cites two papers; two that came after it, one revised, one that contradicts."""
    review = document(REVIEW, ["A review of foundation models."], title="The review", year=2025)
    cited = (
        Reference(1, "MedSAM", arxiv_id="2304.12306", method="text", score=1.0),
        Reference(2, "by its title", title="SAM-Med3D: Towards General-Purpose 3D Segmentation"),
        Reference(3, "not held", arxiv_id="2001.00001"),
    )
    sam3d = {
        "title": "SAM-Med3D: towards general-purpose 3D segmentation",
        "name": "SAM-Med3D",
        "year": 2023,
    }
    after = {"year": 2025, "kind": "vision-only", "modality": ("CT", "MRI"), "tasks": ("VQA",)}
    add(
        replace(review, references=cited),
        document("2304.12306", [ONE], name="MedSAM", title="Segment Anything", year=2023),
        document("2310.15161", [OLD, SAME], version=1, **sam3d),
        document("2310.15161", [NEW, SAME], version=3, **sam3d),
        document("2511.00001", [OTHER], title=NASTY, **after),
        document("2601.00002", ["A newer paper yet."], kind="survey", year=2026),
        document("local:0123456789abcdef", ["A file."], arxiv_id=None, year=2026),
        document("topic:x", ["A topic."], source=Source.NOTE, arxiv_id=None, year=2026),
    )
    return library


def made(library: Library) -> ReviewChanges:
    return review_changes(FacetMaker(library, review=REVIEW))


@pytest.mark.parametrize(
    ("meta", "record", "when"),
    [
        (PaperMeta("x", 1, "t", arxiv_id="2304.12306"), None, "2023-04"),
        (PaperMeta("x", 1, "t", arxiv_id="2304.12306"), "2023-04-24T17:56:12Z", "2023-04-24"),
        (PaperMeta("x", 1, "t", arxiv_id="cs/0301001", year=2003), None, "2003"),
        (PaperMeta("x", 1, "t"), None, ""),
    ],
)
def test_when_a_paper_came_out(meta: PaperMeta, record: str | None, when: str) -> None:
    told = ArxivRecord("2304.12306", 1, "t", published=record) if record else None
    assert published(meta, {"2304.12306": told} if told else {}) == when


@pytest.mark.parametrize(
    ("review", "paper", "after"),
    [
        ("2025-10-19", "2025-10-20", True),
        ("2025-10-19", "2025-10-19", False),
        ("2025-10-19", "2025-11", True),
        ("2025-10-19", "2025-10", False),  # perhaps
        ("2025-10", "2025-10-30", False),  # perhaps
        ("2025-10", "2026", True),
        ("2025-10", "2025", False),
        ("2025-10", "", False),
        ("", "2026", False),
    ],
)
def test_after_is_said_only_when_it_is_sure(review: str, paper: str, after: bool) -> None:
    assert Review("r", "t", review, frozenset()).precedes(paper) is after


def test_what_the_review_cites_and_what_came_since(filled: Library) -> None:
    stands = standing(filled, REVIEW)
    assert stands.review.published == "2025-10"
    assert stands.review.cited == {"2304.12306", "2310.15161"}
    assert {one for one in stands.since if not one.startswith("topic")} == {
        "2511.00001",
        "2601.00002",
        "local:0123456789abcdef",
    }


def test_arxivs_own_date_counts_where_it_is_known(filled: Library) -> None:
    filled.catalog.put_facts(
        [
            ArxivRecord(REVIEW, 1, "The review", published="2025-10-19T10:00:00Z"),
            ArxivRecord("2304.12306", 1, "x", published="2025-10-21T10:00:00Z"),
        ]
    )
    assert "2304.12306" in standing(filled, REVIEW).since


def test_a_review_that_is_not_held_has_a_date_all_the_same(library: Library, add: Add) -> None:
    add(document("2304.12306", [ONE]), document("2511.00001", [OTHER]))
    stands = standing(library, REVIEW)
    assert stands.since == {"2511.00001"}
    assert stands.review.cited == frozenset()


def test_new_papers_revised_figures_and_contradictions(filled: Library) -> None:
    told = made(filled)
    assert [one.paper_id for one in told.papers] == [
        "local:0123456789abcdef",
        "2601.00002",
        "2511.00001",
    ] or [one.paper_id for one in told.papers] == [
        "2601.00002",
        "local:0123456789abcdef",
        "2511.00001",
    ]
    (revised,) = told.revised
    assert revised.figures == ("131K", "143K")
    assert (revised.old.quote, revised.new.quote) == (OLD, NEW)
    assert (revised.old.version, revised.new.version) == (1, 3)
    assert revised.old.status == "superseded"
    assert revised.new.url == "https://arxiv.org/pdf/2310.15161v3#page=1"
    (pair,) = told.contradicted
    assert pair.figures == ("1,570,263", "1.1 million")
    assert (pair.one.quote, pair.other.quote) == (ONE, OTHER)
    assert pair.about.startswith("MedSAM, trained on")


def test_challenges_that_got_new_solutions(library: Library, add: Add) -> None:
    says = (
        "FedNet addresses the privacy of patients by federated learning across ten hospitals, "
        "which share no images."
    )
    add(
        document("2304.12306", ["An older paper that says nothing of the kind."]),
        document("2601.00001", [says], name="FedNet", section="Abstract", year=2026),
    )
    told = made(library)
    found = {(one.challenge, one.solution, one.first) for one in told.solved}
    assert ("privacy and federated learning", "federated learning", True) in found
    assert {one.proposed.quote for one in told.solved} == {says}
    text = as_markdown(told)
    assert "## Challenges with new solutions" in text
    assert "- privacy and federated learning: federated learning (first here)" in text
    assert text.count("which share no images") == len(told.solved)  # one sentence, one quote
    assert "Challenges with new solutions" in as_text(told)
    assert "first here" in since_review(told)


def test_each_quote_stands_on_its_page(filled: Library) -> None:
    told = made(filled)
    sides = [side for one in told.revised for side in (one.old, one.new)]
    sides += [side for one in told.contradicted for side in (one.one, one.other)]
    assert len(sides) == 4
    for side in sides:
        assert side.version is not None
        pages = filled.record.pages(side.paper_id, side.version, Source(side.source))
        text = {page.number: page.text for page in pages}[side.page]
        assert " ".join(text[side.start : side.end].split()) == side.quote


def test_a_withdrawn_paper_contradicts_nobody(filled: Library) -> None:
    assert filled.record.model is not None
    with filled.writing(filled.record.model) as writer:
        writer.set_withdrawn("2511.00001", True, "withdrawn")
    told = made(filled)
    assert told.contradicted == ()
    assert {one.paper_id: one.withdrawn for one in told.papers}["2511.00001"]


def test_a_revision_before_the_review_is_not_news(filled: Library) -> None:
    facts = ArxivRecord("2310.15161", 3, "x", updated="2024-09-01T00:00:00Z")
    filled.catalog.put_facts([facts])
    assert made(filled).revised == ()
    filled.catalog.put_facts([replace(facts, updated="2025-12-01T00:00:00Z")])
    filled.answers.put("other", -1, "")  # forgets what was kept
    assert len(made(filled).revised) == 1


def test_it_is_found_once_for_a_state_of_the_library(
    filled: Library, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = made(filled)
    monkeypatch.setattr(changes_module, "standing", None)
    assert made(filled) == told
    monkeypatch.undo()
    add(document("2602.00001", ["The newest of all."], year=2026))
    assert len(made(filled).papers) == len(told.papers) + 1


def test_only_what_changed_is_a_revision(library: Library, add: Add) -> None:
    moved = "The encoder has 12 layers and was trained for 30 epochs on eight graphics cards."
    add(
        document("2301.00001", [OLD, moved, SAME], version=1),
        document("2301.00001", [SAME, "Another sentence with 17 words in it.", moved], version=2),
    )
    record = library.record
    now, before = record.passages_of("2301.00001"), record.earlier_passages("2301.00001")
    assert revised_figures(now, before) == []
    assert record.revised() == ["2301.00001"]


def test_the_digest_is_markdown_that_means_no_harm(filled: Library) -> None:
    text = as_markdown(made(filled), date(2026, 11, 24))
    assert text.startswith("# Since the review “The review” (2510.16973, 2025-10)\n")
    assert "As of 2026-11-24. 3 new papers, 1 changed figure, 1 contradiction." in text
    assert "The review cites 2 papers of this library." in text
    assert "131K → 143K" in text
    assert "1,570,263 or 1.1 million" in text
    assert "](https://arxiv.org/pdf/2310.15161v1#page=1)" in text
    assert "<script>" not in text.replace("\\<", "")
    assert "[link](" not in text  # its brackets are escaped
    assert "\x1b" not in text
    assert "- Modality: CT 1, MRI 1" in text


def test_the_text_says_the_same(filled: Library) -> None:
    text = as_text(made(filled))
    assert "\x1b" not in text
    for part in ("131K → 143K", OLD, NEW, ONE, OTHER, "2601.00002", "v3, page 1"):
        assert part in text


def test_nothing_new_is_said_so(library: Library, add: Add) -> None:
    add(document("2304.12306", [ONE]))
    assert "0 new papers, 0 changed figures, 0 contradictions." in as_text(made(library))


@pytest.fixture
def home(tmp_path: Path, filled: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(Workbench, "load_starter", lambda bench: 0)
    yield tmp_path


def test_the_command(home: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(
            app, ["changes", "--since-review", "--home", str(home), *arguments]
        )
        assert done.exit_code == 0, done.output
        return done.stdout

    assert "131K → 143K" in run()
    told = json.loads(run("--json"))
    assert [one["figures"] for one in told["revised"]] == [["131K", "143K"]]
    file = tmp_path / "digest.md"
    run("--format", "markdown", "--output", str(file))
    assert "## New versions with other figures" in file.read_text("utf-8")
    refused = CliRunner().invoke(app, ["changes", "--since-review", "--format", "atom"])
    assert isinstance(refused.exception, UsageError)


def test_a_sync_writes_the_digest_where_it_is_told_to(tmp_path: Path) -> None:
    world = small_world()
    with SmallArxiv(world) as server:
        file = tmp_path / "notes" / "digest.md"
        home = ArxivHome(tmp_path / "home", server, digest_file=str(file), review=world.review)
        home.ingest()
    text = file.read_text("utf-8")
    assert text.startswith("# Since the review “")
    assert f"({world.review}," in text.replace("\\", "")
    assert "The review cites" in text
