"""The search in PostgreSQL against SQLite's: the same words, the same BM25, the same neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import HashEmbedder, document
from fmqa.store.lexical import terms
from fmqa.store.library import Library
from fmqa.store.mappers import passage_texts
from fmqa.store.postgres import full_text, hnsw
from fmqa.store.postgres.full_text import Words, phrases_of, words_of
from fmqa.store.postgres.session import translated
from fmqa.types import Document, Filters
from servers import PostgresServer, schema

MODEL = "hash:64"
WORDS = (
    "segment segments segmentation model models naïve naive Dice 0.95 CT-scan medical imaging "
    "the of SAM sam2 running ran Übung 多模态 x_y don't"
).split()


def write(library: Library, *documents: Document) -> None:
    embedder = HashEmbedder()
    with library.writing(MODEL) as writer:
        for made in documents:
            writer.add(made, embedder.embed_array(passage_texts(made)), MODEL)


@pytest.fixture(scope="module")
def pair(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Iterator[tuple[Library, Library]]:
    """The same papers on both engines, with words drawn so that some are rare and some common."""
    random = np.random.default_rng(7)
    likely = 1 / np.arange(1, len(WORDS) + 1)
    papers = []
    for number in range(60):
        texts = [
            " ".join(random.choice(WORDS, random.integers(1, 60), p=likely / likely.sum()))
            for _ in range(3)
        ]
        title = " ".join(random.choice(WORDS, 3))
        made = document(f"2001.{number:05}", texts, title=title, year=2015 + number % 10)
        papers.append(made)
    with schema(postgres_server.url) as url:
        opened = []
        for address in ("", url):
            folder = tmp_path_factory.mktemp("index")
            opened.append(Library(folder, folder / "record.sqlite3", address))
            write(opened[-1], *papers)
            # A version that is replaced and a paper that goes leave nothing behind.
            write(opened[-1], replace(papers[3], meta=replace(papers[3].meta, version=2)))
            with opened[-1].writing(MODEL) as writer:
                writer.remove(papers[5].meta.paper_id)
        yield opened[0], opened[1]
        for library in opened:
            library.close()


def ranked(library: Library, asked: list[str], filters: Filters | None) -> list[tuple[str, float]]:
    found = library.record.lexical(asked, 1000, filters)
    held = library.record.passages([key for key, _ in found])
    return [
        (f"{held[key].paper.paper_id} {held[key].passage.ordinal}", score) for key, score in found
    ]


@settings(max_examples=60)
@given(
    asked=st.lists(
        st.sampled_from(WORDS) | st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join),
        max_size=6,
    ),
    year=st.none() | st.integers(2014, 2026),
)
def test_bm25_is_that_of_fts5(
    pair: tuple[Library, Library], asked: list[str], year: int | None
) -> None:
    filters = Filters(years=(year, None)) if year else None
    one, other = (dict(ranked(library, asked, filters)) for library in pair)
    assert one.keys() == other.keys()
    for key, score in one.items():
        assert other[key] == pytest.approx(score, rel=1e-6, abs=1e-9)


def test_the_order_is_the_same(pair: tuple[Library, Library]) -> None:
    for question in ("Which models segment CT scans?", "naive imaging with SAM", "Dice of 0.95"):
        one, other = (ranked(library, terms(question), None) for library in pair)
        scores = [round(score, 9) for _, score in one]
        if len(set(scores)) == len(scores):
            assert [key for key, _ in one] == [key for key, _ in other]
        assert [score for _, score in other] == pytest.approx([s for _, s in one])


def test_beyond_so_many_passages_those_with_the_rarest_words_are_scored(
    pair: tuple[Library, Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["segment", "don't"]
    whole = dict(ranked(pair[1], asked, None))
    rare = dict(ranked(pair[1], ["don't"], None))
    assert 2 < len(rare) < len(whole)
    monkeypatch.setattr(full_text, "_EXPECTED", len(rare))
    some = dict(ranked(pair[1], asked, None))
    assert some.keys() == rare.keys()
    assert some.items() <= whole.items()  # scored by all words none the less
    # Where even the rarest are too many, those with both.
    monkeypatch.setattr(full_text, "_EXPECTED", len(rare) - 1)
    both = dict(ranked(pair[1], asked, None))
    assert both.keys() == {key for key in rare if whole[key] > rare[key]}
    assert both.items() <= whole.items()
    monkeypatch.setattr(full_text, "MOST_SCORED", 2)
    assert len(ranked(pair[1], ["segment"], None)) == 2


def test_the_nearest_are_the_same(pair: tuple[Library, Library]) -> None:
    for text in ("segmentation models", "medical imaging"):
        query = np.asarray(HashEmbedder().embed_query(text), np.float32)
        told = []
        for library in pair:
            index = library.index(MODEL)
            found = index.search(query, 30)
            assert index.scores(query, [key for key, _ in found]) == pytest.approx(dict(found))
            allowed = library.record.active_ids(Filters(years=(2016, 2017)))
            within = index.search(query, 5, allowed)
            assert {key for key, _ in within} <= set(allowed)
            told.append(([score for _, score in found], [score for _, score in within]))
            assert index.search(query, 5, []) == []
            assert len(index) == 59 * 3
        np.testing.assert_allclose(told[0][0], told[1][0], atol=1e-6)
        np.testing.assert_allclose(told[0][1], told[1][1], atol=1e-6)


def test_an_index_of_many_finds_what_comparing_all_does(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hnsw, "_EXACT_UP_TO", 100)
    monkeypatch.setattr(hnsw, "_SCANNED", 10)
    library = Library(tmp_path, tmp_path / "record.sqlite3", postgres_url)
    texts = [f"{WORDS[n % 20]} {WORDS[n * 7 % 19]} word{n} other{n % 31}" for n in range(400)]
    write(library, document("2001.00001", texts[:200]), document("2001.00002", texts[200:]))
    with library.record.database.snapshot() as db:
        (made,) = db.execute("SELECT to_regclass('searched_by_vectors') IS NOT NULL").fetchone()
        db.execute("SET LOCAL enable_seqscan = off")
        sql = "EXPLAIN SELECT id FROM searched_vectors ORDER BY vector::halfvec(64) <#> "
        sql += "?::halfvec(64) LIMIT 5"
        plan = db.execute(sql, (hnsw.half_vector(np.ones(64, np.float32)),)).fetchall()
    assert made
    assert "searched_by_vectors" in str(plan)
    index = library.index(MODEL)
    with library.record.active_vectors(MODEL) as active:
        ids, vectors = active.ids, np.concatenate(list(active))
    query = np.asarray(HashEmbedder().embed_query("segment word7 other3"), np.float32)
    for allowed in (None, ids[::2]):
        table = vectors if allowed is None else vectors[::2]
        wanted = np.sort(table @ query)[::-1][:10]
        found = index.search(query, 10, allowed)
        np.testing.assert_allclose([score for _, score in found], wanted, atol=1e-6)
    # What is written later is in the index too, and what goes isn't any longer.
    write(library, document("2001.00003", ["segment word7 other3, again"]))
    assert index.search(query, 1)[0][0] == max(library.record.active_ids())
    with library.writing(MODEL) as writer:
        writer.remove("2001.00003")
    assert index.search(query, 1)[0][0] in ids
    assert library.check() == []
    library.close()


def test_words_are_fts5s() -> None:
    assert phrases_of(["Segmenting naïve CT-scans", "", "多模态 0.95"]) == [
        ("segment", "naiv", "ct", "scan"), (), ("多模态", "0", "95")
    ]  # fmt: skip
    (made,) = words_of([("A title", "Results", "A text's text")])
    assert made.tsvector() == "'a':1A,6 'titl':2A 'result':4 'text':7,9 's':8"
    assert made.length == 7
    long = Words({"x" * 3000: [(1, False)], "many": [(n, False) for n in range(1, 400)]}, 400)
    assert "xxx" not in long.tsvector()
    assert long.tsvector().count(",") == 254


def test_marks_of_values_are_not_looked_for_in_quotes() -> None:
    assert translated("SELECT '?%', \"a?\", x % ? FROM t") == "SELECT '?%%', \"a?\", x %% %s FROM t"
