"""Contradictions between papers: those that are there, and nothing that only looks like one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import stored
from fmqa.retrieval.naming import NameBook
from fmqa.survey.contradictions import Contradiction, contradictions, quantities
from fmqa.types import PaperMeta, StoredPassage

MODELS = ("MedSAM", "UNI", "BiomedCLIP", "CheXpert", "Other study", "Third study")
PAPERS = [PaperMeta(f"2301.0000{n}", 1, f"{name}: a title", name=name)
          for n, name in enumerate(MODELS)]  # fmt: skip
BOOK = NameBook.of(PAPERS)


def said(*texts: str) -> list[StoredPassage]:
    """Each text by a paper of its own, the fifth and on."""
    return [
        stored(text, paper_id=PAPERS[4 + place].paper_id, passage_id=place)
        for place, text in enumerate(texts)
    ]


def found(*texts: str) -> Sequence[Contradiction]:
    return contradictions(PAPERS, said(*texts))


@pytest.mark.parametrize(
    ("text", "subject", "what", "value"),
    [
        (
            "MedSAM was trained on 1,570,263 image-mask pairs of ten modalities.",
            0,
            ("trained on", "imagemask", "pairs"),
            1_570_263,
        ),
        (
            "UNI has been pretrained on more than 100 million pathology patches.",
            1,
            ("trained on", "pathology", "patches"),
            100e6,
        ),
        ("UNI (Chen et al.) is a ViT-L with 307M parameters.", 1, ("size", "parameters"), 307e6),
        (
            "CheXpert contains 224,316 chest radiographs.",
            3,
            ("holds", "chest", "radiographs"),
            224316,
        ),
        (
            "BiomedCLIP reaches an accuracy of 0.84 on PatchCamelyon.",
            2,
            ("accuracy", "on", "patchcamelyon", ""),
            0.84,
        ),
    ],
)
def test_what_a_sentence_says_in_figures(
    text: str, subject: int, what: tuple[str, ...], value: float
) -> None:
    (one,) = quantities(said(text), BOOK)
    assert one.subject == PAPERS[subject].paper_id
    assert (one.what, one.number.value) == (what, value)


@pytest.mark.parametrize(
    "text",
    [
        "We trained on 1,570,263 image-mask pairs.",  # whose model?
        "On 10,000 images and in every one of the hospitals that took part in it, MedSAM wins.",
        "MedSAM was compared on 1,200 images of the liver.",
        "MedSAM was trained on CheXpert with 1,200 images.",  # two names
        "MedSAM was evaluated on 1,200 images after it was trained.",
        "MedSAM was trained on 12 tasks of segmentation.",  # small counts are often of a part
        "MedSAM was trained on 1,200 images and on 3,400 images of another kind.",  # which?
        "MedSAM reaches a Dice of 0.91 there.",  # on what?
        "MedSAM was trained on images of 2,000 kinds.",
    ],
)
def test_what_is_not_sure_says_nothing(text: str) -> None:
    told = [one for one in quantities(said(text), BOOK) if one.what[0] != "size"]
    assert told == []


@pytest.mark.parametrize(
    ("one", "other", "figures"),
    [
        (
            "MedSAM was trained on 1,570,263 image-mask pairs.",
            "MedSAM is trained on 1.1 million medical image-mask pairs from many sources.",
            {"1,570,263", "1.1 million"},
        ),
        (
            "UNI is a ViT-L of 307M parameters.",
            "UNI has 632 million parameters and is openly available.",
            {"307M", "632 million"},
        ),
        (
            "BiomedCLIP reaches an accuracy of 0.84 on PatchCamelyon.",
            "BiomedCLIP had an accuracy of 0.77 on PatchCamelyon in our hands.",
            {"0.84", "0.77"},
        ),
        (
            "MedSAM was trained on over 2 million images.",
            "MedSAM was trained on 1,570,263 images.",
            {"2 million", "1,570,263"},
        ),
    ],
)
def test_contradictions_are_found(one: str, other: str, figures: set[str]) -> None:
    (pair,) = found(one, other)
    assert {pair.one.number.text, pair.other.number.text} == figures
    assert {pair.one.quote.text, pair.other.quote.text} == {one, other}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # rounded, or a bound
        (
            "MedSAM was trained on 1,570,263 image-mask pairs.",
            "MedSAM was trained on 1.5 million image-mask pairs.",
        ),
        (
            "MedSAM was trained on 1,570,263 images.",
            "MedSAM was trained on more than one million images.",
        ),
        ("MedSAM was trained on 1,570,263 images.", "MedSAM was trained on over 1M images."),
        # another object, unit, role, metric, data set, modality, subject
        ("MedSAM was trained on 1,500 images.", "MedSAM was trained on 2,500 masks."),
        ("MedSAM was trained on 1,500 CT scans.", "MedSAM was trained on 2,500 MRI scans."),
        ("MedSAM was trained on 1,500 images.", "MedSAM was fine-tuned on 300 images."),
        ("MedSAM was trained on 1,500 images.", "MedSAM was tested on 300 images."),
        ("MedSAM has an accuracy of 0.84 on BTCV.", "MedSAM has a Dice of 0.80 on BTCV."),
        ("MedSAM has a Dice of 0.84 on BTCV.", "MedSAM has a Dice of 0.80 on AMOS."),
        ("MedSAM has a Dice of 0.84 on BTCV.", "MedSAM-B has a Dice of 0.60 on BTCV."),
        ("MedSAM has a Dice of 0.84 on BTCV CT.", "MedSAM has a Dice of 0.80 on BTCV MRI."),
        ("MedSAM was trained on 1,500 images.", "UNI was trained on 2,500 images."),
        ("MedSAM was trained on 1,500 images.", "MedSAM was trained on 200 images of each organ."),
        ("MedSAM was trained on 1,500 images.", "MedSAM without CT was trained on 900 images."),
        ("MedSAM holds 1,500 images.", "MedSAM contains an additional 900 images."),
    ],
)
def test_what_only_looks_like_one_is_none(one: str, other: str) -> None:
    assert found(one, other) == []
    assert found(other, one) == []


def test_a_paper_that_also_says_the_others_figure_does_not_contradict_it() -> None:
    first, second = said("UNI was trained on 100,426 slides.", "UNI was trained on 77,000 slides.")
    also = stored(
        "UNI was trained on 100,426 slides.", paper_id=second.paper.paper_id, passage_id=9
    )
    assert contradictions(PAPERS, [first, second])
    assert contradictions(PAPERS, [first, second, also]) == []


def test_one_paper_alone_contradicts_nobody_and_topics_do_not_count() -> None:
    first, second = said("UNI was trained on 100,426 slides.", "UNI was trained on 77,000 slides.")
    topic = stored(second.passage.text, paper_id="topic:x", passage_id=8)
    assert contradictions(PAPERS, [first, topic]) == []


def test_a_name_of_two_papers_is_nobodys() -> None:
    twice = [*PAPERS, PaperMeta("2301.00009", 1, "Another MedSAM", name="MedSAM")]
    texts = ("MedSAM was trained on 1,500 images.", "MedSAM was trained on 2,500 images.")
    assert found(*texts)
    assert contradictions(twice, said(*texts)) == []


def test_a_thing_is_told_once_with_the_models_own_paper_first() -> None:
    texts = [f"MedSAM was trained on {count} images." for count in ("1,500", "2,500", "9,500")]
    passages = said(*texts[:2])
    own = stored(texts[2], paper_id=PAPERS[0].paper_id, passage_id=7)
    (pair,) = contradictions(PAPERS, [*passages, own])
    assert pair.one.quote.passage.paper.paper_id == PAPERS[0].paper_id
    assert (pair.one.number.text, pair.other.number.text) == ("9,500", "1,500")


@given(st.lists(st.text(max_size=150), max_size=4))
def test_any_text_is_taken(texts: list[str]) -> None:
    quantities([stored(text or "x", passage_id=n) for n, text in enumerate(texts)], BOOK)
