"""Questions of several papers: what they compare, and which ask many."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fakes import Add, HashEmbedder, document
from fmqa.answering.analysis import QueryAnalysis
from fmqa.answering.survey_questions import QUESTION_KINDS, QuestionTeller, sides_of
from fmqa.retrieval.search import Searcher
from fmqa.store.library import Library

SAID = "{name} was trained on images of the chest. We test {name} on lungs. {name} needs no prompt."


@pytest.fixture
def searcher(library: Library, add: Add) -> Searcher:
    texts = [SAID.format(name="LUNGSEG"), "LUNGSEG stops early.", "The code of LUNGSEG is free."]
    add(
        document("2001.00001", [SAID.format(name="AlphaNet")], name="AlphaNet"),
        document("2001.00002", texts, title="Lungs and how to find them"),
        document("2001.00003", [SAID.format(name="It")], authors=("Ada Sobirov",)),
        document("2001.00004", ["LUNGSEG is one of many methods that were compared."]),
    )
    return Searcher(library, HashEmbedder())


@pytest.mark.parametrize(
    ("question", "papers"),
    [
        ("How do AlphaNet and LUNGSEG differ?", ["2001.00001", "2001.00002"]),
        ("Set LUNGSEG beside the work of Sobirov et al.", ["2001.00002", "2001.00003"]),
        ("How was AlphaNet trained?", []),
        ("Which methods find lungs?", []),
        ("Does AlphaNet reach a better AUC than OmegaNet?", []),
    ],
)
def test_sides(searcher: Searcher, question: str, papers: list[str]) -> None:
    found = sides_of(QueryAnalysis.of(question, searcher), searcher)
    assert [*found] == [frozenset([one]) for one in papers]


class Known(HashEmbedder):
    """Of the fingerprint that the regressions were fitted on, each vector the same."""

    def __init__(self, weights: list[float]) -> None:
        held = json.loads(QUESTION_KINDS.read_text(encoding="utf-8"))
        super().__init__(len(weights), held["model"])
        self.weights = np.array(weights)

    def embed_query(self, text: str) -> list[float]:
        return [float(one) for one in self.weights / np.linalg.norm(self.weights)]


def test_what_was_fitted_tells_its_kind() -> None:
    held = json.loads(QUESTION_KINDS.read_text(encoding="utf-8"))
    for kind in ("many", "compare"):
        assert kind in QuestionTeller(Known(held[kind]["weights"]))("?")
        assert kind not in QuestionTeller(Known([-w for w in held[kind]["weights"]]))("?")


def test_another_embedding_model_tells_none() -> None:
    assert not QuestionTeller(HashEmbedder())("Which methods are there?")
