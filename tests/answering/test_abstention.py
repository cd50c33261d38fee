"""When it is said that the papers don't answer."""

from __future__ import annotations

import pytest

from fakes import hit, quote
from fmqa.answering.abstention import (
    ASKS_ABOUT_FILE,
    ASKS_ADVICE,
    LEAST_SUPPORT,
    NOT_CLOSE,
    NOT_COVERED,
    NOTHING_NEAR,
    nearest,
    reason_to_abstain,
    refusal,
    support,
)
from fmqa.answering.evidence import Evidence
from fmqa.answering.premises import kinds_missing, years_missing
from fmqa.answering.question import Wanted

QUOTE = quote("MedSAM was trained on pairs.")


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Should I take aspirin before the scan?", ASKS_ADVICE),
        ("My biopsy says grade 3, is that bad?", ASKS_ADVICE),
        ("Does my child's X-ray show pneumonia?", ASKS_ADVICE),
        ("I have chest pain. What helps?", ASKS_ADVICE),
        ("Please analyse the attached X-ray.", ASKS_ABOUT_FILE),
        ("Explain the figure below.", ASKS_ABOUT_FILE),
        ("Which cancer is in the slide that I uploaded?", ASKS_ABOUT_FILE),
        ("Here is my CT scan. Is there a tumour?", ASKS_ABOUT_FILE),
        ("Please segment the liver in this scan.", ASKS_ABOUT_FILE),
        ("Which model should I use to segment CT?", ""),
        ("How does MedSAM segment a scan?", ""),
        ("How many slides does UNI use?", ""),
        ("Can SAM segment images without training?", ""),
    ],
)
def test_questions_that_are_none_for_papers(question: str, reason: str) -> None:
    assert refusal(question) == reason


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (Evidence(()), NOTHING_NEAR),
        (Evidence((QUOTE,), 0.2, 1.0), NOT_CLOSE),
        (Evidence((QUOTE,), 0.5, 0.1), NOT_COVERED),
        (Evidence((QUOTE,), 0.9, 1.0), ""),
    ],
)
def test_reasons(evidence: Evidence, reason: str) -> None:
    assert reason_to_abstain(evidence) == reason


def test_what_is_not_known_is_named() -> None:
    assert "FooNet" in reason_to_abstain(Evidence((QUOTE,), 0.9, 1.0, unknown=("FooNet",)))
    assert "2031" in reason_to_abstain(Evidence((QUOTE,), 0.9, 1.0, missing=("2031",)))


def test_support_orders_and_decides() -> None:
    assert support(Evidence((), 0.9, 1.0)) == 0.0
    weak, strong = Evidence((QUOTE,), 0.4, 0.2), Evidence((QUOTE,), 0.7, 0.9)
    assert support(weak) < LEAST_SUPPORT < support(strong)


def test_the_nearest_sentence_is_only_given_where_something_is_near() -> None:
    assert nearest(Evidence((QUOTE,), 0.6, 0.0)) is QUOTE
    assert nearest(Evidence((QUOTE,), 0.2, 0.0)) is None
    assert nearest(Evidence((), 0.6, 0.0)) is None


@pytest.mark.parametrize(
    ("question", "held", "missing"),
    [
        ("How many mammograms was it trained on?", "Fundus images and OCT.", ("mammograms",)),
        ("How many radiographs was it trained on?", "Chest X-rays of adults.", ()),
        ("How many histology tiles did it see?", "H&E slides.", ()),
        ("How many H&E slides did it see?", "Endoscopy videos.", ("H&E",)),
        ("Which image captions does it need?", "It needs no labels.", ("captions",)),
        ("How large is it?", "", ()),
    ],
)
def test_kinds_of_data(question: str, held: str, missing: tuple[str, ...]) -> None:
    assert kinds_missing(question, [held]) == missing


def test_years() -> None:
    assert years_missing("What won at MICCAI 2029?", ["MICCAI 2023."], [2023]) == ("2029",)
    assert years_missing("What won in 2023?", ["Nothing."], [2023, None]) == ()
    assert years_missing("Who won in 2021?", ["It won in 2021."], []) == ()
    assert years_missing("Which was trained on 2010 scans of 2048 pixels?", [], []) == ()
    assert years_missing("On 2,000 or 2000.5 images of 1,999?", [], []) == ()


ENDO = {"paper_id": "endo", "name": "Endo-FM", "title": "Endo-FM"}


def test_a_premise_that_the_paper_does_not_hold() -> None:
    hits = [
        hit("Endo-FM was pre-trained on clips of endoscopy videos.", **ENDO),
        hit("UNI was pre-trained on pathology slides.", paper_id="uni", name="UNI", passage_id=2),
    ]
    asked = "How many pathology slides did Endo-FM see?"
    assert Wanted.of(asked, hits).missing(hits) == ("pathology",)
    told = [*hits, hit("Endo-FM was also run on pathology slides.", paper_id="z", passage_id=3)]
    assert Wanted.of(asked, told).missing(told) == ()
    both = "Which of Endo-FM and UNI saw pathology slides?"
    assert Wanted.of(both, hits).missing(hits) == ()
    general = "Which models saw ultrasound?"
    assert Wanted.of(general, hits).missing(hits) == ()
