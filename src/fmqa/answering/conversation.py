"""Follow-up questions made to stand alone, from what was asked before.

Rules, so that it works with no language model: an ellipsis gets the subject of the question before
("On how many images?"), a pronoun is replaced by it ("Compare that with CONCH"), and "And UNI?"
puts the question before of something else. A question that names its own subject, or is whole
without one, is a new topic and is left as it is; so is "What about federated learning?" where the
paper before doesn't speak of it. Who "its successor" is, the names of the library's papers say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fmqa.answering import asking
from fmqa.answering.analysis import question_names
from fmqa.answering.claims import named_things
from fmqa.answering.replies import without_reasoning
from fmqa.errors import ModelError
from fmqa.prompts import STANDALONE_SYSTEM, standalone_question
from fmqa.retrieval.expansion import normal_name
from fmqa.retrieval.naming import NameBook
from fmqa.types import Quote

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

IsPaper = Callable[[str], bool]
"""Whether a name, in normal form, is what a paper of the library is called by."""
SpeaksOf = Callable[[str, str], bool]
"""Whether the papers of a name (as written) speak of what a text is about."""

_START = re.compile(
    r"^\s*(?:and|but|so|then|also|ok(?:ay)?|now|or|well|thanks?|please)\b[\s,:]*", re.I
)
_ABOUT = re.compile(r"^\s*(?:what|how) about\s+(?P<rest>.+)$", re.I | re.S)
_REVIEW = re.compile(
    r"\b(?P<the>the|this) (?:systematic )?review(?: (?:article|paper))?\b"
    r"(?!['’]s|[ -](?:of|by|on|in|from|about|that|which)\b)",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"^\s*(?:for|in|with|of|on)?\s*(?P<name>[^?]{1,80}?)\s*(?:too|then|instead)?\s*[?.!]*\s*$", re.I
)
_POSSESSIVE = re.compile(
    r"\b(?:its|their|(?:this|that|the) (?:model|method|paper|work)'s)(?=\s+\w)", re.I
)
_THING = r"(?:model|method|paper|approach|work|network|encoder|one|study)s?"
_PRONOUN = re.compile(
    rf"\b(?:(?:this|that|these|those|the same) {_THING}|it|they|them|both(?: of them)?|"
    r"(?:that|this|those|these)(?=\s*(?:[?.,!]|$|with\b|to\b|and\b|against\b|compared?\b)))\b",
    re.I,
)
# "it" that stands for nothing: "is it possible", "it is known that".
_EMPTY_IT = re.compile(
    r"\bit\s+(?:is|was|seems?)\s+(?:possible|known|true|likely|important|clear|easy|hard|difficult|"
    r"necessary)\b|\b(?:is|was)\s+it\s+(?:possible|known|true|likely|important|clear|easy|hard|"
    r"difficult|necessary)\b",
    re.I,
)
_PREPOSITION = r"(?:on|in|with|by|for|at|from|to|of|under|over|against)"
_WH = (
    r"(?:how (?:many|much|large|big|long|well|often)|how|which|what|who|whom|whose|when|where|why)"
)
_LEADS = re.compile(rf"^\s*(?:{_PREPOSITION}\s+)?{_WH}\b", re.I)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|do|does|did|can|could|will|would|should|may|might|"
    r"must|use[sd]?|train(?:s|ed)?|make[s]?|made|mean[s]?|work[s]?|differ[s]?|perform[s]?|compare[sd]?|"
    r"outperform[s]?|need[s]?|exist[s]?|help[s]?|address(?:es)?|propose[sd]?|improve[sd]?|face[sd]?|"
    r"solve[sd]?|reduce[sd]?|give[s]?|show[s]?|say[s]?)\b",
    re.I,
)
_PART_OF_A_PAPER = (
    r"(?:architecture|training|data(?:set)?|encoder|decoder|backbone|loss|result|author|size|"
    r"parameter|limitation|code|licen[cs]e|performance|resolution|baseline|weight|evaluation|score|"
    r"challenge)s?"
)
# "What was the training data?": of something that is known already.
_DEFINITE = re.compile(
    rf"\b(?:the|any) (?:\w+ )?{_PART_OF_A_PAPER}\b(?!\s+(?:of|for|in|behind)\b)"
    r"|^\s*(?:which|what)\s+(?:\w+\s+)?\w+\s+(?:was|were|is|are)\s+"
    r"(?:used|released|collected|reported|evaluated|tested|published|trained)\s*\??$",
    re.I,
)
_ASPECT = re.compile(rf"(?:the |any )?(?:\w+ )?{_PART_OF_A_PAPER}\W*", re.I)
_SEVERAL = re.compile(r"they|them|their|both|these|those", re.I)
_KIN = re.compile(
    r"(?P<name>[A-Z][\w.+-]*(?: [\w.+-]+){0,2})['’]s?\s+(?:\w+\s+)?"
    r"(?P<kin>success|predecess)or\b"
    r"|\b(?:the|a) (?P<kin_of>success|predecess)or (?:of|to) (?P<of>[A-Z][\w.+-]*)"
)
_MOST_SUBJECTS = 3
_LONGEST_PHRASE = 5
_REMEMBERED = 6
_LONGEST_REWRITE = 400
_LONGEST_ELLIPSIS = 9  # words; what is longer has a subject of its own


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question that was asked before, and what it was about.

    ``standalone`` is the question as it was searched for; ``subjects`` are the names of its papers,
    as written, else of those that its answer rests on. ``said`` is how the answer begins.
    """

    asked: str
    standalone: str
    subjects: tuple[str, ...] = ()
    said: str = ""


Rewrite = Callable[[str, Sequence[Exchange]], str]
"""Makes a question stand alone, given those before it, oldest first."""


class ModelRewriter:
    """Lets a strong language model rewrite, and falls back on the rules.

    What it writes may name nothing that the conversation doesn't: a model that knows the field puts
    its own guess for "its successor".

    Args:
        model: a LangChain chat model.
        rules: what rewrites when the model fails or says too much.
        errors: turns the provider's errors into ours.
    """

    def __init__(
        self,
        model: BaseChatModel,
        rules: Rewrite,
        errors: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.model = model
        self.rules = rules
        self.errors = errors

    def __call__(self, question: str, history: Sequence[Exchange]) -> str:
        """The question as one that stands alone."""
        if not history:
            return question
        recent = history[-_REMEMBERED:]
        told = [(past.standalone, ", ".join(past.subjects), past.said) for past in recent]
        try:
            with self.errors():
                said = asking.invoke(
                    self.model,
                    [("system", STANDALONE_SYSTEM), ("human", standalone_question(told, question))],
                )
        except ModelError:
            return self.rules(question, history)
        text = " ".join(without_reasoning(str(said.text)).split())
        known = f"x {question} " + " ".join(" ".join((asked, *rest)) for asked, *rest in told)
        new = question_names(text).keys() - named_things(known).keys()
        if not text or new or len(text) > _LONGEST_REWRITE:
            return self.rules(question, history)
        return text


def subjects_of(question: str, quotes: Sequence[Quote], is_paper: IsPaper) -> tuple[str, ...]:
    """What a follow-up would be about: the papers that the question names, else the one cited."""
    named = [shown for name, shown in question_names(question).items() if is_paper(name)]
    if named:
        return tuple(named)
    papers = Counter(quote.passage.paper.paper_id for quote in quotes)
    if len(papers) != 1:
        return ()
    paper = quotes[0].passage.paper
    return (paper.name or paper.title.split(":")[0].strip(),)


def standalone(
    question: str,
    history: Sequence[Exchange],
    is_paper: IsPaper,
    speaks_of: SpeaksOf = lambda subject, text: True,
) -> str:
    """The question as one that needs none before it; itself where it doesn't lean on any.

    Args:
        question: as it was asked.
        history: the questions before it, oldest first.
        is_paper: tells names of papers from other names.
        speaks_of: tells "What about the loss?", which is of the paper before, from a new topic.
    """
    before = next((past for past in reversed(history) if past.subjects), None)
    if before is None:
        return question
    text = _START.sub("", question).strip() or question
    own = [shown for name, shown in question_names(text).items() if is_paper(name)]
    other = _of_something_else(text, before, own)
    if other is not None:
        return other
    replaced = _without_pronouns(text, before.subjects, own)
    if replaced != text:
        return _as_question(replaced)
    about = _ABOUT.match(text)
    matter = about["rest"] if about and not own else ""
    if (
        matter
        and not _ASPECT.fullmatch(matter)
        and not any(speaks_of(subject, matter) for subject in before.subjects)
    ):
        return question
    if not own and _is_ellipsis(text):
        return f"{before.subjects[0]}: {text[0].lower()}{text[1:]}"
    return question


def with_kin_named(question: str, book: NameBook) -> str:
    """The question with "MedSAM's successor" as the name that continues MedSAM's in the library.

    >>> with_kin_named("Is the successor of DINO better?", NameBook.of(papers))
    'Is DINOv2 better?'
    """

    def named(match: re.Match[str]) -> str:
        step = 1 if (match["kin"] or match["kin_of"]) == "success" else -1
        words = (match["name"] or match["of"]).split()
        # "Does Virchow's successor": the name may begin behind words with a capital of their own.
        for start in range(len(words)):
            name = normal_name(" ".join(words[start:]))
            kin = book.next_generation(name, step) if name in book else None
            if kin is not None:
                return " ".join([*words[:start], kin])
        return match[0]

    return _KIN.sub(named, question)


def with_review_named(question: str, review: str) -> str:
    """The question with "the review" as the name of the one that the library starts from.

    Not where it is told which review is meant ("the review of federated learning").

    Args:
        question: in words.
        review: that review's name; empty where the library doesn't hold it.

    >>> with_review_named("What does the review say of privacy?", "Rajendran review")
    'What does the Rajendran review say of privacy?'
    """
    if not review:
        return question
    the = "" if review.lower().endswith(("review", "survey")) else "review "
    return _REVIEW.sub(lambda match: f"{match['the']} {the}{review}", question)


def _of_something_else(text: str, before: Exchange, own: Sequence[str]) -> str | None:
    """The question before, put of the paper that this one merely names ("And UNI?")."""
    about = _ABOUT.match(text)
    match = _BARE.match(about["rest"] if about else text)
    if match is None or len(own) != 1:
        return None
    words = match["name"].split()
    if match["name"].casefold() != own[0].casefold() and (not about or len(words) > 3):
        return None
    asked = before.standalone
    for subject in before.subjects:
        changed = re.sub(rf"(?<!\w){re.escape(subject)}(?!\w)", own[0], asked, flags=re.I)
        if changed != asked:
            return changed
    return f"{own[0]}: {asked}"


def _without_pronouns(text: str, subjects: Sequence[str], own: Sequence[str]) -> str:
    """The text with the pronouns that stand for what was asked about before replaced by it.

    Those behind a paper's name in the same question stand for that one. "It" is the first of
    several subjects, "they" are all of them.
    """
    end = min((text.find(name) for name in own), default=len(text))
    if _EMPTY_IT.search(text):
        return text

    def meant(match: re.Match[str]) -> str:
        several = _SEVERAL.match(match[0])
        subject = " and ".join(subjects[:_MOST_SUBJECTS]) if several else subjects[0]
        if match.re is not _POSSESSIVE:
            return subject
        return f"{subject}'" if subject.endswith("s") else f"{subject}'s"

    head, tail = text[:end], text[end:]
    return _PRONOUN.sub(meant, _POSSESSIVE.sub(meant, head)) + tail


def _as_question(text: str) -> str:
    """A mere noun ("MedSAM's successor?") as a question."""
    if _VERB.search(text) or _LEADS.match(text) or re.match(r"\s*compare\b", text, re.I):
        return text[0].upper() + text[1:]
    return f"What is {text}"


def _is_ellipsis(text: str) -> bool:
    """Whether a question lacks what it is about."""
    words = text.split()
    if len(words) > _LONGEST_ELLIPSIS:
        return False
    if len(words) == 1:
        return bool(re.match(rf"{_WH}\W*$", text, re.I))
    if question_names(text) and _VERB.search(text):
        return False
    if _LEADS.match(text):
        return not _VERB.search(text) or bool(_DEFINITE.search(text))
    return len(words) <= _LONGEST_PHRASE and bool(re.match(rf"\s*{_PREPOSITION}\b", text, re.I))
