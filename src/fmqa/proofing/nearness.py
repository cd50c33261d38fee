"""Whether a quote carries a sentence of a draft: by exact rules, shared words and meaning.

What a language model drafts from a quote speaks of what the quote speaks of; a sentence of a draft
may be of something else. So a quote has to share words with the sentence and to be near in meaning,
besides having its numbers and names and denying what it denies. A paraphrase has few of the words
and is the nearer in meaning, so that the two are added up. A quote that is nearer still and denies
it speaks against it, and none carries what claims more than it says. The learned checker does worse
on the draft of `benchmarks.draft`, alone and behind this; docs/benchmarks.md has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fmqa.answering.claims import named_things, shared_words
from fmqa.answering.entailment import Claim
from fmqa.answering.verification import Objection, Part, Reason, Verdict, parts_of, reason_of
from fmqa.types import Embedder, Quote

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST = 0.35  # of the sentence's words, and the cosine
_ENOUGH = 1.1  # of both together
_SAME_MATTER = 0.5  # of the words, in a quote that denies the sentence
_CLAIMS_ALL = re.compile(r"\b(?:all|any|each|every)\b", re.IGNORECASE)
_SAYS_ALL = re.compile(r"\b(?:all|any|both|each|entire|every|whole)\b", re.IGNORECASE)
_BOASTS = re.compile(
    r"\b(?:always|certainly|clearly|completely|definitely|entirely|fully|obviously|perfectly"
    r"|reliabl[ye]|undoubtedly|guarantee[sd]?|prove[ds]?|proven|solve[ds]?)\b",
    re.IGNORECASE,
)
_STRESSES = re.compile(
    rf"{_BOASTS.pattern}|\b(?:consistently|drastically|far|large margins?|never|significantly)\b",
    re.IGNORECASE,
)
_ISE = re.compile(r"(?<=[a-z]{3}[iy])s(?=(?:e[ds]?|ing|ations?)\b)")
_OUR = re.compile(r"(?<=[a-z]{3})our(?=s?\b)")
_NUMBERED = re.compile(r"\b(?P<word>[A-Za-z]+)[ -](?P<number>\d+)\b")
_EXACT = frozenset((Objection.NUMBER, Objection.NAME, Objection.NEGATION))
_PAPERS_KEPT = 256
_VECTORS_KEPT = 20_000  # 30 MB of 384 numbers each


class Vectors:
    """Embeds each text once.

    Args:
        embedder: embeds texts.
    """

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self._held: dict[str, NDArray[np.float32]] = {}

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector per text, shape (texts, dimension); there is at least one text."""
        if len(self._held) > _VECTORS_KEPT:
            self._held.clear()
        new = [text for text in dict.fromkeys(texts) if text not in self._held]
        if new:
            self._held |= zip(new, self.embedder.embed_array(new), strict=True)
        return np.stack([self._held[text] for text in texts])


class NearVerifier:
    """See the module's text.

    Args:
        vectors: say what is near in meaning.
        abstract: the first passage of a paper, by its id.
    """

    def __init__(self, vectors: Vectors, abstract: Callable[[str], str]) -> None:
        self.vectors = vectors
        self._own = lru_cache(_PAPERS_KEPT)(lambda paper: frozenset(named_things(abstract(paper))))

    def verify(self, claim: str, quotes: Sequence[Quote]) -> Verdict:
        """The verdict; as `fmqa.answering.verification.CheckingVerifier` gives one."""
        if not quotes:
            return Verdict(None, Reason(Objection.NO_QUOTE))
        pieces = parts_of(claim)
        texts = [claim, *pieces]
        vectors = self.vectors.of([*texts, *(quote.text for quote in quotes)])
        near = vectors[: len(texts)] @ vectors[len(texts) :].T
        whole = self._carrier(claim, quotes, near[0].tolist())
        if whole.quote is not None or len(pieces) == 1:
            return whole
        found = [
            self._carrier(piece, quotes, row.tolist())
            for piece, row in zip(pieces, near[1:], strict=True)
        ]
        parts = tuple(
            Part(piece, one.quote, one.reason) for piece, one in zip(pieces, found, strict=True)
        )
        return replace(whole, parts=parts)

    def _carrier(self, text: str, quotes: Sequence[Quote], near: Sequence[float]) -> Verdict:
        """The quote that carries a sentence best, else why the most alike doesn't."""
        words = [shared(text, quote) for quote in quotes]
        order = sorted(range(len(quotes)), key=lambda place: -near[place] - words[place])
        first: Reason | None = None
        for place in order:
            quote = quotes[place]
            reason = reason_of(Claim(text, self._understood(text, quote)))
            first = first or reason
            if reason.objection is Objection.NEGATION and words[place] >= _SAME_MATTER:
                return Verdict(None, reason, near[place])
            if (
                reason.objection not in _EXACT
                and near[place] + words[place] >= _ENOUGH
                and min(near[place], words[place]) >= _LEAST
                and not _overclaims(text, quote.text)
            ):
                return Verdict(place, probability=near[place])
        return Verdict(None, first, near[order[0]])

    def _understood(self, text: str, quote: Quote) -> Quote:
        """The quote behind those names of the sentence that its paper speaks of from the first.

        "Our method" is what the paper's abstract calls by its name, and "Ma et al. show" what its
        authors show. "BraTS 2018" stands in "BraTS2018", and "U-Nets" where "U-Net" does.
        """
        paper = quote.passage.paper
        own = self._own(paper.paper_id)
        there = whole(quote)
        names = [
            shown
            for name, shown in named_things(f"x {text}").items()
            if name in own or (shown[-1] == "s" and shown[:-1] in there)
        ]
        names += paper.authors
        names += [
            match[0]
            for match in _NUMBERED.finditer(text)
            if f"{match['word']}{match['number']}" in quote.text
        ]
        return replace(quote, context=" ".join((*names, quote.context)))


def _overclaims(text: str, quote: str) -> bool:
    """Whether a sentence speaks of all, or with a certainty, where the quote doesn't."""
    of_all = _CLAIMS_ALL.search(text) and not _SAYS_ALL.search(quote)
    boasts = _BOASTS.search(text) and not _STRESSES.search(quote)
    return bool(of_all or boasts)


def shared(text: str, quote: Quote) -> float:
    """The share of a sentence's words that a quote has, with what it is read behind."""
    return shared_words(_in_one_spelling(text), _in_one_spelling(whole(quote)))


def _in_one_spelling(text: str) -> str:
    """ "Normalised tumours" as "normalized tumors"; other words may change, on both sides alike."""
    return _OUR.sub("or", _ISE.sub("z", text))


def whole(quote: Quote) -> str:
    """A quote with what it is read behind."""
    paper = quote.passage.paper
    return f"{paper.name} {paper.title} {' '.join(paper.authors)} {quote.context} {quote.text}"
