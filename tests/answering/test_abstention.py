"""When the papers don't answer, and the reason that is given for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes import Add, HashEmbedder, document, quote, word_selector
from fmqa.answering.abstention import missing_pages, reason_of, refusal_of, tell_missing
from fmqa.answering.analysis import QueryAnalysis, Refusal, not_for_papers
from fmqa.answering.evidence import Evidence
from fmqa.retrieval.search import Searcher
from fmqa.store.library import Library
from fmqa.types import Gap, GapKind


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        ("Should I stop the tablets before the scan?", Refusal.ADVICE),
        ("My mother has a nodule. Is it cancer?", Refusal.ADVICE),
        ("Is this mole dangerous?", Refusal.ADVICE),
        ("What does the attached image show?", Refusal.ATTACHED_FILE),
        ("Should I use LoRA or full fine-tuning?", None),
        ("I have 50 labelled scans. Can I rely on it?", None),
        ("What happens below 50 images?", None),
        ("Which model reads my favourite modality best?", None),
        ("Walk me through how masks are made.", None),
    ],
)
def test_what_is_no_question_for_papers(question: str, refusal: Refusal | None) -> None:
    assert not_for_papers(question) is refusal


@pytest.mark.parametrize(
    ("name", "thing"),
    [
        ("RETFound", True), ("SA-1B", True), ("EVA-CLIP", True), ("nnU-Net", True), ("GPT-4", True),
        ("MRI", False), ("CTs", False), ("PhD", False), ("Dice", False), ("k-NN", False),
    ],
)  # fmt: skip
def test_what_is_written_like_a_models_name(name: str, thing: bool) -> None:
    query = QueryAnalysis("Why?", {name.lower(): name}, {})
    assert bool(query.things) is thing


@pytest.fixture
def searcher(library: Library, add: Add) -> Searcher:
    add(
        document("1", ["MedSAM was trained on masks."], ["MedSAM takes a box."], name="MedSAM"),
        document("2", ["It was better than PassNet in one test."], name="UNI"),
    )
    return Searcher(library, HashEmbedder())


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("What does FooNet9000 do?", ("FooNet9000",)),
        ("On what was PassNet trained?", ()),
        ("Is it PassNet-like or QuuxNet-like?", ("QuuxNet-like",)),
        ("On what was MedSAM trained?", ()),
        ("Walk me through Dice and Accuracy", ()),
        ("How is MRI used?", ()),
    ],
)
def test_only_names_of_models_and_data_sets_can_be_unknown(
    searcher: Searcher, question: str, unknown: tuple[str, ...]
) -> None:
    assert QueryAnalysis.of(question, searcher).unknown == unknown


def test_what_papers_only_mention_is_not_answered_from_others(searcher: Searcher) -> None:
    query = QueryAnalysis.of("On which masks was PassNet trained?", searcher)
    assert query.in_passing == ("PassNet",)
    assert QueryAnalysis.of("How does PassNet compare with MedSAM?", searcher).in_passing == ()
    hits = searcher.search(query.question)
    quotes = word_selector().select(query, hits).quotes
    assert [quote.text for quote in quotes] == ["It was better than PassNet in one test."]


def test_the_names_of_papers_are_found(searcher: Searcher) -> None:
    query = QueryAnalysis.of("Compare med sam with UNI", searcher)
    assert query.papers == {"medsam": ("1",), "uni": ("2",)}


FOUND = Evidence((quote("MedSAM was trained on masks."),), 0.7)


@pytest.mark.parametrize(
    ("query", "evidence", "refusal"),
    [
        (QueryAnalysis("Why?", {}, {}), FOUND, None),
        (QueryAnalysis("Why?", {}, {}), Evidence(()), Refusal.NOTHING_FOUND),
        (QueryAnalysis("Why?", {}, {}), Evidence(FOUND.quotes, 0.3), Refusal.NOT_ANSWERED),
        (QueryAnalysis("Why?", {}, {}, ("FooNet",)), FOUND, Refusal.UNKNOWN_NAME),
        (QueryAnalysis("Why?", {}, {}, (), ("PassNet",)), FOUND, None),
        (QueryAnalysis("Why?", {}, {}, (), ("PassNet",)), Evidence(()), Refusal.NAMED_IN_PASSING),
        (QueryAnalysis("Why?", {}, {}, refusal=Refusal.ADVICE), FOUND, Refusal.ADVICE),
    ],
)
def test_why_a_question_is_not_answered(
    query: QueryAnalysis, evidence: Evidence, refusal: Refusal | None
) -> None:
    assert refusal_of(query, evidence, 0.5) is refusal


@pytest.mark.parametrize("refusal", [*Refusal])
def test_each_reason_has_words_and_names_what_is_unknown(refusal: Refusal) -> None:
    said = reason_of(refusal, QueryAnalysis("Why?", {}, {}, ("FooNet",), ("PassNet",)))
    assert said.endswith(".")
    assert ("FooNet" in said) is (refusal is Refusal.UNKNOWN_NAME)
    assert ("PassNet" in said) is (refusal is Refusal.NAMED_IN_PASSING)


SCANS = tuple(Gap(page, GapKind.SCANNED) for page in (7, 8))


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("For how many epochs was MedSAM trained?", [("1", (7, 8))]),
        ("For how many epochs was UNI trained?", []),
        ("For how many epochs were the masks trained on?", [("1", (7, 8))]),
        ("For how many epochs was FooNet9000 trained?", [("1", (7, 8))]),
        ("Should I stop MedSAM before the scan?", []),
    ],
)
def test_pages_that_might_have_answered_are_named(
    library: Library, add: Add, question: str, found: list[tuple[str, tuple[int, ...]]]
) -> None:
    add(
        replace(document("1", ["MedSAM was trained on masks."], name="MedSAM"), gaps=SCANS),
        document("2", ["UNI was trained on slides."], name="UNI"),
    )
    searcher = Searcher(library, HashEmbedder())
    query = QueryAnalysis.of(question, searcher)
    missing = missing_pages(query, searcher.search(question), library.record)
    assert [(one.paper_id, one.pages) for one in missing] == found
    assert all("7, 8" in tell_missing(one) and one.title in tell_missing(one) for one in missing)
