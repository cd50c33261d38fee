"""What a question is about, as far as that needs no model: its names, and what papers can't say."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from fmqa.answering.claims import METRICS, named_things
from fmqa.retrieval.expansion import normal_name
from fmqa.retrieval.search import Searcher
from fmqa.types import Filters

_FIRST_WORD = re.compile(r"[A-Za-z]+(?![\w-])")
_ASKING = frozenset(
    """compare contrast describe explain list name give tell show summarize summarise define discuss
    outline state find provide mention identify tabulate please write explain here""".split()
)
# A model's or data set's name as it is written: small letters and several capitals (RETFound, but
# no plural: CTs), a capital and a figure (SA-1B), or capitals with a hyphen (EVA-CLIP). Capitals
# alone are as often an abbreviation.
_THING = re.compile(
    r"(?![A-Z]+s$)(?=.{5})(?:.*[A-Z].*[A-Z].*[a-z].*|.*[a-z].*[A-Z].*)|(?=.*[A-Z])(?=.{4}).*\d.*"
    r"|[A-Z]{2,}-[A-Z]{2,}"
)
_SUFFIX = re.compile(r"(?:-[a-z]{3,})+$")  # of "ResNet-style"
# People, and what is joined for the question: "CT/MRI", "PA+lateral".
_PLAIN = re.compile(r"[A-Z][a-z]+(?:-[A-Z][a-z]+)+|.*/.*|.*\+[a-z]+")
_SHORTEST_PART = 3
_KNOWN = 2  # passages of one paper that speak of a name, from which on it is known

_OWN = (
    r"doctors?|child(?:ren)?|son|daughter|baby|mother|father|wife|husband|head|heart|chest|back|"
    r"moles?|tumou?rs?|cancer|scans?|x-?rays?|mri|ct|ultrasound|mammograms?|biops(?:y|ies)|"
    r"symptoms?|results?|report|diagnosis|blood|skin|eyes?|lungs?|pain|medication|patient"
)
_ADVICE = re.compile(
    rf"\bmy (?:own )?(?:{_OWN})\b|\bmy \w+['’]s (?:{_OWN})\b|\bis this (?:mole|lump|rash|lesion)\b"
    r"|\bshould i (?:stop|start|take|have|get|see|undergo)\b|\bdo i have\b(?! to\b)",
    re.IGNORECASE,
)
_FILE = (
    r"(?:image|scan|picture|photo|x-?ray|slide|figure|file|ct|mri|mammogram|document|pdf|film)s?"
)
_ATTACHED = re.compile(
    rf"\b(?:attached|uploaded|enclosed) (?:\w+ ){{0,2}}{_FILE}\b|\b{_FILE} (?:attached|enclosed)\b"
    r"|\bin the attachment\b|\bi(?:'ve| have)? (?:just )?(?:uploaded|attached)\b",
    re.IGNORECASE,
)


class Refusal(StrEnum):
    """Why a question isn't answered."""

    NO_QUESTION = "no_question"
    ADVICE = "advice"
    ATTACHED_FILE = "attached_file"
    UNKNOWN_NAME = "unknown_name"
    NAMED_IN_PASSING = "named_in_passing"
    NOTHING_FOUND = "nothing_found"
    NOT_ANSWERED = "not_answered"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class QueryAnalysis:
    """What a question speaks of.

    ``names`` are the models, data sets and abbreviations in it, normal form → as written;
    ``papers`` the ids of the papers that one of them names, by that name. ``unknown`` are names of
    models or data sets (as written) that stand nowhere in the library, ``in_passing`` those that no
    paper speaks of in more than one passage, where the question names none that are known better.
    ``refusal`` says why a question is none for papers at all.
    """

    question: str
    names: dict[str, str]
    papers: dict[str, tuple[str, ...]]
    unknown: tuple[str, ...] = ()
    in_passing: tuple[str, ...] = ()
    refusal: Refusal | None = None

    @classmethod
    def of(cls, question: str, searcher: Searcher, filters: Filters | None = None) -> Self:
        """Read a question against a library."""
        found = searcher.names.in_text(question)
        names = question_names(question)
        whole = {word for shown in found.values() for word in map(normal_name, shown.split())}
        names = {n: shown for n, shown in names.items() if n not in whole or n in found} | found
        papers = {name: tuple(searcher.papers_called([name])) for name in found}
        things = [
            shown
            for name, shown in names.items()
            if name not in found and name not in METRICS and _is_thing(shown)
        ]
        mentions = {t: searcher.mentions(_SUFFIX.sub("", t), filters) for t in things}
        unknown = tuple(t for t in things if not any(searcher.mentions(p) for p in _with_parts(t)))
        passing = tuple(things) if not papers and all(n < _KNOWN for n in mentions.values()) else ()
        return cls(question, names, papers, unknown, passing, not_for_papers(question))

    @property
    def things(self) -> Collection[str]:
        """The names of models and data sets alone, in normal form."""
        return {n for n, shown in self.names.items() if n in self.papers or _is_thing(shown)}


def not_for_papers(question: str) -> Refusal | None:
    """Why a question is none for papers; None when it may be one."""
    if _ATTACHED.search(question):
        return Refusal.ATTACHED_FILE
    if _ADVICE.search(question):
        return Refusal.ADVICE
    return None


def question_names(question: str) -> dict[str, str]:
    """The names in a question: normal form → as written.

    Its first word has a capital anyway and may be a name ("Virchow was trained on what?"), unless
    it is what one asks with ("Compare …").
    """
    names = named_things(f"x {question}")
    first = _FIRST_WORD.match(question)
    if first and first[0].lower() in _ASKING:
        names.pop(normal_name(first[0]), None)
    return names


def _is_thing(name: str) -> bool:
    """Whether a name is written like that of a model or a data set."""
    bare = _SUFFIX.sub("", name)
    return bool(_THING.fullmatch(bare)) and not _PLAIN.fullmatch(bare)


def _with_parts(name: str) -> list[str]:
    """A name, and the names that it is made of: "ResNet-style" of ResNet."""
    parts = [p for p in re.split(r"[-/]", name) if len(p) >= _SHORTEST_PART and p[0].isupper()]
    return [name, *(part for part in parts if part != name)]
