"""From a question's words to a full-text query: nothing in them is syntax."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import Add, document
from fmqa.store.lexical import STOP_WORDS, terms
from fmqa.store.library import Library
from fmqa.store.sqlite.sqlite_database import SqliteDatabase, match_query


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabase:
    return SqliteDatabase(tmp_path_factory.mktemp("record") / "record.sqlite3")


@given(text=st.text())
def test_no_text_is_a_syntax_error(empty: SqliteDatabase, text: str) -> None:
    match = match_query(terms(text))
    if match:
        sql = "SELECT rowid FROM passages_fts WHERE passages_fts MATCH ?"
        empty.connection.execute(sql, (match,)).fetchall()


@given(text=st.text(alphabet='"*^:()+-{}NEARORANDT title', max_size=40))
def test_nor_is_one_made_of_operators(empty: SqliteDatabase, text: str) -> None:
    match = match_query(terms(text))
    if match:
        sql = "SELECT rowid FROM passages_fts WHERE passages_fts MATCH ?"
        empty.connection.execute(sql, (match,)).fetchall()


def test_stop_words_are_left_out() -> None:
    assert terms("How was MedSAM obtained from SAM, and on how much data?") == [
        "medsam", "obtained", "sam", "much", "data"
    ]  # fmt: skip
    assert terms("What is it?") == []
    assert match_query([]) == ""


def test_each_word_once_and_not_too_many() -> None:
    assert terms("SAM sam Sam") == ["sam"]
    assert len(terms(" ".join(f"word{n}" for n in range(10_000)))) == 64


def test_stop_words_are_lower_case_single_words() -> None:
    assert all(word == word.lower() and word.isalpha() for word in STOP_WORDS)


@pytest.mark.parametrize(
    "question",
    [
        "segmentation",
        "segmenting?",  # the stems agree
        "SEGMENTS",
        "naive methods that segment",
        'say "segment" NOT title:x',
    ],
)
def test_words_are_found_in_any_form(library: Library, add: Add, question: str) -> None:
    add(document("2304.12306", ["A naïve model that segments."]))
    assert len(library.record.lexical(terms(question), 5)) == 1


def test_the_best_match_comes_first(library: Library, add: Add) -> None:
    add(
        document("2001.00001", ["Pathology slides are large."]),
        document("2001.00002", ["Pathology models segment pathology slides by prompts."]),
    )
    found = library.record.lexical(terms("prompts for pathology"), 5)
    best = library.record.passages([found[0][0]])[found[0][0]]
    assert best.paper.paper_id == "2001.00002"
    assert [score for _, score in found] == sorted((s for _, s in found), reverse=True)
    assert len(library.record.lexical(terms("pathology"), 1)) == 1
