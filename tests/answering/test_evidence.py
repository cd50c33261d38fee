"""From passages to quotes, each of which stands verbatim on its page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import hit, stored, word_selector
from fmqa.answering.analysis import QueryAnalysis, question_names
from fmqa.answering.evidence import CALIBRATION, Evidence, Logistic
from fmqa.answering.quotes import is_quotable, sentences_of, short_name, units_of
from fmqa.types import Hit, Page, Passage, PassageKind, Span

WORDS = st.lists(
    st.sampled_from(
        "MedSAM segments images of 10 modalities. We train it on CT, e.g. of lungs. Fig. 3 shows"
        " (0.94) Dice scores. Ma et al. agree! “Quoted.” Naïve 𝛼 values; and more".split()
    ),
    min_size=1,
    max_size=40,
)


def laid_out(parts: list[list[str]], lead: str = "Running head\n") -> tuple[list[Page], Hit]:
    """Pages that hold the parts after a running head, and the passage that goes over them."""
    texts = [" ".join(words) for words in parts]
    pages = [Page(number, f"{lead}{text}\n7") for number, text in enumerate(texts, start=1)]
    spans = tuple(
        Span(number, len(lead), len(lead) + len(text)) for number, text in enumerate(texts, start=1)
    )
    passage = Passage(0, "Methods", PassageKind.BODY, " ".join(texts), spans)
    return pages, Hit(replace(stored("x"), passage=passage), 1.0)


@given(parts=st.lists(WORDS, min_size=1, max_size=4))
def test_quotes_stand_verbatim_on_their_page(parts: list[list[str]]) -> None:
    pages, found = laid_out(parts)
    for quote in sentences_of(found):
        page = pages[quote.span.page - 1]
        assert page.text[quote.span.start : quote.span.end] == quote.text
        assert quote.text


@given(parts=st.lists(WORDS, min_size=1, max_size=4))
def test_a_quote_over_two_pages_stands_on_both(parts: list[list[str]]) -> None:
    pages, found = laid_out(parts)
    quotes = units_of(found)
    assert [quote for quote in quotes if not quote.rest] == sentences_of(found)
    for quote in quotes:
        spans = [span for span in (quote.span, quote.rest) if span]
        texts = [pages[span.page - 1].text[span.start : span.end] for span in spans]
        assert quote.text == " ".join(texts)
        assert quote.parts == (*texts, "")[:2]
        assert [span.page - quote.span.page for span in spans] == [0, 1][: len(spans)]


def test_a_sentence_that_a_page_cuts_is_quoted_where_it_surely_goes_on() -> None:
    _, found = laid_out(
        [["It begins well. The data hold", "over one"], ["million images. It ends."]]
    )
    assert [quote.text for quote in units_of(found)] == [
        "It begins well.", "The data hold over one million images.", "It ends."
    ]  # fmt: skip


@pytest.mark.parametrize(
    "pages",
    [
        ["It begins well. The data were made by", "Stanford in 2023. It ends."],
        ["It begins well. © 2020 Wood et al.", "crowds label images. It ends."],
        ["It begins well. These are:", "images of lungs. It ends."],
        ["It begins well. The loss is\nE = 2", "where it is small. It ends."],
        ["It begins well. The data", "hold one million images of"],
    ],
)
def test_what_may_not_belong_together_is_not_quoted(pages: list[str]) -> None:
    assert not any(quote.rest for quote in units_of(hit(*pages)))


def test_a_sentence_over_three_pages_is_not_quoted() -> None:
    assert units_of(hit("The data", "hold one million", "images of lungs.")) == []


def test_a_sentence_that_a_page_cuts_is_not_quoted() -> None:
    _, found = laid_out(
        [["It begins well. The data hold", "over one"], ["million images. It ends."]]
    )
    assert [quote.text for quote in sentences_of(found)] == ["It begins well.", "It ends."]


def test_nor_is_its_rest_when_it_begins_with_a_name() -> None:
    _, found = laid_out([["It begins well. The data were made by"], ["Stanford in 2023. It ends."]])
    assert [quote.text for quote in sentences_of(found)] == ["It begins well.", "It ends."]


def test_a_page_that_ends_with_a_sentence_cuts_nothing() -> None:
    _, found = laid_out([["It begins well."], ["It (nearly) ends.”"], ["It ends."]])
    assert len(sentences_of(found)) == 3


@pytest.mark.parametrize(
    ("text", "quotable"),
    [
        ("MedSAM was trained on image-mask pairs of ten modalities.", True),
        ("Too short.", False),
        ("0.94 0.88 0.77 0.91 12.3 45.6 0.94 0.88 1.2 table row", False),
        ("Is a question something that can be shown as an answer?", False),
        ("word " * 200, False),
    ],
)
def test_what_can_be_shown_alone(text: str, quotable: bool) -> None:
    assert is_quotable(text) is quotable


def paper(number: int, text: str, name: str = "") -> Hit:
    return hit(text, passage_id=number, paper_id=f"p{number}", name=name, title=f"Title {number}")


def query(question: str, **papers: tuple[str, ...]) -> QueryAnalysis:
    return QueryAnalysis(question, question_names(question) | {n: n for n in papers}, papers)


def test_the_likeliest_comes_first_and_the_unlikely_are_left_out() -> None:
    question = "How many masks were annotated by hand?"
    hits = [
        paper(1, "The weather was fine in the city on that day."),
        paper(2, "The masks that were annotated were checked by two people."),
        paper(3, "Many masks were annotated by hand in two weeks."),
    ]
    found = word_selector().select(query(question), hits)
    assert [quote.passage.paper.paper_id for quote in found.quotes] == ["p3", "p2"]
    assert found.nearest == found.quotes[0]
    assert found.answerability > 0.5


def test_one_sentence_is_always_chosen() -> None:
    found = word_selector().select(
        query("Sourdough?"), [paper(1, "The weather was fine in the city on that day.")]
    )
    assert len(found.quotes) == 1
    assert found.answerability < 0.5


def test_nothing_to_quote() -> None:
    found = word_selector().select(query("Why?"), [paper(1, "1 2 3")])
    assert found == Evidence((), passages=found.passages)
    assert word_selector().select(query("Why?"), []) == Evidence(())


def test_all_passages_are_told_with_the_probabilities_of_their_sentences() -> None:
    many = "Many masks were annotated by hand in two weeks."
    others = ["The weather was fine on that day.", "It is.", "Nobody counted any masks by hand."]
    hits = [paper(1, " ".join(others)), paper(2, many)]
    found = word_selector(1).select(query("How many masks were annotated by hand?"), hits)
    assert [[one.text for one in passage] for passage in found.passages] == [[many], others]
    assert found.passages[0] == found.quotes
    fine, short, masks = (one.score for one in found.passages[1])
    assert masks > fine > short == 0


def test_what_was_said_is_not_said_again() -> None:
    text = "Many masks were annotated by hand in two weeks."
    hits = [paper(1, text), paper(2, text.replace("Many", "All the many")), paper(3, text)]
    found = word_selector().select(query("How many masks were annotated by hand?"), hits)
    assert len(found.quotes) == 1


def test_what_was_said_with_the_same_figures_is_not_said_again() -> None:
    hits = [
        paper(1, "The masks by hand are 200 scans of 100 patients."),
        paper(1, "By hand, masks of 100 people were drawn, 200 scans in all."),
        paper(1, "By hand, masks of 70 people were drawn, 30 scans in all."),
        paper(2, "Masks of 100 people, 200 scans in all, were drawn by hand."),
    ]
    found = word_selector().select(query("Which masks are by hand?"), hits)
    assert [quote.text for quote in found.quotes] == [
        next(unit.text for unit in sentences_of(hits[number])) for number in (0, 2, 3)
    ]


@given(count=st.integers(1, 12), limit=st.integers(1, 8))
def test_no_more_than_the_limit(count: int, limit: int) -> None:
    hits = [paper(n, f"Dataset {n * 'x'} holds masks by hand of kind {n}.") for n in range(count)]
    found = word_selector(limit).select(query("Which masks are by hand?"), hits)
    assert 1 <= len(found.quotes) <= limit
    scores = [quote.score for quote in found.quotes]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_each_paper_that_the_question_names_is_heard() -> None:
    hits = [
        paper(1, "UNI was trained on slides of many hospitals and tissues.", name="UNI"),
        paper(2, "CONCH saw pairs.", name="CONCH"),
        paper(2, "It learned from captions that were found in articles.", name="CONCH"),
    ]
    asked = query(
        "Compare the slides of hospitals that UNI saw with CONCH", uni=("p1",), conch=("p2",)
    )
    found = word_selector().select(asked, hits, sides=[{"p1"}, {"p2"}])
    assert {quote.passage.paper.paper_id for quote in found.quotes} == {"p1", "p2"}


def test_the_shipped_calibration_can_be_read_and_favours_what_the_marker_favours() -> None:
    is_evidence = Logistic.read(CALIBRATION, "evidence")
    features = dict.fromkeys(is_evidence.weights, 0.0)
    assert is_evidence(features | {"logit": 3.0}) > is_evidence(features | {"logit": -3.0})
    assert {*Logistic.read(CALIBRATION, "answer").weights}


@given(bias=st.floats(-1e9, 1e9), value=st.floats(-1e9, 1e9))
def test_a_probability_is_one(bias: float, value: float) -> None:
    assert 0 <= Logistic(bias, {"x": 1.0})({"x": value}) <= 1


def test_what_a_paper_is_called() -> None:
    assert short_name(sentences_of(paper(1, "It is so.", name="UNI"))[0]) == "UNI"
    assert short_name(sentences_of(paper(1, "It is so."))[0]) == "Title 1"
