"""What a user says of a paper, kept with a quote that stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from fmqa.answering.quotes import is_quotable, sentences_of
from fmqa.errors import UsageError
from fmqa.store.quoted_facets import Facet, FacetName
from fmqa.survey import vocabulary
from fmqa.survey.faceting import FacetMaker
from fmqa.types import Hit, PaperMeta, Quote, Span, StoredPassage


def correct(
    maker: FacetMaker, paper: PaperMeta, name: FacetName, values: Sequence[str], quote: str = ""
) -> list[Facet]:
    """Let a facet of a paper have these values; each needs a quote that stands in the paper.

    Without ``quote`` a sentence is looked for that has the value, or a word that papers use for it.

    Raises:
        UsageError: the quote doesn't stand in the paper, or none was found for a value.
    """
    passages = maker.library.record.passages_of(paper.paper_id)
    given = _standing(passages, quote) if quote else None
    facets = []
    for value in values:
        shown = given or _showing(passages, name, value)
        if shown is None:
            raise UsageError(
                f"No sentence of {paper.name or paper.title} was found that shows {value!r}.",
                hint='Give the sentence that does: --quote "…".',
            )
        facets.append(Facet.shown_by(shown, name, value, 1.0))
    maker.library.facets.correct(paper.paper_id, name, facets)
    return facets


def _standing(passages: Iterable[StoredPassage], quote: str) -> Quote:
    """The quote where it stands, whatever its line breaks.

    Raises:
        UsageError: it doesn't.
    """
    words = quote.split()
    if words:
        pattern = re.compile(r"\s+".join(map(re.escape, words)))
        for stored in passages:
            offset = 0
            for span in stored.passage.spans:
                length = span.end - span.start
                match = pattern.search(stored.passage.text[offset : offset + length])
                if match is not None:
                    place = Span(span.page, span.start + match.start(), span.start + match.end())
                    return Quote(match.group(), place, stored)
                offset += length + 1
    raise UsageError(
        "The quote doesn't stand in the paper.",
        hint="Copy it from the text as it is; `fmqa papers show` prints the passages.",
    )


def _showing(passages: Iterable[StoredPassage], name: FacetName, value: str) -> Quote | None:
    words = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", re.IGNORECASE)
    term = vocabulary.OF_FACET.get(name, {}).get(value)
    hinted: Quote | None = None
    for stored in passages:
        for quote in sentences_of(Hit(stored, 0.0)):
            if not is_quotable(quote.text):
                continue
            if words.search(quote.text):
                return quote
            if hinted is None and term is not None and term.search(quote.text):
                hinted = quote
    return hinted
