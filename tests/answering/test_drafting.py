"""Drafters that need no model."""

from __future__ import annotations

from typing import Any

import pytest

from fakes import quote
from fmqa.answering.drafting import ExtractiveDrafter
from fmqa.answering.models import writes
from fmqa.settings import Settings

QUOTES = [
    quote("We fine-tune SAM on 1,570,263 pairs [12].", passage_id=1, name="MedSAM"),
    quote("The encoder is frozen [3, 4], as in SAM.", passage_id=2, name="MedSAM"),
    quote("It segments 3D images slice by slice.", passage_id=3, name="MedSAM"),
]


def texts(drafts: Any) -> list[str]:
    return [draft.text for draft in drafts]


def test_without_a_model_the_quotes_speak() -> None:
    drafts = list(ExtractiveDrafter().drafts("Why?", QUOTES))
    assert texts(drafts) == [
        "We fine-tune SAM on 1,570,263 pairs.",
        "The encoder is frozen, as in SAM.",
        "It segments 3D images slice by slice.",
    ]
    assert [draft.quotes for draft in drafts] == [(0,), (1,), (2,)]
    assert all(draft.verbatim for draft in drafts)


@pytest.mark.parametrize(
    ("llm", "tier", "wanted"),
    [
        ("none", "auto", False),
        ("none", "strong", False),
        ("local", "auto", False),
        ("local", "strong", True),
        ("ollama:qwen3:4b", "auto", False),
        ("openai:gpt-5", "auto", True),
        ("openai:gpt-5", "small", False),
    ],
)
def test_which_models_write(llm: str, tier: Any, wanted: bool) -> None:
    assert writes(Settings(llm=llm, llm_tier=tier)) is wanted
