"""What an answer tells while it comes about."""

from __future__ import annotations

from dataclasses import dataclass

from fmqa.answering.schema import Answer, Citation, Sentence, Withheld


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """The quotes that the answer will rest on, before a word is written."""

    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class SentenceReady:
    """A sentence that has been checked, with the citations that it uses for the first time."""

    sentence: Sentence
    new_citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class SentenceWithheld:
    """A drafted sentence that is not said."""

    withheld: Withheld


@dataclass(frozen=True, slots=True)
class Finished:
    """The whole answer; ``lasting`` unless a language model failed on the way to it."""

    answer: Answer
    lasting: bool = True


Event = EvidenceFound | SentenceReady | SentenceWithheld | Finished
