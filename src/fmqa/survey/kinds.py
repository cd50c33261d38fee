"""What kind of work a paper is, from the words of its own sentences.

A linear model over the cues of `vocabulary.toml`: whether the first sentence has one, and how many
do. The weights in `kinds.json` are those of a multinomial logistic regression (Fan et al. 2008) on
notes that the benchmark doesn't measure on, made by `python -m benchmarks.facets --fit`. Vectors of
the sentences beside the cues make it no better: 0.88 of nine held-out folds either way.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fmqa.survey.vocabulary import CUES

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
KINDS = (
    "adaptation",
    "dataset",
    "generalist",
    "method",
    "survey",
    "vision-language",
    "vision-only",
)
"""What a paper can be."""
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
    model = _model()
    kinds, weights = model.kinds, model.weights
    scores = list(model.bias)
    for name, (first, share) in cue_features(sentences).items():
        at_first, at_all = weights[name]
        for place in range(len(kinds)):
            scores[place] += at_first[place] * first + at_all[place] * share
    total = math.log(sum(math.exp(score) for score in scores))
    best = max(range(len(kinds)), key=lambda place: scores[place])
    surest = math.exp(scores[best] - total)
    if kinds[best] == "vision-only" and not any(map(_FOUNDATION.search, sentences)):
        best, surest = kinds.index("method"), _BY_WHAT_IS_MISSING
    speaks = [
        sum(
            weights[name][1][best] / _MANY + (weights[name][0][best] if place == 0 else 0.0)
            for name, cue in CUES.items()
            if cue.search(sentence)
        )
        for place, sentence in enumerate(sentences)
    ]
    # The main statement, as long as anything in it speaks for the kind.
    leads = range(min(2, len(sentences)))
    quoted = max(leads, key=lambda place: speaks[place])
    if speaks[quoted] <= 0:
        quoted = max(range(len(sentences)), key=lambda place: speaks[place])
    return kinds[best], surest, quoted


@dataclass(frozen=True, slots=True)
class _Model:
    """The kinds, a bias for each, and for each cue the weights of its two figures."""

    kinds: tuple[str, ...]
    bias: tuple[float, ...]
    weights: dict[str, tuple[tuple[float, ...], tuple[float, ...]]]


@cache
def _model() -> _Model:
    held = json.loads(files("fmqa.survey").joinpath("kinds.json").read_text("utf-8"))
    weights = {
        name: (tuple(first), tuple(share)) for name, (first, share) in held["weights"].items()
    }
    return _Model(tuple(held["kinds"]), tuple(held["bias"]), weights)
