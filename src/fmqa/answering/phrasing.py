"""How a question is put: the names in it, and the several questions that it may put at once."""

from __future__ import annotations

import re

from fmqa.answering.claims import content_stems, named_things
from fmqa.retrieval.expansion import normal_name

_PART = re.compile(
    r"[;?,]?\s+(?:and|but|or)\s+(?=(?:(?:on|in|with|by|for|at|from|to)\s+)?"
    r"(?:how|what|which|who|when|where|why)\b)|\?\s+(?=\w)",
    re.IGNORECASE,
)
_ASKED_AFTER = re.compile(
    r"(?:what|which)\s+(?:are|is|were|was)\s+(?:the\s+)?"
    r"(?:(?:main|key|major|biggest|current|common|most \w+)\s+)?(?P<topic>\S.*)",
    re.IGNORECASE,
)
_HAD = re.compile(
    r"(?:what|which)\s+(?P<what>\w+)\s+(?:do|does|did)\s+(?P<who>.+?)\s+(?:have|face|meet)$",
    re.IGNORECASE,
)
_FEW_WORDS = 2
_POINTS_BACK = re.compile(r"\b(?:they|them|their|these|those|it|its|this)\b", re.IGNORECASE)
# Where "SAM 5" is a name and not SAM with a count behind it.
_AFTER_VERSION = (
    r"(?=\s*(?:[?.,;:]|$|(?:ha[sd]|have|do|does|did|is|was|were|and|or|use|with|better|worse|than|"
    r"vs|versus|compared)\b))"
)
_FIRST_WORD = re.compile(r"[A-Za-z]+(?![\w-])")
_ASKING = frozenset(
    """compare contrast describe explain list name give tell show summarize summarise define discuss
    outline state find provide mention identify tabulate please write explain here""".split()
)


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


def parts_of(question: str) -> list[str]:
    """The questions that a compound question puts, each with the name or topic of the first.

    >>> parts_of("How was MedSAM obtained from SAM, and on how much data?")
    ['How was MedSAM obtained from SAM', 'MedSAM: on how much data?']
    >>> parts_of("What are the main challenges of such models, and how are they solved?")[1]
    'challenges of such models: how are they solved?'
    """
    texts = [text.strip(" ,;") for text in _PART.split(question) if text.strip(" ,;?")]
    if len(texts) < 2:
        return [question]
    names = list(question_names(texts[0]).values())
    subject = names[0] if names else _topic(texts[0])
    rest = [
        f"{subject}: {text}"
        if subject and not question_names(text) and (names or _leans(text))
        else text
        for text in texts[1:]
    ]
    return [texts[0], *rest]


def _topic(question: str) -> str:
    """What is asked for, in the question's own words; empty where that isn't plain."""
    if asked := _ASKED_AFTER.match(question):
        return asked["topic"]
    had = _HAD.match(question)
    return f"{had['what']} of {had['who']}" if had else ""


def _leans(text: str) -> bool:
    """Whether a part says too little to be a question of its own: "and how are they solved?"."""
    return bool(_POINTS_BACK.search(text)) or len(content_stems(text)) <= _FEW_WORDS


def with_whole_names(names: dict[str, str], papers: dict[str, str]) -> dict[str, str]:
    """The names with those of papers, which may be of several words, in place of their words."""
    whole = dict(names)
    for shown in papers.values():
        words = re.split(r"[\s]+", shown)
        for word in words if len(words) > 1 else ():
            if normal_name(word) not in papers:
                whole.pop(normal_name(word), None)
    return whole | papers


def with_versions(names: dict[str, str], papers: dict[str, str], question: str) -> dict[str, str]:
    """The names with "SAM 5" in place of SAM, where no paper found goes by it."""
    found = dict(names)
    for name, shown in papers.items():
        if any(name in other for other in papers if other != name):
            continue
        version = re.compile(rf"(?<!\w){re.escape(shown)} v?\d{{1,2}}{_AFTER_VERSION}")
        told = version.findall(question)
        if told and not re.search(rf"(?<!\w){re.escape(shown)}(?!\w)", version.sub(" ", question)):
            found.pop(name, None)
        found |= {normal_name(one): one for one in told}
    return found
