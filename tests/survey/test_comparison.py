"""Comparisons: each cell has its quote or says so; names mean one paper or are asked back."""

from __future__ import annotations

import csv
import io
import json

import pytest

from fakes import Add, document
from fmqa.errors import AmbiguousName, UsageError
from fmqa.retrieval.naming import NameBook
from fmqa.store.library import Library
from fmqa.store.quoted_facets import FacetName, Origin
from fmqa.survey.comparison import FORMS, NOT_STATED, asked_for, compare, resolve
from fmqa.survey.facet_maker import FacetMaker, correct
from fmqa.types import PaperMeta, Source

MEDNET = [
    "MedNet is a promptable segmentation model obtained by fine-tuning SAM on 5,000 CT scans.",
    "MedNet uses a ViT-B image encoder & a mask decoder with 94 million parameters.",
]
SLIDER = [
    "Slider is a pathology image encoder, pre-trained without labels by DINOv2 self-supervision.",
    "Slider was pre-trained on 1,234 whole-slide images; earlier models saw 99,999 images.",
]
BARE = ["Barely is a name of something that nobody has said anything about so far."]


@pytest.fixture
def maker(library: Library, add: Add) -> FacetMaker:
    add(
        document("2401.00001", MEDNET, name="MedNet", source=Source.NOTE, version=3),
        document("2401.00002", SLIDER, name="Slider (large)", source=Source.NOTE),
        document("2401.00003", BARE, name="Barely", source=Source.NOTE),
        document("2401.00004", BARE, name="Slider (small)", source=Source.NOTE),
        document("2401.00005", BARE, name="MedNet2", source=Source.NOTE),
        document("2401.00006", BARE, name="Medical Net 2 (MedNet-2)", source=Source.NOTE),
    )
    return FacetMaker(library)


def test_every_cell_has_a_quote_that_stands_on_its_page_or_says_not_stated(
    maker: FacetMaker,
) -> None:
    table = compare(maker, ["MedNet", "2401.00002", "Barely"], ["architecture", "data", "tasks"])
    pages = {"MedNet": "\n".join(MEDNET), "Slider (large)": "\n".join(SLIDER)}
    for row in table.rows:
        for cell in row.cells:
            if cell.quote is None:
                assert cell.value == NOT_STATED
                assert cell.page is None
            else:
                assert cell.quote in pages[row.paper.name]
                assert (cell.page, cell.arxiv_id) == (1, row.paper.arxiv_id)
    values = [[cell.value for cell in row.cells] for row in table.rows]
    assert values[0] == ["ViT-B; mask decoder", "5,000 CT scans", "segmentation"]
    assert values[1][1] == "1,234 whole-slide images"
    assert values[2] == [NOT_STATED] * 3
    assert table.rows[0].cells[0].version == 3


@pytest.mark.parametrize(("images", "rows"), [("58,300", 2), ("52,000", 1)])
def test_another_version_stands_below_where_its_figures_differ(
    library: Library, add: Add, images: str, rows: int
) -> None:
    said = "HipNet was pre-trained without labels on {} hip radiographs."
    meta = {
        "title": "HipNet: Towards General-purpose Models of the Hip",
        "authors": ("Jun Ma", "Bo Li"),
        "source": Source.NOTE,
    }
    add(document("2302.01234", [said.format("52,000")], name="HipNet", year=2023, **meta))
    add(document("local:1", [said.format(images)], arxiv_id=None, year=2024, **meta))
    table = compare(FacetMaker(library), ["HipNet"], ["data"])
    assert [row.paper.version_of for row in table.rows] == ["", "2302.01234"][:rows]
    assert table.rows[-1].cells[0].quote == said.format(images)
    assert ("Another version" in FORMS["markdown"](table)) is (rows > 1)


def test_json_is_as_promised(maker: FacetMaker) -> None:
    table = json.loads(FORMS["json"](compare(maker, ["MedNet"], ["training"])))
    assert set(table) == {"columns", "rows"}
    (cell,) = table["rows"][0]["cells"]
    place = {"page", "start", "end", "arxiv_id", "version"}
    assert set(cell) == {"value", "quote", "confidence", *place}
    assert cell["value"] == "fine-tuning"


def test_a_name_of_several_papers_is_asked_back_with_the_ids(maker: FacetMaker) -> None:
    with pytest.raises(AmbiguousName) as caught:
        compare(maker, ["MedNet", "Slider"])
    assert [paper_id for paper_id, _ in caught.value.choices] == ["2401.00002", "2401.00004"]
    assert "2401.00004" in caught.value.hint
    with pytest.raises(UsageError, match="No paper here goes by 'MedNett'") as missing:
        compare(maker, ["MedNett"])
    assert "MedNet" in missing.value.hint
    with pytest.raises(UsageError, match="no column"):
        compare(maker, ["MedNet"], ["colour"])


def test_a_name_means_what_it_says_to_the_letter(maker: FacetMaker) -> None:
    papers = [row.meta for row in maker.library.record.papers()]
    assert resolve("MedNet2", papers).paper_id == "2401.00005"
    assert resolve("medical net 2", papers).paper_id == "2401.00006"
    assert resolve("MedNet-2", papers).paper_id == "2401.00006"
    assert resolve("Slider (small)", papers).paper_id == "2401.00004"
    assert resolve("arXiv:2401.00003v1", papers).paper_id == "2401.00003"


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        (
            "Compare MedNet and MedNet2 by data, tasks",
            (["MedNet", "MedNet2"], ["data", "tasks"]),
        ),
        (
            "compare MedNet, Barely vs. MedNet2?",
            (["MedNet", "Barely", "MedNet2"], ["architecture", "training", "data", "tasks"]),
        ),
        ("How does MedNet compare with MedNet2?", None),
        ("Compare apples and pears", None),
    ],
)
def test_a_question_for_a_comparison_is_understood(
    maker: FacetMaker, question: str, wanted: tuple[list[str], list[str]] | None
) -> None:
    papers = [row.meta for row in maker.library.record.papers()]
    assert asked_for(question, lambda: NameBook.of(papers)) == wanted


def test_forms_escape_what_would_be_read_as_more_than_text(library: Library, add: Add) -> None:
    text = "=HYPER_Net|<b> uses a ViT-B encoder & 5% of $x$ and segments {CT} volumes of all."
    name = "=HYPER_Net|<b>"
    add(document("2401.00009", [text], name=name, source=Source.NOTE))
    table = compare(FacetMaker(library), ["2401.00009"], ["architecture", "tasks"])
    line = next(iter(csv.reader(io.StringIO(FORMS["csv"](table)).readlines()[1:])))
    assert line[0] == f"'{name}"
    assert "<b>" not in FORMS["html"](table)
    assert "&lt;b&gt;" in FORMS["html"](table)
    assert r"=HYPER\_Net{\textbar}{\textless}b{\textgreater} &" in FORMS["latex"](table)
    assert r"\toprule" in FORMS["latex"](table)
    assert r"\=HYPER" not in FORMS["markdown"](table)
    assert r"HYPER\_Net\|\<b\>" in FORMS["markdown"](table)


def test_a_correction_is_shown_with_its_quote_and_survives_a_new_version(
    maker: FacetMaker, add: Add
) -> None:
    paper = resolve("MedNet", [row.meta for row in maker.library.record.papers()])
    correct(maker, paper, FacetName.TRAINING, ["promptable"])
    (cell,) = compare(maker, ["MedNet"], ["training"]).rows[0].cells
    assert (cell.value, cell.quote, cell.confidence) == ("promptable", MEDNET[0], 1.0)

    add(document("2401.00001", [MEDNET[1]], name="MedNet", version=4))
    (cell,) = compare(maker, ["MedNet"], ["training"]).rows[0].cells
    assert (cell.value, cell.version) == ("promptable", 3)


def test_a_correction_without_a_sentence_that_shows_it_is_refused(maker: FacetMaker) -> None:
    paper = resolve("MedNet", [row.meta for row in maker.library.record.papers()])
    with pytest.raises(UsageError, match="No sentence"):
        correct(maker, paper, FacetName.TRAINING, ["by magic"])
    with pytest.raises(UsageError, match="doesn't stand in the paper"):
        correct(maker, paper, FacetName.TRAINING, ["by magic"], "MedNet was made by magic.")
    (made,) = correct(maker, paper, FacetName.TRAINING, ["by hand"], " ".join(MEDNET[1].split()))
    assert made.quote == MEDNET[1]
    held = maker.facets([paper.paper_id], [FacetName.TRAINING])[paper.paper_id]
    assert [(one.value, one.origin) for one in held] == [("by hand", Origin.USER)]


def test_facets_are_read_once(maker: FacetMaker, add: Add) -> None:
    assert maker.bring_up_to_date() == 6
    assert maker.bring_up_to_date() == 0
    add(document("2401.00010", SLIDER, name="New"))
    assert maker.bring_up_to_date() == 1


def test_nothing_is_said_of_a_paper_that_says_nothing() -> None:
    with pytest.raises(UsageError):
        resolve("", [PaperMeta("2401.00001", 1, "A title")])


def test_a_question_asks_for_a_table_only_of_papers_that_are_held(maker: FacetMaker) -> None:
    papers = [row.meta for row in maker.library.record.papers()]
    asked = asked_for("Compare MedNet and Unheard by data", lambda: NameBook.of(papers))
    assert asked is None
