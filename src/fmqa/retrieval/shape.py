"""The shape of a question: whether it compares, or asks for several papers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fmqa.store.lexical import terms

_KINDS = (
    r"models|papers|methods|studies|datasets|works|approaches|techniques|strategies|challenges|"
    r"solutions|encoders|networks|architectures|benchmarks|surveys|reviews|ways|limits|limitations|"
    r"problems|obstacles|objectives|losses|foundations|systems|assistants|tools|researchers|authors"
)
_LISTING = re.compile(
    rf"^\s*(?:which|what|list|name|give|how (?:have|do|can|are|did))\b[^?]*?\b(?:{_KINDS})\b"
    r"|\b(?:what|which) (?:\w+[ -]){0,3}(?:sets?|data sets) (?:are|were|exist)\b",
    re.IGNORECASE,
)
_COMPARING = re.compile(
    r"\b(?:compar\w+|contrast\w*|differ\w*|versus|vs|than|or|better|worse|both|between|which of|"
    r"more|fewer|less|larger|smaller|bigger|beat|outperform\w*|exceed\w*|surpass\w*|keep up)\b",
    re.IGNORECASE,
)
_FRAME = re.compile(
    r"\b(?:compared?|compares|comparison|contrasts?|differ(?:s|ent|ence|ences)?|versus|vs|than|"
    r"which of|which|between|both|how|do|does|did|is|was|were|are|the two|in terms of|with respect "
    r"to|regarding|by|and|or|what|of|in|the|their|to|please|me|tell|as|from|on|way|they)\b|[?.,;:!]",
    re.IGNORECASE,
)
_ANY_ASPECT = "model, training and data"
_MOST_SIDES = 4


def asks_for_several(question: str) -> bool:
    """Whether a question wants to hear of several papers: "Which models …", "What ways …"."""
    return bool(_LISTING.search(question))


def sides_of(
    question: str, papers: Mapping[str, str], names: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What a comparison compares: each side's name in normal form → what to ask of that side.

    Empty where a question compares nothing, or fewer than two.

    Args:
        question: in words.
        papers: the names of papers in it, normal form → as written.
        names: all names in it; one that stands beside a paper's ("CoOp and CoCoOp") is a side too.

    >>> sides_of("Compare UNI and CONCH by data.", {"uni": "UNI", "conch": "CONCH"})
    {'uni': 'UNI: data', 'conch': 'CONCH: data'}
    """
    if not papers or not _COMPARING.search(question):
        return {}
    # "Does CT-FM beat nnU-Net on TotalSegmentator?" has two sides.
    sides = {name: shown for name, shown in papers.items() if not _on(shown, question)}
    sides = sides if len(sides) > 1 else dict(papers)
    for name, shown in (names or {}).items():
        if any(_beside(shown, paper, question) for paper in papers.values()):
            sides.setdefault(name, shown)
    if len(sides) < 2:
        return {}
    aspect = question
    for shown in sorted({*sides.values()}, key=len, reverse=True):
        aspect = re.sub(rf"(?<!\w){re.escape(shown)}(?:['’]s?)?(?!\w)", " ", aspect)
    aspect = " ".join(_FRAME.sub(" ", aspect).split())
    if not terms(aspect):
        aspect = _ANY_ASPECT
    return {name: f"{shown}: {aspect}" for name, shown in list(sides.items())[:_MOST_SIDES]}


def _on(name: str, question: str) -> bool:
    return bool(re.search(rf"\b(?:on|in|at|for) (?:the )?{re.escape(name)}(?!\w)", question))


def _beside(name: str, paper: str, question: str) -> bool:
    one, other = re.escape(name), re.escape(paper)
    joined = r"(?:\s*,)?\s+(?:and|or|vs\.?|versus|than|with|to)\s+"
    return bool(re.search(rf"(?<!\w)(?:{one}{joined}{other}|{other}{joined}{one})(?!\w)", question))
