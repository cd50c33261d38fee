"""Amounts that sentences give: what a model was trained on, and how large it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmqa.survey.sizes import data_sizes, model_sizes


def first(sentence: str) -> tuple[float, str] | None:
    found = data_sizes(sentence)
    return (found[0].value, found[0].unit) if found else None


@pytest.mark.parametrize(
    ("sentence", "size"),
    [
        ("MedNet was trained on 1,570,263 image-mask pairs of 10 modalities.", (1570263, "pairs")),
        ("Slider was pre-trained on 1.5 million whole-slide images.", (1.5e6, "slides")),
        ("It learns from 90K unlabelled and 6K labelled CT volumes.", (90e3, "volumes")),
        ("MedNet was trained and tested on 4,600 images.", (4600, "images")),
        ("MedNet was evaluated on 5,000 images of 12 hospitals.", None),
        ("It saw 8 images per case.", None),
        ("MedNet outperformed networks with 5,000 images.", None),
        ("MedNet was presented in 2023 images.", None),
    ],
)
def test_what_a_model_was_trained_on(sentence: str, size: tuple[float, str] | None) -> None:
    assert first(sentence) == size


def test_the_pool_that_data_were_selected_from_is_no_training_data() -> None:
    sentence = (
        "MedNet was pre-trained on 142 million images that were selected from a pool of "
        "1.2 billion web images."
    )
    assert [one.value for one in data_sizes(sentence)] == [142e6]


@pytest.mark.parametrize(
    ("sentence", "sizes"),
    [
        ("MedNet is a ViT-H/14 with 632 million parameters.", [632e6]),
        ("MedNet trains only 13 million parameters.", []),
        ("A copy of GPT-3 with 175 billion parameters for every task is expensive.", []),
        ("MedNet has 94 million trainable parameters.", []),
        ("A layer of it has 500 parameters.", []),
    ],
)
def test_how_large_a_model_is(sentence: str, sizes: list[float]) -> None:
    assert [one.value for one in model_sizes(sentence)] == sizes


@given(st.text(alphabet="0123456789.,KM %-abcdefg imagesparameters"))
def test_any_sentence_is_taken(sentence: str) -> None:
    for size in [*data_sizes(sentence), *model_sizes(sentence)]:
        assert size.value > 0
        assert 0 < size.confidence <= 1
        assert size.text
