"""Each sentence of a draft against the papers that it cites, or else against the library.

Candidates are the sentences of the passages that a search finds, nearest in meaning, words and
numbers first. Whether one of them carries the sentence decides a verifier. Where none does, the
nearest ones tell why: another figure, a contradiction, or nothing of the kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from fmqa.answering.citing import paper_url
from fmqa.answering.claims import named_things
from fmqa.answering.numbers import missing_numbers, numbers
from fmqa.answering.quotes import units_of
from fmqa.answering.verification import Objection, Verdict
from fmqa.errors import NothingToSearch
from fmqa.proofing.draft import DraftSentence, Manuscript
from fmqa.proofing.nearness import NearVerifier, Vectors, shared, whole
from fmqa.proofing.report import Finding, Kind, Report, ShownQuote, how_to_fetch, shown
from fmqa.sync.matching import WorkFinder
from fmqa.types import Filters, PaperMeta, Quote, Reference

if TYPE_CHECKING:
    from fmqa.retrieval.search import Searcher

_PASSAGES = 12
_CANDIDATES = 8
_LOOKED_AT = 3  # of the candidates, for why none of them carries the sentence
_FEWEST_WORDS = 4  # of what asserts something
_ALIKE = 0.5  # of the sentence's words in a quote that speaks of the same
_ALIKE_UNCITED = 0.6  # the same where nobody said that it should
_NEAR_UNCITED = 0.5  # cosine, of a quote that denies such a sentence
_OWN = re.compile(
    r"\b(?:we|our|ours|us|I|my|this (?:paper|work|section|article|study|review|survey|manuscript)"
    r"|section|figure|fig\.|table|appendix)\b",
    re.IGNORECASE,
)


class Proofreader:
    """Checks drafts against a library.

    Args:
        searcher: finds passages.
        vectors: say which sentences are near in meaning.
        verifier: decides what carries a sentence; one of answers has the same `verify`.
        work_finder: knows the library's papers by what drafts say of them.
        pdf_url: where arXiv's PDFs are.
    """

    def __init__(
        self,
        searcher: Searcher,
        vectors: Vectors,
        verifier: NearVerifier,
        work_finder: WorkFinder,
        pdf_url: str = "https://arxiv.org/pdf",
    ) -> None:
        self.searcher = searcher
        self.vectors = vectors
        self.verifier = verifier
        self.work_finder = work_finder
        self.pdf_url = pdf_url.rstrip("/")

    def check(
        self,
        draft: Manuscript,
        path: str,
        step: Callable[[str, int, int], None] = lambda *told: None,
    ) -> Report:
        """What was found of each sentence.

        Args:
            draft: as it was read.
            path: what to call it.
            step: told of the progress.
        """
        papers = {key: self.work_finder.find(work) for key, work in draft.works.items()}
        findings = []
        for place, sentence in enumerate(draft.sentences):
            step("Checking sentences", place, len(draft.sentences))
            findings.append(self._sentence(sentence, draft.works, papers))
        step("Checking sentences", len(draft.sentences), len(draft.sentences))
        return Report(path, tuple(findings))

    def _sentence(
        self,
        sentence: DraftSentence,
        works: Mapping[str, Reference],
        papers: Mapping[str, PaperMeta | None],
    ) -> Finding:
        if not sentence.keys:
            return self._uncited(sentence)
        unknown = [key for key in sentence.keys if key not in works]
        held = [paper for key in sentence.keys if (paper := papers.get(key)) is not None]
        found = self._against(sentence, held) if held else None
        if found is not None and found.kind is not Kind.NOT_FOUND:
            return found
        if unknown:
            told = f"no bibliography has {', '.join(unknown)}"
            return _finding(Kind.UNKNOWN_KEY, sentence, told)
        missing = {key: works[key] for key in sentence.keys if papers[key] is None}
        if missing:
            told = "; ".join(
                f"{shown(key, work)} isn't in the library: {how_to_fetch(work)}"
                for key, work in missing.items()
            )
            return _finding(Kind.NO_PAPER, sentence, told)
        assert found is not None  # every key names a paper that is held
        return found

    def _against(self, sentence: DraftSentence, held: Sequence[PaperMeta]) -> Finding:
        """A sentence against the papers that it cites."""
        quotes = [
            quote
            for paper in dict.fromkeys(paper.paper_id for paper in held)
            for quote in self._candidates(sentence.text, Filters(papers=(paper,)))
        ]
        verdict = self.verifier.verify(sentence.text, quotes)
        carrier = _carrier(verdict)
        if carrier is not None:
            return self._finding(Kind.CARRIED, sentence, quotes[carrier])
        kind, nearest = self._why(sentence.text, quotes, _ALIKE)
        told = str(verdict.reason or "") if kind is Kind.NOT_FOUND else ""
        return self._finding(kind, sentence, nearest, told)

    def _uncited(self, sentence: DraftSentence) -> Finding:
        """A sentence that cites nothing, against the whole library; silence is no fault."""
        if _no_claim(sentence.text):
            return _finding(Kind.NO_CLAIM, sentence)
        quotes = self._candidates(sentence.text, None)
        carrier = _carrier(self.verifier.verify(sentence.text, quotes))
        if carrier is not None:
            return self._finding(Kind.CARRIED, sentence, quotes[carrier])
        # Only what names the same things may say otherwise.
        names = named_things(f"x {sentence.text}").keys()
        same = [one for one in quotes if names and names & named_things(f"x {whole(one)}").keys()]
        kind, nearest = self._why(sentence.text, same, _ALIKE_UNCITED, _NEAR_UNCITED)
        if kind is Kind.NOT_FOUND:
            return self._finding(Kind.UNCITED, sentence, quotes[0] if quotes else None)
        return self._finding(kind, sentence, nearest)

    def _candidates(self, text: str, filters: Filters | None) -> list[Quote]:
        """The nearest sentences of the best passages."""
        try:
            hits = self.searcher.search(text, _PASSAGES, filters)
        except NothingToSearch:
            return []
        quotes = list(
            {unit.text: unit for hit in hits for unit in units_of(hit) if not unit.rest}.values()
        )
        if not quotes:
            return []
        vectors = self.vectors.of([text, *(quote.text for quote in quotes)])
        told = np.array([shared(text, one) + _share_of_numbers(text, one) for one in quotes])
        order = np.argsort(-(vectors[1:] @ vectors[0] + told), kind="stable")
        return [quotes[int(place)] for place in order[:_CANDIDATES]]

    def _why(
        self, text: str, quotes: Sequence[Quote], alike: float, near: float = 0.0
    ) -> tuple[Kind, Quote | None]:
        """Why none of the quotes carries a sentence, and the one that shows it."""
        for quote in quotes[:_LOOKED_AT]:
            if shared(text, quote) < alike or len(quote.text.split()) <= _FEWEST_WORDS:
                continue
            if missing_numbers(text, whole(quote)) and numbers(quote.text):
                return Kind.OTHER_FIGURE, quote
            verdict = self.verifier.verify(text, [quote])
            denied = verdict.reason is not None and verdict.reason.objection is Objection.NEGATION
            if denied and verdict.probability >= near:
                return Kind.CONTRADICTED, quote
        return Kind.NOT_FOUND, quotes[0] if quotes else None

    def _finding(
        self, kind: Kind, sentence: DraftSentence, quote: Quote | None, message: str = ""
    ) -> Finding:
        if quote is None:
            return _finding(kind, sentence, message)
        paper, source = quote.passage.paper, quote.passage.source
        url = paper_url(self.pdf_url, paper, source, quote.span.page)
        place = ShownQuote(
            paper_id=paper.paper_id,
            title=paper.title,
            page=quote.span.page,
            quote=" ".join(quote.text.split()),
            url=url,
            version=paper.version or 0,
            source=source,
            start=quote.span.start,
            end=quote.span.end,
        )
        return _finding(kind, sentence, message, place)


def _finding(
    kind: Kind, sentence: DraftSentence, message: str = "", place: ShownQuote | None = None
) -> Finding:
    return Finding(
        kind, sentence.text, sentence.line, sentence.column, sentence.keys, message, place
    )


def _carrier(verdict: Verdict) -> int | None:
    """The quote that carries a sentence, or the first of those that carry its parts."""
    if verdict.quote is not None:
        return verdict.quote
    carried = [part.quote for part in verdict.parts]
    return carried[0] if carried and None not in carried else None


def _share_of_numbers(text: str, quote: Quote) -> float:
    """The share of a sentence's numbers that a quote has: they tell best where it comes from."""
    missing = len(missing_numbers(text, whole(quote)))
    return 1 - missing / max(1, missing, len(numbers(text)))


def _no_claim(text: str) -> bool:
    """Whether a sentence says nothing that papers could say: a question, or of the draft itself."""
    words = text.split()
    return len(words) < _FEWEST_WORDS or text.endswith("?") or bool(_OWN.search(text))
