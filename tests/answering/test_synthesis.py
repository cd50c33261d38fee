"""Strong models: what they are given, what is read of their replies, and what they repair."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models.fake_chat_models import (
    FakeListChatModel,
    GenericFakeChatModel,
)
from langchain_core.messages import AIMessage

from answering.test_drafting import QUOTES
from answering.test_rows import CAPTION, PRINTED, printed_table, table_with_cells
from fakes import quote
from fmqa.answering.asking import LanguageModel
from fmqa.answering.drafting import Draft, Notice, Refused, verbatim
from fmqa.answering.evidence import Evidence
from fmqa.answering.quotes import units_of
from fmqa.answering.replies import Piece
from fmqa.answering.synthesis import SynthesisDrafter, cited, for_reading, shown
from fmqa.errors import ModelSilent, ModelUnavailable
from fmqa.types import Hit, PassageKind, Quote


@contextmanager
def in_words() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise ModelUnavailable(str(error)) from error


def synthesis(reply: str, quotes: list[Any] = QUOTES) -> list[Draft | Notice]:
    """What is drafted when a strong model streams this, word by word."""
    model = GenericFakeChatModel(messages=iter([AIMessage(reply)]))
    return list(SynthesisDrafter(LanguageModel(lambda: model)).drafts("Why?", quotes))


@pytest.mark.parametrize(
    ("marks", "quotes"),
    [
        ("[1][3]", (0, 2)),
        ("[1, 3]", (0, 2)),
        ("[3][1][3]", (2, 0)),
        ("[4]", ()),
        ("[0]", ()),
        ("[2][99]", (1,)),
        ("", ()),
    ],
)
def test_marks(marks: str, quotes: tuple[int, ...]) -> None:
    assert synthesis(f"MedSAM fine-tunes SAM {marks}.") == [Draft("MedSAM fine-tunes SAM.", quotes)]


@pytest.mark.parametrize(
    "reply",
    [
        "NOT ANSWERED",
        "NOT ANSWERED.",
        "  NOT ANSWERED\n",
        "**NOT ANSWERED.** The quotes give no figure.",
        "The quotes do not answer the question.",
    ],
)
def test_nothing_is_said_where_nothing_is_answered(reply: str) -> None:
    assert synthesis(reply) == []


@pytest.mark.parametrize("reply", [" ", "<think>It may be [1].", "{not json", "I can't help you."])
def test_silence_is_told_from_an_answer_that_there_is_none(reply: str) -> None:
    with pytest.raises(ModelSilent):
        synthesis(reply)


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        ("MedSAM", True),
        ("Frozen encoder: MedSAM", True),
        ("AlphaNet", False),
        ("MedSAM has 900 pairs", False),
        ("Buy cheap watches now", False),
        ("MedSAM " * 20, False),
    ],
)
def test_a_heading_names_what_the_papers_name(head: str, kept: bool) -> None:
    (draft,) = synthesis(f"## {head}\nMedSAM fine-tunes SAM [1].")
    assert draft == Draft("MedSAM fine-tunes SAM.", (0,), head=head.strip() if kept else "")


def test_a_line_of_a_table_is_its_quote() -> None:
    drafts = synthesis("| Model | Data |\n|---|---|\n| MedSAM | 1,570,263 pairs [1] |\n")
    assert drafts == [replace(verbatim(QUOTES[0], 0), begins="")]


def test_the_first_sentence_is_there_before_the_last_is_written() -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("One is said [1]. Two is said [2]. ")]))
    drafts = SynthesisDrafter(LanguageModel(lambda: model)).drafts("Why?", QUOTES)
    assert next(drafts) == Draft("One is said.", (0,))


def test_a_stream_that_breaks_keeps_what_was_whole() -> None:
    class Breaking:
        def stream(self, messages: list[Any]) -> Iterator[AIMessage]:
            yield AIMessage("One is said [1]. Two is sa")
            raise RuntimeError("connection lost")

    drafts = SynthesisDrafter(LanguageModel(Breaking, in_words)).drafts("Why?", QUOTES)
    assert next(drafts) == Draft("One is said.", (0,))
    with pytest.raises(ModelUnavailable, match="connection lost"):
        next(drafts)


def reading(evidence: Evidence, tokens: int, *held: Hit) -> tuple[Quote, ...]:
    """What is read of a library that holds these passages."""
    return for_reading(evidence, tokens, lambda paper: [one.passage for one in held])


def passage(number: int, *texts: str, **meta: Any) -> tuple[Quote, ...]:
    """A passage's sentences, each on its own place."""
    return tuple(
        quote(text, passage_id=number, at=1000 * at, **meta) for at, text in enumerate(texts)
    )


def test_whole_passages_are_given_as_far_as_they_fit() -> None:
    first = passage(1, "MedSAM fine-tunes SAM.", "It has 1,570,263 pairs.", name="MedSAM")
    long = passage(2, *(f"Sentence number {n} of a long passage stands here." for n in range(40)))
    last = passage(3, "RETFound reads retinal images.", name="RETFound")
    evidence = Evidence((), passages=(first, long, last))
    assert reading(evidence, 10_000) == (*first, *long, *last)
    assert reading(evidence, 100) == (*first, *last)
    assert reading(Evidence((), passages=(long,)), 1) == long


def test_what_stands_twice_is_given_once_and_a_torn_formula_not_at_all() -> None:
    said = "MedSAM fine-tunes SAM."
    evidence = Evidence(
        (), passages=(passage(1, said, "W 2 = (3)"), passage(2, said, "It is so, too."))
    )
    assert [one.text for one in reading(evidence, 1000)] == [said, "It is so, too."]


def test_a_model_sees_papers_years_sections_and_what_is_likely() -> None:
    quotes = [
        replace(quote("We fine-tune SAM [12].", passage_id=1, name="MedSAM", year=2023), score=0.9),
        replace(quote("The encoder is frozen.", passage_id=1, name="MedSAM", year=2023), score=0.1),
    ]
    assert shown(quotes) == (
        "# MedSAM, 2023, Results\n[1]* We fine-tune SAM.\n[2] The encoder is frozen."
    )


def test_a_row_stands_under_its_caption_and_heads() -> None:
    plain = quote("U-Net 0.92 0.77", passage_id=1, name="U-Net")
    stored = replace(plain.passage, passage=replace(plain.passage.passage, kind=PassageKind.TABLE))
    row = replace(plain, passage=stored, context="Table 2: IOU of both sets.\nPhC HeLa\n")
    assert shown([row]).splitlines()[1:] == [
        "Table 2: IOU of both sets.", "Columns: PhC HeLa", "[1] U-Net 0.92 0.77"
    ]  # fmt: skip


def test_heads_stand_over_the_rows_behind_a_caption_s_sentences() -> None:
    units = units_of(table_with_cells())
    assert shown(units).splitlines()[1:] == [
        f"[1] {CAPTION}",
        "Columns: Method | CT Dice | CT HD95 | MR Dice",
        "[2] nnU-Net | 88.1 | 7.42 | 80.6",
        "[3] Ours: Small | 91.3 |  | 84.7",
        "[4] Ours, Small:  | 87.5 | 8.01 | 79.9",
    ]


def test_a_table_without_columns_stands_as_printed() -> None:
    units = units_of(printed_table())
    lines = [f"    {PRINTED[0]}", f"    {PRINTED[1]}", f"[2] {PRINTED[2]}", f"    {PRINTED[3]}"]
    assert shown(units).splitlines()[1:] == [
        f"[1] {CAPTION}", "As printed:", *lines, f"[3] {PRINTED[4]}", f"[4] {PRINTED[5]}"
    ]  # fmt: skip
    assert shown(units, [2]).splitlines()[3:] == [*lines[:2], lines[3], f"[3] {PRINTED[4]}"]


def test_a_table_is_made_whole_where_it_fits() -> None:
    parts = [
        printed_table(PRINTED[2 + n : 4 + n], passage_id=number, ordinal=number)
        for number, n in ((1, 0), (2, 2))
    ]
    said = passage(3, "MedSAM fine-tunes SAM.")
    first, second = (tuple(units_of(one)) for one in parts)
    evidence = Evidence((), passages=(said, second))
    given = [one.span for one in reading(evidence, 1000, *parts)]
    assert given == [one.span for one in (*said, *first, *second[1:])]
    assert [one.span for one in reading(evidence, 120, *parts)] == [
        one.span for one in (*said, *second)
    ]
    lines = shown(reading(evidence, 1000, *parts)).splitlines()
    assert [line[line.rfind("] ") + 2 :].strip() for line in lines if line.strip()][-6:] == [
        line.strip() for line in PRINTED
    ]


def test_a_part_that_is_missing_is_told_in_the_question_s_words_alone() -> None:
    reply = "MedSAM fine-tunes SAM [1].\nNOT ANSWERED: why"
    assert synthesis(reply)[-1] == Notice("The language model finds no answer to this part: why.")
    assert len(synthesis(f"{reply} AlphaNet with 900 images is the best")) == 1


REFUSED = [
    Refused(Draft("MedSAM has 2 pairs.", (0,)), "number 2 is not in the cited quote"),
    Refused(Draft("It is fast.", ()), "“fast…” is not in the cited quote"),
]


def repaired(reply: str) -> list[list[Draft] | None]:
    model = FakeListChatModel(responses=[reply])
    return SynthesisDrafter(LanguageModel(lambda: model)).repaired("Why?", QUOTES, REFUSED)


@pytest.mark.parametrize(
    ("reply", "drafts"),
    [
        ("S1: It is so [1].\nS2: DROP", [[Draft("It is so.", (0,))], []]),
        ("**S1:** It is so [1].\n\n- S2: DROP.", [[Draft("It is so.", (0,))], []]),
        (
            "<think>S1: no</think>S2: One [1]. Two [2].\nS2: Three [3].",
            [None, [Draft("One.", (0,)), Draft("Two.", (1,)), Draft("Three.", (2,))]],
        ),
        ("S1: It is so\n[1].", [[Draft("It is so.", (0,))], None]),
        ("It is so [1].", [None, None]),
        ("", [None, None]),
        ("S9: It is so [1].", [None, None]),
    ],
)
def test_repairs(reply: str, drafts: list[list[Draft] | None]) -> None:
    found = repaired(reply)
    plain = [None if one is None else [replace(d, begins="") for d in one] for one in found]
    assert plain == drafts


def test_a_model_that_won_t_repair() -> None:
    with pytest.raises(ModelSilent, match="declined"):
        repaired("I'm sorry, but I can't help with that.")


def test_a_repair_is_asked_for_with_reasons_and_what_stands_beside() -> None:
    asked: list[str] = []

    class Watched(FakeListChatModel):
        def _call(self, messages: Any, *args: Any, **options: Any) -> str:
            asked.append(messages[-1].content)
            return super()._call(messages, *args, **options)

    quotes = passage(1, "One is said.", "Two is said.", "Three is said.", "Four is said.")
    refused = [Refused(Draft("Two was sold.", (1,)), "“sold…” is not in the cited quote")]
    watched = LanguageModel(lambda: Watched(responses=["S1: DROP"]))
    SynthesisDrafter(watched).repaired("Why?", quotes, refused)
    [text] = asked
    assert "S1: Two was sold." in text
    assert "“sold…” is not" in text
    assert all(f"[{number}] " in text for number in (1, 2, 3))
    assert "Four" not in text


@given(text=st.text(max_size=200))
def test_no_reply_is_too_odd(text: str) -> None:
    cited(Piece(text), 3)
    assert len(repaired(text or " ")) == 2
