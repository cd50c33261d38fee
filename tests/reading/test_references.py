"""Bibliographies of every style, made and real."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdfs import (
    WORDS,
    PageSource,
    Text,
    bibliography,
    build,
    column,
    hanging,
    paper,
    with_links,
    wrapped,
    write,
)

from fmqa.reading.bibliography.fields import leading_names, parse_fields, surname
from fmqa.reading.bibliography.ids import find_doi, find_ids, valid_id
from fmqa.reading.reader import DefaultPdfReader
from fmqa.sources.arxiv_ids import parse_id
from fmqa.types import Document, Reference

SURNAMES = (
    "Adams Baker Clark Davis Evans Foster Green Harris Irwin Jones Keller Lewis Moore Nolan Owens"
).split()
TOPICS = (
    "lesions vessels organs tumours nodules polyps cells bones lungs hearts kidneys livers brains "
    "eyes teeth"
).split()
TITLES = [f"Learning to segment {topic} with few labels" for topic in TOPICS]


def plain(number: int) -> str:
    """An entry of three lines, with an arXiv id in every third one."""
    venue = (
        f"arXiv preprint arXiv:23{number:02d}.{10000 + number}, 2023."
        if number % 3 == 0
        else f"In Proceedings of the Annual Conference on Images, pages 1{number}-2{number}, "
        f"{2000 + number}."
    )
    return (
        f"Jane {SURNAMES[number - 1]}, John Q. Public, and Ann Other. {TITLES[number - 1]}. {venue}"
    )


def cover() -> list[Text]:
    """The first page: title, authors, abstract, a section."""
    return [
        Text(100, 720, "Segmenting Anything in Small Papers", 18, "F2"),
        Text(100, 690, "Ada Lovelace, Alan M. Turing and Grace Hopper", 11),
        Text(30, 200, "arXiv:2304.12306v3 [cs.CV] 1 Apr 2024", 20, angle=90),
        Text(100, 640, "Abstract", 12, "F2"),
        *column(wrapped(WORDS * 2), 100, 620),
        Text(100, 530, "1 Introduction", 12, "F2"),
        *column(wrapped(WORDS * 8), 100, 510),
    ]


def read(tmp_path: Path, pages: list[PageSource], links=()) -> Document:
    data = build(pages)
    return DefaultPdfReader().read(
        write(tmp_path / "paper.pdf", with_links(data, links) if links else data)
    )


def listed(tmp_path: Path, entries: list[str], heading: str = "References", **how) -> Document:
    lines = bibliography(entries, 80)
    texts = [Text(100, 730, heading, 12, "F2"), *hanging(lines, 100, 710, **how)]
    return read(tmp_path, [PageSource(cover()), PageSource(texts)])


def expect(references: tuple[Reference, ...], count: int) -> None:
    """The plain entries 1 to ``count``, whole and in order."""
    assert [r.number for r in references] == list(range(1, count + 1))
    for number, reference in enumerate(references, 1):
        assert reference.title == TITLES[number - 1]
        assert reference.authors == (f"Jane {SURNAMES[number - 1]}", "John Q. Public", "Ann Other")
        assert reference.text == plain(number)
        if number % 3 == 0:
            assert reference.arxiv_id == f"23{number:02d}.{10000 + number}"
            assert (reference.method, reference.score, reference.year) == ("text", 1.0, 2023)
        else:
            assert (reference.arxiv_id, reference.method) == (None, "")
            assert reference.year == 2000 + number


@pytest.mark.parametrize("label", ["[{}] ", "{}. ", "({}) ", "{} "])
@pytest.mark.parametrize("indent", [12, 0])
def test_numbered_styles(tmp_path: Path, label: str, indent: float) -> None:
    entries = [label.format(n) + plain(n) for n in range(1, 13)]
    expect(listed(tmp_path, entries, indent=indent).references, 12)


@pytest.mark.parametrize(
    "heading",
    ["References", "REFERENCES", "Bibliography", "Literature cited", "7 References",
     "VII. REFERENCES", "R EFERENCES", "References and Notes", "Works Cited"],
)  # fmt: skip
def test_headings(tmp_path: Path, heading: str) -> None:
    entries = [f"[{n}] {plain(n)}" for n in range(1, 7)]
    expect(listed(tmp_path, entries, heading).references, 6)


def test_no_heading(tmp_path: Path) -> None:
    entries = [f"[{n}] {plain(n)}" for n in range(1, 9)]
    texts = [*column(wrapped(WORDS * 4), 100, 730), *hanging(bibliography(entries, 80), 100, 600)]
    document = read(tmp_path, [PageSource(cover()), PageSource(texts)])
    expect(document.references, 8)
    assert not any("Jane Clark" in passage.text for passage in document.passages)


def test_author_year_with_hanging_indents(tmp_path: Path) -> None:
    document = listed(tmp_path, [plain(n) for n in range(1, 13)])
    expect(document.references, 12)


def test_author_year_with_gaps(tmp_path: Path) -> None:
    texts, y = [Text(100, 730, "References", 12, "F2")], 710
    for number in range(1, 9):
        for line in wrapped(plain(number), 80):
            texts.append(Text(100, y, line, 9))
            y -= 11
        y -= 8
    expect(read(tmp_path, [PageSource(cover()), PageSource(texts)]).references, 8)


def test_labels_of_letters(tmp_path: Path) -> None:
    labels = ["AB19", "DBK+21", "Dev", "He16a", "He16b", "vdMH08"]
    entries = [f"[{label}] {plain(n)}" for n, label in enumerate(labels, 1)]
    references = listed(tmp_path, entries, indent=30).references
    assert [r.number for r in references] == [1, 2, 3, 4, 5, 6]
    assert [r.title for r in references] == TITLES[:6]
    assert references[1].text.startswith("[DBK+21] Jane Baker")
    assert references[2].arxiv_id == "2303.10003"


def two_columns(lines: list[str], per_column: int, body: list[Text]) -> list[PageSource]:
    """Lines in columns of pages, with running heads and page numbers between."""
    pages = []
    for page, start in enumerate(range(0, len(lines), 2 * per_column)):
        texts = [Text(60, 770, "Lovelace et al.: Segmenting Anything", 9, "F3")]
        left = lines[start : start + per_column]
        right = lines[start + per_column : start + 2 * per_column]
        heading = [Text(60, 730, "References", 12, "F2")] if page == 0 else []
        texts += [*heading, *hanging(left, 60, 700), *hanging(right, 320, 700)]
        texts.append(Text(300, 30, str(page + 2), 9))
        pages.append(PageSource(texts))
    return [PageSource([*body, Text(300, 30, "1", 9)]), *pages]


@pytest.mark.parametrize("per_column", range(4, 12))
@pytest.mark.parametrize("style", ["[{}] ", "{}. ", ""])
def test_two_columns_break_entries_anywhere(tmp_path: Path, per_column: int, style: str) -> None:
    lines = bibliography([style.format(n) + plain(n) for n in range(1, 13)], 48)
    document = read(tmp_path, two_columns(lines, per_column, cover()))
    expect(document.references, 12)


def test_appendices_around_and_a_second_bibliography(tmp_path: Path) -> None:
    first = hanging(bibliography([f"[{n}] {plain(n)}" for n in range(1, 7)], 80), 100, 690)
    second = hanging(bibliography([f"[{n}] {plain(n)}" for n in range(1, 5)], 80), 100, 540)
    pages = [
        PageSource(cover()),
        PageSource([
            Text(100, 740, "A Proofs", 12, "F2"),
            *column(["1. A list is no bibliography.", "2. It was written in 2020."], 100, 725),
            Text(100, 702, "References", 12, "F2"), *first,
            Text(100, 400, "B More experiments", 12, "F2"),
            *column(wrapped(WORDS * 6), 100, 380),
        ]),
        PageSource([
            *column(wrapped(WORDS * 4), 100, 740),
            Text(100, 560, "Supplementary References", 12, "F2"), *second,
        ]),
    ]  # fmt: skip
    references = read(tmp_path, pages).references
    expect(references[:6], 6)
    expect(references[6:], 4)


def test_a_paper_without_bibliography(tmp_path: Path) -> None:
    document = read(tmp_path, [PageSource(cover()), PageSource(column(wrapped(WORDS * 6), 9, 700))])
    assert (document.references, document.mentions) == ((), ())


def test_the_papers_own_stamp_is_no_reference(tmp_path: Path) -> None:
    path = write(tmp_path / "paper.pdf", paper())
    references = DefaultPdfReader().read(path).references
    assert len(references) == 8
    assert all(r.arxiv_id is None for r in references)


def test_links_lie_over_their_entry(tmp_path: Path) -> None:
    entries = [f"[{n}] A. Author. {TITLES[n]}. Journal, {2000 + n}." for n in range(1, 7)]
    texts = [Text(100, 730, "References", 12, "F2"), *hanging(entries, 100, 710)]
    pages = [PageSource(cover()), PageSource(texts)]
    links = [
        (1, "https://arxiv.org/abs/1706.03762v5", (100, 708, 300, 719)),
        (1, "https://doi.org/10.48550/arXiv.2010.11929", (120, 684, 200, 693)),
        (1, "https://doi.org/10.1000/xyz123", (120, 672, 200, 681)),
        (1, "https://arxiv.org/abs/1505.04597", (100, 300, 300, 312)),
        (0, "https://arxiv.org/abs/1512.03385", (100, 708, 300, 719)),
    ]
    references = read(tmp_path, pages, links).references
    assert [r.arxiv_id for r in references] == ["1706.03762", None, "2010.11929", None, None, None]
    assert [r.method for r in references] == ["link", "", "link", "", "", ""]
    assert references[3].doi == "10.1000/xyz123"
    assert all(0 < r.score < 1 for r in references if r.arxiv_id)


@pytest.mark.parametrize(
    ("text", "bare", "method", "sure"),
    [
        ("A. B. Title. arXiv:1706.03762, 2017.", "1706.03762", "text", True),
        ("A. B. Title. arXiv preprint arXiv:1706. 03762v5, 2017.", "1706.03762", "text", True),
        ("A. B. Title. arXiv: 1706.03 762.", "1706.03762", "text", True),
        ("A. B. Title. CoRR abs/1409.0473, 2014.", "1409.0473", "text", True),
        ("A. B. Title. CoRR , abs/1409.0473, 2014.", "1409.0473", "text", True),
        ("A. B. Title. URL https://arxiv.org/abs/ 2205.09712.", "2205.09712", "text", True),
        ("A. B. Title. https://arxiv.org/pdf/2205.09712v2.pdf", "2205.09712", "text", True),
        ("A. B., arXiv:1112.5166 [hep-ph].", "1112.5166", "text", True),
        ("A. B., Phys. Rev. D 65 (2002) [hep-lat/0201010].", "hep-lat/0201010", "text", True),
        ("A. B., astro-ph/9805201.", "astro-ph/9805201", "text", True),
        ("A. B., arXiv :hep -th/0312052", "hep-th/0312052", "text", True),
        ("A. B., arXiv:math.GT/0309136.", "math/0309136", "text", True),
        ("A. B. Title. doi: 10.48550/arXiv.2304.12306.", "2304.12306", "doi", True),
        ("A. B. Title. 10.48550/ARXIV.2304. 12306", "2304.12306", "doi", True),
        ("B. S., Phys. Rev. Lett. 105 (2010) 050502, [0908.1724].", "0908.1724", "text", False),
        ("A. B. Training very deep networks. 1507.06228, 2015.", "1507.06228", "text", False),
    ],
)
def test_ids_in_print(text: str, bare: str, method: str, sure: bool) -> None:
    found = find_ids(text)
    assert [(each.bare, each.method) for each in found] == [(bare, method)]
    assert (found[0].score == 1.0) is sure


@pytest.mark.parametrize(
    "text",
    [
        "A. B. Title. doi: 10.1109/1706.03762, 2017.",
        "A. B. Title. Journal, pp. 1706.03762, 2017.",
        "A. B. Title. Journal 12, 1203.1234-1204.1235 (2012).",
        "A. B. Title. It cost 1203.4567 dollars more than 1204.5678%.",
        "A. B. Title. http://example.org/1706.03762, 2017.",
        "A. B. Title. arXiv, 2020.",
        "A. B. Title. arXiv:1713.03762, 2017.",
        "A. B. Title. arXiv:1506.0962, 2015.",
        "A. B. Old title. Journal 1203.1234, 1985.",
    ],
)
def test_numbers_that_are_no_ids(text: str) -> None:
    assert find_ids(text) == []


@pytest.mark.parametrize(
    ("text", "authors", "title", "year"),
    [
        ("Doe, J., Roe, R.K.: On things. In: Proc. X, pp. 1993–2024 (2015)",
         ("Doe, J.", "Roe, R.K."), "On things", 2015),
        ("J. Doe, R.-K. Roe, and H. van der Berg, “On things and more,” IEEE TMI, vol. 3, 2011.",
         ("J. Doe", "R.-K. Roe", "H. van der Berg"), "On things and more", 2011),
        ("Jane Doe and Richard Roe. 2014. On things: a view. In Proceedings of X. 1–9.",
         ("Jane Doe", "Richard Roe"), "On things: a view", 2014),
        ("Doe, J., & Roe, R. (2014a). On things. Journal of Things, 3(2), 1-9.",
         ("Doe, J.", "Roe, R."), "On things", 2014),
        ("Doe JA, Roe R. On things in mice. Lancet. 2014;3:1-9.",
         ("Doe JA", "Roe R"), "On things in mice", 2014),
        ("J. Doe et al., Phys. Rev. D 65, 094516 (2002).", ("J. Doe",), "", 2002),
        ("B. Swingle, Entanglement Entropy and the Fermi Surface, Phys. Rev. Lett. 105 (2010).",
         ("B. Swingle",), "Entanglement Entropy and the Fermi Surface", 2010),
        ("OpenAI. The fourth technical report. 2023.", ("OpenAI",),
         "The fourth technical report", 2023),
        ("Diederik P. Kingma and Jimmy Ba. A method for it. In ICLR, 2015.",
         ("Diederik P. Kingma", "Jimmy Ba"), "A method for it", 2015),
    ],
)  # fmt: skip
def test_fields(text: str, authors: tuple[str, ...], title: str, year: int) -> None:
    fields = parse_fields(text)
    assert (fields.authors, fields.title, fields.year) == (authors, title, year)


def test_doi_and_names() -> None:
    assert find_doi("Title. doi: 10.1007/JHEP08(2014)173.") == "10.1007/JHEP08(2014)173"
    assert find_doi("(see doi:10.1063/1.1146105)") == "10.1063/1.1146105"
    assert find_doi("http://dx.doi.org/10.1023/B% 3AVISI.0000029664") == "10.1023/B:VISI.0000029664"
    assert find_doi("10.10, 11.5/3") is None
    assert [surname(n) for n in ("van der Berg, J.", "J. van der Berg", "Doe JA")] == [
        "berg", "berg", "doe",
    ]  # fmt: skip


ids = st.one_of(
    st.builds(
        lambda year, month, number: f"{year:02d}{month:02d}.{number:0{4 if year < 15 else 5}d}",
        st.integers(8, 26), st.integers(1, 12), st.integers(0, 9999),
    ),
    st.builds(
        lambda archive, year, month, number: f"{archive}/{year:02d}{month:02d}{number:03d}",
        st.sampled_from(["hep-th", "astro-ph", "math", "cs", "quant-ph"]),
        st.integers(91, 99), st.integers(1, 12), st.integers(0, 999),
    ),
)  # fmt: skip
words = st.lists(st.sampled_from([*TITLES, "In ICLR", "2017", "pp. 1–9", "et al."]), max_size=4)


cues = ["arXiv:", "arXiv: ", "CoRR abs/", "arXiv preprint arXiv:", "https://arxiv.org/abs/",
        "10.48550/arXiv."]  # fmt: skip


@given(ids, words, words, st.sampled_from(cues), st.sampled_from(["", "v1", "v12"]))
def test_ids_come_back_from_any_reference(
    bare: str, before: list[str], after: list[str], word: str, version: str
) -> None:
    text = f"{'. '.join(before)}. {word}{bare}{version}. {'. '.join(after)}"
    assert [each.bare for each in find_ids(text)] == [bare]


@given(st.text(alphabet="arXiv:/. 0123456789[]()-–hept,CoRRabs“”\"'`ABe\n", max_size=400))
@settings(max_examples=200)
def test_parsers_never_fail_and_ids_are_valid(text: str) -> None:
    for each in find_ids(text):
        assert parse_id(each.bare) is not None
        assert valid_id(each.bare) == each.bare
        assert 0 < each.score <= 1
        assert 0 <= each.start < each.end <= len(text)
    fields = parse_fields(text)
    assert len(fields.title) <= 350
    assert 0 <= leading_names(text).end <= len(text)
    find_doi(text)


@given(st.text(max_size=300))
def test_any_text_can_be_parsed(text: str) -> None:
    fields = parse_fields(text)
    assert fields.year is None or 1600 <= fields.year < 2050
    assert all(fields.authors)


@pytest.mark.parametrize(
    "piece",
    ["A", "A. ", "A. B, ", "arXiv", "arXiv:", "1706.", "[1] ", "“", "van der ", "Aa ", "10.1/",
     "( ", "Doe, J., ", "and ", "-", "2014 ", "1-2", ". ", "hep-", "et al. ", "arxiv abs "],
)  # fmt: skip
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    began = time.perf_counter()
    parse_fields(text)
    find_ids(text)
    find_doi(text)
    assert time.perf_counter() - began < 2


COUNTS = {
    "1508.05632v2.pdf": (53, 53), "1602.06541.pdf": (99, 5), "1706.03762.pdf": (40, 22),
    "2110.02751.pdf": (51, 4), "TransUNet.pdf": (20, 3), "U-Net.pdf": (14, 5),
    "nnU-Net.pdf": (16, 5), "react_paper.pdf": (35, 24), "resnet.pdf": (50, 10),
    "test-uu.pdf": (0, 0), "vit.pdf": (58, 4),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTS)
def test_real_papers(shared_data: Path, name: str) -> None:
    references = DefaultPdfReader().read(shared_data / "pdfs" / name).references
    assert (len(references), sum(bool(r.arxiv_id) for r in references)) == COUNTS[name]
    assert [r.number for r in references] == list(range(1, len(references) + 1))
    if references and name not in ("1508.05632v2.pdf", "2110.02751.pdf"):
        assert sum(bool(r.title) for r in references) >= 0.95 * len(references)
