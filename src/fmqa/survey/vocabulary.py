"""The terms that facets are given in, the data sets of the field, and what kind a paper is.

Terms and cues stand in `vocabulary.toml`, with the patterns that papers use for each. The kind is
told by a linear model over the cues: whether the first sentence has one, and how many do. The
weights in `kinds.json` are those of a multinomial logistic regression (Fan et al. 2008) on notes
that the benchmark doesn't measure on, made by `python -m benchmarks.facets --fit`. Vectors of the
sentences beside the cues make it no better: 0.88 of nine held-out folds either way.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from fmqa.store.quoted_facets import FacetName

Terms = Mapping[str, re.Pattern[str]]

_PACKAGE = files("fmqa.survey")
_TABLES = tomllib.loads(_PACKAGE.joinpath("vocabulary.toml").read_text("utf-8"))


def _terms(table: str, before: str = r"\w") -> Terms:
    """Term → pattern. An alternative that holds a capital is tried with regard to case.

    None starts behind one of the characters ``before``.
    """
    return MappingProxyType(
        {term: re.compile(_by_case(parts, before)) for term, parts in _TABLES[table].items()}
    )


def _by_case(parts: Sequence[str], before: str) -> str:
    exact = [part for part in parts if re.search(r"(?<!\\)[A-Z]", part)]
    plain = [rf"(?i:{part})" for part in parts if part not in exact]
    return rf"(?<![{before}])(?:{'|'.join(plain + exact)})"


MODALITIES = _terms("modality")
TRAINING = _terms("training", before=r"\w-")
TASKS = _terms("task")
ARCHITECTURES = _terms("architecture", before=r"\w-")
CHALLENGES = _terms("challenge")
SOLUTIONS = _terms("solution")
OF_FACET: Mapping[FacetName, Terms] = MappingProxyType(
    {
        FacetName.MODALITY: MODALITIES,
        FacetName.TRAINING: TRAINING,
        FacetName.TASK: TASKS,
        FacetName.CHALLENGE: CHALLENGES,
        FacetName.SOLUTION: SOLUTIONS,
    }
)
"""The facets that have a vocabulary, each with it."""
DATASETS: tuple[str, ...] = tuple(_TABLES["datasets"]["known"])
CUES: Terms = MappingProxyType(
    {name: re.compile("".join(cue), re.IGNORECASE) for name, cue in _TABLES["cues"].items()}
)

MULTI = re.compile(
    r"(?i)\b(?:(?:\d+|several|many|various|diverse|multiple|different|four|five|six|seven|eight|nine|"
    r"ten|eleven|twelve|all|across|more|any) (?:[\w-]+ ){0,3}?(?:modalities|image types)"
    r"|multi-?modality|biomedical (?:images?|figures?|vision|knowledge|data)"
    r"|image modalities|modalities)\b"
)
"""Says that a paper is of several kinds of images."""
MEDICAL = re.compile(r"(?i)\b(?:bio)?medic\w+|\bclinical|\bradiolog\w+|\bhealth(?:care)?\b")
"""Says that it is of medical images, and not which."""
ALIGNS = re.compile(
    r"(?i)\bcontrast\w+|\baligns?\b|\bpre-?train\w*\b[^.]*\breports?\b|"
    r"\bimages and (?:\w+ ){0,2}reports\b|\balignment\b|\bCLIP\b|"
    r"\bimage[- ](?:text|report|caption)\b"
)
"""Hints at contrastive training where a paper is of images with text."""
INSTRUCTS = re.compile(
    r"(?i)\binstruct\w*|\btuned on\b|\bquestion-answer\b|\bdialogues?\b|\bconversations?\b"
)
"""Hints at instruction tuning where a paper is of a generalist model."""
TESTS = re.compile(r"(?i)\b(?:study|benchmark|audit|compares?|measures|tests?|tested|asks)\b")
"""Hints, in the first sentence, that a finished model is only tried."""
FROM_LABELS = re.compile(
    r"(?i)\btrain(?:ed|s|ing)?\b[^;]*\b(?:masks?|annotat\w+|labell?\w*|segment\w*|datasets?|tasks?|"
    r"scans|volumes|examinations|images)\b|\bend to end\b"
)
"""Hints at supervised training where nothing else is said of how."""

# Said outright, which outweighs all cues.
_SURVEY = re.compile(
    r"(?i)\b(?:this|our|present an?|provide an?) (?:[\w-]+ ){0,3}(?:survey|review)\b|"
    r"^(?:an? )?(?:[\w-]+ ){0,4}survey\b"
)
# What makes a network one for many tasks; without any of it a paper is of a method.
_FOUNDATION = re.compile(
    r"(?i)\bfoundation\b|\bpre-?train\w*|\bgeneral(?:ist|-purpose)?\b|\bpromptable\b|"
    r"\buniversal\w*|\bself-supervis\w+|\binteractive\w*|\bin-context\b|\bunlabell?ed\b|"
    r"\bwithout labels\b|\bSAM\b|\blarge-scale\b|\bmillion\b|\bencoder for\b|"
    r"\bmany (?:tasks|organs)\b"
)
_LEARNING = re.compile(
    r"(?i)\b(?:learning|neural|networks?|transformers?|pre-?train\w*|language models?|segment\w+|"
    r"data ?sets?|benchmarks?|survey|encoders?|SAM|CLIP|classif\w+|fine-tun\w+|prompt\w*)\b"
)
_SAID_OUTRIGHT, _BY_WHAT_IS_MISSING = 0.95, 0.5
_MANY = 3  # sentences with a cue; more say no more


def cue_features(sentences: Sequence[str]) -> dict[str, tuple[float, float]]:
    """For each cue: whether the first sentence has it, and the share of three that do."""
    found = {}
    for name, cue in CUES.items():
        has = [bool(cue.search(sentence)) for sentence in sentences]
        found[name] = (float(any(has[:1])), min(sum(has), _MANY) / _MANY)
    return found


def kind_of_work(sentences: Sequence[str]) -> tuple[str, float, int]:
    """The kind that the sentences speak for.

    Args:
        sentences: what a paper says of itself, its main statement first; at least one.

    Returns:
        The kind, its probability, and the place of the sentence that says most for it; no kind
        where nothing is said of learning.
    """
    for place, sentence in enumerate(sentences[:2]):
        if _SURVEY.search(sentence):
            return "survey", _SAID_OUTRIGHT, place
    if not any(_LEARNING.search(sentence) for sentence in sentences):
        return "", 0.0, 0
    kinds, bias, weights = _model()
    features = np.array(list(cue_features(sentences).values()))
    scores = bias + np.einsum("cp,cpk->k", features, weights)
    odds = np.exp(scores - scores.max())
    best = int(scores.argmax())
    surest = float(odds[best] / odds.sum())
    if kinds[best] == "vision-only" and not any(map(_FOUNDATION.search, sentences)):
        best, surest = kinds.index("method"), _BY_WHAT_IS_MISSING
    speaks = []
    for place, sentence in enumerate(sentences):
        has = np.array([bool(cue.search(sentence)) for cue in CUES.values()])
        at_first, at_all = weights[has, :, best].sum(axis=0)
        speaks.append(at_all / _MANY + (at_first if place == 0 else 0.0))
    # The main statement, as long as anything in it speaks for the kind.
    quoted = int(np.argmax(speaks[:2]))
    if speaks[quoted] <= 0:
        quoted = int(np.argmax(speaks))
    return kinds[best], surest, quoted


@cache
def _model() -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """The kinds, a bias for each, and the weights by cue, figure (see `cue_features`) and kind."""
    held = json.loads(_PACKAGE.joinpath("kinds.json").read_text("utf-8"))
    return held["kinds"], np.array(held["bias"]), np.array([held["weights"][one] for one in CUES])


KINDS: tuple[str, ...] = tuple(_model()[0])
"""What a paper can be."""
