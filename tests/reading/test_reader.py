"""Whole documents, and how each kind of bad file is told."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest
from pdfs import WORDS, PageSource, Text, build, column, paper, wrapped, write

from fmqa.errors import ReadingError
from fmqa.reading.reader import DefaultPdfReader, ReadLimits
from fmqa.reading.wire import decode_result, encode_result
from fmqa.types import Document, Gap, GapKind, Outcome, PassageKind, ReadResult


def read(path: Path, data: bytes) -> Document:
    return DefaultPdfReader().read(write(path, data))


def outcome(path: Path, limits: ReadLimits | None = None) -> tuple[Outcome, str]:
    with pytest.raises(ReadingError) as caught:
        DefaultPdfReader(limits).read(path)
    return caught.value.outcome, str(caught.value)


@pytest.fixture
def document(tmp_path: Path) -> Document:
    return read(tmp_path / "paper.pdf", paper())


def test_identity(document: Document) -> None:
    meta = document.meta
    assert (meta.paper_id, meta.arxiv_id, meta.version) == ("2304.12306", "2304.12306", 3)
    assert meta.title == "Segmenting Anything in Small Papers"
    assert meta.authors == ("Ada Lovelace", "Alan M. Turing", "Grace Hopper")
    assert meta.year == 2023


def test_sections_and_kinds(document: Document) -> None:
    sections = list(dict.fromkeys(passage.section for passage in document.passages))
    assert sections == [
        "Abstract",
        "1 Introduction",
        "2 Section C of the paper",
        "3 Section D of the paper",
    ]
    abstract = [p for p in document.passages if p.kind is PassageKind.ABSTRACT]
    assert abstract
    assert all(passage.section == "Abstract" for passage in abstract)


def test_furniture_references_and_authors_make_no_passages(document: Document) -> None:
    text = " ".join(passage.text for passage in document.passages)
    for unwanted in ("arXiv:", "Lovelace", "University", "A. Author", "Journal"):
        assert unwanted not in text
    whole = " ".join(page.text for page in document.pages)
    assert "Lovelace et al.: Segmenting Anything" in whole
    assert "A. Author" in whole


def test_spans_and_runs(document: Document) -> None:
    pages = {page.number: page.text for page in document.pages}
    for passage in document.passages:
        pieces = [pages[span.page][span.start : span.end] for span in passage.spans]
        assert passage.text == " ".join(pieces)


def test_two_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = column(wrapped("Left words fill the first column of the page. " * 12, 40), 60, 700)
    right = column(wrapped("Right words fill the second column of it. " * 12, 40), 320, 700)
    document = read(tmp_path / "a.pdf", build([PageSource([*left, *right])]))
    text = " ".join(passage.text for passage in document.passages)
    assert text.rindex("Left") < text.index("Right")


def test_a_word_cut_at_a_line_end_is_whole_again(tmp_path: Path) -> None:
    lines = ["The segmentation of images is a task. We do segmen-", "tation of them by self-"]
    lines += ["supervised training, and supervised training is what we compare it with here."]
    document = read(tmp_path / "a.pdf", build([PageSource(column(lines, 72, 700))]))
    assert "We do segmentation of them by self-supervised training" in document.pages[0].text


@pytest.mark.parametrize(
    ("name", "paper_id", "version", "year"),
    [
        ("2304.12306v3.pdf", "2304.12306", 3, 2023),
        ("1602.06541.pdf", "1602.06541", 1, 2016),
        ("hep-th_9901001v2.pdf", "hep-th/9901001", 2, 1999),
    ],
)
def test_an_id_in_the_file_name(
    tmp_path: Path, name: str, paper_id: str, version: int, year: int
) -> None:
    meta = read(tmp_path / name, paper(1, stamp="")).meta
    assert (meta.paper_id, meta.version, meta.year) == (paper_id, version, year)


def test_an_old_stamp_and_a_local_paper(tmp_path: Path) -> None:
    old = read(tmp_path / "a.pdf", paper(1, stamp="arXiv:hep-th/9901001v3 1 Jan 1999")).meta
    assert (old.paper_id, old.version, old.year) == ("hep-th/9901001", 3, 1999)
    local = read(tmp_path / "b.pdf", paper(1, stamp="")).meta
    assert local.paper_id.startswith("local:")
    assert len(local.paper_id) == len("local:") + 16
    assert local.arxiv_id is None


def test_a_cited_id_is_not_the_papers_own(tmp_path: Path) -> None:
    lines = wrapped(f"{WORDS} It is described in arXiv:1706.03762 too. {WORDS}")
    meta = read(tmp_path / "a.pdf", build([PageSource(column(lines, 72, 700))])).meta
    assert meta.arxiv_id is None


def test_an_encrypted_file(tmp_path: Path) -> None:
    def encrypted(password: str) -> bytes:
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(paper(1)))
        writer.encrypt(password, "owner", algorithm="AES-256")
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()

    assert read(tmp_path / "open.pdf", encrypted("")).passages
    path = write(tmp_path / "shut.pdf", encrypted("secret"))
    assert outcome(path) == (Outcome.ENCRYPTED, "needs a password")


def test_a_scan(tmp_path: Path) -> None:
    pages = [PageSource(drawing="0.5 g 50 50 500 600 re f") for _ in range(12)]
    path = write(tmp_path / "a.pdf", build(pages))
    assert outcome(path) == (
        Outcome.NO_TEXT,
        "no text layer on any of its 12 pages; it looks scanned",
    )


@pytest.mark.parametrize("data", [b"", b"not a pdf", b"%PDF-1.7\n", paper()[:300]])
def test_damaged(tmp_path: Path, data: bytes) -> None:
    kind, words = outcome(write(tmp_path / "a.pdf", data))
    assert kind is Outcome.DAMAGED
    assert words
    assert "Traceback" not in words


def test_a_truncated_file_is_read_as_far_as_it_goes_or_damaged(tmp_path: Path) -> None:
    data = paper()
    for cut in range(400, len(data), 1500):
        path = write(tmp_path / "a.pdf", data[:cut])
        try:
            DefaultPdfReader().read(path)
        except ReadingError as error:
            assert error.outcome in (Outcome.DAMAGED, Outcome.NO_TEXT)


def test_missing_and_folder(tmp_path: Path) -> None:
    assert outcome(tmp_path / "none.pdf") == (Outcome.DAMAGED, "no such file")
    assert outcome(tmp_path)[0] is Outcome.DAMAGED


def test_too_large(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", paper() + b" " * 2**21)
    assert outcome(path, ReadLimits(max_mb=1))[0] is Outcome.TOO_LARGE
    kind, words = outcome(path, ReadLimits(max_pages=2))
    assert (kind, words) == (Outcome.TOO_LARGE, "has 3 pages; the limit is 2")


def test_one_bad_page_doesnt_discard_the_others(tmp_path: Path) -> None:
    data = paper(3)
    kids = data[data.index(b"/Kids [") + 7 : data.index(b"] /Count")].split(b" 0 R")
    bad = kids[1].strip()
    broken = data.replace(b"/Kids [%s 0 R %s 0 R" % (kids[0].strip(), bad), b"/Kids [%s 0 R %s 0 R"
                          % (kids[0].strip(), b"1".rjust(len(bad))))  # fmt: skip
    document = DefaultPdfReader().read(write(tmp_path / "a.pdf", broken))
    assert len(document.pages) == 3
    assert document.pages[1].text == ""
    assert document.passages[0].spans[0].page == 1
    assert document.passages[-1].spans[-1].page == 3
    assert document.gaps == (Gap(2, GapKind.UNREADABLE),)


def test_an_empty_page_between(tmp_path: Path) -> None:
    page = PageSource([Text(72, 700 - 12 * i, line) for i, line in enumerate(wrapped(WORDS * 4))])
    document = read(tmp_path / "a.pdf", build([page, PageSource(), page]))
    assert [bool(p.text) for p in document.pages] == [True, False, True]


def test_a_file_that_is_no_paper_still_has_passages(tmp_path: Path) -> None:
    rows = [f"Room {n}: the committee for cell {n} meets" for n in range(20)]
    texts = [Text(72 + 40 * (n % 3), 760 - 35 * n, row, 12 + n % 5) for n, row in enumerate(rows)]
    assert read(tmp_path / "a.pdf", build([PageSource(texts)])).passages


def test_a_result_survives_the_wire(document: Document, tmp_path: Path) -> None:
    result = ReadResult(tmp_path / "a.pdf", Outcome.OK, "détail", document, 0.5, document.sha256)
    line = encode_result(result)
    assert line.count(b"\n") == 1
    assert decode_result(line) == result
    without = ReadResult(tmp_path / "b.pdf", Outcome.TIMEOUT, "too slow")
    assert decode_result(encode_result(without)) == without
    with pytest.raises(ValueError, match=r"."):
        decode_result(line[:-20])
