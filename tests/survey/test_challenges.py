"""Challenges and outlines: what is said stands in a quote, and counts are those of the facets."""

from __future__ import annotations

import pytest

from fakes import Add, HashEmbedder, document, word_assistant
from fmqa.errors import NothingToSearch, UsageError
from fmqa.retrieval.search import Searcher
from fmqa.store.library import Library
from fmqa.survey.challenges import as_markdown, challenge_map
from fmqa.survey.facet_maker import FacetMaker
from fmqa.survey.outlining import as_markdown as outline_markdown
from fmqa.survey.outlining import outline
from fmqa.types import Source

SCARCE = "{} addresses the scarcity of annotated CT scans by self-supervised pre-training."
SIZE = "{} was pre-trained on {},000 CT scans of the abdomen from many hospitals."
COSTLY = "{} addresses the high computing cost of large networks by knowledge distillation."


@pytest.fixture
def maker(library: Library, add: Add) -> FacetMaker:
    for number, name in enumerate(("Alphanet", "Betanet", "Gammanet"), start=1):
        texts = [SCARCE.format(name), SIZE.format(name, number)]
        add(document(f"2401.0000{number}", texts, name=name, source=Source.NOTE))
    add(document("2401.00009", [COSTLY.format("Deltanet")], name="Deltanet", source=Source.NOTE))
    return FacetMaker(library)


def test_the_map_has_the_papers_that_name_a_challenge_and_what_they_propose(
    maker: FacetMaker,
) -> None:
    made = challenge_map(maker)
    by_name = {one.name: one for one in made.challenges}
    assert made.challenges[0].name == "data scarcity"
    assert len(by_name["data scarcity"].named_by) == 3
    (solution,) = [
        one
        for one in by_name["data scarcity"].solutions
        if one.name == "self-supervised pre-training"
    ]
    assert [one.shown for one in solution.proposed_by] == ["Alphanet", "Betanet", "Gammanet"]
    assert [one.name for one in by_name["compute"].solutions] == ["knowledge distillation"]
    for challenge in made.challenges:
        for one in challenge.named_by:
            held = maker.library.record.passages_of(one.paper_id)
            assert any(one.quote in stored.passage.text for stored in held)
    assert "Deltanet addresses the high computing cost" in as_markdown(made)


def _outline(maker: FacetMaker, embedder: HashEmbedder, topic: str):
    return outline(maker, Searcher(maker.library, embedder), word_assistant(maker.library), topic)


def test_an_outline_says_nothing_twice_and_each_sentence_with_a_quote(
    maker: FacetMaker, embedder: HashEmbedder
) -> None:
    made = _outline(maker, embedder, "pre-training on abdominal CT scans")
    assert made.sections
    said = [one.text for section in made.sections for one in section.sentences]
    assert len(said) == len(set(said))
    used = [number for s in made.sections for one in s.sentences for number in one.citations]
    assert set(used) == set(range(1, len(made.citations) + 1))
    for section in made.sections:
        for one in section.sentences:
            quotes = [made.citations[number - 1].quote for number in one.citations]
            assert one.text in quotes
    text = outline_markdown(made)
    assert all(f"\n{one.number}. " in text for one in made.citations)


def test_a_topic_must_be_one(maker: FacetMaker, embedder: HashEmbedder) -> None:
    with pytest.raises(UsageError):
        _outline(maker, embedder, " ")


def test_an_empty_library_has_nothing_to_outline(library: Library, embedder: HashEmbedder) -> None:
    with pytest.raises(NothingToSearch):
        _outline(FacetMaker(library), embedder, "anything at all")
