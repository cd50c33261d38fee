"""How much data a paper's model was trained on, and how large it is, from its sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from types import MappingProxyType

from fmqa.answering.numbers import Number, numbers

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
        "reports": r"reports|articles|captions|summaries",
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
    r"|pool of|selected from|external|earlier|previous|each\b|per\b|first version|instead|"
    r"as few as|only|just|fewer|up to|among (?:them|which)|of which|average)",
    re.IGNORECASE,
)
_EACH = re.compile(r"\s*(?:per\b|(?:of|for|from|in) (?:each|every|one)\b)", re.IGNORECASE)
# "90K unlabelled and 6K labelled volumes", "500 CT and 100 MRI scans": one noun for both.
_SHARED = re.compile(r"(?:[\w&-]*[^s\W] )?(?:and|plus|or) (?:[a-z]+ )?[\d,.]+[KM]? [^\d]*$")
# "104 structures in CT images" are no images.
_OF_ANOTHER = re.compile(r"(?i)\b(?:tests?|validation|in|of|with|from|by|on|for|at|that)\b")
_PART_OF_A_NAME = re.compile(r"[A-Za-z]-$")
_BOTH = re.compile(r"(?i)\b(trained|trains|pre-?trained) and (?:tested|evaluated|validated)\b")
_RANK = ("pairs", "images", "slides", "volumes", "videos", "masks", "patches", "slices", "frames",
         "studies", "questions", "reports", "patients")  # fmt: skip
_SMALL = 20  # counts below are of groups, tasks and versions
_SCALES = MappingProxyType({"thousand": 1e3, "million": 1e6, "billion": 1e9})
_SCALE = re.compile(r"\s(?P<scale>thousand|million|billion)\b")
_LEAST_PARAMETERS = 1e5  # of a model; fewer are a part's
_YEARS = range(1950, 2036)


@dataclass(frozen=True, slots=True)
class Size:
    """An amount that a sentence gives: how many of what, where, and how surely of training."""

    value: float
    unit: str
    text: str
    confidence: float


def data_sizes(sentence: str, *, is_dataset: bool = False) -> list[Size]:
    """What a sentence says that a model was trained on, or that a data set holds; surest first.

    Args:
        is_dataset: the paper introduces data, so that what it holds is what is asked.
    """
    found = []
    for number, noun, unit in _counted(sentence):
        before = _BOTH.sub(r"\1", sentence[: number.start])
        trains = _last(_TRAINS, before)
        holds = _last(_HOLDS, before)
        other = _last(_ELSE, before)
        if unit == "parameters" or _EACH.match(sentence, noun.end()):
            continue
        clause = max(before.rfind(";"), before.rfind(", while"), before.rfind(" whereas "))
        if other > max(trains, clause) and not (is_dataset and holds > other):
            continue
        if is_dataset and holds > trains:
            sure = 0.9
        elif trains >= 0 and trains > clause:
            sure = 0.9 - 0.15 * is_dataset
        elif holds >= 0:
            sure = 0.6
        else:
            sure = 0.5 if is_dataset else 0.3
        if unit in ("patients", "reports", "studies"):
            sure -= 0.15
        text = " ".join(sentence[number.start : noun.end()].split())
        found.append(Size(number.value, unit, text, round(sure, 2)))
    return sorted(found, key=lambda one: (-one.confidence, _RANK.index(one.unit)))


def model_sizes(sentence: str) -> list[Size]:
    """How many parameters a sentence says that a model has, as far as they aren't a part's."""
    found = []
    for number, noun, unit in _counted(sentence):
        before = sentence[: number.start]
        part = re.search(
            r"(?i)trainable|updated|tunable|extra|additional|only|fewer|than|less|cop(?:y|ies) of",
            before,
        )
        kind = (noun["kind"] or "").lower()
        whole = unit == "parameters" and not part and "trainable" not in kind
        if whole and number.value >= _LEAST_PARAMETERS:
            text = " ".join(sentence[number.start : noun.end()].split())
            found.append(Size(number.value, unit, text, 0.85))
    return found


def _counted(sentence: str) -> Iterable[tuple[Number, re.Match[str], str]]:
    """The numbers of a sentence with the noun behind each and its unit."""
    for number in sorted(
        map(partial(_scaled, sentence), numbers(sentence)), key=attrgetter("start")
    ):
        noun = _NOUN.match(sentence, number.end)
        if noun is None or number.percent or number.value < _SMALL:
            continue
        if number.value in _YEARS and "," not in number.text:
            continue
        if re.search(r"\d(?!D\b)", noun["kind"] or "") and not _SHARED.match(noun["kind"]):
            continue
        if _OF_ANOTHER.search(noun["kind"] or "") or _PART_OF_A_NAME.search(
            sentence[: number.start]
        ):
            continue
        yield number, noun, str(noun.lastgroup)


def _scaled(sentence: str, number: Number) -> Number:
    """ "Two million" as the number that it is."""
    scale = _SCALE.match(sentence, number.end) if number.text.isalpha() else None
    if scale is None:
        return number
    value = number.value * _SCALES[scale["scale"]]
    return replace(number, value=value, end=scale.end())


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.start() for match in pattern.finditer(text)), default=-1)
