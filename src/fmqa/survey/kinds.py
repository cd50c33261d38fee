"""What kind of work a paper is, from the words of its own sentences.

A linear model over cues: whether the first sentence has one, and how many do. The weights in
`kinds.json` are those of a multinomial logistic regression (Fan et al. 2008) on notes that the
benchmark doesn't measure on, made by `python -m benchmarks.facets --fit`. Vectors of the sentences
beside the cues made it no better: 0.88 of nine held-out folds either way.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_PATTERNS = {
    "survey": (
        r"\b(?:survey|review)s?\b(?! and)|\breviews?\b|\bperspective\b|\btaxonomy\b"
        r"|\bsystematic\b"
    ),
    "reviews papers": (
        r"\b(?:survey|review|perspective|article|paper)\b[^.]{0,40}\b(?:covers|groups"
        r"|sorts|discusses|organi[sz]es|divides|summari[sz]es|collects|lists)"
    ),
    "dataset noun": r"\b(?:data ?set|data set|database|corpus|collection|benchmark|challenge)\b",
    "is a dataset": (
        r"\b(?:is|are|was|provides?|releases?|introduces?|presents?"
        r"|contribute)\s+(?:\w+\s+){0,3}?(?:an?|the|two"
        r"|three)\s+(?:[\w-]+\s+){0,6}?(?:data ?set|data set|database|corpus|collection"
        r"|benchmark|test set)\b"
    ),
    "holds N": (
        r"\b(?:holds|contains?|comprises?|consists? of|has|covers"
        r"|includes)\b[^.;]{0,30}\b[\d,.]{3,}"
    ),
    "labels": (
        r"\b(?:annotat\w+|radiologists? (?:drew|marked|labell?ed)|labels of|masks of"
        r"|split)\b"
    ),
    "public": r"\b(?:public|open|freely)\b",
    "benchmark study": r"\b(?:benchmark|study|compares?|evaluat\w+|tests?|tested)\b",
    "generalist": r"\bgeneralist\b|\bone set of weights\b|\bmany tasks\b|\bunified\b|\bversatile\b",
    "LLM": (
        r"\bLLMs?\b|\blarge (?:multimodal )?language\b|\bmultimodal large\b"
        r"|\blanguage model\b|\bLLaMA\b|\bLLaVA\b|\bVicuna\b|\bGPT|\bQwen|\bPaLM"
        r"|\bGemini\b|\bGemma\b"
    ),
    "instruction": r"\binstruction|\bdialogue|\bconversation|\bchat\b|\bassistant\b",
    "answers": r"\bquestion|\banswers?\b",
    "vision-language": r"\bvision[- ]language|\bvisual[- ]language|\bvision-and-language\b",
    "image-text": r"\bimage[- ](?:text|report|caption)|\bcaptions?\b|\btext encoder\b|\btexts?\b",
    "reports": r"\breports?\b(?! that)",
    "CLIP": r"\bCLIP\b|\bcontrastive",
    "SAM": r"\bSAM\b|\bSegment Anything\b",
    "SAM 2": r"\bSAM ?2\b",
    "adapts": r"\badapts?\b|\badapt(?:ed|ing|ation)\b|\btransfers?\b|\btailor",
    "PEFT": r"\badapters?\b|\bLoRA\b|\blow-rank\b|\bparameter-efficient|\bPEFT\b",
    "frozen": r"\bfrozen\b|\bfreez",
    "fine-tune": r"\bfine-?tun",
    "prompt": r"\bprompt",
    "self-supervised": (
        r"\bself-supervis|\bDINO|\bmasked (?:auto|image)|\bMAE\b|\bunlabell?ed"
        r"|\bwithout labels"
    ),
    "encoder": r"\bencoder\b|\bfeatures?\b|\brepresentation",
    "foundation": r"\bfoundation model",
    "pre-trained": r"\bpre-?train",
    "segment": r"\bsegment",
    "generate": r"\bgenerat|\bdiffusion\b|\bsynthe",
    "federated": r"\bfederated",
    "natural": r"\bImageNet\b|\bnatural images?\b|\bimage recognition\b|\bgeneral\b",
    "network": r"\bnetwork\b|\bTransformer\b|\bconvolution",
    "method": r"\bmethod\b|\bway to\b|\btechnique|\bframework\b|\bstrategy",
    "3D": r"\b3D\b|\bvolum",
    "trained on N": r"\btrained on\b[^.;]{0,60}\b[\d,.]{3,}|\bmillion\b",
    "medical": r"\bmedical\b|\bbiomedical\b|\bclinical\b",
    "zero-shot": r"\bzero-shot|\bwithout (?:re)?training",
    "is a survey": (
        r"^(?:the\s)?[^.]{0,80}\b(?:survey|review|perspective"
        r"|article)\b[^.]{0,60}\b(?:reviews?|gives?|covers?|discuss|summari|surveys?"
        r"|groups?|maps?|is a|is an|examin|looks?|sorts?|divides?|by\b)"
    ),
    "chats": (
        r"\b(?:conversational|chat|assistant|multimodal (?:large )?language|LLaVA"
        r"|chatbot|dialogue|reasoning)\b|\bfree text\b|\banswers? (?:\w+ )?questions"
    ),
    "many kinds": r"\b(?:generalist|family of|collection of)\b|\bunderstands?\b|\bboth\b",
    "of medicine": (
        r"\b(?:medical|biomedical|clinical|patients?|radiolog\w+|patholog\w+|histolog\w+"
        r"|histopath\w+|surg\w+|x-?rays?|ct|mri|tissue|tumou?rs?|cancer|fundus|retina\w*"
        r"|ultrasound|endoscop\w+|organs?|lesions?|skin|diseases?)\b"
    ),
    "is a method": (
        r"\bis an? (?:[\w-]+ ){0,4}?(?:method|way|technique|network|setting|strategy"
        r"|architecture)\b"
    ),
    "is a model": r"\bis an? (?:[\w-]+ ){0,6}?(?:model|encoder)\b",
    "is a vl model": (
        r"\bis an? (?:[\w-]+ ){0,6}?(?:vision-language|visual-language|image-text"
        r"|multimodal)\b"
    ),
    "is a encoder": r"\bis an? (?:[\w-]+ ){0,6}?(?:encoder|ViT|Vision Transformer)\b",
    "segments": r"\b(?:segments|segmentation (?:model|network|foundation))\b",
    "is tested": (
        r"\b(?:study|benchmark|evaluation|comparison|audit|report)\b[^.]{0,60}\b(?:by"
        r"|asks?|measures?|tests?|compares?|finds?)\b|\bcolleagues (?:tested|studied"
        r"|asked|compared)"
    ),
}
_CUES = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _PATTERNS.items()}
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


def cues(sentences: Sequence[str]) -> dict[str, tuple[float, float]]:
    """For each cue: whether the first sentence has it, and the share of three that do."""
    found = {}
    for name, cue in _CUES.items():
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
    for name, (first, share) in cues(sentences).items():
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
            for name, cue in _CUES.items()
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
