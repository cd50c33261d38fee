"""Each sentence of a draft against the papers that it cites, or else against the library.

Whether these carry a sentence says a strong language model where there is one, else a regression
(`fmqa.proofing.weighing`). Where they don't, the nearest sentences tell why: another figure, a
contradiction, or nothing of the kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from fmqa.answering.citing import paper_url
from fmqa.answering.claims import named_things
from fmqa.answering.entailment import Claim, EntailmentChecker
from fmqa.answering.numbers import missing_numbers, numbers
from fmqa.answering.verification import reason_of
from fmqa.proofing.draft import DraftSentence, Manuscript
from fmqa.proofing.report import Finding, Kind, Report, ShownQuote, how_to_fetch, shown
from fmqa.proofing.weighing import Case, Weigher, behind, terms_of
from fmqa.sync.matching import WorkFinder
from fmqa.types import PaperMeta, Quote, Reference

_JUDGED = 5  # quotes that a language model is shown with a sentence
_AT_ONCE = 25  # sentences that it is asked about in one call
_LOOKED_AT = 3  # of the quotes, for why none of them carries the sentence
_FEWEST_WORDS = 4  # of what asserts something
_ALIKE = 0.5  # of the sentence in a quote that speaks of the same
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
        weigher: finds what may carry sentences, and says how surely it does.
        work_finder: knows the library's papers by what drafts say of them.
        judge: a strong language model as a checker, where there is one.
        pdf_url: where arXiv's PDFs are.
    """

    def __init__(
        self,
        weigher: Weigher,
        work_finder: WorkFinder,
        judge: EntailmentChecker | None = None,
        pdf_url: str = "https://arxiv.org/pdf",
    ) -> None:
        self.weigher = weigher
        self.work_finder = work_finder
        self.judge = judge
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

        Raises:
            ModelError: the judge can't say.
        """
        papers = {key: self.work_finder.find(work) for key, work in draft.works.items()}
        asked = self.asked(draft, papers)
        cases = self.weigher.cases(list(asked.values()), step)
        carried = self._carried(cases)
        step("Checking sentences", len(asked), len(asked))
        weighed = {
            place: self._weighed(draft.sentences[place], case, carries=carries)
            for place, case, carries in zip(asked, cases, carried, strict=True)
        }
        findings = [
            self._found(one, weighed.get(place), draft.works, papers)
            for place, one in enumerate(draft.sentences)
        ]
        return Report(path, tuple(findings))

    def asked(
        self, draft: Manuscript, papers: Mapping[str, PaperMeta | None]
    ) -> dict[int, tuple[str, tuple[str, ...]]]:
        """What is checked of a draft: by its place each sentence, and the papers that it cites.

        Args:
            draft: as it was read.
            papers: those of the cited works that are in the library.
        """
        found = {}
        for place, one in enumerate(draft.sentences):
            held = [paper.paper_id for key in one.keys if (paper := papers.get(key)) is not None]
            if held or not (one.keys or _no_claim(one.text)):
                found[place] = (one.text, tuple(dict.fromkeys(held)))
        return found

    def _carried(self, cases: Sequence[Case]) -> list[bool]:
        """Whether each sentence is carried."""
        if self.judge is None:
            return self.weigher.carried(cases)
        open_ = [place for place, one in enumerate(cases) if one.quotes]
        carried = [False] * len(cases)
        for start in range(0, len(open_), _AT_ONCE):
            batch = open_[start : start + _AT_ONCE]
            claims = [Claim(cases[place].text, cases[place].joined(_JUDGED)) for place in batch]
            for place, odds in zip(batch, self.judge.log_odds(claims), strict=True):
                carried[place] = odds > 0
        return carried

    def _found(
        self,
        sentence: DraftSentence,
        found: Finding | None,
        works: Mapping[str, Reference],
        papers: Mapping[str, PaperMeta | None],
    ) -> Finding:
        """What is said of a sentence, given what was found of it in the papers that are here."""
        if found is not None and (found.kind is not Kind.NOT_FOUND or not sentence.keys):
            return found
        if not sentence.keys:
            return _finding(Kind.NO_CLAIM, sentence)
        unknown = [key for key in sentence.keys if key not in works]
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

    def _weighed(self, sentence: DraftSentence, case: Case, *, carries: bool) -> Finding:
        """What was found of a sentence in the papers; silence is no fault where it cites none."""
        nearest = case.quotes[0] if case.quotes else None
        if carries:
            return self._finding(Kind.CARRIED, sentence, nearest)
        kind, quote = _why(case) if sentence.keys else _otherwise(case)
        if kind is not Kind.NOT_FOUND:
            return self._finding(kind, sentence, quote)
        if not sentence.keys:
            return self._finding(Kind.UNCITED, sentence, nearest)
        told = str(reason_of(Claim(case.text, case.joined(_LOOKED_AT)))) if nearest else ""
        return self._finding(Kind.NOT_FOUND, sentence, nearest, told)

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


def _why(case: Case, alike: float = _ALIKE, near: float = 0.0) -> tuple[Kind, Quote | None]:
    """Why none of the quotes carries a sentence, and the one that shows it."""
    for cosine, quote in zip(case.near[:_LOOKED_AT], case.quotes, strict=False):
        few = len(quote.text.split()) <= _FEWEST_WORDS
        if few or case.share(terms_of(behind(quote))) < alike:
            continue
        if missing_numbers(case.text, behind(quote)) and numbers(quote.text):
            return Kind.OTHER_FIGURE, quote
        if case.denied_by(quote) and cosine >= near:
            return Kind.CONTRADICTED, quote
    return Kind.NOT_FOUND, None


def _otherwise(case: Case) -> tuple[Kind, Quote | None]:
    """The same where nothing is cited: only what names the same things may say otherwise."""
    names = named_things(f"x {case.text}").keys()
    same = [
        (near, quote)
        for near, quote in zip(case.near, case.quotes, strict=True)
        if names & named_things(f"x {behind(quote)}").keys()
    ]
    quotes, cosines = tuple(quote for _, quote in same), tuple(near for near, _ in same)
    return _why(replace(case, quotes=quotes, near=cosines), _ALIKE_UNCITED, _NEAR_UNCITED)


def _no_claim(text: str) -> bool:
    """Whether a sentence says nothing that papers could say: a question, or of the draft itself."""
    words = text.split()
    return len(words) < _FEWEST_WORDS or text.endswith("?") or bool(_OWN.search(text))
