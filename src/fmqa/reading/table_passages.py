"""The passages of a table: each some of its rows, under the caption and the heads.

A passage's spans are, in this order: the caption, or its first sentences; the lines of heads, if
any are known; what stands over the first of the rows, a heading or a label that began before; and
the rows, each on a line of its own (`fmqa.types.Page`).
"""

from __future__ import annotations

from collections.abc import Iterator

from fmqa.reading.lines import Block
from fmqa.reading.sentences import split_sentences
from fmqa.types import REACHED, Span

_AIM = 700  # characters of rows in a passage
_LONGEST_CAPTION = 300  # characters, in all passages but the first


def table_spans(caption: Block, body: Block, heads: int) -> Iterator[tuple[Span, ...]]:
    """The spans of each passage of a table.

    Args:
        caption: the table's.
        body: its lines of heads and its rows, laid out as `fmqa.types.Page` says.
        heads: how many of its lines are heads.
    """
    lines = _lines(body)
    title = Span(caption.page, caption.start, caption.end)
    top = [_joined(lines[:heads])] if heads else []
    group: list[Span] = []
    over: list[Span] = []
    heading: Span | None = None
    label: Span | None = None
    for span in lines[heads:]:
        text = body.text[span.start - body.start : span.end - body.start]
        if group and span.end - group[0].start > _AIM:
            yield (title, *top, *over, _joined(group))
            title = _short(caption)
            reaches = text.startswith(REACHED)
            over = [one for one in (heading, label if reaches else None) if one and "\t" in text]
            group = []
        group.append(span)
        if "\t" not in text:
            heading = span if heads else None
        elif text[0] not in ("\t", REACHED):
            label = Span(span.page, span.start, span.start + text.index("\t"))
    if group:
        yield (title, *top, *over, _joined(group))


def _lines(body: Block) -> list[Span]:
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
