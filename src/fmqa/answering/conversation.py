"""Follow-up questions made to stand alone, from what was asked before.

Without a strong language model, a question that leans on those before it is joined to them, and
the two are searched for as one. Whether it leans is the probability of a logistic regression
(`training.follow_ups`); "And UNI?" puts the question before of another paper. A strong model
rewrites. Who "its successor" is, the names of the library's papers say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fmqa import weights
from fmqa.answering.analysis import question_names
from fmqa.answering.asking import LanguageModel
from fmqa.answering.claims import content_stems, named_things, shared_words, stem
from fmqa.answering.evidence import Evidence, Logistic
from fmqa.errors import ModelError
from fmqa.prompts import STANDALONE_SYSTEM, standalone_question
from fmqa.retrieval.expansion import normal_name
from fmqa.retrieval.naming import NameBook
from fmqa.retrieval.search import Searcher
from fmqa.types import Quote

LEANING = weights.TRAINED / "follow_ups.json"
JOINT = " ↳ "
"""Stands between a question and the follow-up that is joined to it; nobody types it."""
IsPaper = Callable[[str], bool]
"""Whether a name, in normal form, is what a paper of the library is called by."""

_WORD = re.compile(r"\w[\w'-]*")
# Words that point at something said before, and those that go on from it.
_POINTING = frozenset(
    """it its they them their this that these those one ones both same other others former latter
    first second third last""".split()
)
_LEADING = frozenset("and but so then ok okay no not yes sorry more".split())
# All that "yes, please tell me more about it" says, by the words' stems.
_MORE = frozenset(
    map(stem, "yes yeah sure ok okay please tell more go continue know like else details".split())
)
# What turns are compared with, and how near to the first they come that ask nothing.
_COURTESIES = ("Thank you.", "Hello!", "Goodbye.", "Great.", "Great, thanks.")
_ASKING = ("Why?", "Which one?", "Tell me more.", "Yes.", "How many?")
_POLITE, _POLITER = 0.38, 0.15
_LONGEST_COURTESY = 8  # words
_SAID = 0.9  # of a sentence's words, that stand in what was said already
_TOLD = 1000  # characters of an answer that a model is told
_MOST_STEMS = 6  # beyond which a longer question is no likelier to stand alone
_LOOKED_AT = 16  # passages
_REVIEW = re.compile(
    r"\b(?P<the>the|this) (?:systematic )?review(?: (?:article|paper))?\b"
    r"(?!['’]s|[ -](?:of|by|on|in|from|about|that|which)\b)",
    re.IGNORECASE,
)
_KIN = re.compile(
    r"(?P<name>[A-Z][\w.+-]*(?: [\w.+-]+){0,2})['’]s?\s+(?:\w+\s+)?"
    r"(?P<kin>success|predecess)or\b"
    r"|\b(?:the|a) (?P<kin_of>success|predecess)or (?:of|to) (?P<of>[A-Z][\w.+-]*)"
)
_ITS_KIN = re.compile(r"\b(?:its|their)(?=\s+(?:\w+\s+)?(?:successor|predecessor)\b)", re.I)
_REMEMBERED = 6
_LONGEST_REWRITE = 400


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
    """Lets a strong language model rewrite, and joins the questions where it can't.

    What it writes may name nothing that the conversation doesn't: a model that knows the field puts
    its own guess for "its successor".

    Args:
        model: a strong one.
        joined: what rewrites when the model fails or says too much.
    """

    def __init__(self, model: LanguageModel, joined: Rewrite) -> None:
        self.model = model
        self.joined = joined

    def __call__(self, question: str, history: Sequence[Exchange]) -> str:
        """The question as one that stands alone."""
        if not history:
            return question
        recent = history[-_REMEMBERED:]
        told = [(p.standalone, ", ".join(p.subjects), p.said[:_TOLD]) for p in recent]
        try:
            said = self.model.ask(STANDALONE_SYSTEM, standalone_question(told, question))
        except ModelError:
            return self.joined(question, history)
        text = " ".join(said.split())
        known = f"x {question} " + " ".join(" ".join((asked, *rest)) for asked, *rest in told)
        new = question_names(text).keys() - named_things(known).keys()
        if not text or new or len(text) > _LONGEST_REWRITE:
            return self.joined(question, history)
        return text


class FollowUps:
    """Joins a question to those before it where it leans on them.

    Args:
        searcher: knows the papers' names, and how near their passages come to a question.
    """

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher
        self.is_leaning = Logistic.read(LEANING, "leans")

    def __call__(self, question: str, history: Sequence[Exchange]) -> str:
        """The question as one that needs none before it; itself where it doesn't lean on any."""
        if not history:
            return question
        before = history[-1]
        other = self._of_another(question, before)
        if other:
            return other
        if self.leans(question) < self.is_leaning.least:
            return question
        if before.subjects:
            question = _ITS_KIN.sub(f"{before.subjects[0]}'s", question)
        # The first question says what all is about, the last one what is left out.
        first, *later = before.standalone.split(JOINT)
        return JOINT.join([first, *later[-1:], question])

    def leans(self, question: str) -> float:
        """The probability, 0 to 1, that a question can't be understood alone."""
        return self.is_leaning(leaning_features(question, self.searcher))

    def _of_another(self, question: str, before: Exchange) -> str:
        """The question before, put of the paper that this one merely names ("And UNI?")."""
        names = self.searcher.names.in_text(question)
        words = {stem(word) for shown in names.values() for word in shown.split()}
        if len(names) != 1 or set(content_stems(question)) - words:
            return ""
        (new,) = names.values()
        first, *later = before.standalone.split(JOINT)
        asked = JOINT.join([first, *later[-1:]])
        for old in self.searcher.names.in_text(asked).values():
            if normal_name(old) not in names:
                return re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", new, asked)
        return ""


def leaning_features(question: str, searcher: Searcher) -> dict[str, float]:
    """What the probability that a question leans on those before it goes by."""
    words = [word.lower() for word in _WORD.findall(question)]
    hits = searcher.search(question, _LOOKED_AT)
    return {
        "stems": min(len(set(content_stems(question))), _MOST_STEMS),
        "known": float(bool(searcher.names.in_text(question))),
        "named": float(bool(question_names(question))),
        "pointing": float(not _POINTING.isdisjoint(words)),
        "leading": float(bool(words) and words[0] in _LEADING),
        "cosine": max((hit.cosine for hit in hits if hit.cosine is not None), default=0.0),
    }


def is_courtesy(text: str, searcher: Searcher) -> bool:
    """Whether a turn thanks or greets and asks nothing: nearer in meaning to that than to asking.

    Of 268 follow-ups none is taken for one.
    """
    if "?" in text or len(text.split()) > _LONGEST_COURTESY or searcher.names.in_text(text):
        return False
    meant = searcher.embedder.embed_query(text)
    polite, asking = (
        max(float(np.dot(meant, searcher.embedder.embed_query(one))) for one in some)
        for some in (_COURTESIES, _ASKING)
    )
    return polite >= _POLITE and polite - asking >= _POLITER


def asks_for_more(question: str) -> bool:
    """Whether a question only asks to go on ("yes", "tell me more")."""
    return set() < set(content_stems(question)) <= _MORE


def unsaid(evidence: Evidence, said: str) -> Evidence:
    """The evidence with the next best sentences in the place of those that were said already.

    Args:
        evidence: of a question.
        said: the answer before.
    """
    ranked = sorted(
        (unit for passage in evidence.passages for unit in passage), key=lambda one: -one.score
    )
    new = [one for one in ranked if one.score and shared_words(one.text, said) < _SAID]
    return replace(evidence, quotes=tuple(new[: len(evidence.quotes)])) if new else evidence


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
