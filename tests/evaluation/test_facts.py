"""When a sentence holds a fact: numbers by value, words by stem, all in one sentence."""

from __future__ import annotations

import pytest

from fmqa.evaluation.matching import Fact, held

PAIRS = "MedSAM was trained on 1,570,263 image-mask pairs from 10 imaging modalities."


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("1,570,263", PAIRS),
        ("1570263", PAIRS),
        ("1.57 million", PAIRS),
        ("1.6 million", PAIRS),
        ("1,570,263", "It saw 1.57 million pairs."),
        ("1,570,263 pairs", "MedSAM在1,570,263对图像(pairs)上训练。"),
        ("1,570,263", "共157万对图像。"),
        ("33K", "over 33,000 clips"),
        ("632 million", "the 632M-parameter ViT-H"),
        ("400 million", "400,000,000 pairs"),
        ("40.50%", "in 40.5 percent of cases"),
        ("three of five", "for 3 of 5 pathologies"),
        ("6 types", "and six types of tumours"),
        ("4096x4096", "regions of 4096 × 4096 pixels"),
        ("5x 20x", "tiles at 5x, 10x and 20x magnification"),
        ("fine-tuning SAM", "MedSAM was fine-tuned from SAM."),
        ("fine-tuning", "by fine tuning all weights"),
        ("low-rank", "matrices of low rank"),
        ("low rank", "low-rank matrices"),
        ("ViT-B/16", "a ViT B/16 encoder"),
        ("CXR-BERT", "使用CXR-BERT作为文本编码器。"),
        ("Mass-100K", "pre-trained on Mass-100K."),
        ("surpassed", "RAD-DINO surpasses them"),
        ("the frozen encoder", "Its encoder stays frozen [3]."),
    ],
)
def test_holds(fact: str, text: str) -> None:
    assert Fact.of(fact).held_by(text)


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("1,570,263", "MedSAM was trained on 1,570,264 pairs."),
        ("1,570,263", "MedSAM was trained on 1.58 million pairs."),
        ("1,570,263", "MedSAM was trained on over 2 million pairs."),  # one digit rounds nothing
        ("1,570,263", "The code is 21,570,263."),
        ("1.5", "a gain of 1.52"),  # only what is scaled may be rounded
        ("75%", "75 images"),
        ("75 images", "75% of the images"),
        ("100", "Mass-100K"),
        ("16", "ViT-B/16"),
        ("3", "GPT-3 and 3D scans"),
        ("12", "in 2012"),
        ("3", "by 33%, see [3]"),
        ("semantic matching loss", "a semantic loss"),
        ("SAM", "MedSAM is promptable."),
        ("frozen encoder", "The encoder is trained."),
    ],
)
def test_does_not_hold(fact: str, text: str) -> None:
    assert not Fact.of(fact).held_by(text)


def test_all_parts_stand_in_one_text() -> None:
    fact = Fact.of("25,692 21,304")

    assert held([fact], ["25,692 scans of 21,304 patients"]) == (True,)
    assert held([fact], ["25,692 scans.", "21,304 patients."]) == (False,)


def test_any_wording_will_do() -> None:
    fact = Fact.of("PMC-15M", "15 million")

    assert fact.held_by("trained on 15 million pairs")
    assert fact.held_by("trained on PMC-15M")
    assert not fact.held_by("trained on PMC-OA")
    assert fact.text == "PMC-15M"


@pytest.mark.parametrize("fact", ["", "the", "…", "图像"])
def test_a_fact_that_says_nothing_is_refused(fact: str) -> None:
    with pytest.raises(ValueError, match="no number, name or telling word"):
        Fact.of(fact)
