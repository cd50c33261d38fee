"""Writing sentences from quotes.

Without a model that can write, the quotes speak for themselves. A strong one writes over whole
passages (see `synthesis`). Whatever is written is only a draft: the verifier decides what is said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from fmqa.answering.arranging import arranged
from fmqa.answering.claims import as_said
from fmqa.answering.reasoning import without_reasoning
from fmqa.answering.replies import Begins
from fmqa.answering.rows import table_told, told
from fmqa.types import Quote

_SHOWN_OF_REFUSAL = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence and the quotes (by index) that it says it rests on.

    ``verbatim`` when it is the quote itself; ``begins`` a paragraph or an item of a list. ``head``
    stands above it where it is the first of a group.
    """

    text: str
    quotes: tuple[int, ...]
    verbatim: bool = False
    begins: Begins = ""
    head: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A word to the user on how the model did."""

    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A draft that no quote carries, and why: what a strong model may repair."""

    draft: Draft
    reason: str


class Drafter(Protocol):
    """Writes sentences from quotes, in the order in which they are to be read.

    ``reads`` is how many tokens of passages it takes. One that takes none is given the quotes that
    were chosen; one that reads decides for itself what answers, and may repair what is refused.
    """

    reads: int = 0

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft | Notice]:
        """The sentences, each as soon as it is written; none where the quotes don't answer.

        Raises:
            ModelError: the model can't be used (any more).
        """
        ...

    def repaired(
        self, question: str, quotes: Sequence[Quote], refused: Sequence[Refused]
    ) -> list[list[Draft] | None]:
        """What takes the place of each refused draft: nothing where it is given up.

        None where nothing was said of it.

        Raises:
            ModelError: the model can't be used (any more).
        """
        del question, quotes
        return [None] * len(refused)


def verbatim(quote: Quote, index: int) -> Draft:
    """The quote as its own sentence, without the paper's reference numbers."""
    if table_told(quote):
        return Draft(told(quote), (index,), verbatim=True)
    return Draft(as_said(quote.text), (index,), verbatim=True)


class ExtractiveDrafter(Drafter):
    """The papers' own words.

    Args:
        common: gives the stems that make no head, see `arranging.common_stems`.
    """

    def __init__(self, common: Callable[[], Collection[str]] = frozenset) -> None:
        self.common = common

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft]:
        """Each quote as a sentence, in the order in which they read as one answer.

        The rows of a table that stand together are a list, as all quotes under a head are.
        """
        for group in arranged(question, quotes, self.common):
            tables = [table_told(quotes[index]) for index in group.quotes]
            joined = [bool(group.head), *(bool(a and a == b) for a, b in pairwise(tables)), False]
            for place, index in enumerate(group.quotes):
                begins: Begins = "" if place else "paragraph"
                if group.head or joined[place] or joined[place + 1]:
                    begins = "item"
                elif place and joined[place - 1]:
                    begins = "paragraph"
                head = "" if place else group.head
                yield replace(verbatim(quotes[index], index), begins=begins, head=head)


def declined(reply: str) -> str:
    """What to say of a model that refuses to help."""
    said = " ".join(without_reasoning(reply).split())[:_SHOWN_OF_REFUSAL]
    return f"The language model declined to answer: “{said}”"
