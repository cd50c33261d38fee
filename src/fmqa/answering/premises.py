"""What a question takes for granted: kinds of data, years, and that something is the largest.

"How many mammograms was VisionFM trained on?" has no answer where nothing that VisionFM's paper
says is about mammograms, however near its sentences on training are. "Which is the largest model?"
has none where no sentence says that one is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Each line is one kind, in the words by which papers and questions name it.
_KINDS = tuple(
    re.compile(rf"\b(?:{line})", re.IGNORECASE)
    for line in (
        r"x-? ?rays?\b|radiograph|cxr\b|chest films?",
        r"cts?\b|computed tomograph",
        r"mris?\b|mr\b|magnetic resonance|t[12]-weighted",
        r"pets?\b|positron emission",
        r"ultraso|sonogra|echocardio|echo\b",
        r"patholog|histolog|histopath|whole-slide|slides?\b|wsis?\b|h&e|h and e|stain|tissue|biops",
        r"fundus|retin|ophthalm|oct\b|eyes?\b|cornea",
        r"dermo|skin|dermat|moles?\b|melanom",
        r"endosc|colonosc|laparosc|surg|polyp|capsule",
        r"mammo|breast",
        r"audio|speech|sounds?\b|voice|acoustic|music",
        r"genom|genes?\b|genetic|dna\b|rna\b|transcriptom|polygenic|protein|molecul",
        r"ecgs?\b|electrocardio|eegs?\b|electroencephalo",
        r"dental|teeth|tooth",
        r"captions?\b|caption|text|reports?\b|language",
        r"reports?\b|radiology text",
        r"satellite|aerial|weather|traffic",
        r"quantum|blockchain",
    )
)


def kinds_in(text: str) -> tuple[re.Pattern[str], ...]:
    """The kinds of data that a text speaks of, each as the pattern of its words."""
    return tuple(kind for kind in _KINDS if kind.search(text))


def kinds_missing(question: str, held: Iterable[str]) -> tuple[str, ...]:
    """The words of a question that name a kind of data which none of the texts speaks of.

    Args:
        question: in words, without the names of the papers that it is about.
        held: what those papers say: passages, titles, facets.
    """
    text = " ".join(held)
    missing = []
    for kind in _KINDS:
        match = kind.search(question)
        if match is not None and not kind.search(text):
            missing.append(_whole_word(question, match))
    return tuple(dict.fromkeys(missing))


def _whole_word(text: str, match: re.Match[str]) -> str:
    start, end = match.span()
    while start and (text[start - 1].isalnum() or text[start - 1] == "-"):
        start -= 1
    while end < len(text) and (text[end].isalnum() or text[end] == "-"):
        end += 1
    return text[start:end]


_YEAR = re.compile(
    r"(?<![\w.,-])(?<!\bon )(?<!\bwith )(?<!\bthan )(?<!\bover )(?<!\babout )"
    r"(?!2000|2048)(?:19|20)\d\d(?![\w,]|\.\d)"
)


def years_missing(
    question: str, held: Iterable[str], known: Iterable[int | None]
) -> tuple[str, ...]:
    """The years of a question that no text speaks of and no paper is of.

    Args:
        question: in words.
        held: what the papers found say.
        known: the years of these papers.
    """
    text = " ".join(held)
    there = {*_YEAR.findall(text), *(str(year) for year in known)}
    return tuple(year for year in dict.fromkeys(_YEAR.findall(question)) if year not in there)


RANKS = (
    (r"largest|biggest", r"largest|biggest|more \w+ than any"),
    (r"smallest|lightest", r"smallest|lightest|fewest|less than any|fewer \w+ than any"),
    (r"fastest|quickest", r"fastest|quickest|faster than (?:any|all)"),
    (r"slowest", r"slowest|slower than (?:any|all)"),
    (r"cheapest", r"cheapest|cheaper than (?:any|all)|least costly"),
    (r"highest", r"highest|best|top|first|outperform\w*|better than (?:any|all)"),
    (r"lowest", r"lowest|worst|least|last|worse than (?:any|all)"),
)
"""Of each rank the words by which it is asked for, and those by which it may be told."""


# The biggest of these are the main ones.
_MATTERS = (
    r"(?:(?:open|clinical|technical|practical|remaining) )?"
    r"(?:challenges?|problems?|obstacles?|barriers?|hurdles?|limitations?|limits|risks?|"
    r"differences?|advantages?|drawbacks?|weakness(?:es)?|strengths?|gaps?|concerns?)\b"
)


def ranks_missing(question: str, quotes: Iterable[str]) -> tuple[str, ...]:
    """The ranks that a question asks for ("the largest") and none of the quotes tells.

    >>> ranks_missing("What is the largest pathology model?", ["UNI is a model for pathology."])
    ('the largest',)
    >>> ranks_missing("What are the biggest obstacles?", ["Privacy is an obstacle."])
    ()
    """
    text = " ".join(quotes)
    missing = []
    for asked, told in RANKS:
        match = re.search(rf"\b(?:{asked})\b(?! {_MATTERS})", question, re.IGNORECASE)
        if match and not re.search(rf"\b(?:{told})\b", text, re.IGNORECASE):
            missing.append(f"the {match[0].lower()}")
    return tuple(missing)
