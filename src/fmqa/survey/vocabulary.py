"""The terms that facets are given in, the data sets of the field, and cues of what a paper is.

They stand in `vocabulary.toml`, with the patterns that papers use for each.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from types import MappingProxyType

from fmqa.store.quoted_facets import FacetName

Terms = Mapping[str, re.Pattern[str]]

_TABLES = tomllib.loads(files("fmqa.survey").joinpath("vocabulary.toml").read_text("utf-8"))


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
