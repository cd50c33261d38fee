"""Chinese papers: lines without spaces, headings, authors and sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from pdfs import PageSource, Text, build, write

from fmqa.answering.quotes import is_quotable
from fmqa.reading.layout import Style, style_of
from fmqa.reading.lines import Line, RawPage
from fmqa.reading.reader import DefaultPdfReader
from fmqa.reading.sections import plain_key
from fmqa.reading.sentences import split_sentences
from fmqa.types import Document

LINES = [
    "影像数据的整理需要很长的时间，医生之间的看法也不完全相同。新的模型",
    "可以减少这些工作，因为同一个网络能够在许多地方使用。本文先介绍设计，",
    "再介绍数据和训练，最后讨论存在的问题。",
]
OWN = [
    "结果显示，Orchidnet 在外部数据上的准确率为 0.87，高于此前的",
    "GPT 类模型（0.81），但是仍然低于",
    "两位医生的水平。Orchidnet 没有在超声图像上测",
    "试，这一点留给以后的研究。",
]
SENTENCES = [
    "结果显示，Orchidnet 在外部数据上的准确率为 0.87，高于此前的 GPT 类模型（0.81），"
    "但是仍然低于两位医生的水平。",
    "Orchidnet 没有在超声图像上测试，这一点留给以后的研究。",
]


def read(tmp_path: Path, headings: tuple[str, str, str], pages: int = 1) -> Document:
    made = []
    for number in range(pages):
        first = number == 0
        shown = [
            *([(headings[0], 13), *((line, 11) for line in LINES)] if first else []),
            *[(headings[1], 13), *((line, 11) for line in LINES * 2)],
            *[(headings[2], 13), *((line, 11) for line in OWN)],
        ]
        texts = [Text(90, 640 - 18 * place, *line, "F4") for place, line in enumerate(shown)]
        if first:
            texts = [
                Text(150, 730, "兰花网络：一种通用的影像模型", 18, "F4"),
                Text(240, 700, "王小明，欧阳明，李博", 11, "F4"),
                *texts,
            ]
        made.append(PageSource(texts))
    return DefaultPdfReader().read(write(tmp_path / "a.pdf", build(made)))


@pytest.mark.parametrize(
    "headings",
    [
        ("摘要", "1 引言", "2 结果"),
        ("摘 要", "一、引言", "二、结果"),
        ("摘要", "１．引言", "２．结果"),
        ("摘要", "第一章 緒論", "第二章 結果"),
    ],
)
def test_every_sentence_stands_whole_in_its_section(
    tmp_path: Path, headings: tuple[str, str, str]
) -> None:
    document = read(tmp_path, headings)
    by_section = {passage.section: passage.text for passage in document.passages}
    assert set(by_section) == {"Abstract", *headings[1:]}
    assert "新的模型可以减少这些工作，因为同一个网络" in by_section["Abstract"]
    text = by_section[headings[2]]
    assert [text[a:b] for a, b in split_sentences(text)] == SENTENCES
    assert all(map(is_quotable, SENTENCES))


def test_title_and_authors(tmp_path: Path) -> None:
    meta = read(tmp_path, ("摘要", "1 引言", "2 结果")).meta
    assert meta.title == "兰花网络：一种通用的影像模型"
    assert meta.authors == ("王小明", "欧阳明", "李博")


def test_ideographs_outweigh_a_longer_list_of_references() -> None:
    body, notes = "字" * 500, "letters " * 100
    raw = body + notes
    lines = [
        Line(0, 500, size=11, font="Song"),
        Line(500, len(raw), size=8, font="Times"),
    ]
    style = style_of([RawPage(1, 612, 792, raw, lines)])
    assert isinstance(style, Style)
    assert style.size == 11


def test_a_short_fragment_is_not_quotable() -> None:
    assert not is_quotable("如图所示。")
    assert not is_quotable("准确率是多少？这个问题还没有回答？")


def test_a_headings_number_is_no_part_of_its_key() -> None:
    assert plain_key("1 引言") == plain_key("一、引言") == plain_key("１．引言") == "引言"
