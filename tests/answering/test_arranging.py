"""The order in which quotes read as one answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fakes import quote
from fmqa.answering.arranging import FURTHER, OTHERS, arranged, common_stems
from fmqa.answering.drafting import ExtractiveDrafter
from fmqa.types import Quote, Span


def said(text: str, paper: str, score: float = 0.5, start: int = 0, **meta: Any) -> Quote:
    made = quote(text, paper_id=paper, title=f"Title of {paper}", **meta)
    return replace(made, score=score, span=Span(1, start, start + len(text)))


@given(
    papers=st.lists(st.sampled_from("abcdefg"), max_size=14),
    words=st.lists(st.sampled_from(["image encoder", "few labels", "mask decoder"]), min_size=14),
)
def test_each_quote_stands_in_one_group(papers: list[str], words: list[str]) -> None:
    quotes = [said(f"The {w} of {p} helps.", p) for p, w in zip(papers, words, strict=False)]
    groups = arranged("What helps?", quotes)
    assert sorted(n for group in groups for n in group.quotes) == list(range(len(quotes)))
    assert len(groups) <= max(6, len(set(papers)))


def test_the_quotes_of_a_paper_stand_together_and_follow_each_other_in_it() -> None:
    quotes = [
        said("The best of all.", "a", 0.9, start=500),
        said("Another paper says so.", "b", 0.8),
        said("The last.", "a", 0.7, start=900),
        said("The first.", "a", 0.6, start=100),
    ]
    groups = arranged("What is it?", quotes)
    assert [group.quotes for group in groups] == [(0, 3, 2), (1,)]
    assert not any(group.head for group in groups)


@given(st.permutations(range(4)))
def test_what_leans_on_the_first_follows_it(order: list[int]) -> None:
    best = said("The best of all.", "a", 0.9, start=500)
    quotes = [
        best,
        replace(said("It leans on that.", "a", 0.1, start=520), context=best.text),
        said("The first.", "a", 0.6, start=100),
        said("The last.", "a", 0.7, start=900),
    ]
    ((group),) = arranged("What is it?", [quotes[n] for n in order])
    assert [order[n] for n in group.quotes] == [0, 1, 2, 3]


def test_what_stands_alone_leads_where_it_answers_nearly_as_well() -> None:
    leaning = replace(said("It is trained on CT.", "a", 0.9), context="Ivyseg is small.")
    alone = said("Ivyseg is trained on CT scans.", "b", 0.8)
    assert arranged("?", [leaning, alone])[0].quotes == (1,)
    assert arranged("?", [leaning, replace(alone, score=0.3)])[0].quotes == (0,)


def test_papers_that_the_question_names_stand_side_by_side_in_its_order() -> None:
    quotes = [
        said("CONCH saw pairs.", "c", 0.9, name="CONCH"),
        said("UNI saw slides.", "u", 0.8, name="UNI"),
        said("Virchow saw more slides.", "v", 0.7, name="Virchow"),
    ]
    groups = arranged("Compare UNI with CONCH", quotes)
    assert [(group.head, group.quotes) for group in groups] == [
        ("UNI", (1,)), ("CONCH", (0,)), (OTHERS, (2,)),
    ]  # fmt: skip


def test_many_papers_are_grouped_by_what_they_share() -> None:
    quotes = [
        said("Low-rank adapters keep the encoder frozen.", "a", 0.5),
        said("A note: low-rank adapters need little memory.", "t", 0.9, kind="topic"),
        said("Federated learning keeps data at home.", "b", 0.6),
        said("We use federated learning over ten sites.", "c", 0.4),
        said("Weak labels may do.", "d", 0.3),
    ]
    groups = arranged("Which ways are there?", quotes)
    assert [(group.head, group.quotes) for group in groups] == [
        ("Low-rank adapters", (0, 1)), ("Federated learning", (2, 3)), (FURTHER, (4,)),
    ]  # fmt: skip
    drafts = list(ExtractiveDrafter().drafts("Which ways are there?", quotes))
    assert [d.head for d in drafts] == ["Low-rank adapters", "", "Federated learning", "", FURTHER]
    assert {d.begins for d in drafts} == {"item"}


def test_words_of_the_question_and_of_most_titles_make_no_head() -> None:
    quotes = [said(f"The mask decoder {n} of a medical image.", n) for n in "abcdef"[:3]]
    quotes += [said(f"A medical image {n} has few labels.", n) for n in "xyz"]
    titles = [one.passage.paper for one in quotes]
    titles = [replace(paper, title="A medical image") for paper in titles]
    common = common_stems(titles)
    heads = [group.head for group in arranged("What of few labels?", quotes, lambda: common)]
    assert not {"Medical image", "Few labels"} & set(heads)
