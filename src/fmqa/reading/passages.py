"""From sentences to passages, the units of retrieval.

A section's running text is laid out in one string with the way back to its pages, split into
sentences, and the sentences are gathered up to about 900 characters. A passage ends where a
sentence ends and never crosses a section.

A table's passages are each some of its rows. Their spans are, in this order: the caption, or its
first sentences; the lines of heads, if any are known; what stands over the first of the rows, a
heading or a label that began before; and the rows, each on a line of its own (`fmqa.types.Page`).
Where the columns aren't known, the heads are the lines above the figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fmqa.reading.lines import Block, Role
from fmqa.reading.sections import is_reference_heading
from fmqa.reading.sentences import split_sentences
from fmqa.types import REACHED, Page, Passage, PassageKind, Span

AIM = 900
LONGEST = 1100
LONGEST_SENTENCE = 1500
SHORTEST = 200

_AIM_OF_ROWS = 700  # characters of rows in a passage
_LONGEST_CAPTION = 300  # characters, in all passages but the first

_KINDS = {
    Role.BODY: PassageKind.BODY,
    Role.NOTE: PassageKind.BODY,
    Role.ABSTRACT: PassageKind.ABSTRACT,
    Role.CAPTION: PassageKind.CAPTION,
    Role.TABLE: PassageKind.TABLE,
}
_CLAUSE = re.compile(r"[;,:]\s")
_LETTER = re.compile(r"[^\W\d_]")
_FEWEST_LETTERS = 15


@dataclass(slots=True)
class Flow:
    """Blocks of one section and kind that are read one after the other."""

    section: str
    kind: PassageKind
    blocks: list[Block] = field(default_factory=list)


def make_passages(blocks: Sequence[Block], pages: Mapping[int, Page]) -> tuple[Passage, ...]:
    """All passages of a document, in its order. ``blocks`` are the whole document's, in order."""
    found: list[tuple[tuple[int, int], Passage]] = []
    for flow in _flows(blocks):
        for spans in _flow_passages(flow, pages):
            text = " ".join(pages[s.page].text[s.start : s.end] for s in spans)
            if len(_LETTER.findall(text)) >= _FEWEST_LETTERS:
                passage = Passage(0, flow.section, flow.kind, text, spans)
                found.append(((spans[0].page, spans[0].start), passage))
    found.sort(key=lambda item: item[0])
    return tuple(replace(passage, ordinal=i) for i, (_, passage) in enumerate(found))


def _flows(blocks: Sequence[Block]) -> Iterator[Flow]:
    """Running text by section; footnotes, captions and tables apart from it."""
    section = ""
    running: Flow | None = None
    notes: Flow | None = None
    cells: dict[int, list[Block]] = {}
    for block in blocks:
        if block.role is Role.TABLE and block.caption is not None:
            cells.setdefault(id(block.caption), []).append(block)
    for block in blocks:
        if block.role is Role.HEADING:
            yield from _done(running, notes)
            running = notes = None
            section = "" if is_reference_heading(block.text) else block.text
        kind = _KINDS.get(block.role)
        if kind is None or block.role is Role.TABLE:
            continue
        if block.role is Role.CAPTION:
            body = cells.get(id(block), [])
            yield Flow(section, PassageKind.TABLE if body else kind, [block, *body])
        elif block.role is Role.NOTE:
            notes = notes or Flow(section, kind)
            notes.blocks.append(block)
        else:
            if running is None or running.kind is not kind:
                yield from _done(running)
                running = Flow("Abstract" if kind is PassageKind.ABSTRACT else section, kind)
            running.blocks.append(block)
    yield from _done(running, notes)


def _done(*flows: Flow | None) -> Iterator[Flow]:
    return (flow for flow in flows if flow is not None)


def _flow_passages(flow: Flow, pages: Mapping[int, Page]) -> Iterator[tuple[Span, ...]]:
    """The spans of each passage of one flow."""
    if flow.kind is PassageKind.TABLE:
        caption, *bodies = flow.blocks
        for body in bodies:
            if body.grid is not None:
                yield from _table_spans(caption, body, len(body.grid.heads))
                return
    text, pieces = _lay_out(flow.blocks, pages)
    sentences = [part for span in split_sentences(text) for part in _cut(text, *span)]
    for start, end in _gather(sentences):
        yield tuple(_spans(pieces, start, end, pages))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of laid-out text and where it stands: ``page.text[start:start + length]``."""

    at: int
    page: int
    start: int
    length: int


def _lay_out(blocks: Iterable[Block], pages: Mapping[int, Page]) -> tuple[str, list[_Piece]]:
    """The blocks' texts after one another: neighbours as they stand, others with one space."""
    text = ""
    pieces: list[_Piece] = []
    for block in blocks:
        last = pieces[-1] if pieces else None
        # Neighbours on the page are one stretch of it, with the line break between them.
        if last and last.page == block.page and last.start + last.length + 1 == block.start:
            text += "\n" + block.text
            pieces[-1] = replace(last, length=last.length + 1 + len(block.text))
            continue
        if text:
            goes_on = block.text[:1].islower() or text.rstrip()[-1:] not in ".!?:"
            text += " " if goes_on else "\n"
        pieces.append(_Piece(len(text), block.page, block.start, len(block.text)))
        text += block.text
    return text, pieces


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence, or parts of one that is too long, cut at clauses, else at spaces."""
    while end - start > LONGEST_SENTENCE:
        window = text[start : start + LONGEST]
        clauses = [match.end() for match in _CLAUSE.finditer(window, AIM // 2)]
        space = max(window.rfind(" "), window.rfind("\n"))
        at = start + (clauses[-1] if clauses else space if space > 0 else LONGEST)
        head = text[start:at]
        yield start, start + len(head.rstrip())
        start = at + len(text[at:end]) - len(text[at:end].lstrip())
    if start < end:
        yield start, end


def _gather(sentences: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of consecutive sentences of about the aimed length; leftovers join their neighbour."""
    groups: list[tuple[int, int]] = []
    for start, end in sentences:
        if groups and _fits(groups[-1], start, end):
            groups[-1] = (groups[-1][0], end)
        else:
            groups.append((start, end))
    if len(groups) > 1:
        (first, _), (start, end) = groups[-2:]
        if end - start < SHORTEST and end - first <= LONGEST:
            groups[-2:] = [(first, end)]
    return groups


def _fits(group: tuple[int, int], start: int, end: int) -> bool:
    length, longer = group[1] - group[0], end - group[0]
    if longer <= AIM:
        return True
    return longer <= LONGEST and (longer - AIM < AIM - length or length < SHORTEST)


def _spans(
    pieces: Sequence[_Piece], start: int, end: int, pages: Mapping[int, Page]
) -> Iterator[Span]:
    """The places on the pages of ``text[start:end]``."""
    for piece in pieces:
        low, high = max(start, piece.at), min(end, piece.at + piece.length)
        if low >= high:
            continue
        first = piece.start + low - piece.at
        body = pages[piece.page].text[first : piece.start + high - piece.at]
        first += len(body) - len(body.lstrip())
        if body.strip():
            yield Span(piece.page, first, first + len(body.strip()))


def _table_spans(caption: Block, body: Block, heads: int) -> Iterator[tuple[Span, ...]]:
    """The spans of each passage of a table.

    Args:
        caption: the table's.
        body: its lines of heads and its rows, laid out as `fmqa.types.Page` says.
        heads: how many of its lines are heads.
    """
    lines = _lines_of(body)
    title = Span(caption.page, caption.start, caption.end)
    top = [_joined(lines[:heads])] if heads else []
    group: list[Span] = []
    over: list[Span] = []
    heading: Span | None = None
    label: Span | None = None
    length = 0
    for span in lines[heads:]:
        text = body.text[span.start - body.start : span.end - body.start]
        length += len(" ".join(text.split()))
        if group and length > _AIM_OF_ROWS:
            yield (title, *top, *over, _joined(group))
            title = _short(caption)
            reaches = text.startswith(REACHED)
            over = [one for one in (heading, label if reaches else None) if one and "\t" in text]
            group, length = [], 0
        group.append(span)
        if "\t" not in text:
            heading = span if heads else None
        elif text[0] not in ("\t", REACHED):
            label = Span(span.page, span.start, span.start + text.index("\t"))
    if group:
        yield (title, *top, *over, _joined(group))


def _lines_of(body: Block) -> list[Span]:
    spans: list[Span] = []
    start = body.start
    for line in body.text.split("\n"):
        spans.append(Span(body.page, start, start + len(line)))
        start += len(line) + 1
    return [span for span in spans if span.end > span.start]


def _joined(spans: list[Span]) -> Span:
    return Span(spans[0].page, spans[0].start, spans[-1].end)


def _short(caption: Block) -> Span:
    """The caption's first sentences, as far as they are short."""
    ends = [end for _, end in split_sentences(caption.text) if end <= _LONGEST_CAPTION]
    length = ends[-1] if ends else min(len(caption.text), _LONGEST_CAPTION)
    return Span(caption.page, caption.start, caption.start + length)
