"""Abbreviations that papers define themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import Add, HashEmbedder, document
from fmqa.retrieval.abbreviations import other_forms, pairs_in
from fmqa.retrieval.search import Searcher
from fmqa.store.library import Library


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("by masked image modelling (MIM) alone", [("MIM", "masked image modelling")]),
        ("The Visual Prompt Tuning (VPT) of ViT", [("VPT", "Visual Prompt Tuning")]),
        ("Low-rank adaptation (LoRA) is", [("LoRA", "Low-rank adaptation")]),
        ("high bandwidth memory (HBM), and static memory (SRAM)",
         [("HBM", "high bandwidth memory")]),
        ("as others did (see Table 2)", []),
        ("of Swin UNETR (CVPR)", []),
        ("It ends. Next (NE) one", []),
        ("(MIM)", []),
    ],
)  # fmt: skip
def test_definitions(text: str, pairs: list[tuple[str, str]]) -> None:
    assert pairs_in(text) == pairs


@given(text=st.text(alphabet="ABab -(). ", max_size=60))
def test_a_long_form_stands_before_its_short_one(text: str) -> None:
    for short, long in pairs_in(text):
        assert f"({short})" in text
        assert len(long) > len(short)
        assert set(long.split()) <= set(text.replace("(", " ").replace(")", " ").split())


DEFINES = "They use masked image modelling (MIM) on scans."


def test_both_ways() -> None:
    assert other_forms("What does MIM do?", [DEFINES]) == "masked image modelling"
    assert other_forms("How does masked image modelling work?", [DEFINES]) == "MIM"
    assert other_forms("Is MIM masked image modelling?", [DEFINES]) == ""
    assert other_forms("What is CT?", [DEFINES]) == ""
    other = "The multiple instance method (MIM) is older."
    assert other_forms("What does MIM do?", [other, DEFINES, DEFINES]) == "masked image modelling"


def test_passages_with_the_short_form_alone_are_found(library: Library, add: Add) -> None:
    filler = [document(f"2400.{n:05}", [f"Rain fell on town {n} again."]) for n in range(20)]
    add(
        document("2301.00001", [DEFINES]),
        document("2301.00002", ["MIM needs few labels, says everyone there."]),
        *filler,
    )
    hits = Searcher(library, HashEmbedder()).search("masked image modelling", 22)
    found = {hit.passage.paper.paper_id: hit.bm25 for hit in hits}
    assert found["2301.00002"], "found by its words"
    assert found["2301.00001"]
    assert not found["2400.00000"]
