"""Drafts as PDF, from what the reader of papers finds in them."""

from __future__ import annotations

from fmqa.answering.claims import without_citations
from fmqa.proofing.draft import DraftSentence, Manuscript, in_one_line
from fmqa.reading.sentences import split_sentences
from fmqa.types import Document, PassageKind


def draft_of(document: Document) -> Manuscript:
    """The sentences of a PDF's running text; a sentence's line is its page."""
    pages = {page.number: page.text for page in document.pages}
    sentences = []
    for passage in document.passages:
        if passage.kind not in {PassageKind.ABSTRACT, PassageKind.BODY}:
            continue
        for span in passage.spans:
            text = pages[span.page][span.start : span.end]
            for start, end in split_sentences(text):
                first, last = span.start + start, span.start + end
                keys = [
                    str(number)
                    for mention in document.mentions
                    if mention.span.page == span.page
                    and mention.span.start < last
                    and mention.span.end > first
                    for number in mention.numbers
                ]
                said = in_one_line(without_citations(text[start:end]))
                sentences.append(DraftSentence(said, span.page, 1, tuple(dict.fromkeys(keys))))
    works = {str(reference.number): reference for reference in document.references}
    return Manuscript(tuple(sentences), works)
