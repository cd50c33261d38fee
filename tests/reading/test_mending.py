"""Mending of text and its way back."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmqa.reading.lines import Line, RawPage
from fmqa.reading.text import ACCENTS, LIGATURES, MappedText, Vocabulary, mend_lines

ODD = (
    "ab Z1.-\u00ad\x02\ufffe\ufb01\ufb03\u00b4\u0301\u00a8\u0131\x00\x1f\t\u00a0\ud800\ue000`é\n\r"
)


def mend(raw: str, known: str = "") -> tuple[str, list[tuple[int, int, int]]]:
    lines, start = [], 0
    for part in raw.split("\n"):
        if part.strip():
            lines.append(Line(start, start + len(part)))
        start += len(part) + 1
    page = RawPage(1, 0, 0, raw, lines)
    other = RawPage(2, 0, 0, known, [Line(0, len(known))])
    out = MappedText()
    mend_lines(out, page, lines, Vocabulary.of([page, other]))
    return out.text(), out.runs


@pytest.mark.parametrize(
    ("raw", "known", "mended"),
    [
        ("con\ufb01dent e\ufb03cient \ufb02ow", "", "confident efficient flow"),
        ("x² and ½ stay", "", "x² and ½ stay"),
        ("image segmen-\ntation is", "segmentation", "image segmentation is"),
        ("image segmen-\ntation is", "", "image segmentation is"),
        ("a self-\nsupervised model", "supervised", "a self-supervised model"),
        ("a self-\nsupervised model", "self-supervised", "a self-supervised model"),
        ("state-of-the-\nart models", "art", "state-of-the-art models"),
        ("viewpoint-\ndependent", "viewpoint", "viewpoint-dependent"),
        ("seg\x02\nment", "segment", "segment"),
        ("low\x02\nrank", "low rank", "low-rank"),
        ("a self-\nsupervised model", "", "a self-supervised model"),
        ("long-\nterm survivors", "", "long-term survivors"),
        ("high-\nlighted parts", "", "highlighted parts"),
        ("the evalu -\nation of", "evaluation", "the evaluation of"),
        ("a regis -\ntration of", "", "a registration of"),
        ("align \u00ad\nment of", "", "alignment of"),
        ("one model -\nand another", "model and", "one model - and another"),
        (
            "\u57fa\u7840\u6a21\u578b\u6709\n\u671b\u51cf\u8f7b",
            "",
            "\u57fa\u7840\u6a21\u578b\u6709\u671b\u51cf\u8f7b",
        ),
        ("fur-\nther in-\nformation", "", "further information"),
        ("COVID-\n19 cases", "", "COVID-19 cases"),
        ("the SciB-\nERT model", "SciBERT", "the SciBERT model"),
        ("uses BERT-\nBase here", "", "uses BERT-Base here"),
        ("Schr\u00a8odinger and Poincar\u00b4e", "", "Schrödinger and Poincaré"),
        ("Universit`a di Padova", "", "Università di Padova"),
        ("Mart\u00b4\u0131nez", "", "Martínez"),
        ("e\u0301te\u0301", "", "été"),
        ("a\x00b\x01c\x7fd\ufffee\ue000f\ud835g", "", "abcdefg"),
        ("size \ud835\udc41 here", "", "size \U0001d441 here"),
        ("soft\u00adhyphen", "", "softhyphen"),
        ("two   spaces\tand\u00a0more", "", "two spaces and more"),
        ("one line\nand another", "", "one line and another"),
        ("`quoted' text", "", "`quoted' text"),
    ],
)
def test_mending(raw: str, known: str, mended: str) -> None:
    assert mend(raw, known)[0] == mended


@given(st.text(alphabet=ODD, max_size=60) | st.text(max_size=60))
def test_each_mapped_character_is_its_raw_one_or_stands_for_it(raw: str) -> None:
    text, runs = mend(raw)
    last = 0
    for start, raw_start, length in runs:
        assert last <= start
        assert length > 0
        last = start + length
        for i in range(length):
            assert _stands_for(text[start + i], raw[raw_start + i]), (text, raw)
    assert last <= len(text)


def _stands_for(mended: str, raw: str) -> bool:
    if mended == raw or (mended == " " and (raw.isspace() or raw in "\x1c\x1d\x1e\x1f\x85")):
        return True
    if "\ud800" <= raw <= "\udbff":
        return mended > "\uffff"
    if raw in LIGATURES:
        return mended == LIGATURES[raw][0]
    if mended == "-":
        return raw in "\x02\ufffe\u00ad"
    return unicodedata.normalize("NFD", mended)[0] in (raw, "i", "j")


@given(st.text(alphabet=ODD, max_size=80) | st.text(max_size=80))
def test_no_stray_characters_are_left(raw: str) -> None:
    text, _ = mend(raw)
    assert not set(text) & {"\x00", "\x02", "\ufffe", "\uffff", "\u00ad", "\t"}
    assert not any("\ud800" <= mark <= "\udfff" or "\ue000" <= mark <= "\uf8ff" for mark in text)
    assert "  " not in text
    assert text == text.strip(" ")
    text.encode()


def test_ligatures_and_accents_are_all_known() -> None:
    assert set(LIGATURES) == {chr(code) for code in range(0xFB00, 0xFB07)}
    assert all(unicodedata.combining(mark) for mark in ACCENTS.values())


@pytest.mark.parametrize(
    ("left", "right", "is_one"),
    [
        ("classifi", "cation", True),
        ("CT", "guided", False),
        ("MRI", "based", False),
        ("k", "means", False),
        ("Sent", "Eval", False),
    ],
)
def test_an_acronym_or_a_letter_keeps_its_hyphen(left: str, right: str, is_one: bool) -> None:
    assert Vocabulary().joined(left, right) is is_one
