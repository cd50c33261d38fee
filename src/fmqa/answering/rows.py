"""The rows of a table as evidence: each a quote that stands on the page, with caption and heads.

A table's text comes from the page in the file's order, without cells. A row is recognised by its
shape, a label and then figures, and nothing is said of which figure belongs to which head: the
row is shown as it stands, under the caption and the heads as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fmqa.reading.sentences import split_sentences
from fmqa.types import Hit, PassageKind, Quote, Span

_TOKEN = re.compile(r"\S+")
# "77.48", "±", "0.03", "−", "2.4×", "(3.5×)", "1.6M", "88.4/88.5", "8.43†", "·", "<0.01"
_FIGURE = re.compile(
    r"[(\[{<>≤≥~≈±+]*[-−–]?\d[\d.,/:×x·]*(?:[%‰×xkKMBGT†‡∗*]|ms|mm|GB|MB)?[)\]}†‡∗*,;]*"
    r"|[-−–—±·×]|[({]?[±·×].*|n/?a|N/?A",
)
# A citation or a year is part of the label, and so is the first word of "(19 tasks)".
_MARK = re.compile(r"\[\d+(?:[,–-]\d+)*\],?|\((?:19|20)\d\d\),?|\([^)]*")
_CAPTION = re.compile(r"(?:table|tab\.)\s?\S", re.IGNORECASE)
_UNIT = re.compile(r"(?:days?|hours?|h|min(?:utes)?|sec(?:onds)?|s|ms|mm|GB|MB|M|B|K|params)\W*")
_LETTER = re.compile(r"[^\W\d_]")
_AMOUNT = re.compile(r"\d[.,:/%kMGBx×]?\d|\d\S*\s+\S*\d|\d[%×]")  # more than a mere "2"
_MOST_LABEL, _MOST_FIGURES = 9, 24
_LONGEST_LABEL_BESIDE_HEADS = 4
_LONGEST_CAPTION, _LONGEST_HEADS = 240, 240


@dataclass(frozen=True, slots=True)
class _Row:
    """``text[start:end]`` is a row; ``label`` its words before the figures."""

    start: int
    end: int
    label: str


def rows_of(hit: Hit) -> list[Quote]:
    """The rows of a table's passage that stand whole on one page.

    The quote's text is the row as it stands on the page; its context is the table's caption and,
    on a line of its own, what stands between caption and figures: the heads.
    """
    passage = hit.passage.passage
    caption, _, _ = passage.text.partition("\n")
    if passage.kind is not PassageKind.TABLE or not _CAPTION.match(caption):
        return []
    found: list[Quote] = []
    heads: str | None = None
    offset = 0
    for span in passage.spans:
        length = span.end - span.start
        text = passage.text[offset : offset + length]
        skipped = min(len(caption) + 1, length) if offset == 0 else 0
        for row in _rows(text, skipped):
            if heads is None:
                heads, is_whole = _heads(text[skipped : row.start], row.label)
                if not is_whole:
                    continue
            stands = Span(span.page, span.start + row.start, span.start + row.end)
            context = f"{_short(caption)}\n{heads}"
            found.append(Quote(text[row.start : row.end], stands, hit.passage, context=context))
        offset += length + 1
    return found


def _heads(before: str, label: str) -> tuple[str, bool]:
    """A table's heads, and whether the first row's label is free of them.

    Where nothing stands before the first row, no mark sets its label apart from the heads.
    """
    plain = " ".join(before.split())
    if plain or len(label.split()) <= _LONGEST_LABEL_BESIDE_HEADS:
        return plain[:_LONGEST_HEADS], True
    return " ".join(label.split())[:_LONGEST_HEADS], False


def _short(caption: str) -> str:
    """A caption's first sentences, as far as they fit."""
    if len(caption) <= _LONGEST_CAPTION:
        return caption
    ends = [end for _, end in split_sentences(caption) if end <= _LONGEST_CAPTION]
    return caption[: ends[-1]] if ends else f"{caption[:_LONGEST_CAPTION].rsplit(' ', 1)[0]} …"


def is_row(quote: Quote) -> bool:
    """Whether a quote is a table's row."""
    return quote.passage.passage.kind is PassageKind.TABLE


def told(row: Quote) -> str:
    """A row as it is said: its caption, its heads and itself, each as it stands on the page."""
    caption, _, heads = row.context.partition("\n")
    columns = f" Columns: {heads}." if heads else ""
    return f"{caption.rstrip('. ')}.{columns} Row: {' '.join(row.text.split())}."


def in_caption(quote: Quote) -> Quote:
    """The row with its caption before it, as a search for words or meaning should see it."""
    return replace(quote, text=f"{quote.context} {quote.text}")


def _rows(text: str, begin: int) -> Iterator[_Row]:
    """The runs of a label's words and then figures, in the text from ``begin``."""
    label: list[re.Match[str]] = []
    figures: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text, begin):
        figure = not _MARK.fullmatch(token[0]) and _FIGURE.fullmatch(token[0])
        if (figure and label) or (figures and _UNIT.fullmatch(token[0])):
            figures.append(token)
        elif figure:
            continue
        else:
            if figures:
                yield from _row(text, label, figures)
                label, figures = [], []
            label.append(token)
    yield from _row(text, label, figures)


def _row(text: str, label: list[re.Match[str]], figures: list[re.Match[str]]) -> Iterator[_Row]:
    # The first row comes behind the heads, which no mark sets apart: its line is where it begins.
    if label:
        line = text.rfind("\n", 0, label[-1].start()) + 1
        label = [token for token in label if token.start() >= line] or label
    if not label or not figures or len(label) > _MOST_LABEL or len(figures) > _MOST_FIGURES:
        return
    start, end = label[0].start(), figures[-1].end()
    words = text[start : label[-1].end()]
    if len(_LETTER.findall(words)) >= 2 and _AMOUNT.search(text[label[-1].end() : end]):
        yield _Row(start, end, words)
