"""The sentences and table rows of passages, as quotes with their true place on the page."""

from __future__ import annotations

import re
from dataclasses import replace

from fmqa.answering.rows import caption_of, rows_of
from fmqa.reading.sentences import split_sentences
from fmqa.reading.wordlist import ideographs
from fmqa.types import Hit, PassageKind, Quote, Span

_ENDED = re.compile(r"[.!?。！？][\"'”’»)\]}」』）】]*$")
_SHORTEST, _LONGEST = 30, 500  # characters of a sentence that can be shown as a quote
_FEWEST_SIGNS = 8  # of a sentence in Chinese, which has no spaces between its words
_ABOUT_PARTS = re.compile(
    r"\b(?:(?:in|see|as shown in|shown in|reported in|described in|given in) (?:the )?"
    r"(?:(?:following|next|previous|this) (?:sub)?sections?|section|sec\.|table|tab\.|fig\.|figure|"
    r"appendix|supplementary)|we will (?:describe|discuss|present)|the rest of (?:this|the) paper|"
    r"is organi[sz]ed as follows)\b",
    re.IGNORECASE,
)
_STARTS_LEANING = re.compile(
    r"(?:It|Its|They|Their|This|These|Those|That|Such|He|She|Both|However|Therefore|Thus|Hence|"
    r"Moreover|Furthermore|Additionally|Also|Instead|Then|But|And|So|Similarly|Specifically|"
    r"In (?:this|that|contrast|addition|particular)|As a result|For (?:example|instance))\b"
)
_SAME_AGAIN = re.compile(r"The (?:model|method|approach|network|encoder|framework|dataset)s?\b")


def units_of(hit: Hit) -> list[Quote]:
    """What can be quoted of a passage: a table's caption and rows, else its sentences."""
    if hit.passage.passage.kind is not PassageKind.TABLE:
        return sentences_of(hit, over_pages=True)
    if rows := rows_of(hit):
        return [*_sentences_of_caption(hit), *rows]
    return [replace(sentence, context="") for sentence in sentences_of(hit)]


def _sentences_of_caption(hit: Hit) -> list[Quote]:
    """The sentences of a table's caption; they lean on nothing that isn't in it."""
    passage = hit.passage.passage
    first = passage.spans[0]
    caption = caption_of(passage)
    return [
        Quote(
            caption[start:end],
            Span(first.page, first.start + start, first.start + end),
            hit.passage,
        )
        for start, end in split_sentences(caption)
        if _ENDED.search(caption[start:end])
    ]


def sentences_of(hit: Hit, *, over_pages: bool = False) -> list[Quote]:
    """The sentences of a passage that stand whole on one page, with their place on it.

    One that leans on the sentence before it ("It was trained on …") has that one as its context.

    Args:
        hit: the passage.
        over_pages: those, too, that begin on a page and surely go on on the next one.
    """
    passage = hit.passage.passage
    quotes: list[Quote] = []
    offset, goes_on = 0, False
    begun: Quote | None = None  # that the last span's end cuts
    for span in passage.spans:
        length = span.end - span.start
        text = passage.text[offset : offset + length]
        sentences = split_sentences(text)
        for place, (start, end) in enumerate(sentences):
            # A sentence that a span's end cuts goes on in the next one and can't be quoted whole.
            last = place == len(sentences) - 1 and span is not passage.spans[-1]
            cut = last and not _ENDED.search(text[start:end])
            rest = place == 0 and (
                goes_on or (span is not passage.spans[0] and text[start].islower())
            )
            stands = Span(span.page, span.start + start, span.start + end)
            before = text[slice(*sentences[place - 1])] if place else ""
            context = before if leans(text[start:end]) else ""
            quote = Quote(text[start:end], stands, hit.passage, context=context)
            if not cut and not rest:
                quotes.append(quote)
            elif over_pages and begun and rest and not cut and _continues(begun, quote):
                both = f"{begun.text} {quote.text}"
                quotes.append(replace(begun, text=both, rest=stands))
            begun = quote if cut and not rest else None
            goes_on = cut
        offset += length + 1
    return quotes


def _continues(begun: Quote, rest: Quote) -> bool:
    """Whether the end of a sentence is surely that of one begun on the page before."""
    return (
        rest.span.page == begun.span.page + 1
        and rest.text[0].islower()
        and begun.text[-1] not in "-:"
        and bool(_ENDED.search(rest.text))
        and "\n" not in begun.text + rest.text  # no formula or list in between
    )


def speaks_of_the_paper(text: str) -> bool:
    """Whether a sentence is about the paper's own parts rather than its matter."""
    return bool(_ABOUT_PARTS.search(text))


def leans(text: str) -> bool:
    """Whether a sentence begins with a word for what the one before it spoke of."""
    return bool(_STARTS_LEANING.match(text) or _SAME_AGAIN.match(text))


def is_quotable(text: str) -> bool:
    """Whether a sentence can be shown alone: long enough, and words rather than figures."""
    signs = ideographs(text)
    if signs >= _FEWEST_SIGNS and 3 * signs >= len(text):
        return len(text) <= _LONGEST and not text.endswith(("?", "？"))
    if not _SHORTEST <= len(text) <= _LONGEST:
        return False
    words = text.split()
    wordlike = sum(word.strip(".,;:()").isalpha() for word in words)
    return len(words) >= 5 and wordlike / len(words) >= 0.55 and not text.endswith("?")


def short_name(quote: Quote) -> str:
    """What to call the quote's paper: its model's name, else the head of its title."""
    paper = quote.passage.paper
    head = paper.title.split(":")[0].strip()
    return paper.name or (head if len(head) <= 60 else paper.title)
