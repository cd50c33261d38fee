"""How much data a paper's model was trained on, and how large it is, from its sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fmqa.answering.claims import Number, numbers

_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "masks": r"(?:segmentation )?masks?|annotations",
        "pairs": r"(?:[\w-]+ )?pairs|image-mask pairs|triplets|triples|quadruples",
        "slides": r"slides?|wsis?|whole-slide images|whole slide images",
        "patches": r"patches|tiles|regions of interest|sub-?images",
        "volumes": r"volumes|scans?|exams|examinations|cts|mris|3d images|sub-?volumes",
        "videos": r"videos|clips|sequences",
        "frames": r"frames",
        "studies": r"studies|cases",
        "patients": r"patients|subjects|participants|people|individuals|donors",
        "reports": r"reports|articles|captions",
        "questions": r"questions|question-answer pairs|instructions?|conversations|dialogues"
        r"|(?:instruction[- ]\w+ )?samples|examples",
        "slices": r"slices",
        "images": r"images|photographs|photos|radiographs|x-rays|pictures|echocardiograms"
        r"|mammograms|figures|crops|data points",
        "parameters": r"parameters|weights",
    }
)
_NOUN = re.compile(
    r"\s*[- ]?(?P<kind>(?:[\w/&+.-]+[ ,]+(?:and )?){0,4}?)(?:"
    + "|".join(f"(?P<{unit}>{pattern})" for unit, pattern in _UNITS.items())
    + r")(?![\w-])",
    re.IGNORECASE,
)
_TRAINS = re.compile(
    r"\b(?:pre-?\s?)?train(?:ed|ing|s)?\b|\bpre-?train\w*|\bfine-?\s?tun\w+|\blearn(?:s|ed|t)?\b"
    r"|\btuned\b|\badapt(?:s|ed)\b",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    r"\b(?:contain(?:s|ed|ing)?|compris(?:es|ed|ing)|consist(?:s|ed|ing)? of|holds?|has|have|with"
    r"|includ(?:es|ed|ing)|cover(?:s|ing)|collect(?:s|ed)|gather(?:s|ed)|(?:is|are) (?:a|an|the)"
    r"|set of|collection of|number(?:s|ing)?|offers?|provides?|brings? together|spans?|using|uses"
    r"|on|built|counts|from|against)\b",
    re.IGNORECASE,
)
_ELSE = re.compile(
    r"\b(?:evaluat\w+|test(?:ed|s|ing)?\b|validat\w+|compar\w+|(?<!more )than\b|outperform\w*"
    r"|held[- ]out"
    r"|external|earlier|previous|each\b|per\b|first version|instead|as few as|only|just|fewer|"
    r"up to|among (?:them|which)|of which|average)",
    re.IGNORECASE,
)
_EACH = re.compile(r"\s*(?:per\b|(?:of|for|from|in) (?:each|every|one)\b)", re.IGNORECASE)
_RANK = ("pairs", "images", "slides", "volumes", "videos", "masks", "patches", "slices", "frames",
         "studies", "questions", "reports", "patients")  # fmt: skip
_SMALL = 20  # counts below are of groups, tasks and versions
_LEAST_PARAMETERS = 1e5  # of a model; fewer are a part's
_YEARS = range(1950, 2036)


@dataclass(frozen=True, slots=True)
class Size:
    """An amount that a sentence gives: how many of what, where, and how surely of training."""

    value: float
    unit: str
    told: str
    confidence: float


def data_sizes(sentence: str, *, is_dataset: bool = False) -> list[Size]:
    """What a sentence says that a model was trained on, or that a data set holds; surest first.

    Args:
        sentence: without citation marks.
        is_dataset: the paper introduces data, so that what it holds is what is asked.
    """
    found = []
    for number, noun, unit in _counted(sentence):
        before = sentence[: number.start]
        trains = _last(_TRAINS, before)
        holds = _last(_HOLDS, before)
        other = _last(_ELSE, before)
        if unit == "parameters" or _EACH.match(sentence, noun.end()):
            continue
        clause = max(before.rfind(";"), before.rfind(", while"), before.rfind(" whereas "))
        if other > max(trains, clause) and not (is_dataset and holds > other):
            continue
        if trains >= 0 and trains > clause:
            sure = 0.9
        elif is_dataset and holds >= 0:
            sure = 0.85
        elif holds >= 0:
            sure = 0.6
        else:
            sure = 0.5 if is_dataset else 0.3
        if unit in ("patients", "reports", "studies"):
            sure -= 0.15
        told = " ".join(sentence[number.start : noun.end()].split())
        found.append(Size(number.value, unit, told, round(sure, 2)))
    return sorted(found, key=lambda one: (-one.confidence, _RANK.index(one.unit)))


def model_sizes(sentence: str) -> list[Size]:
    """How many parameters a sentence says that a model has, as far as they aren't a part's."""
    found = []
    for number, noun, unit in _counted(sentence):
        before = sentence[: number.start]
        part = re.search(
            r"(?i)trainable|updated|tunable|extra|additional|only|fewer|than|less", before
        )
        kind = (noun["kind"] or "").lower()
        whole = unit == "parameters" and not part and "trainable" not in kind
        if whole and number.value >= _LEAST_PARAMETERS:
            told = " ".join(sentence[number.start : noun.end()].split())
            found.append(Size(number.value, unit, told, 0.85))
    return found


def _counted(sentence: str) -> Iterable[tuple[Number, re.Match[str], str]]:
    """The numbers of a sentence with the noun behind each and its unit."""
    for number in sorted(numbers(sentence), key=lambda one: one.start):
        noun = _NOUN.match(sentence, number.end)
        if noun is None or number.percent or number.value < _SMALL:
            continue
        if number.value in _YEARS and "," not in number.text:
            continue
        if re.search(r"\d", noun["kind"] or ""):
            continue
        yield number, noun, str(noun.lastgroup)


def _last(pattern: re.Pattern[str], text: str) -> int:
    place = -1
    for match in pattern.finditer(text):
        place = match.start()
    return place
