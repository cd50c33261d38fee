"""Sentences of scientific prose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmqa.reading.sentences import split_sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


WHOLE = [
    "This was shown by Ronneberger et al. in earlier work.",
    "Smith et al. (2020) extended it.",
    "Results are given in Fig. 3 and Tab. 2.",
    "The reuse varies, as shown in Figure. 3 (A) and in Table. A.1 of the appendix.",
    "See Eq. (4) and Sec. 3.2 for details.",
    "We use common losses, e.g. Dice and i.e. overlap measures.",
    "The score rose from 0.81 to 0.91 on 1.5 million images.",
    "It was proposed by A. Dosovitskiy and J.-P. Serre.",
    "Dr. Müller and Prof. Chen wrote it.",
    "The code is at https://github.com/a/b.c and www.example.org today.",
    "We compare SAM vs. MedSAM on ten tasks.",
    "Grant No. 2107048 paid for it.",
    "Values (approx. 3 mm) were kept.",
    "The U.S. Food and Drug Administration approved it.",
    "We follow Kaiming He et al. [12] here.",
    "It holds for all x, ... and so on.",
    "Images of size 512 × 512 (cf. Table 1) were used.",
]


@pytest.mark.parametrize("text", WHOLE)
def test_one_sentence(text: str) -> None:
    assert split(text) == [text]


@pytest.mark.parametrize(
    "parts",
    [
        ["It works well.", "We use it."],
        ["It works well [12].", "We use it."],
        ["It works well.[12]", "We use it."],
        ["Is it so?", "Yes!", "It is."],
        ["We call it “SAM.”", "It is large."],
        ["It holds (see Fig. 2).", "Then we stop."],
        ["We follow Vaswani et al.", "The model is large."],
        ["We use ResNet-50.", "1.2 million images were used."],
        ["The AUC was 0.95.", "In 2020, it fell."],
        ["This includes CT, MRI, etc.", "We use all of them."],
        ["They used vitamin A.", "The effect was small."],
        ["Our baseline is nnU-Net.", "nnU-Net adapts itself."],
        ["It ends here.", "[3] says more."],
        ["深度学习很有用。", "我们使用它。"],
    ],
)
def test_several_sentences(parts: list[str]) -> None:
    joiner = "" if parts[0].endswith("。") else " "
    assert split(joiner.join(parts)) == parts


def test_a_heading_without_a_stop_is_a_sentence_of_its_own() -> None:
    assert split("Related work\nMany have tried.") == ["Related work", "Many have tried."]


def test_a_line_break_within_a_sentence_is_none() -> None:
    assert split("We show that\nthe loss falls.") == ["We show that\nthe loss falls."]


@given(st.text() | st.text(alphabet="aB1.!? \n\"')([]…。,etalFig", max_size=80))
def test_spans_are_ordered_stripped_and_cover_all(text: str) -> None:
    spans = split_sentences(text)
    last = 0
    for start, end in spans:
        assert last <= start < end <= len(text)
        assert not text[last:start].strip()
        assert text[start:end] == text[start:end].strip()
        last = end
    assert not text[last:].strip()
