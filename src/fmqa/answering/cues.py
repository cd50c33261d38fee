"""The words by which questions ask for figures, data or limits, and sentences give them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fmqa.answering.claims import METRICS, content_stems, counters, stem
from fmqa.answering.synonyms import ALIKE

FIGURE_ASKED = re.compile(
    r"\bhow (?:many|much|large|big|long|fast|accurate)\b|"
    r"\b(?:size|number|amount|share|percentage) of\b|\b(?:more|fewer|less|larger|smaller) \w+",
    re.IGNORECASE,
)
"""A number is asked for."""
MEASURE_ASKED = re.compile(
    rf"\b(?:{'|'.join(sorted(METRICS))}|scores?|results?|rates?|performance|dsc|hd95?|top-[15]|"
    r"parameters|params|speed-?up|throughput|layers|heads)\b",
    re.IGNORECASE,
)
"""A measured value is."""
LIMITS_ASKED = re.compile(
    r"\b(?:limits?|limitations?|weakness(?:es)?|drawbacks?|shortcomings?|fails?|failures?|"
    r"disadvantages?|criticis\w+)\b",
    re.IGNORECASE,
)
"""What a model does badly is."""
LIMITED = re.compile(
    r"\b(?:limit\w*|weak\w*|fail\w*|lacks?|still|cannot|difficult\w*|struggl\w*|misses|missed|"
    r"worse|below|behind|not|costs?|expensive|errors?|needs? (?:\w+ ){0,2}(?:validation|review))\b"
    r"|n't\b",
    re.IGNORECASE,
)
"""A sentence says what a model does badly."""
DATA_ASKED = re.compile(
    r"\bhow (?:much|many)\b[^?]*\b(?:data|images?|scans?|slides?|samples?|pairs?|clips?|volumes?)\b"
    r"|\bwh(?:at|ich) data\b|\bdata(?:set)?s?\b[^?]*\btrain|\btrain\w*[ -](?:data|sets?)\b",
    re.IGNORECASE,
)
"""Data to train on are asked for."""
TRAINED = re.compile(
    r"train\w*\b[^.;]{0,25}\b(?:on|from|over)\b|\btraining (?:data|sets?|images)\b"
    r"|\bdata\b[^.;]{0,25}\btrain",
    re.IGNORECASE,
)
"""A sentence says what a model was trained on."""
_CHALLENGES_ASKED = re.compile(r"\b(?:challenges|problems|obstacles|difficulties)\b", re.IGNORECASE)
# Not "solve": tasks are solved, too.
OF_CHALLENGES = frozenset(
    one for word in ("challenge", "address") for one in ALIKE[stem(word)] - {stem("solve")}
)
"""The stems by which a sentence speaks of challenges, or of what addresses them."""
_COUNTED = re.compile(
    r"\bhow many (?:[\w-]+ ){0,3}?(?P<noun>(?!types |kinds |sorts )[\w-]+s|data) (?:was|were|is|"
    r"are|did|do|does|ha[sd]|have|can|will|in|of|to|from|for|on|with)\b",
    re.IGNORECASE,
)
# What is counted goes by many names: 1.6 million photographs are as many images.
_COUNTED_ALIKE = tuple(
    frozenset(map(stem, line.split()))
    for line in (
        """images pictures scans slides wsis samples pairs clips videos volumes examples instances
        data cases studies photographs photos frames patches tiles radiographs x-rays cts mris
        records reports masks""",
        "parameters params weights",
        "tasks benchmarks datasets evaluations experiments tests",
        """classes structures labels categories organs anatomies targets lesions findings diseases
        conditions""",
        "papers studies articles publications works references",
        "patients subjects individuals people persons participants",
        "gpus processors cards accelerators chips tpus a100s v100s h100s",
        "hospitals institutions centres centers sites clinics",
        "hours days weeks months minutes seconds",
        "epochs iterations steps",
        "layers blocks",
        "kilowatt-hours kwh mwh joules",
    )
)


def counted_in(question: str) -> tuple[str, ...]:
    """What a question asks the number of.

    >>> counted_in("How many image-text pairs was CLIP trained on?")
    ('pairs',)
    """
    return tuple(match["noun"] for match in _COUNTED.finditer(question))


def names_of_counted(noun: str) -> frozenset[str]:
    """The stems by which a sentence may call what is counted; none where they aren't known."""
    one = stem(noun)
    return frozenset[str]().union(*(group for group in _COUNTED_ALIKE if one in group))


def tells_number(noun: str, sentence: str) -> bool:
    """Whether a sentence says how many there are of something.

    >>> tells_number("pairs", "CLIP was trained on 400 million pairs from the web.")
    True
    >>> tells_number("pairs", "Training took 12 days on 256 GPUs.")
    False
    """
    words = sentence.replace("-", " ")  # 632M-parameter, whole-slide
    names = names_of_counted(noun) or {stem(noun)}
    there = names.intersection(content_stems(f"{sentence} {words}"))
    return any(counters(name, text) for name in there for text in (sentence, words))


def may_tell_number(noun: str, sentences: Sequence[str]) -> bool:
    """Whether one of the sentences may say how many there are of something.

    What isn't known by other names may be told with the noun and the number further apart.
    """
    if any(tells_number(noun, sentence) for sentence in sentences):
        return True
    known = bool(names_of_counted(noun))
    return not known and any(stem(noun) in content_stems(sentence) for sentence in sentences)


def asks_for_challenges(question: str) -> bool:
    """Whether a question asks for challenges, of which a sentence has to speak then."""
    return bool(_CHALLENGES_ASKED.search(question))


def speaks_of_challenge(sentence: str) -> bool:
    """Whether a sentence names a challenge, by whatever word, or what addresses one.

    >>> speaks_of_challenge("Privacy is an obstacle that federated learning mitigates.")
    True
    """
    return not OF_CHALLENGES.isdisjoint(content_stems(sentence))
