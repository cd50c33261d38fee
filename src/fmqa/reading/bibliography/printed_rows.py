"""The rows of print that a bibliography is looked for in, and the stretches they stand in."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from fmqa.reading.layout import same_row
from fmqa.reading.lines import Block, Line, RawPage, Role
from fmqa.reading.sections import is_reference_heading

_PAGE_NUMBER = re.compile(r"\d{1,4}\s|.{0,200}\s\d{1,4}$")
_MARGIN = 0.15  # of a page's height, where running heads may stand
_WIDEST_GAP = 3.0  # font sizes between two pieces of one row, such as a label and its entry
_WORD = re.compile(
    r"R\s?[eE]\s?[fF]\s?[eE]\s?[rR]\s?[eE]\s?[nN]|references|B\s?[iI]\s?[bB]\s?[lL]|bibliography"
    r"|L[iI][tT][eE][rR][aA]|literature|W[oO][rR][kK][sS]"
)
_LONGEST_HEADING = 60


@dataclass(slots=True)
class Row:
    """Lines that stand side by side: one row of print in one column.

    Lengths are PDF points as in :class:`~fmqa.reading.lines.Line`. ``stretch`` numbers the runs of
    rows that stand under one another without a break of the column or page.
    """

    page: RawPage
    lines: list[Line]
    role: Role
    stretch: int = 0

    @property
    def first(self) -> Line:
        """Its leftmost piece."""
        return self.lines[0]

    @property
    def size(self) -> float:
        """Font size of its longest piece, in points; 0 where nothing is known of the geometry."""
        return max(self.lines, key=lambda line: line.end - line.start).size

    @property
    def text(self) -> str:
        """Its raw characters, the pieces joined by one space."""
        return " ".join(self.page.text_of(line).strip() for line in self.lines)

    def head(self) -> str:
        """Its first characters, enough for a label."""
        if len(self.lines) == 1:
            line = self.first
            return self.page.raw[line.start : min(line.end, line.start + 80)].strip()
        return self.text[:80]

    def tail(self) -> str:
        """Its last characters."""
        line = self.lines[-1]
        return self.page.raw[max(line.start, line.end - 40) : line.end].strip()


def make_rows(pages: Mapping[int, RawPage], blocks: Sequence[Block]) -> list[Row]:
    """The rows of some blocks in the file's order, without what isn't the paper's text."""
    rows: list[Row] = []
    for block in blocks:
        if block.role in (Role.FURNITURE, Role.TITLE, Role.AUTHORS):
            continue
        page = pages[block.page]
        for line in block.lines:
            if not line.upright:
                continue
            last = rows[-1] if rows else None
            if last is not None and last.page is page and _beside(last.lines[-1], line):
                last.lines.append(line)
            else:
                rows.append(Row(page, [line], block.role))
    _number_stretches(rows)
    return rows


def _beside(a: Line, b: Line) -> bool:
    if b.bottom >= a.top or b.top <= a.bottom or a.size <= 0:
        return False
    return same_row(a, b) and b.left - a.right < _WIDEST_GAP * max(a.size, b.size)


def _number_stretches(rows: Sequence[Row]) -> None:
    for last, row in itertools.pairwise(rows):
        a, b = last.first, row.first
        under = (
            last.page is row.page
            and b.bottom < a.top + 0.5 * b.size
            and b.left < max(line.right for line in last.lines) + 20
        )
        row.stretch = last.stretch + (not under if b.size else last.page is not row.page)


def without_running_heads(rows: Sequence[Row]) -> list[Row]:
    """Rows but for those at a page's head or foot that carry its number and stand apart."""
    kept: list[Row] = []
    for number, row in enumerate(rows):
        below = rows[number + 1] if number + 1 < len(rows) else None
        above = rows[number - 1] if number else None
        if not _marginal(row, above, below):
            kept.append(row)
    return kept


def _marginal(row: Row, above: Row | None, below: Row | None) -> bool:
    line, height = row.first, row.page.height
    if not height or _MARGIN * height < line.bottom < (1 - _MARGIN) * height:
        return False
    if not _PAGE_NUMBER.match(row.head() if line.end - line.start < 80 else row.text[:240]):
        return False
    next_to = below if line.bottom > height / 2 else above
    if next_to is None or next_to.page is not row.page:
        return True
    opens = above is None or above.page is not row.page
    closes = below is None or below.page is not row.page
    edge = opens if line.bottom > height / 2 else closes
    return edge and abs(next_to.first.bottom - line.bottom) > 1.8 * max(line.size, 1.0)


def is_bibliography_heading(row: Row) -> bool:
    """Whether a row reads as the heading of a list of references, numbered or not."""
    line = row.lines[-1]
    if len(row.lines) > 6 or not _WORD.search(row.page.raw, line.start, line.end):
        return False  # as most, which cost nothing more
    text = " ".join(row.text.split())
    return len(text) <= _LONGEST_HEADING and is_reference_heading(text)


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where a bibliography's columns begin, and how its lines are set.

    ``lefts`` holds each stretch's left edge, ``hang`` the indent of the lines that go on with an
    entry (0 where they have none), ``pitch`` the distance of two lines; all in points.
    """

    lefts: Mapping[int, float]
    hang: float
    pitch: float
    known: bool

    def indent(self, row: Row) -> float:
        """How far a row begins to the right of its column's edge, in points."""
        return row.first.left - self.lefts.get(row.stretch, row.first.left)


def measure(rows: Sequence[Row]) -> Geometry:
    """The geometry of the rows of one bibliography."""
    if not any(row.page.height for row in rows):
        return Geometry({}, 0.0, 0.0, known=False)
    by_stretch: dict[int, list[float]] = {}
    for row in rows:
        by_stretch.setdefault(row.stretch, []).append(row.first.left)
    lefts = {stretch: min(found) for stretch, found in by_stretch.items()}
    indents: Counter[int] = Counter()
    for row in rows:
        indent = row.first.left - lefts[row.stretch]
        if 4 <= indent <= 72:
            indents[round(indent)] += 1
    hang = _commonest(indents)
    if hang and sum(indents.values()) < 0.15 * len(rows):
        hang = 0.0
    _shift_continued(by_stretch, lefts, hang)
    gaps = [gap for gap in _gaps(rows) if gap > 0]
    return Geometry(lefts, hang, median(gaps) if gaps else 12.0, known=True)


def _commonest(indents: Counter[int]) -> float:
    """The indent with the most rows within one point of it; boxes of letters differ by as much."""
    if not indents:
        return 0.0
    return float(max(indents, key=lambda n: (sum(indents[n + d] for d in (-1, 0, 1)), n)))


def _shift_continued(
    by_stretch: Mapping[int, list[float]], lefts: dict[int, float], hang: float
) -> None:
    """A stretch that only goes on with an entry has its column's edge further to the left."""
    if not hang:
        return
    whole = {round(lefts[key]) for key, found in by_stretch.items() if max(found) - min(found) > 4}
    for key, found in by_stretch.items():
        edge = lefts[key] - hang
        alone = max(found) - min(found) <= 4
        if alone and any(round(edge) + d in whole for d in (-2, -1, 0, 1, 2)):
            lefts[key] = edge


def _gaps(rows: Sequence[Row]) -> Iterator[float]:
    for a, b in itertools.pairwise(rows):
        if a.stretch == b.stretch:
            yield gap(a, b)


def gap(a: Row, b: Row) -> float:
    """Points from one row's middle down to the next one's."""
    x, y = a.first, b.first
    return (x.bottom + x.top - y.bottom - y.top) / 2
