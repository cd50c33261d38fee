"""The numbers that are printed on pages, where they aren't the pages' places in the file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pypdf
import pytest
from pdfs import WORDS, PageSource, Text, build, column, wrapped, write

from fmqa.reading.reader import DefaultPdfReader
from fmqa.types import printed_label


def numbered(feet: Sequence[str], heads: Sequence[str] = ()) -> bytes:
    body = column(wrapped(WORDS * 4), 100, 690)
    return build([
        PageSource([
            *body,
            *([Text(300, 30, foot, 9)] if foot else []),
            *([Text(100, 765, heads[at], 9)] if heads else []),
        ])
        for at, foot in enumerate(feet)
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("feet", "heads", "labels"),
    [
        (["651", "652", "653"], (), ("651", "652", "653")),
        (["", "652", "| 653 |"], (), ("651", "652", "653")),
        (["", "1", "2", "3"], (), ("", "1", "2", "3")),
        (["", "", ""], ["Things 30 (2024) 651-653", "652 Ma", "Ma 653"], ("651", "652", "653")),
        (["1", "2", "3"], (), ()),
        (["2024", "2024", "2024"], (), ()),
        (["7", "", ""], (), ()),
        (["", "", ""], (), ()),
    ],
)
def test_numbers_that_go_up_with_the_pages_are_their_labels(
    tmp_path: Path, feet: list[str], heads: Sequence[str], labels: tuple[str, ...]
) -> None:
    file = write(tmp_path / "a.pdf", numbered(feet, heads))
    assert DefaultPdfReader().read(file).labels == labels


def test_the_files_own_labels_come_first(tmp_path: Path) -> None:
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(numbered(["5", "6", "7"]))))
    writer.set_page_label(0, 0, style="/r", start=12)
    writer.set_page_label(1, 2, style="/D", prefix="S", start=1)
    writer.write(tmp_path / "a.pdf")
    assert DefaultPdfReader().read(tmp_path / "a.pdf").labels == ("xii", "S1", "S2")


def test_a_label_is_told_where_it_differs() -> None:
    assert [printed_label(("i", "2", ""), page) for page in (1, 2, 3, 4)] == ["i", "", "", ""]
