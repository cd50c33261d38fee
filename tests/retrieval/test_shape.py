"""Whether a question compares, or asks for several papers."""

from __future__ import annotations

import pytest

from fmqa.retrieval.shape import asks_for_several, sides_of

UNI, CONCH = {"uni": "UNI"}, {"conch": "CONCH"}


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Which models work on ultrasound?", True),
        ("What are solutions to the scarcity of labels?", True),
        ("What ways are there to explain a model?", True),
        ("How have researchers adapted SAM?", True),
        ("Which loss does MedCLIP use?", False),
        ("How was MedSAM trained?", False),
        ("How does LoRA adapt large models?", False),
    ],
)
def test_several(question: str, several: bool) -> None:
    assert asks_for_several(question) is several


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("Compare UNI and CONCH by training data.",
         {"uni": "UNI: training data", "conch": "CONCH: training data"}),
        ("Compare UNI and CONCH.",
         {"uni": "UNI: model, training and data", "conch": "CONCH: model, training and data"}),
        ("How was UNI obtained from CONCH?", {}),
        ("How does UNI's encoder differ from CONCH's?",
         {"uni": "UNI: encoder", "conch": "CONCH: encoder"}),
    ],
)  # fmt: skip
def test_sides(question: str, sides: dict[str, str]) -> None:
    assert sides_of(question, UNI | CONCH) == sides


def test_one_paper_is_no_comparison_unless_a_name_stands_beside_it() -> None:
    asked = "How do UNI and UNI-Lite compare on slides?"
    assert sides_of(asked, UNI) == {}
    assert list(sides_of(asked, UNI, UNI | {"unilite": "UNI-Lite"})) == ["uni", "unilite"]
    away = "How does UNI compare on BRACS?"
    assert sides_of(away, UNI, UNI | {"brac": "BRACS"}) == {}


def test_what_it_is_measured_on_is_no_side() -> None:
    data = {"bracs": "BRACS"}
    asked = "Does UNI beat CONCH on BRACS?"
    assert list(sides_of(asked, UNI | CONCH | data)) == ["uni", "conch"]
