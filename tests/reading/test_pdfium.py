"""What pdfium's reader finds in PDFs made for it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from pdfs import HEIGHT, WIDTH, PageSource, Text, build, column, paper, write

from fmqa.errors import ReadingError
from fmqa.reading.boxes import boxes_in, raw_ranges
from fmqa.reading.pdfium import read_pdfium
from fmqa.reading.pypdf_reader import read_pypdf
from fmqa.reading.reader import DefaultPdfReader, build_document
from fmqa.types import Outcome


def test_lines_with_their_look() -> None:
    texts = [Text(100, 700, "A Title", 18, "F2"), Text(100, 650, "slanted words", 9, "F3")]
    [page] = read_pdfium(build([PageSource(texts)]), 10).pages
    title, other = page.lines
    assert page.text_of(title).strip() == "A Title"
    assert (title.size, title.bold, title.italic) == (pytest.approx(18), True, False)
    assert (other.size, other.bold, other.italic) == (pytest.approx(9), False, True)
    assert title.left == pytest.approx(100, abs=3)
    assert title.bottom == pytest.approx(700, abs=5)
    assert title.upright


def test_a_rotated_page_is_measured_as_displayed() -> None:
    # Text that runs up the sheet is upright once the page is turned clockwise.
    texts = [Text(100, 50, "Turned with the page", angle=90)]
    [page] = read_pdfium(build([PageSource(texts, rotate=90)]), 10).pages
    [line] = page.lines
    assert (page.width, page.height) == (HEIGHT, WIDTH)
    assert line.upright
    assert line.left == pytest.approx(50, abs=4)
    assert line.bottom == pytest.approx(WIDTH - 100, abs=4)


def test_links_outline_and_metadata() -> None:
    pages = [
        PageSource([Text(72, 700, "one")], links=("https://arxiv.org/abs/1706.03762",)),
        PageSource([Text(72, 700, "two")]),
    ]
    data = build(pages, {"Title": "A Title", "Author": "A. Uthor"}, [("First", 0), ("Second", 1)])
    file = read_pdfium(data, 10)
    assert [uri for uri, _ in file.pages[0].links] == ["https://arxiv.org/abs/1706.03762"]
    assert file.outline == ["First", "Second"]
    assert file.metadata["Title"] == "A Title"
    assert file.metadata["Author"] == "A. Uthor"


def test_pypdf_reads_the_same_words() -> None:
    data = paper()
    first, second = read_pdfium(data, 10), read_pypdf(data, 10, 60)
    for one, two in zip(first.pages, second.pages, strict=True):
        assert sorted(one.raw.split()) == sorted(two.raw.split())


@pytest.mark.parametrize("read", [read_pdfium, partial(read_pypdf, seconds=60)])
def test_too_many_pages(read) -> None:
    with pytest.raises(ReadingError) as caught:
        read(paper(3), 2)
    assert caught.value.outcome is Outcome.TOO_LARGE


def test_a_paper_read_by_pypdf_has_its_sections(tmp_path: Path) -> None:
    document = build_document(tmp_path / "a.pdf", "0" * 64, read_pypdf(paper(), 10, 60))
    assert document.reader == "pypdf"
    assert document.meta.arxiv_id == "2304.12306"
    sections = {passage.section for passage in document.passages}
    assert {"1 Introduction", "2 Section C of the paper"} <= sections
    assert not any("A. Author" in passage.text for passage in document.passages)


def test_a_quote_is_found_on_its_page_again(tmp_path: Path) -> None:
    lines = ["The first line of a paragraph", "goes on in the second line."]
    path = write(tmp_path / "a.pdf", build([PageSource(column(lines, 100, 700))]))
    [page] = DefaultPdfReader().read(write(path, paper(1))).pages
    start = page.text.index("The model learns")
    found = boxes_in(
        path.read_bytes(), page, start, start + len("The model learns to segment lesions")
    )
    [box] = found.boxes
    assert (found.width, found.height) == (WIDTH, HEIGHT)
    assert box.left == pytest.approx(100, abs=2)
    assert box.top == pytest.approx(HEIGHT - 620 - 8, abs=4)
    assert 8 < box.bottom - box.top < 14 or box.bottom - box.top > 6


def test_a_quote_over_two_lines_has_two_boxes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", paper(1))
    [page] = DefaultPdfReader().read(path).pages
    start = page.text.index("The model learns")
    found = boxes_in(path.read_bytes(), page, start, start + 120)
    assert len(found.boxes) == 2
    assert found.boxes[0].top < found.boxes[1].top


def test_no_boxes_in_another_file(tmp_path: Path) -> None:
    [page] = DefaultPdfReader().read(write(tmp_path / "a.pdf", paper(1))).pages
    other = write(tmp_path / "b.pdf", build([PageSource([Text(72, 700, "Something else")])]))
    assert boxes_in(other.read_bytes(), page, 0, 20).boxes == ()
    with pytest.raises(ReadingError):
        boxes_in(b"", page, 0, 20)


def test_raw_ranges_follow_the_runs(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", paper(1))
    [page] = DefaultPdfReader().read(path).pages
    [raw] = read_pdfium(path.read_bytes(), 10).pages
    ranges = raw_ranges(page, 0, len(page.text))
    mapped = "".join(raw.raw[start:end] for start, end in ranges)
    assert "".join(mapped.split()) == "".join(page.text.split())
