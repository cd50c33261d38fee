"""A table as a strong model sees it: its caption, its heads and its rows in their order.

Where the columns are known, they are named once. Elsewhere the table stands as it is printed, gaps
kept, with what stands above and between its rows: a reader sees which head is over which figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from fmqa.answering.quotes import units_of
from fmqa.answering.rows import in_table, is_printed, printed_lines, table_of
from fmqa.types import Hit, PassageKind, Quote, Span, StoredPassage

TableKey = tuple[str, int, Span]


def table_key(stored: StoredPassage) -> TableKey | None:
    """Which table a passage is a part of: its paper and version, and where its caption begins."""
    first = stored.passage.spans[0]
    if stored.passage.kind is not PassageKind.TABLE:
        return None
    return stored.paper.paper_id, stored.paper.version, Span(first.page, first.start, first.start)


def whole_table(
    part: Sequence[Quote],
    found: Sequence[Sequence[Quote]],
    passages_of: Callable[[str], Sequence[StoredPassage]],
) -> list[Quote]:
    """All quotes of the table that a passage is a part of, in its order; none where it isn't one.

    Args:
        part: the passage's quotes.
        found: those of all passages that were found, with their scores.
        passages_of: all passages of a paper.
    """
    key = table_key(part[0].passage)
    if key is None:
        return []
    scored = {one[0].passage.id: one for one in found if table_key(one[0].passage) == key}
    parts = [one for one in passages_of(key[0]) if table_key(one) == key and one.id not in scored]
    quotes = [*scored.values(), *(units_of(Hit(one, 0.0)) for one in parts)]
    quotes.sort(key=lambda held: held[0].passage.passage.ordinal if held else 0)
    return [quote for held in quotes for quote in held]


def table_lines(quotes: Sequence[tuple[str, Quote]]) -> Iterator[str]:
    """The lines of a table, behind the sentences of its caption.

    Args:
        quotes: rows of one table in its order, each with the mark that it is shown with. Other rows
            are left out.
    """
    shown: set[Span] = set()
    named = ""
    margin = max(len(mark) for mark, _ in quotes) + 1
    for _, group in groupby(quotes, key=lambda one: one[1].passage.id):
        rows = list(group)
        columns = table_of(rows[0][1])[1]
        if not is_printed(rows[0][1]):
            if columns and columns != named:
                yield f"Columns: {' '.join(columns.split())}"
            yield from (f"{mark} {in_table(row)}" for mark, row in rows)
            named = columns
            continue
        if not shown:
            yield "As printed:"
        marks = {row.span: mark for mark, row in rows}
        for span, text, may_be_row in printed_lines(rows[0][1].passage.passage):
            if span not in shown and (span in marks or not may_be_row):
                yield f"{marks.get(span, ''):{margin}}{text}".rstrip()
                shown.add(span)
