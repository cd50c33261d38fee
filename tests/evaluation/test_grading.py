"""What counts as the same quote and as a fact stated; the grader against a second one."""

from __future__ import annotations

import importlib.util
import json
import math
import random
from typing import Any

import pytest

from fmqa.evaluation.evaluator import figures, groups
from fmqa.evaluation.grading import grade, same_quote, states
from fmqa.evaluation.questions import LabelledQuote, Question, read_questions
from shared_folder import SHARED

PAIRS = "MedSAM was trained on 1,570,263 image-mask pairs from 10 imaging modalities."
PROMPT = "MedSAM takes a bounding box around the target as its prompt."
QUESTION = Question(
    id="q",
    question="How was MedSAM trained?",
    kind="fact",
    answerable=True,
    evidence=(
        LabelledQuote(quote=PAIRS, fact=0),
        LabelledQuote(quote="It learned from over 1.5 million image-mask pairs.", fact=0),
        LabelledQuote(quote=PROMPT, fact=1),
        LabelledQuote(quote="MedSAM has an image encoder.", role="helpful"),
    ),
    expected_facts=("1,570,263 pairs", ("bounding box", "box prompt")),
)


def answer(
    *quotes: str, said: str = "", english: str = "", context: str = "", status: str = "answered"
) -> dict[str, Any]:
    return {
        "status": status,
        "sentences": [{"text": said, "english": english}],
        "citations": [{"quote": quote, "context": context} for quote in quotes],
    }


def test_an_answer_is_held_against_its_labels() -> None:
    made = grade(QUESTION, answer(PAIRS, "Nobody labelled this.", said="On 1.570263M pairs."))

    assert made.found == (True, False)
    assert made.labelled == (True, False)
    assert made.stated == (True, False)
    assert not made.refused
    assert not made.missed


def test_one_quote_of_a_fact_and_one_wording_will_do() -> None:
    other = "It learned from over 1.5 million image-mask pairs."

    made = grade(QUESTION, answer(other, PROMPT, said="It takes box prompts."))

    assert made.found == (True, True)
    assert made.stated == (False, True)


def test_core_sentences_are_wanted_where_no_fact_is_numbered() -> None:
    plain = [one.model_copy(update={"fact": None}) for one in QUESTION.evidence]
    question = QUESTION.model_copy(update={"evidence": tuple(plain)})

    assert grade(question, answer(PROMPT)).found == (False, False, True)


def test_a_quote_may_begin_in_what_stands_before_it() -> None:
    question = QUESTION.model_copy(
        update={"evidence": (LabelledQuote(quote="Table 2: Dice of all organs. Liver 0.91"),)}
    )
    row = answer("Liver 0.91", context="Table 2: Dice of all organs.")

    assert grade(question, row).found == (True,)
    assert grade(question, row).labelled == (False,)  # the quote alone is too short a part of it


def test_what_was_translated_is_read_in_english() -> None:
    said = answer(PROMPT, said="MedSAM 以边界框为提示。", english="It takes a bounding box.")

    assert grade(QUESTION, said).stated == (False, True)


def test_refusals() -> None:
    unanswerable = Question(id="n", question="?", kind="unanswerable", answerable=False)

    assert grade(QUESTION, answer(status="abstained")).refused
    assert grade(QUESTION, answer(said="From memory.")).refused  # it cites nothing
    assert grade(QUESTION, answer(status="abstained")).missed
    assert not grade(unanswerable, answer(status="abstained")).missed
    assert grade(unanswerable, answer(PROMPT)).missed
    assert grade(unanswerable, answer(PROMPT)).labelled == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (PAIRS, PAIRS.replace("image-mask", "image-\nmask"), True),
        (PAIRS, f"In short, {PAIRS} And more.", True),
        (PAIRS, PAIRS[:50], True),
        (PAIRS, PROMPT, False),
        ("Dice 0.9", "A Dice 0.9 was reached on all of the images of the test set.", False),
        ("", PAIRS, False),
        ("…", "…", False),
    ],
)
def test_the_same_quote(one: str, other: str, same: bool) -> None:
    assert same_quote(one, other) is same
    assert same_quote(other, one) is same


@pytest.mark.parametrize(
    ("text", "fact", "held"),
    [
        ("It has 632 million parameters.", "632M parameters", True),
        ("It has 632,000,000 parameters.", "632 million parameters", True),
        ("It has 631 million parameters.", "632 million parameters", False),
        ("Annotation took 28 % less time.", "28%", True),
        ("Annotation took 28 minutes.", "28%", True),
        ("It was trained by distillation.", "trained by self-distillation", True),
        ("It was trained by distillation.", "frozen self-distilled ViT-L", False),
        ("Adapters are trained.", "adapter training", True),
        ("The encoder is frozen.", "frozen image encoder", True),
        ("Anything at all.", "of the", True),
    ],
)
def test_a_fact_is_its_numbers_and_half_of_its_words(text: str, fact: str, held: bool) -> None:
    assert states(text, fact) is held


def test_confidence_is_taken_where_it_is_told() -> None:
    assert grade(QUESTION, answer(PROMPT)).confidence is None
    assert grade(QUESTION, answer(PROMPT) | {"confidence": 0.25}).confidence == 0.25


FOLDER = SHARED / "questions"


@pytest.mark.skipif(not (FOLDER / "score.py").is_file(), reason=f"no {FOLDER / 'score.py'}")
@pytest.mark.parametrize("name", ["papers-train", "papers-dev", "notes-train", "notes-dev"])
def test_the_figures_are_those_of_an_independent_scorer(name: str) -> None:
    path = FOLDER / f"{name}.jsonl"
    spec = importlib.util.spec_from_file_location("score", FOLDER / "score.py")
    assert spec
    assert spec.loader
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    questions = random.Random(3).sample(read_questions(path), 70)
    rows = {row["id"]: row for row in map(json.loads, path.open(encoding="utf-8"))}
    said = {one.id: made_up(rows, one.id) for one in questions}
    grades = [grade(one, said[one.id]) for one in questions]

    expected, _ = scorer.score([rows[one.id] for one in questions], said)

    assert expected.pop("questions") == len(questions)
    assert {n: figure.value for n, figure in figures(grades).items()} == without_nan(expected)
    assert 0 < expected["evidence recall"] < 1
    for kind, (count, made) in groups(grades, lambda one: one.question.group).items():
        of_kind = [rows[one.id] for one in questions if one.kind.split(":")[0] == kind]
        expected, _ = scorer.score(of_kind, said)
        assert expected.pop("questions") == count
        assert {n: figure.value for n, figure in made.items()} == without_nan(expected)


def without_nan(values: dict[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in values.items()}


def made_up(rows: dict[str, Any], name: str) -> dict[str, Any]:
    """An answer that is right in part: own and others' sentences, cut, joined and broken."""
    draw = random.Random(name)
    own = [one["quote"] for one in rows[name]["evidence"]]
    other = rows[draw.choice(sorted(rows))]
    pool = [*own, *own, *(one["quote"] for one in other["evidence"])]
    if draw.random() < 0.25 or not pool:
        return answer(status="abstained")
    quotes = []
    for quote in draw.sample(pool, min(len(pool), draw.randint(0, 4))):
        start, end = sorted(draw.sample(range(len(quote) + 1), 2))
        quotes.append(
            draw.choice([quote, quote[start:], quote[:end], quote[start:end], f"So {quote} Also."])
        )
    facts = [*rows[name]["expected_facts"], *other["expected_facts"], *quotes]
    said = " ".join(draw.sample(facts, min(len(facts), draw.randint(0, 3))))
    made = answer(*quotes, said=said, english=draw.choice(["", said.upper()]))
    for citation in made["citations"]:
        citation["context"] = draw.choice(["", *own])
    return made
