"""Sentences that a page's end or an equation interrupts."""

from __future__ import annotations

from pathlib import Path

import pytest
from pdfs import WORDS, PageSource, Text, build, column, wrapped, write

from fmqa.reading.reader import DefaultPdfReader
from fmqa.reading.sentences import split_sentences
from fmqa.types import Document


def read(tmp_path: Path, *pages: list[Text]) -> Document:
    path = write(tmp_path / "a.pdf", build([PageSource(texts) for texts in pages]))
    return DefaultPdfReader().read(path)


def sentences(document: Document) -> list[str]:
    texts = [passage.text for passage in document.passages]
    return [" ".join(text[a:b].split()) for text in texts for a, b in split_sentences(text)]


@pytest.mark.parametrize(
    ("end", "begin", "whole"),
    [
        (
            "we saw how the classifi-",
            "cation by Lindennet depends on scanners.",
            "classification by",
        ),
        (
            "we saw how each self-",
            "supervised Lindennet depends on scanners.",
            "self-supervised Lind",
        ),
    ],
)
def test_a_word_cut_by_a_pages_end_is_whole(
    tmp_path: Path, end: str, begin: str, whole: str
) -> None:
    first = [Text(300, 30, "1", 9), *column([*wrapped(WORDS * 3), end], 100, 700)]
    second = [Text(300, 30, "2", 9), *column([begin, *wrapped(WORDS * 3)], 100, 700)]
    document = read(tmp_path, first, second)
    (passage,) = [p for p in document.passages if "Lindennet" in p.text]
    assert whole in passage.text
    pages = {page.number: page for page in document.pages}
    spans = [pages[span.page].text[span.start : span.end] for span in passage.spans]
    assert " ".join(spans) == passage.text
    assert {span.page for span in passage.spans} == {1, 2}


def test_an_equation_in_a_sentence_is_part_of_it(tmp_path: Path) -> None:
    lines = [*wrapped(WORDS * 2), "To train Lindennet on small lesions we minimise the loss"]
    low = 700 - 12 * len(lines)
    equation = [
        Text(250, low - 20, "L = S", 14),
        Text(262, low - 30, "i=1", 7, "F3"),
        Text(262, low - 4, "N", 7, "F3"),
        Text(300, low - 16, "w y + D", 11, "F3"),
        Text(500, low - 20, "(3)"),
    ]
    after = ["where the weight of the Dice term was set to 0.5.", *wrapped(WORDS * 2)]
    document = read(tmp_path, [*column(lines, 100, 700), *equation, *column(after, 100, low - 50)])
    (sentence,) = [one for one in sentences(document) if "Lindennet" in one]
    assert sentence.startswith("To train Lindennet on small lesions")
    assert sentence.endswith("the Dice term was set to 0.5.")
    (passage,) = [p for p in document.passages if "Lindennet" in p.text]
    assert len(passage.spans) == 1


def test_a_plots_labels_between_two_paragraphs_stay_out(tmp_path: Path) -> None:
    labels = [Text(250 + 60 * n, 560, str(n), 6) for n in range(4)]
    lines = wrapped(WORDS * 3)
    document = read(tmp_path, [*column(lines, 100, 700), *labels, *column(lines, 100, 500)])
    assert not any("0 1 2 3" in " ".join(p.text.split()) for p in document.passages)


def test_a_paragraph_that_is_said_again_is_no_running_head(tmp_path: Path) -> None:
    pages = [
        [Text(100, 770, "A Running Head of Papers", 9), *column(wrapped(WORDS * 4), 100, 740)]
        for _ in range(3)
    ]
    document = read(tmp_path, *pages)
    text = " ".join(passage.text for passage in document.passages)
    assert text.count("The model learns to segment lesions") == 12
    assert "Running Head" not in text
