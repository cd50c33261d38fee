"""The hybrid search over a library."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import Add, HashEmbedder, document
from fmqa.errors import ForeignIndex, NothingToSearch, UsageError
from fmqa.retrieval.retriever import PaperRetriever
from fmqa.retrieval.search import Searcher, clean_question, nearest_papers
from fmqa.store.library import Library
from fmqa.types import Filters, Hit


@pytest.fixture
def searcher(library: Library, add: Add) -> Searcher:
    add(
        document("2304.12306", ["MedSAM segments medical images.", "It takes a box as prompt."],
                 ["It was trained on pairs of images and masks."],
                 name="MedSAM", year=2023, kind="vision-only"),
        document("2309.00001", ["Retinal photographs show the eye."], year=2024, kind="dataset"),
        document("topic:compute", ["Distillation makes them small."], arxiv_id=None, kind="topic"),
    )  # fmt: skip
    return Searcher(library, HashEmbedder())


def ids(hits: list[Hit]) -> list[str]:
    return [hit.passage.paper.paper_id for hit in hits]


def test_the_nearest_comes_first(searcher: Searcher) -> None:
    hits = searcher.search("photographs of the eye")
    assert ids(hits)[0] == "2309.00001"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].cosine is not None
    assert hits[0].bm25 is not None


def test_limits(searcher: Searcher) -> None:
    assert len(searcher.search("images", limit=2)) == 2
    assert len(searcher.search("images", limit=100)) == 5


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(years=(2024, None)), {"2309.00001"}),
        (Filters(years=(None, 2023)), {"2304.12306"}),
        (Filters(papers=("2304.12306",)), {"2304.12306"}),
        (Filters(papers=("medsam", "topic:compute")), {"2304.12306", "topic:compute"}),
        (Filters(kinds=("dataset", "topic")), {"2309.00001", "topic:compute"}),
    ],
)
def test_filters(searcher: Searcher, filters: Filters, found: set[str]) -> None:
    assert set(ids(searcher.search("images of the eye", filters=filters))) == found


def test_nothing_to_search(searcher: Searcher, tmp_path) -> None:
    with pytest.raises(NothingToSearch, match="filters"):
        searcher.search("images", filters=Filters(papers=("9999.99999",)))
    empty = Library(tmp_path / "empty", tmp_path / "empty" / "record.sqlite3")
    with pytest.raises(NothingToSearch, match="empty"):
        Searcher(empty, HashEmbedder()).search("images")
    empty.close()


def test_another_models_library_is_refused(searcher: Searcher) -> None:
    with pytest.raises(ForeignIndex):
        Searcher(searcher.library, HashEmbedder(name="other")).search("images")


def test_what_was_removed_does_not_come_back(searcher: Searcher) -> None:
    writing = searcher.library.writing("hash:64")
    with writing as writer:
        writer.remove("2309.00001")
        # The index of this moment still holds it; the record decides.
        assert "2309.00001" not in ids(searcher.search("photographs of the eye"))
    assert "2309.00001" not in ids(searcher.search("photographs of the eye"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=80))
def test_no_question_is_too_odd(searcher: Searcher, text: str) -> None:
    try:
        question = clean_question(text, 4000)
    except UsageError:
        return
    question.encode()
    searcher.search(question, 3)


def test_an_argument_that_is_no_text_in_utf8() -> None:
    """What Python makes of bytes on a command line that it can't decode."""
    assert clean_question("What is \udcffMedSAM?", 4000).encode()


def test_the_question_is_folded() -> None:
    assert clean_question("  What\n is\x00 it? ", 100) == "What is it?"


def test_nearest_papers(searcher: Searcher) -> None:
    hits = searcher.search("MedSAM medical images")
    nearest = nearest_papers(hits, 2)
    assert len(set(ids(nearest))) == 2
    assert nearest[0] == hits[0]


def test_the_langchain_retriever(searcher: Searcher) -> None:
    retriever = PaperRetriever(searcher=searcher, limit=2)
    documents = retriever.invoke("What does MedSAM segment?")
    assert len(documents) == 2
    assert documents[0].metadata["arxiv_id"] == "2304.12306"
    assert documents[0].metadata["spans"] == [(1, 0, len(documents[0].page_content))]
    with pytest.raises(UsageError):
        retriever.invoke(" ")


def test_papers_are_found_by_their_names(library: Library, add: Add) -> None:
    filler = [
        document(f"2400.{n:05}", [f"Images of kind {n} are segmented by a model."])
        for n in range(30)
    ]
    add(
        document("2304.12306", ["It takes a box."], name="MedSAM"),
        document("2306.00001", ["Ours is light."], name="AutoSAM (one)"),
        document("2306.00002", ["Ours is heavy."], name="AutoSAM (two)"),
        *filler,
    )
    searcher = Searcher(library, HashEmbedder())
    assert searcher.names.in_text("Which images does med sam segment?") == {"medsam": "med sam"}
    assert searcher.papers_called(["autosam"]) == ["2306.00001", "2306.00002"]
    assert searcher.papers_called([]) == []


def test_a_name_is_mentioned(searcher: Searcher) -> None:
    assert searcher.mentions("MedSAM") == 1
    assert searcher.mentions("FooNet") == 0
    assert searcher.mentions("MedSAM", Filters(papers=("2309.00001",))) == 0
