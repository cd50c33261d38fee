"""What a file says of itself: cover sheets, the year at its head, retraction, what is missing."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest
from pdfs import WORDS, PageSource, Text, build, column, paper, wrapped, write

from fmqa.reading.identity import year_in
from fmqa.reading.quality import tell_gaps
from fmqa.reading.reader import DefaultPdfReader
from fmqa.types import Document

TITLE = "Segmenting Anything in Small Papers"
PICTURE = "q 500 0 0 700 50 50 cm BI /W 1 /H 1 /CS /G /BPC 8 ID A EI Q"
COVERS = {
    "hal": [
        ("HAL Id: hal-01234567", 18),
        ("https://hal.science/hal-01234567", 10),
        ("Submitted on 3 Jul 2019", 10),
        ("HAL is a multi-disciplinary open access archive for the deposit and dissemination", 9),
        ("To cite this version:", 12),
    ],
    "network": [
        ("See discussions, stats, and author profiles for this publication at: https://x.org", 9),
        ("Segmenting Anything in Small Papers", 20),
        ("Article in A Journal, March 2019", 10),
        ("CITATIONS", 9),
    ],
    "publisher": [
        ("Journal Pre-proof", 24),
        ("Segmenting Anything in Small Papers", 11),
        ("Ada Lovelace", 11),
        ("PII: S0000-0000(19)00001-2", 10),
        ("To appear in: A Journal", 10),
        ("Received date: 2 January 2019", 10),
    ],
}


def joined(*parts: bytes) -> bytes:
    writer = pypdf.PdfWriter()
    for part in parts:
        writer.append(io.BytesIO(part))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def read(path: Path, data: bytes) -> tuple[Document, str]:
    document = DefaultPdfReader().read(write(path, data))
    return document, tell_gaps(document.gaps)


def own(*texts: Text, info: dict[str, str] | None = None) -> bytes:
    body = [
        Text(100, 720, TITLE, 18, "F2"),
        Text(100, 690, "Ada Lovelace and Grace Hopper", 11),
        Text(100, 660, "1 Introduction", 12, "F2"),
        *column(wrapped(WORDS * 6), 100, 640),
    ]
    return build([PageSource([*body, *texts])], info)


@pytest.mark.parametrize("house", COVERS)
def test_a_cover_sheet_is_no_page_of_the_paper(tmp_path: Path, house: str) -> None:
    lines = [Text(72, 720 - 40 * n, *line) for n, line in enumerate(COVERS[house])]
    document, _ = read(tmp_path / "a.pdf", joined(build([PageSource(lines)]), paper(2, stamp="")))
    assert document.meta.title == TITLE
    assert document.meta.authors == ("Ada Lovelace", "Alan M. Turing", "Grace Hopper")
    assert document.meta.year == 2019
    assert len(document.pages) == 3
    assert {span.page for passage in document.passages for span in passage.spans} == {2, 3}
    assert not any("CITATIONS" in passage.text for passage in document.passages)


def test_a_papers_own_first_page_is_no_cover(tmp_path: Path) -> None:
    notes = [
        Text(100, 60, "Received date: 2 January 2019", 8),
        Text(100, 50, "Accepted date: 3 March 2019", 8),
        Text(100, 40, "Please cite this article as: A. Lovelace (2019)", 8),
    ]
    document, _ = read(tmp_path / "a.pdf", joined(own(*notes), paper(1, stamp="")))
    assert document.passages[0].spans[0].page == 1


@pytest.mark.parametrize(
    ("printed", "year"),
    [
        (Text(100, 765, "A Journal of Things | Volume 30 | March 2018 | 651-660", 8), 2018),
        (Text(100, 30, "Proceedings of Things 12 (2017) 1-9", 8), 2017),
        (Text(100, 40, "© 2016 The Authors", 8), 2016),
    ],
)
def test_the_year_is_the_pages_and_not_the_files(tmp_path: Path, printed: Text, year: int) -> None:
    data = own(printed, info={"CreationDate": "D:20250101000000Z"})
    assert read(tmp_path / "a.pdf", data)[0].meta.year == year


def test_the_files_date_is_the_last_resort(tmp_path: Path) -> None:
    data = own(info={"CreationDate": "D:20210101000000Z"})
    assert read(tmp_path / "a.pdf", data)[0].meta.year == 2021


@pytest.mark.parametrize(
    ("mark", "retracted"),
    [
        (Text(150, 300, "RETRACTED", 60, angle=45), True),
        (Text(150, 765, "RETRACTED ARTICLE", 9), True),
        (Text(150, 300, "已撤稿", 60, "F4", angle=45), True),
        (Text(150, 300, "两篇已撤稿的论文", 12, "F4"), False),
        (Text(150, 200, "Retracted", 10), False),
        (Text(150, 200, "Two of the papers that we read were retracted later on.", 10), False),
    ],
)
def test_a_retraction_is_seen_where_pages_are_marked(
    tmp_path: Path, mark: Text, retracted: bool
) -> None:
    assert read(tmp_path / "a.pdf", own(mark))[0].retracted is retracted


def test_a_retraction_in_the_title(tmp_path: Path) -> None:
    title = Text(100, 720, "RETRACTED: Segmenting Anything in Papers", 18, "F2")
    body = column(wrapped(WORDS * 6), 100, 640)
    assert read(tmp_path / "a.pdf", build([PageSource([title, *body])]))[0].retracted


def test_scanned_pages_among_others_are_named(tmp_path: Path) -> None:
    text = PageSource(column(wrapped(WORDS * 6), 100, 700))
    scan = PageSource([Text(300, 30, "3", 9)], drawing=PICTURE)
    figure = PageSource(column(wrapped(WORDS), 100, 700), drawing=PICTURE)
    pages = [text, scan, PageSource(), figure, scan]
    assert read(tmp_path / "a.pdf", build(pages))[1] == "pages 2, 5 without text, as scans are"


def test_the_years_of_references_are_not_the_papers() -> None:
    text = "Yarrownet: A File\nAda Ma\nIt grades cores.\nReferences\n[1] A. Author. A title. 2001."
    assert year_in(text) is None
    assert year_in(text.replace("Ada Ma", "Ada Ma, 2019")) == 2019
