"""Stand-ins and builders: an embedder without a model, documents and quotes with true offsets."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from fmqa.answering.assistant import Assistant
from fmqa.answering.claims import content_stems
from fmqa.answering.drafting import Drafter, ExtractiveDrafter
from fmqa.answering.entailment import Claim, EntailmentChecker
from fmqa.answering.evidence import EvidenceSelector
from fmqa.answering.marking import MarkedPassage
from fmqa.answering.quotes import units_of
from fmqa.answering.verification import CheckingVerifier
from fmqa.retrieval.search import Searcher
from fmqa.store.library import Library
from fmqa.types import (
    Document,
    Hit,
    Outcome,
    Page,
    PaperMeta,
    PaperStatus,
    Passage,
    PassageKind,
    Quote,
    ReadResult,
    Source,
    Span,
    StoredPassage,
)

_WORD = re.compile(r"[^\W_]+")

Add = Callable[..., bool]
"""What the fixture `add` gives: documents in; out, whether the last is now searched."""


class HashEmbedder:
    """Bag of words, each hashed to a direction: texts that share words are close.

    Args:
        dimension: length of a vector.
        name: fingerprint.
        delay: seconds to sleep per call, for tests that interrupt.
    """

    def __init__(self, dimension: int = 64, name: str = "hash:64", delay: float = 0.0) -> None:
        self._dimension = dimension
        self._name = name
        self.delay = delay
        self.embedded: list[str] = []

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def fingerprint(self) -> str:
        return self._name

    def embed_array(self, texts: Sequence[str]) -> np.ndarray:
        time.sleep(self.delay)
        self.embedded += texts
        return np.stack([self._vector(text) for text in texts])

    def embed_query(self, text: str) -> list[float]:
        return [float(value) for value in self._vector(text)]

    def _vector(self, text: str) -> np.ndarray:
        words = _WORD.findall(text.lower()) or ["nothing"]
        directions = [_direction(self._name, self._dimension, word) for word in words]
        total = np.sum(directions, axis=0)
        return (total / np.linalg.norm(total)).astype(np.float32)


@cache
def _direction(name: str, dimension: int, word: str) -> np.ndarray:
    """Where a word points; drawing it takes longer than all else that a test does."""
    seed = int.from_bytes(hashlib.sha256(f"{name}{word}".encode()).digest()[:8])
    return np.random.default_rng(seed).standard_normal(dimension)


class WordMarker:
    """Marks by words alone: the more of the question's a sentence holds, the likelier."""

    def mark(self, question: str, hits: Sequence[Hit]) -> list[MarkedPassage]:
        asked = set(content_stems(question))
        marked = []
        for found in hits:
            units = tuple(units_of(found))
            logits = tuple(
                10 * len(asked & set(content_stems(unit.text))) / (len(asked) or 1) - 4
                for unit in units
            )
            if units:
                marked.append(MarkedPassage(found, units, logits, max(logits)))
        return marked


def word_selector(limit: int = 10) -> EvidenceSelector:
    """A selector that goes by the marker above alone."""
    return EvidenceSelector(WordMarker(), limit, Path(__file__).with_name("calibration.json"))


def word_assistant(library: Library, drafter: Drafter | None = None) -> Assistant:
    """An assistant without a model: the quotes speak, unless another drafter is given."""
    return Assistant(
        Searcher(library, HashEmbedder()),
        word_selector(),
        drafter or ExtractiveDrafter(),
        CheckingVerifier(WordChecker()),
        model="none",
    )


def document(
    paper_id: str,
    *pages: Sequence[str],
    version: int = 1,
    source: Source = Source.PDF,
    section: str = "Results",
    sha256: str = "",
    **meta: Any,
) -> Document:
    """A document whose pages are made of the passages given, each with its true span."""
    made: list[Page] = []
    passages: list[Passage] = []
    for number, texts in enumerate(pages or (["A sentence of no account stands here."],), start=1):
        at = 0
        for text in texts:
            spans = (Span(number, at, at + len(text)),)
            passages.append(Passage(len(passages), section, PassageKind.BODY, text, spans))
            at += len(text) + 1
        whole = "\n".join(texts)
        made.append(Page(number, whole, ((0, 0, len(whole)),)))
    values = {"title": f"Paper {paper_id}", "arxiv_id": paper_id} | meta
    digest = sha256 or hashlib.sha256(repr((paper_id, version, pages)).encode()).hexdigest()
    return Document(
        meta=PaperMeta(paper_id=paper_id, version=version, **values),
        source=source,
        sha256=digest,
        pages=tuple(made),
        passages=tuple(passages),
        reader="fake",
    )


def result(made: Document, path: str = "/papers/a.pdf") -> ReadResult:
    """What the reading of a file that holds this document comes to."""
    return ReadResult(Path(path), Outcome.OK, document=made, sha256=made.sha256)


def stored(
    *texts: str,
    page: int = 1,
    at: int = 0,
    passage_id: int = 1,
    source: Source = Source.PDF,
    status: PaperStatus = PaperStatus.CURRENT,
    **meta: Any,
) -> StoredPassage:
    """A passage of the record; with several texts, one span on each of consecutive pages."""
    spans = tuple(Span(page + number, at, at + len(text)) for number, text in enumerate(texts))
    values = {"paper_id": "2304.12306", "version": 1, "title": "A paper", "name": ""} | meta
    return StoredPassage(
        id=passage_id,
        paper=PaperMeta(**values),
        source=source,
        status=status,
        passage=Passage(0, "Results", PassageKind.BODY, " ".join(texts), spans),
    )


class WordChecker(EntailmentChecker):
    """Holds that a sentence follows when the quote has most of its words."""

    def log_odds(self, claims: Sequence[Claim]) -> list[float]:
        """High from six of ten words on, else low."""
        found = []
        for claim in claims:
            said = set(content_stems(claim.sentence))
            held = said & set(content_stems(f"{claim.before} {claim.quote.text}"))
            found.append(12.0 if len(held) >= 0.6 * len(said) else -12.0)
        return found


def quote(text: str, **options: Any) -> Quote:
    """A quote that is its whole passage."""
    passage = stored(text, **options)
    return Quote(text, passage.passage.spans[0], passage)


def hit(*texts: str, score: float = 1.0, **options: Any) -> Hit:
    """A passage found."""
    return Hit(stored(*texts, **options), score)


_SENTENCES = (
    "The model number {n} was trained on {n},200 images of the chest from two hospitals.",
    "Its encoder was kept frozen while the decoder learned from {n} thousand masks.",
    "On page {page} a Dice score of 0.{n}{page} is reached by the method of study {n}.",
    "Clinicians of centre {n} marked every finding twice, and disagreements were settled.",
)


def make_pdf(path: Path, number: int) -> None:
    """A PDF of three pages of prose."""
    from reading.pdfs import PageSource, build, column

    pages = []
    for page in range(1, 4):
        lines = [s.format(n=number, page=page) for s in _SENTENCES for _ in range(2)]
        pages.append(PageSource(column(lines, 60, 720)))
    path.write_bytes(build(pages))
