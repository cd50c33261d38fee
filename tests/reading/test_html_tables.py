"""Tables as arXiv's HTML tells them, each word on the PDF's own page; else as the PDF is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pdfs import PageSource, Text, build, column, wrapped

from fmqa.reading.html_matching import folded
from fmqa.reading.html_tables import html_tables
from fmqa.reading.reader import DefaultPdfReader, ReadLimits
from fmqa.reading.wire import decode_result
from fmqa.sync.cluster.workers import PaperWork
from fmqa.types import REACHED, Document, PassageKind

WORDS = "Medical images are costly to label and experts seldom agree on a border of theirs. "
CAPTION = "Table 1. Models and what they were trained on."
TOP, RULE = "ltx_border_tt", "ltx_border_t"


def td(text: str, classes: str = "", **spans: int) -> str:
    """A cell; what is in angle brackets stands as it is."""
    given = "".join(f' {name}="{count}"' for name, count in spans.items())
    inner = text if text.startswith("<") else escape(text)
    return f'<td class="ltx_td ltx_align_left {classes}"{given}>{inner}</td>'


def figure(*rows: str, caption: str = CAPTION) -> str:
    """A table in LaTeXML's form."""
    tag, _, rest = caption.partition(". ")
    lines = "".join(f'<tr class="ltx_tr">\n{row}\n</tr>' for row in rows)
    return (
        '<figure id="S1.T1" class="ltx_table"><figcaption class="ltx_caption ltx_centering">'
        f'<span class="ltx_tag ltx_tag_table">{tag}: </span>{rest}</figcaption>\n'
        f'<table class="ltx_tabular ltx_centering"><tbody class="ltx_tbody">{lines}</tbody></table>'
        "</figure>"
    )


def page(*figures: str) -> str:
    inner = "\n".join(figures)
    return f'<html><body><article class="ltx_document">{inner}</article></body></html>'


HEADS = (
    td("Model", TOP, rowspan=2) + td("Trained on", TOP, colspan=2) + td("Dice", TOP, rowspan=2),
    td("Images") + td("Source"),
)
ROWS = (
    td("Spruce", RULE) + td("1.5 million slices of CT", RULE) + td("eleven hospitals", RULE)
    + td('<math alttext="91.3\\pm 0.2"><mn>91.3</mn><mo>±</mo><mn>0.2</mn>'
         '<annotation encoding="application/x-tex">91.3\\pm 0.2</annotation></math>', RULE),
    td("Larch", rowspan=2) + td("as Spruce") + td("two of them") + td("88.7"),
    td("MR alone") + td("all hos\u00adpitals") + td("–"),
)  # fmt: skip
GRID = [
    ["Model", "Trained on", REACHED, "Dice"],
    ["", "Images", "Source", ""],
    ["Spruce", "1.5 million slices of CT", "eleven hospitals", "91.3 ±0.2"],
    ["Larch", "as Spruce", "two of them", "88.7"],
    [REACHED, "MR alone", "all hospitals", "–"],
]


def set_page() -> list[Text]:
    """The table as TeX sets it: cell by cell, cells of several lines in one piece, no rules."""
    cells = [(100, 594, "Model"), (190, 600, "Trained on"), (330, 594, "Dice"),
             (170, 588, "Images"), (250, 588, "Source"),
             (100, 570, "Spruce"), (170, 570, "1.5 million"), (170, 560, "slices of CT"),
             (250, 570, "eleven"), (250, 560, "hospitals"), (330, 570, "91.3"), (352, 570, "±0.2"),
             (100, 540, "Larch"), (170, 540, "as Spruce"), (250, 540, "two of them"),
             (330, 540, "88.7"),
             (170, 526, "MR alone"), (250, 526, "all hos-"), (250, 517, "pitals"),
             (330, 526, "\u2013")]  # fmt: skip
    return [Text(left, height, text, 9) for left, height, text in cells]


def read(
    path: Path,
    html: str = "",
    *,
    limits: ReadLimits | None = None,
    cells: Sequence[Text] = (),
) -> Document:
    front = [Text(100, 740, "A Paper with Tables", 18, "F2"), *column(wrapped(WORDS * 9), 100, 700)]
    around = [*column(wrapped(WORDS * 6), 100, 720), Text(100, 625, CAPTION, 9)]
    texts = [*around, *(cells or set_page()), *column(wrapped(WORDS * 6), 100, 400)]
    path.write_bytes(build([PageSource(front), PageSource(texts)]))
    if html:
        path.with_suffix(".html").write_text(html, encoding="utf-8")
    return DefaultPdfReader(limits).read(path)


def laid_out(document: Document) -> list[list[str]]:
    lines = document.pages[1].text.split("\n")
    return [line.split("\t") for line in lines if "\t" in line]


def test_rows_columns_and_heads_are_those_of_the_html(tmp_path: Path) -> None:
    document = read(tmp_path / "2301.00001v1.pdf", page(figure(*HEADS, *ROWS)))
    assert laid_out(document) == GRID
    [passage] = [p for p in document.passages if p.kind is PassageKind.TABLE]
    texts = {page.number: page.text for page in document.pages}
    assert passage.text == " ".join(texts[s.page][s.start : s.end] for s in passage.spans)
    plain = read(tmp_path / "2301.00002v1.pdf")
    assert laid_out(plain) != GRID  # no rule says so
    for one in (document, plain):  # nothing is lost, and nothing said twice
        assert sorted(one.pages[1].text.replace(REACHED, "").split()) == sorted(
            plain.pages[1].text.replace(REACHED, "").split()
        )


def without_html(path: Path) -> Document:
    return replace(read(path), sha256="")


@pytest.mark.parametrize(
    "html",
    {
        "another figure": page(figure(*HEADS, *ROWS).replace("88.7", "88.8")),
        "another caption": page(figure(*HEADS, *ROWS, caption="Table 1. Something else.")),
        "a row that begins a column early": page(
            figure(*HEADS, ROWS[0], ROWS[1].replace(' rowspan="2"', ""), ROWS[2])
        ),
        "a macro that LaTeXML lacks": page(
            figure(*HEADS, *ROWS).replace("Images", '<span class="ltx_ERROR">\\x</span>Images')
        ),
        "no heads": page(figure(*HEADS, *ROWS).replace(RULE, "").replace(TOP, "")),
        "figures too deep": "<figure>" * 5_000 + page(figure(*HEADS, *ROWS)) + "</figure>" * 5_000,
        "not to its end": page(figure(*HEADS, *ROWS))[:900],
        "not HTML": "%PDF-1.7 \x00 <figure <figure> &#xfffffff; <!-- </figure>",
    }.items(),
    ids=lambda item: item[0],
)
def test_a_table_that_does_not_match_is_read_from_the_pdf(
    tmp_path: Path, html: tuple[str, str]
) -> None:
    path = tmp_path / "2301.00001v1.pdf"
    plain = without_html(path)
    assert replace(read(path, html[1]), sha256="") == plain


def test_a_table_of_fewer_rows_than_the_page_does_not_match(tmp_path: Path) -> None:
    rows = [["Model", "Dice", "HD95"], ["One", "88.1", "7.42"], ["Two", "91.3", "5.20"]]
    cells = [
        Text(100 + 90 * column, 600 - 14 * row, text, 9)
        for row, line in enumerate(rows)
        for column, text in enumerate(line)
    ]
    path = tmp_path / "2301.00001v1.pdf"
    plain = read(path, cells=cells)
    html = page(figure(*("".join(td(text, f"{RULE} {TOP}") for text in row) for row in rows[:2])))
    assert read(path, html, cells=cells) == plain


def test_html_is_left_alone_where_it_is_not_asked_for(tmp_path: Path) -> None:
    html = page(figure(*HEADS, *ROWS))
    path = tmp_path / "2301.00001v1.pdf"
    plain = read(path)
    assert read(path, html, limits=ReadLimits(html=False)) == plain
    mine = tmp_path / "mine.pdf"  # a page that the user saved, for all we know
    assert laid_out(read(mine, html)) == laid_out(plain)


def test_the_html_goes_with_the_pdf_to_a_worker_of_a_cluster(tmp_path: Path) -> None:
    document = read(tmp_path / "2301.00001v1.pdf", page(figure(*HEADS, *ROWS)))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    work = PaperWork()
    work.setup(SimpleNamespace(local_directory=str(scratch)))
    try:
        files = [(tmp_path / f"2301.00001v1.{kind}").read_bytes() for kind in ("pdf", "html")]
        result = decode_result(work.read(*files, "2301.00001v1.pdf", ReadLimits()))
    finally:
        work.teardown(SimpleNamespace())
    assert result.document == document
    assert list(scratch.iterdir()) == []


def test_tables_in_lines_and_side_by_side() -> None:
    spans = (
        '<span class="ltx_tabular"><span class="ltx_tr"><span class="ltx_td ltx_colspan '
        'ltx_colspan_2 ltx_border_t">Both <span class="ltx_tabular"><span class="ltx_tr">'
        '<span class="ltx_td">of</span></span><span class="ltx_tr"><span class="ltx_td">them'
        '</span></span></span></span></span><span class="ltx_tr"><span class="ltx_td ltx_border_t">'
        'a<span class="ltx_note"><sup class="ltx_note_mark">1</sup><span class="ltx_note_outer">'
        'A note.</span></span></span><span class="ltx_td ltx_border_t">2</span></span></span>'
    )
    captions = [f'<figcaption class="ltx_caption">Table {n}</figcaption>' for n in (1, 2)]
    table = figure(td("x", TOP) + td("y", TOP), td("1", RULE) + td("2", RULE))
    table = table[table.index("<table") : table.index("</figure>")]
    first, second = html_tables(
        page("<figure>", captions[0], captions[1], captions[1], spans, table, "</figure>")
    )
    texts = [["".join(cell.text.split()) for cell in row] for row in first.rows]
    assert (first.caption, first.heads, texts) == ("Table 1", 1, [["Bothofthem"] * 2, ["a1", "2"]])
    assert (second.caption, second.heads, len(second.rows)) == ("Table 2", 1, 2)


TAGS = (
    *(f'<span class="ltx_{name}">' for name in ("tabular", "tr", "td", "caption", "rule")),
    *("<figure>", "</figure>", "</span>", "<p>", "</p>", "word"),
)


@given(st.lists(st.sampled_from(TAGS), max_size=20))
@example([TAGS[0], TAGS[1], TAGS[0], TAGS[2]])  # a table in a row
@example([TAGS[0], TAGS[1], TAGS[0], "</span>", TAGS[2]])
def test_tags_may_come_in_any_order(tags: list[str]) -> None:
    tables = html_tables("".join(("<figure>", *tags, page(figure(*HEADS, *ROWS)), "</figure>")))
    assert all(table.rows for table in tables)


@given(st.text(max_size=60))
def test_a_folded_text_says_where_each_letter_comes_from(text: str) -> None:
    kept, places = folded(text)
    assert len(kept) == len(places)
    assert places == sorted(places)
    assert not any(map(str.isspace, kept))


@pytest.mark.parametrize(
    ("printed", "told"),
    [("self\x02\r\nsupervised", "self-supervised"), ("hos\x02\r\npitals", "hospitals"),
     ("\ufb01ne T\u00b4el\u00b4e", "fine Télé"), ("\u2206 \u2212 0.5", "Δ-0.5"),
     ("\ud835\udc31", "x"), ("AB \u2013 C", "ab - c")],
)  # fmt: skip
def test_what_print_and_html_write_differently_is_alike(printed: str, told: str) -> None:
    assert folded(printed)[0] == folded(told)[0]
