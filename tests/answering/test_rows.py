"""Rows of tables as evidence: each stands on its page, under its caption and heads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import hit, word_selector
from fmqa.answering.analysis import QueryAnalysis
from fmqa.answering.citing import Numbering
from fmqa.answering.drafting import ExtractiveDrafter
from fmqa.answering.quotes import sentences_of, units_of
from fmqa.answering.rows import in_caption, in_table, is_row, opens_caption, rows_of, table_of, told
from fmqa.answering.underway import Underway
from fmqa.types import Hit, PassageKind, Quote, Span

CAPTION = "Table 1: Comparison on the Synapse CT dataset (average Dice score %)."
TABLE = (
    f"{CAPTION}\n"
    "Framework DSC HD V-Net [9] 68.81 -\n"
    "DARR [5] 69.77 -\n"
    "R50 U-Net [12] 74.68 36.87 R50 AttnUNet [13] 75.57 36.97 ViT (19 layers) 61.50 39.61\n"
    "TransUNet 77.48 ± 0.3 31.69"
)


def table(text: str = TABLE, start: int = 100) -> Hit:
    made = hit(text)
    passage = replace(
        made.passage.passage,
        kind=PassageKind.TABLE,
        spans=(Span(4, start, start + len(text)),),
    )
    return replace(made, passage=replace(made.passage, passage=passage))


def test_rows_are_a_label_and_its_figures() -> None:
    rows = rows_of(table())
    assert [row.text for row in rows] == [
        "DARR [5] 69.77 -",
        "R50 U-Net [12] 74.68 36.87",
        "R50 AttnUNet [13] 75.57 36.97",
        "ViT (19 layers) 61.50 39.61",
        "TransUNet 77.48 ± 0.3 31.69",
    ]
    assert all(row.context.startswith(CAPTION) and "DSC HD" in row.context for row in rows)


def test_a_row_stands_where_it_says() -> None:
    for row in rows_of(table()):
        assert TABLE[row.span.start - 100 : row.span.end - 100] == row.text
        assert row.span.page == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Figure 2: Loss over 100 epochs.\nA 1.25 2.5",  # no table's caption
        "Table 3: Notation.\nx y z\nalpha beta",  # no figures
        "Table 4: One.\n12 13 14",  # no label
        "Table 5: Steps.\nModel 2",  # a number of a name
    ],
)
def test_what_has_no_row_gives_none(text: str) -> None:
    assert rows_of(table(text)) == []


def test_running_text_has_no_rows() -> None:
    assert rows_of(hit("Table 1: x.\nTransUNet 77.48 31.69")) == []


@given(st.text(max_size=300))
def test_any_text_gives_rows_that_stand_in_it(text: str) -> None:
    whole = f"Table 1: {text}"
    for row in rows_of(table(whole)):
        assert whole[row.span.start - 100 : row.span.end - 100] == row.text


def test_a_question_for_a_figure_gets_the_row_of_what_it_names() -> None:
    query = QueryAnalysis("Which DSC does TransUNet reach?", {"transunet": "TransUNet"}, {})
    found = word_selector().select(query, [table()])
    assert found.quotes[0].text == "TransUNet 77.48 ± 0.3 31.69"


def test_a_row_is_said_with_its_caption() -> None:
    (draft,) = ExtractiveDrafter().drafts("?", [rows_of(table())[-1]])
    assert draft.verbatim
    assert draft.text.startswith(CAPTION.rstrip("."))
    assert draft.text.endswith("Row: TransUNet 77.48 ± 0.3 31.69.")


CELLS = [
    "Method\tCT\t\u00a0\tMR",
    "\tDice\tHD95\tDice",
    "nnU-Net\t88.1\t7.42\t80.6",
    "Ours",
    "Small\t91.3\t\t84.7",
    "\u00a0\t87.5\t8.01\t79.9",
]


def table_with_cells() -> Hit:
    pieces = [CAPTION, "\n".join(CELLS[:2]), "\n".join(CELLS[2:])]
    starts = [100, 101 + len(pieces[0]), 102 + len(pieces[0]) + len(pieces[1])]
    made = hit(" ".join(pieces))
    spans = tuple(Span(4, at, at + len(text)) for at, text in zip(starts, pieces, strict=True))
    passage = replace(made.passage.passage, kind=PassageKind.TABLE, spans=spans)
    return replace(made, passage=replace(made.passage, passage=passage))


def test_a_row_with_cells_is_told_with_the_head_of_each() -> None:
    said = [told(row) for row in rows_of(table_with_cells())]
    opening = f"{CAPTION.rstrip('. ')}."
    assert said == [
        f"{opening} nnU-Net – CT Dice: 88.1; CT HD95: 7.42; MR Dice: 80.6.",
        f"{opening} Ours, Small – CT Dice: 91.3; MR Dice: 84.7.",
        f"{opening} Ours, Small – CT Dice: 87.5; CT HD95: 8.01; MR Dice: 79.9.",
    ]


def test_a_row_with_cells_stands_where_it_says() -> None:
    whole = "\n".join([CAPTION, *CELLS])
    for row in rows_of(table_with_cells()):
        assert whole[row.span.start - 100 : row.span.end - 100] == row.text


def test_a_model_reads_cells_under_their_columns() -> None:
    row = rows_of(table_with_cells())[1]
    assert table_of(row) == (CAPTION, "Method | CT Dice | CT HD95 | MR Dice")
    assert in_table(row) == "Ours: Small | 91.3 |  | 84.7"


PRINTED = [
    "               CT           MR",
    "Method     Dice  HD95   Dice  HD95",
    "nnU-Net    88.1  7.42   80.6  9.13",
    "of many",
    "networks   87.5  8.01",
    "                        79.9  9.77",
]


def printed_table(rows: list[str] = PRINTED[2:], ordinal: int = 0, **meta: Any) -> Hit:
    """A table whose columns aren't known, or some of its rows."""
    whole = "\n".join([CAPTION, *PRINTED])
    pieces = [CAPTION, "\n".join(PRINTED[:2]), "\n".join(rows)]
    made = hit(" ".join(pieces), **meta)
    starts = [whole.index(piece) for piece in pieces]
    spans = tuple(Span(4, at, at + len(text)) for at, text in zip(starts, pieces, strict=True))
    passage = replace(made.passage.passage, kind=PassageKind.TABLE, spans=spans, ordinal=ordinal)
    return replace(made, passage=replace(made.passage, passage=passage))


def test_a_printed_row_stands_as_it_does_under_the_lines_above() -> None:
    whole = "\n".join([CAPTION, *PRINTED])
    found = rows_of(printed_table())
    assert [row.text for row in found] == [PRINTED[2], *PRINTED[4:]]
    for row in found:
        assert whole[row.span.start : row.span.end] == row.text
        assert in_caption(row).text.split("\n") == [CAPTION, *PRINTED[:2], row.text]
    assert told(found[0], known=True) == "Row: nnU-Net 88.1 7.42 80.6 9.13."


def test_a_caption_can_be_quoted_and_is_no_row() -> None:
    caption, *rows = units_of(table_with_cells())
    assert caption.text == CAPTION
    assert [is_row(unit) for unit in (caption, *rows)] == [False, True, True, True]


def test_a_sentence_that_leans_has_the_one_before_as_context() -> None:
    first = "MedSAM fine-tunes SAM on medical images."
    second = "It was trained on 1,570,263 image-mask pairs."
    third = "RETFound is trained on retinal images."
    quotes = sentences_of(hit(f"{first} {second} {third}"))
    assert [quote.context for quote in quotes] == ["", first, ""]


def answered(quotes: list[Quote], question: str = "?") -> list[str]:
    """An answer's sentences in their order, with a dash before those of a list."""
    state = Underway(question, question, Numbering(""), 0.0)
    for place, draft in enumerate(ExtractiveDrafter().drafts(question, quotes)):
        state.place = place
        state.say_quote(quotes[draft.quotes[0]], draft.begins, draft.head)
    return ["- " * (one.begins == "item") + one.text for one in state.sentences]


@given(st.lists(st.sampled_from(range(5)), min_size=1, unique=True), st.booleans())
def test_rows_that_stand_together_say_their_table_once(chosen: list[int], cells: bool) -> None:
    made = table_with_cells() if cells else table()
    units = [unit for unit in units_of(made) if is_row(unit) or opens_caption(unit)]
    quotes = [units[n] for n in chosen if n < len(units)]
    said = answered(quotes)
    assert len(said) == len(quotes)
    assert all(one.startswith("- ") for one in said) == (len(quotes) > 1)
    if quotes:
        assert [CAPTION.rstrip(".") in one for one in said] == [True, *[False] * (len(said) - 1)]


def test_a_sentence_between_them_parts_a_table_s_rows() -> None:
    state = Underway("?", "?", Numbering(""), 0.0)
    first, second, *_ = rows_of(table_with_cells())
    texts = [state.say_quote(first).sentence.text]
    state.say("The loss falls.", [first], "supported")
    texts.append(state.say_quote(second).sentence.text)
    assert all("Comparison on the Synapse" in text for text in texts)


@given(st.text(alphabet="ab ", max_size=400))
def test_a_long_caption_is_said_in_short_and_cut_at_a_word(text: str) -> None:
    caption = " ".join(f"Table 1: Comparison of {text}".split())
    (row, *_) = rows_of(table(f"{caption}\nMethod\nTransUNet 77.48 31.69"))
    title = told(row).partition(" Columns: ")[0].removesuffix(".").removesuffix(" …")
    assert len(title) <= 120
    assert f"{caption} ".startswith(title)


def test_a_sentence_from_within_a_caption_names_its_table() -> None:
    whole = f"{CAPTION} The best is bold, of all methods that were tried."
    first, later = [
        unit for unit in units_of(table(TABLE.replace(CAPTION, whole))) if not is_row(unit)
    ][:2]
    assert told(later) == f"[Table 1:] {later.text}"
    assert answered([first, later], "A paper?") == [f"- {first.text}", f"- {later.text}"]
