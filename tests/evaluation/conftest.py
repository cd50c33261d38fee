"""A small library with an assistant over it, whose embedder is a bag of words."""

from __future__ import annotations

import pytest

from fakes import Add, HashEmbedder, document
from fmqa.answering.assistant import Assistant
from fmqa.answering.drafting import ExtractiveDrafter
from fmqa.answering.evidence import EvidenceSelector
from fmqa.answering.verification import RuleVerifier
from fmqa.retrieval.search import Searcher
from fmqa.store.library import Library

PAIRS = "We obtained MedSAM by fine-tuning SAM on 1,570,263 image-mask pairs."
PROMPT = "MedSAM takes a bounding box around the target as its prompt."
EYES = "RETFound is pre-trained on 1.6 million unlabelled retinal images."


@pytest.fixture
def assistant(library: Library, add: Add, embedder: HashEmbedder) -> Assistant:
    add(
        document(
            "2304.12306",
            ["An introduction that says very little of all this."],
            [f"{PAIRS} {PROMPT}"],
            title="Segment Anything in Medical Images",
            name="MedSAM",
            version=3,
        ),
        document("2309.00001", [EYES], name="RETFound", title="A retinal model"),
    )
    return Assistant(
        Searcher(library, embedder),
        EvidenceSelector(embedder.embed_array),
        ExtractiveDrafter(),
        RuleVerifier(embedder.closeness),
        model="none",
    )
