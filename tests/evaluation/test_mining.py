"""Questions made of citing sentences: which sentences are taken, and what is left in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from arxiv_home import ArxivHome, small_world
from fakes import Add, document
from fmqa.evaluation.mining import cloze_of, mined_questions
from fmqa.store.bibliography import CitingSentence
from fmqa.store.library import Library
from fmqa.types import Document, Mention, PaperMeta, Reference, Source, Span
from small_arxiv import SmallArxiv

MEDSAM = PaperMeta(
    "2304.12306", 1, "Segment Anything in Medical Images", arxiv_id="2304.12306", name="MedSAM"
)
CITED = Reference(
    12, "J. Ma", "Segment Anything in Medical Images", ("Jun Ma",), 2023, "2304.12306"
)
GOOD = "MedSAM [12] was trained on more than a million pairs of images and masks."


def cloze(text: str) -> str:
    return cloze_of(CitingSentence(text, 1, "", (12,)), CITED, MEDSAM)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        (GOOD, "[this work] was trained on more than a million pairs of images and masks."),
        (
            "Ma et al. [12] trained a model on more than a million pairs of images and masks.",
            "[this work] trained a model on more than a million pairs of images and masks.",
        ),
        (
            "Ma and Wang (2024) trained a model on over a million pairs of images and masks.",
            "[this work] trained a model on over a million pairs of images and masks.",
        ),
        (
            "Fine-tuning on a million masks closes much of the gap to natural images [12].",
            "Fine-tuning on a million masks closes much of the gap to natural images [this work].",
        ),
        (
            "Prompts can be boxes that clinicians draw around organs (Ma et al., 2024), or points.",
            "Prompts can be boxes that clinicians draw around organs [this work], or points.",
        ),
    ],
)
def test_the_work_is_blanked(text: str, made: str) -> None:
    assert cloze(text) == made


@pytest.mark.parametrize(
    "text",
    [
        "We trained MedSAM [12] on more than a million pairs of images and masks.",
        "It was trained on more than a million pairs of images and masks [12].",
        "However, MedSAM [12] was trained on a million pairs of images and masks.",
        "This model, MedSAM [12], was trained on a million pairs of images and masks.",
        "MedSAM [12] was trained on the pairs of images and masks in Table 3.",
        "MedSAM [12] was trained on more than a million pairs of images and",
        "and MedSAM [12] was trained on more than a million pairs of masks.",
        "Details of training on more than a million pairs are described in [12].",
        "MedSAM [12] is a segmentation model.",
        "The settings of MedSAM are, but for the number of steps, the same as in [12].",
        "Has MedSAM [12] been trained on more than a million pairs of images?",
        "Lee et al. (2020), Wu et al. (2021) and Ma et al. (2024) trained on millions of images.",
        "MedSAM was trained on more than a million pairs, and [12] needs boxes as its prompts.",
    ],
)
def test_sentences_that_lean_or_say_little_are_left_out(text: str) -> None:
    assert cloze(text) == ""


def test_all_of_the_works_names_are_taken_out() -> None:
    made = cloze("The authors' MedSAM (Segment Anything in Medical Images) [12] needs a box drawn"
                 " around each organ or lesion.")  # fmt: skip

    assert "MedSAM" not in made
    assert "Segment Anything" not in made


def review(*sentences: tuple[str, tuple[int, ...]], paper_id: str = "2510.16973") -> Document:
    made = document(paper_id, [text for text, _ in sentences], title="A review")
    mentions, at = [], 0
    for text, numbers in sentences:
        mentions.append(Mention(Span(1, at, at + len(text)), numbers))
        at += len(text) + 1
    others = (
        replace(CITED, number=13, arxiv_id="2399.99999", title="Not here"),
        replace(CITED, number=14, arxiv_id=None, title="On no arXiv"),
    )
    return replace(made, references=(CITED, *others), mentions=tuple(mentions))


def test_only_sentences_that_cite_one_work_of_the_library(library: Library, add: Add) -> None:
    add(
        document("2304.12306", title=MEDSAM.title, name="MedSAM"),
        review(
            (GOOD, (12,)),
            ("Models that segment organs from a box are many by now [12, 13].", (12, 13)),
            ("A work that is not in the library did much the same with points [13].", (13,)),
            ("A work that is not on arXiv did much the same with points [14].", (14,)),
            ("A work that is in no bibliography did much the same with points [15].", (15,)),
            ("Boxes that clinicians draw around organs have become common prompts [12].", (12,)),
        ),
    )

    made = mined_questions(library, 10)

    assert len(made) == 2
    assert {question.supporting_ids for question in made} == {("2304.12306",)}
    assert all(question.type == "mined" and not question.expected_facts for question in made)
    assert made == mined_questions(library, 10)
    assert mined_questions(library, 1) == made[:1]
    assert mined_questions(library, 0) == []


def test_a_note_gives_none(library: Library, add: Add) -> None:
    add(
        document("2304.12306", title=MEDSAM.title, name="MedSAM"),
        replace(review((GOOD, (12,))), source=Source.NOTE),
    )

    assert mined_questions(library, 10) == []


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArxivHome]:
    folder: Path = tmp_path_factory.mktemp("mined")
    with SmallArxiv(small_world()) as server:
        made = ArxivHome(folder, server)
        made.ingest()
        yield made


def test_a_review_read_from_its_pdf(home: ArxivHome) -> None:
    with home.library() as library:
        made = mined_questions(library, 100)
        held = set(library.record.arxiv_ids())

    entries = {entry.number: entry for entry in home.world[home.world.review].entries}
    true = {
        entries[numbers[0]].arxiv_id
        for _, numbers in home.world[home.world.review].mentions
        if len(numbers) == 1
    }
    assert made
    for question in made:
        (paper,) = question.supporting_ids
        assert paper in held & true
        assert home.world[paper].title not in question.question
