"""Sentences that cite, and what they cite."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pdfs import PageSource, Text, build, column, wrapped, write

from fmqa.reading.bibliography.mentions import find_mentions
from fmqa.reading.bibliography.references import Bibliography
from fmqa.reading.lines import Block, Line, Role
from fmqa.reading.reader import DefaultPdfReader
from fmqa.types import Document, Page, Reference

NUMBERED = Bibliography(
    tuple(Reference(n, f"A. Author. Title {n}.") for n in range(1, 31)), ("",) * 30, numbered=True
)
LABELS = ("DBK+21", "He16a", "RFB15")
LABELLED = Bibliography(tuple(Reference(n, "") for n in (1, 2, 3)), LABELS, numbered=False)
NAMED = Bibliography(
    (
        Reference(
            1, "Alexey Dosovitskiy, …, 2021.", "", ("Alexey Dosovitskiy", "L B", "C D"), 2021
        ),
        Reference(2, "Jun Ma and Bo Wang. One. 2024a.", "", ("Jun Ma", "Bo Wang"), 2024),
        Reference(3, "Jun Ma and Bo Wang. Two. 2024b.", "", ("Jun Ma", "Bo Wang"), 2024),
        Reference(4, "van der Maaten, L. 2008.", "", ("van der Maaten, L.", "Hinton, G."), 2008),
        Reference(5, "Ho, T. 2020.", "", ("Ho, T.",), 2020),
        Reference(6, "Ho, T., Jain, A. 2020.", "", ("Ho, T.", "Jain, A."), 2020),
        Reference(7, "Ho, T., Jain, A., Abbeel, P. 2020.", "", ("Ho, T.", "Jain, A.", "P A"), 2020),
    ),
    ("",) * 7,
)


def cited(text: str, bibliography: Bibliography) -> list[tuple[str, tuple[int, ...]]]:
    """The citing sentences of one block of running text."""
    block = Block(1, [Line(0, len(text))], text, 0, Role.BODY)
    mentions = find_mentions({1: Page(1, text)}, [block], bibliography)
    assert all(mention.span.page == 1 for mention in mentions)
    return [(text[m.span.start : m.span.end], m.numbers) for m in mentions]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Nets work [7].", (7,)),
        ("Nets work [3, 5–8] well.", (3, 5, 6, 7, 8)),
        ("Nets work [3,5-7, 12] well.", (3, 5, 6, 7, 12)),
        ("Nets work [12]–[15].", (12, 13, 14, 15)),
        ("Nets work [2], [1] and [9; 4].", (2, 1, 9, 4)),
        ("U-Net[4] works, see [5, Section 2].", (4, 5)),
        ("Results of [30] hold [30].", (30,)),
    ],
)
def test_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert cited(text, NUMBERED) == [(text, numbers)]


@pytest.mark.parametrize(
    "text",
    [
        "All values lie in [0, 1] here.",
        "Values in the range [1, 5] are kept.",
        "We draw x ∈ [2, 3] at random.",
        "The vector x[1] is first.",
        "We sample from [1, 10] uniformly.",
        "It was cited as [31] elsewhere.",
        "The tensor of shape [3, 4] is kept.",
        "No marks at all.",
    ],
)
def test_no_numbers(text: str) -> None:
    assert cited(text, NUMBERED) == []


def test_only_the_sentence_that_cites() -> None:
    text = "The first says nothing. The second cites Doe et al. [3] here. The third is mute."
    assert cited(text, NUMBERED) == [("The second cites Doe et al. [3] here.", (3,))]


def test_labels_of_letters() -> None:
    text = "Some [DBK+21, He16a] differ. Others [RFB15] don't. None [Foo12] is this."
    assert cited(text, LABELLED) == [
        ("Some [DBK+21, He16a] differ.", (1, 2)),
        ("Others [RFB15] don't.", (3,)),
    ]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It works (Dosovitskiy et al., 2021; Ma & Wang, 2024b).", (1, 3)),
        ("Dosovitskiy et al. (2021) show it.", (1,)),
        ("It works (Ma and Wang, 2024a,b).", (2, 3)),
        ("As Ma and Wang (2024a) wrote.", (2,)),
        ("See van der Maaten and Hinton [2008].", (4,)),
        ("It is (Ho, 2020) or (Ho and Jain, 2020) or (Ho et al., 2020).", (5, 6, 7)),
        ("In Dosovitskiy’s (2021) words.", (1,)),
    ],
)
def test_names(text: str, numbers: tuple[int, ...]) -> None:
    assert cited(text, NAMED) == [(text, numbers)]


@pytest.mark.parametrize(
    "text",
    [
        "It works (Ma and Wang, 2024).",  # may be either
        "It works (Dosovitskiy et al., 2020).",
        "In March 2021 it rained.",
        "Dosovitskiy had 2021–2022 off.",
    ],
)
def test_no_names(text: str) -> None:
    assert cited(text, NAMED) == []


def test_captions_and_two_pages() -> None:
    first = Block(1, [Line(0, 9)], "It is known [1]. It goes on", 0, Role.BODY)
    second = Block(2, [Line(0, 9)], "over leaf [2].", 5, Role.BODY)
    caption = Block(2, [Line(0, 9)], "Figure 1: Taken from [3].", 20, Role.CAPTION)
    heading = Block(2, [Line(0, 9)], "After [4]", 50, Role.HEADING)
    pages = {1: Page(1, first.text), 2: Page(2, "1234\n" + second.text + "\n" + caption.text)}
    mentions = find_mentions(pages, [first, second, caption, heading], NUMBERED)
    assert [
        (m.span.page, pages[m.span.page].text[m.span.start : m.span.end], m.numbers)
        for m in mentions
    ] == [
        (1, "It is known [1].", (1,)),
        (2, "over leaf [2].", (2,)),
        (2, "Figure 1: Taken from [3].", (3,)),
    ]


@given(st.text(alphabet="[]1234567890,;-– ().aMWet&l2\n", max_size=300))
def test_numbers_exist_and_spans_lie_on_the_page(text: str) -> None:
    for bibliography in (NUMBERED, LABELLED, NAMED):
        known = {reference.number for reference in bibliography.references}
        for sentence, numbers in cited(text, bibliography):
            assert sentence == sentence.strip() != ""
            assert numbers
            assert set(numbers) <= known
            assert len(set(numbers)) == len(numbers)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8, unique=True))
def test_lists_come_back(numbers: list[int]) -> None:
    text = f"This is known [{', '.join(map(str, numbers))}]."
    assert cited(text, NUMBERED) == [(text, tuple(numbers))]


@pytest.mark.parametrize(
    "piece", ["[1, 2, 3] ", "[", "Ma et al., 2014; ", "(Ma, ", "[1]–", "et al. "]
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began = time.perf_counter()
    for bibliography in (NUMBERED, LABELLED, NAMED):
        cited(text, bibliography)
    assert time.perf_counter() - began < 5


def test_from_a_pdf(tmp_path: Path) -> None:
    body = "The model of Doe [2] is good. Nothing else is said here. It was tried twice [1, 3]. "
    texts = [
        Text(100, 730, "1 Introduction", 12, "F2"),
        *column(wrapped(body * 3), 100, 710),
        Text(100, 500, "References", 12, "F2"),
        *column([f"[{n}] A. Author. A title [1]. Journal, {2000 + n}." for n in (1, 2, 3, 4)],
                100, 480),
    ]  # fmt: skip
    path = write(tmp_path / "paper.pdf", build([PageSource(texts)]))
    document = DefaultPdfReader().read(path)
    text = document.pages[0].text
    assert [
        (text[m.span.start : m.span.end].replace("\n", " "), m.numbers) for m in document.mentions
    ] == [
        ("The model of Doe [2] is good.", (2,)),
        ("It was tried twice [1, 3].", (1, 3)),
    ] * 3


@pytest.fixture(scope="module")
def documents(shared_data: Path) -> dict[str, Document]:
    names = ("resnet.pdf", "vit.pdf", "1602.06541.pdf", "U-Net.pdf")
    return {name: DefaultPdfReader().read(shared_data / "pdfs" / name) for name in names}


@pytest.mark.parametrize(
    ("name", "least"),
    [("resnet.pdf", 50), ("vit.pdf", 58), ("1602.06541.pdf", 90), ("U-Net.pdf", 14)],
)
def test_real_papers(documents: dict[str, Document], name: str, least: int) -> None:
    document = documents[name]
    known = {reference.number for reference in document.references}
    found = {number for mention in document.mentions for number in mention.numbers}
    assert found <= known
    assert len(found) >= least


def test_a_known_sentence(documents: dict[str, Document]) -> None:
    document = documents["resnet.pdf"]
    text = {page.number: page.text for page in document.pages}
    first = document.mentions[0]
    sentence = text[first.span.page][first.span.start : first.span.end]
    assert "[41]" in sentence
    assert 41 in first.numbers
    titles = {reference.number: reference.title for reference in document.references}
    assert titles[41].startswith("Very deep convolutional networks")
