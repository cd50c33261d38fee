"""The rows of a table as evidence: each a quote that stands on the page, with caption and heads.

Where reading found a table's cells (`fmqa.types.Page`), each row is told with the head of each of
its cells. Elsewhere a row is a printed line with figures or, of text without lines, recognised by
its shape, a label and then figures. Nothing is said there of which figure belongs to which head:
the row is shown as it stands, under the caption and the lines above it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from fmqa.answering.claims import as_said
from fmqa.reading.sentences import split_sentences
from fmqa.types import REACHED, Hit, Passage, PassageKind, Quote, Span

_TOKEN = re.compile(r"\S+")
# "77.48", "±", "0.03", "−", "2.4×", "(3.5×)", "1.6M", "88.4/88.5", "8.43†", "·", "<0.01"
_FIGURE = re.compile(
    r"[(\[{<>≤≥~≈±+]*[-−–]?\d[\d.,/:×x·]*(?:[%‰×xkKMBGT†‡∗*]|ms|mm|GB|MB)?[)\]}†‡∗*,;]*"
    r"|[-−–—±·×]|[({]?[±·×].*|n/?a|N/?A",
)
# A citation or a year is part of the label, and so is the first word of "(19 tasks)".
_MARK = re.compile(r"\[\d+(?:[,–-]\d+)*\],?|\((?:19|20)\d\d\),?|\([^)]*")
_CAPTION = re.compile(r"(?:table|tab\.)\s?\S", re.IGNORECASE)
_TABLES_NUMBER = re.compile(r"\s*((?:table|tab\.)\s?[^\s.:]+)\s*[.:]?\s*", re.IGNORECASE)
_UNIT = re.compile(r"(?:days?|hours?|h|min(?:utes)?|sec(?:onds)?|s|ms|mm|GB|MB|M|B|K|params)\W*")
_LETTER = re.compile(r"[^\W\d_]")
_AMOUNT = re.compile(r"\d[.,:/%kMGBx×]?\d|\d\S*\s+\S*\d|\d[%×]")  # more than a mere "2"
_MOST_LABEL, _MOST_FIGURES = 9, 24
_GAP = "  "  # between the cells of a printed line
_LONGEST_LABEL_BESIDE_HEADS = 4
_LONGEST_CAPTION, _LONGEST_HEADS = 240, 240
_LONGEST_TITLE = 120  # characters of a caption, as it is said above a table's rows


@dataclass(frozen=True, slots=True)
class _Row:
    """``text[start:end]`` is a row; ``label`` its words before the figures."""

    start: int
    end: int
    label: str


def rows_of(hit: Hit) -> list[Quote]:
    """The rows of a table's passage that stand whole on one page.

    The quote's text is the row as it stands on the page, cells parted by tabs where they are known.
    The first line of its context is the table's caption, the last what stands over the row, a
    heading or a label for several rows. Between them are the heads, parted likewise, on one line
    or, where the columns aren't known, the lines above the figures.
    """
    passage = hit.passage.passage
    if passage.kind is not PassageKind.TABLE:
        return []
    if "\t" in passage.text and len(passage.spans) > 2:
        return _rows_of_cells(hit)
    return _rows_as_printed(hit) if _GAP in passage.text else _rows_by_shape(hit)


def _rows_of_cells(hit: Hit) -> list[Quote]:
    (_, caption), (_, top), *pieces = _pieces(hit.passage.passage)
    heads = "\t".join(_columns(top))
    found: list[Quote] = []
    heading = ""
    reaching: list[str] = []
    for span, text in pieces:
        start = span.start
        for line in text.split("\n"):
            cells = [cell.strip(" ") for cell in line.split("\t")]
            if len(cells) == 1:
                heading, reaching = (line, []) if span is pieces[-1][0] else (heading, [line])
            else:
                over = [heading, *_reaching(cells, reaching)]
                reaching = [
                    above if cell == REACHED else cell
                    for cell, above in zip_longest(cells, reaching, fillvalue="")
                ]
                if sum(cell not in ("", REACHED) for cell in cells) > 1:
                    stands = Span(span.page, start, start + len(line))
                    context = "\n".join((_short(caption), heads, ", ".join(filter(None, over))))
                    found.append(Quote(line, stands, hit.passage, context=context))
            start += len(line) + 1
    return found


def _rows_as_printed(hit: Hit) -> list[Quote]:
    passage = hit.passage.passage
    lines = list(printed_lines(passage))
    rows = [(span, text) for span, text, may_be_row in lines if may_be_row]
    above = [text for span, text, _ in lines if rows and span.start < rows[0][0].start]
    context = "\n".join([_short(caption_of(passage)), *above, ""])
    return [Quote(text, span, hit.passage, context=context) for span, text in rows]


def printed_lines(passage: Passage) -> Iterator[tuple[Span, str, bool]]:
    """The lines of a table whose columns aren't known, and whether each can be quoted as a row.

    Below the heads that is each line with a figure behind a gap.
    """
    _, *pieces = _pieces(passage)
    for number, (span, text) in enumerate(pieces):
        start = span.start
        for line in text.split("\n"):
            behind = line.strip().partition(_GAP)[2]
            is_below = number == len(pieces) - 1
            yield (
                Span(span.page, start, start + len(line)),
                line,
                is_below and any(map(str.isdigit, behind)),
            )
            start += len(line) + 1


def is_printed(row: Quote) -> bool:
    """Whether a row is a printed line, of a table whose columns aren't known."""
    return _GAP in row.passage.passage.text and "\t" not in row.text


def _reaching(cells: Sequence[str], above: Sequence[str]) -> list[str]:
    return [held for cell, held in zip(cells, above, strict=False) if cell == REACHED]


def _columns(top: str) -> list[str]:
    """The head of each column, of all lines of heads from the first to the last."""
    columns: list[list[str]] = []
    for line in top.split("\n"):
        last = ""
        for place, cell in enumerate(line.split("\t")):
            last = last if cell == REACHED else cell.strip()
            if place == len(columns):
                columns.append([])
            columns[place].append(last)
    return [" ".join(filter(None, column)) for column in columns]


def _pieces(passage: Passage) -> Iterator[tuple[Span, str]]:
    """The spans of a passage with their text."""
    offset = 0
    for span in passage.spans:
        length = span.end - span.start
        yield span, passage.text[offset : offset + length]
        offset += length + 1


def _rows_by_shape(hit: Hit) -> list[Quote]:
    passage = hit.passage.passage
    caption, _, _ = passage.text.partition("\n")
    if len(passage.spans) > 1:
        caption = next(_pieces(passage))[1]
    if not _CAPTION.match(caption):
        return []
    found: list[Quote] = []
    heads: str | None = None
    for number, (span, text) in enumerate(_pieces(passage)):
        skipped = min(len(caption) + 1, len(text)) if number == 0 else 0
        for row in _rows(text, skipped):
            if heads is None:
                heads, is_whole = _heads(text[skipped : row.start], row.label)
                if not is_whole:
                    continue
            stands = Span(span.page, span.start + row.start, span.start + row.end)
            context = f"{_short(caption)}\n{heads}\n"
            found.append(Quote(text[row.start : row.end], stands, hit.passage, context=context))
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
    """Whether a quote is a table's row, which has a context, and no sentence of its caption."""
    return quote.passage.passage.kind is PassageKind.TABLE and bool(quote.context)


def table_told(quote: Quote) -> tuple[str, str] | None:
    """Which table a row or a sentence of a caption is of: its paper and caption."""
    passage = quote.passage.passage
    if passage.kind is not PassageKind.TABLE:
        return None
    return quote.passage.paper.paper_id, caption_of(passage)


def opens_caption(quote: Quote) -> bool:
    """Whether a quote is the sentence that a table's caption begins with, behind its number."""
    if table_told(quote) is None or is_row(quote):
        return False
    before, found, _ = caption_of(quote.passage.passage).partition(quote.text)
    return bool(found) and (not before.strip() or bool(_TABLES_NUMBER.fullmatch(before)))


def told(quote: Quote, *, known: bool = False) -> str:
    """A row or a sentence of a caption, as it is said.

    A row is its table's title, and each cell as it stands on the page under its head. Where the
    cells aren't known, the heads and the row, each as it stands.

    Args:
        quote: of a table.
        known: whether the reader has the title, and such heads, before his eyes.
    """
    if not is_row(quote):
        return _caption_told(quote, known=known)
    caption, heads, over = _context(quote)
    opening = "" if known else f"{_title(caption)}. ".replace("…. ", "… ")
    cells, columns = quote.text.split("\t"), heads.split("\t")
    if len(cells) < 2:
        heads = " ".join(heads.split())[:_LONGEST_HEADS]
        named = f"Columns: {heads}. " if heads and not known else ""
        return f"{opening}{named}Row: {' '.join(quote.text.split())}."
    label, *rest = cells
    names = [name for name in (over, " ".join(label.split())) if any(map(str.isalnum, name))]
    pairs = [
        f"{head}: {' '.join(cell.split())}".removeprefix(": ")
        for head, cell in zip_longest(columns[1:], rest, fillvalue="")
        if cell.strip()
    ]
    return f"{opening}{', '.join(names)}{' – ' if names else ''}{'; '.join(pairs)}."


def _caption_told(quote: Quote, *, known: bool) -> str:
    """A sentence of a caption behind its table's number, unless the reader has it."""
    said = as_said(quote.text)
    number = _TABLES_NUMBER.match(caption_of(quote.passage.passage))
    if known or not number or _TABLES_NUMBER.match(said):
        return said
    return f"[{number[1]}:] {said}"


def _title(caption: str) -> str:
    """A caption's number and first sentence, without reference marks, cut at a word."""
    said = as_said(caption)
    ends = [end for _, end in split_sentences(said)]
    whole = next((said[:end] for end in ends if not _TABLES_NUMBER.fullmatch(said[:end])), said)
    return textwrap.shorten(whole.rstrip(". "), _LONGEST_TITLE, placeholder=" …")


def caption_of(passage: Passage) -> str:
    """The caption of a table's passage, as it stands."""
    return next(_pieces(passage))[1].partition("\n")[0]


def table_of(row: Quote) -> tuple[str, str]:
    """A row's caption, and its table's heads, parted by bars where the columns are known.

    Elsewhere the heads are the lines above the figures.
    """
    caption, heads, _ = _context(row)
    return caption, " | ".join(heads.split("\t"))


def in_table(row: Quote) -> str:
    """A row as it stands in its table: its cells, if known, parted by bars."""
    over = _context(row)[2]
    cells = " | ".join(" ".join(cell.split()) for cell in row.text.split("\t"))
    return f"{over}: {cells}" if over else cells


def _context(row: Quote) -> tuple[str, str, str]:
    caption, _, rest = row.context.partition("\n")
    heads, _, over = rest.rpartition("\n")
    return caption, heads, over


def in_caption(quote: Quote) -> Quote:
    """The row below its caption, its heads and what stands over it, as a check should see it."""
    return replace(quote, text="\n".join(filter(None, [*_context(quote), quote.text])))


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
