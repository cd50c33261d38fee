"""A note as a document of one page, so that it is retrieved, quoted and checked like a paper."""

from __future__ import annotations

from fmqa.reading.sentences import split_sentences
from fmqa.sources.note_files import Note
from fmqa.types import Document, Page, Passage, PassageKind, Source, Span

_LONGEST = 1100  # characters, as for a paper's passages


def note_document(note: Note) -> Document:
    """The note's text as page 1, cut into passages at sentence boundaries."""
    page = Page(1, note.text, ((0, 0, len(note.text)),))
    spans = [Span(1, start, end) for start, end in _groups(note.text)]
    passages = tuple(
        Passage(ordinal, "", PassageKind.BODY, note.text[span.start : span.end], (span,))
        for ordinal, span in enumerate(spans)
    )
    return Document(
        meta=note.meta,
        source=Source.NOTE,
        sha256=note.sha256,
        pages=(page,),
        passages=passages,
        reader="note",
        lookups=note.lookups,
    )


def _groups(text: str) -> list[tuple[int, int]]:
    """Spans of consecutive sentences, as even in length as the longest one allows."""
    sentences = split_sentences(text)
    parts = -(-len(text) // _LONGEST)
    aim = len(text) / parts
    groups: list[tuple[int, int]] = []
    for start, end in sentences:
        if groups and end - groups[-1][0] <= aim * 1.1:
            groups[-1] = (groups[-1][0], end)
        else:
            groups.append((start, end))
    return groups
