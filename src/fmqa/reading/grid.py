"""A table's rows, columns and heads, from where its words and rules stand.

Columns are parted by gaps that no line of the table's body crosses. Heads are the lines above the
first rule that goes all across (else, the lines before the first figures); one that stands over
several columns has a rule below it that says so, or is set in their middle. Where any of this
doesn't come out even, there is no grid: a wrong head is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from fmqa.reading.heads import Bar, Column, Heads, NoGrid, Segment, segments_of
from fmqa.reading.lines import Cell, Grid, Word
from fmqa.reading.printed import printed_grid

_FIGURE = re.compile(
    r"[(\[{<>≤≥~≈±+*]*[-−–]?[.\d][\d.,/:×x·eE%±()\[\]−–-]*\S?|[-−–—±|/✓✗×]|n/?a|nan", re.I
)
_YEAR = re.compile(r"\(?(?:19|20)\d\d[a-z]?\)[,;]?")
_MOST_HEADS = 6  # lines
_MOST_COLUMNS = 40
_FEWEST_FIGURES = 0.3  # of the cells of a table that is kept as printed
# Shares of the font size.
_SAME_LINE = 0.42  # between baselines
_SMALL, _RAISED = 0.85, 0.7  # of a raised or lowered sign: its size, how far it stands off
_GUTTER = 0.4  # between two columns
_CLOSEST = 0.1  # between two columns of cramped figures
_GOES_ON, _IN_BRACKETS, _MARKS = ",;(±·×/", "([{±", "-−–—✓✗✔✘"


@dataclass(frozen=True, slots=True)
class Upended:
    """A label that stands on its side, left of the rows that it is for."""

    words: list[Word]
    middle: float


def read_grid(
    words: Sequence[Word],
    bars: Sequence[Bar],
    raw: str,
    size: float,
    upended: Sequence[Upended] = (),
) -> Grid | None:
    """The grid that a table's words make; None where that is uncertain.

    Args:
        words: of the table, without its caption, all turned alike.
        bars: rules that lie within it.
        raw: the page's characters.
        size: of its font, in points.
        upended: labels beside it.
    """
    for cramped in (False, True):
        try:
            reader = _Reader(words, bars, raw, size, cramped=cramped)
            grid = reader.grid()
            return reader.labelled(grid, upended) if upended else grid
        except NoGrid:
            continue
    return None


def read_printed(words: Sequence[Word], bars: Sequence[Bar], raw: str, size: float) -> Grid | None:
    """The lines of a table as they are printed; None where hardly a cell has figures.

    Args:
        words: of the table, without its caption, all turned alike.
        bars: rules that lie within it.
        raw: the page's characters.
        size: of its font, in points.
    """
    reader = _Reader(words, bars, raw, size)
    heads = reader.lines_above()
    if reader.share_of_figures(heads) < _FEWEST_FIGURES:
        return None
    return printed_grid(reader.lines, heads, size)


class _Reader:
    """Reads one table.

    Args:
        words, bars, raw, size: see `read_grid`.
        cramped: whether figures that stand as close as words do may be of two columns. Each cell
            has to have a column then, and each column a head in words, of its own.
    """

    def __init__(
        self,
        words: Sequence[Word],
        bars: Sequence[Bar],
        raw: str,
        size: float,
        *,
        cramped: bool = False,
    ) -> None:
        self.raw = raw
        self.size = size
        self.cramped = cramped
        self.lines = lines_of(words, size)
        left, right = min(w.left for w in words), max(w.right for w in words)
        room = 2 * size
        wide = [bar for bar in bars if bar.left < left + room and bar.right > right - room]
        self.across = sorted({bar.height for bar in wide}, reverse=True)
        self.bars = [bar for bar in bars if bar not in wide]

    def grid(self) -> Grid:
        """Raises NoGrid."""
        if len(self.lines) < 2:
            raise NoGrid
        count = self._heads()
        heads, body = self.lines[:count], self.lines[count:]
        columns = self._columns(body)
        if not 2 <= len(columns) <= _MOST_COLUMNS:
            raise NoGrid
        rows = [self._placed(line, columns) for line in body]
        tops = Heads(self.bars, self.size).cells(heads, columns, self._labels(rows))
        if self.cramped and not (self._apart(body, columns) and self._has_own_heads(tops)):
            raise NoGrid
        return Grid(tops, self._whole_rows(rows, body))

    def _labels(self, rows: Sequence[list[Cell]]) -> int:
        """How many columns of labels lead the rows, before one with figures; at least one."""
        cells = zip(*(row for row in rows if len(row) > 1), strict=True)
        figures = [
            any(self._is_figure(w) for cell in column for w in cell.words) for column in cells
        ]
        return max(1, figures.index(True)) if True in figures else 1

    def labelled(self, grid: Grid, upended: Sequence[Upended]) -> Grid:
        """The grid with a column more, of labels that each stand beside all rows between rules.

        Raises:
            NoGrid: one doesn't.
        """
        by_zone: dict[int, list[list[Cell]]] = {}
        for row in grid.rows:
            if len(row) > 1:
                words = [word for cell in row for word in cell.words]
                by_zone.setdefault(self._zone(_base(words)), []).append(row)
        for one in upended:
            rows = by_zone.pop(self._zone(one.middle), [])
            if not rows:
                raise NoGrid
            for number, row in enumerate(rows):
                row.insert(0, Cell(reached=True) if number else Cell(list(one.words)))
        for row in [*grid.heads, *(row for rows in by_zone.values() for row in rows)]:
            row.insert(0, Cell())
        return grid

    def lines_above(self) -> int:
        """How many lines stand above the figures or the first rule that goes all across."""
        figures = [self._has_figure(line) for line in self.lines]
        first = next((n for n, has in enumerate(figures) if has), 0)
        zones = self._zones()
        count = first or (zones[0] if len(zones) > 1 else 0)
        return count if count <= _MOST_HEADS else 0

    def share_of_figures(self, heads: int) -> float:
        """The share of the cells below the first ``heads`` lines, but for labels, with figures."""
        lines = (segments_of(line, self.size)[1:] for line in self.lines[heads:])
        cells = [all(map(self._is_figure, cell.words)) for line in lines for cell in line]
        return sum(cells) / len(cells) if cells else 0.0

    def _zone(self, height: float) -> int:
        """How many of the rules that go all across stand above a height."""
        return sum(height < bar for bar in self.across)

    def _is_figure(self, word: Word) -> bool:
        text = self.raw[word.start : word.end]
        return _FIGURE.fullmatch(text) is not None and not _YEAR.fullmatch(text)

    def _segments(self, line: Sequence[Word]) -> list[Segment]:
        """The cells of a line of the body, or what stands together in them."""
        found = segments_of(line, self.size)
        return [part for one in found for part in self._parted(one)] if self.cramped else found

    def _parted(self, segment: Segment) -> Iterator[Segment]:
        """What stands together, parted before each figure that begins a cell of its own."""
        part = Segment(segment.words[:1])
        for word, other in pairwise(segment.words):
            goes_on = self.raw[word.end - 1] in _GOES_ON or self.raw[other.start] in _IN_BRACKETS
            wide = other.left - part.right > _CLOSEST * self.size
            if wide and not goes_on and self._is_amount(other):
                yield part
                part = Segment([])
            part.words.append(other)
        yield part

    def _is_amount(self, word: Word) -> bool:
        """Whether a word is a figure with digits, or a mark that stands for one."""
        text = self.raw[word.start : word.end]
        return self._is_figure(word) and (any(map(str.isdigit, text)) or text in _MARKS)

    def _apart(self, body: Sequence[Sequence[Word]], columns: Sequence[Column]) -> bool:
        """Whether no two cells of a line are of one column, but for the first."""
        edges = [(a[1] + b[0]) / 2 for a, b in pairwise(columns)]
        for line in body:
            places = [sum(edge < one.middle for edge in edges) for one in self._segments(line)]
            if len(set(filter(None, places))) < sum(map(bool, places)):
                return False
        return True

    def _has_own_heads(self, heads: Sequence[Sequence[Cell]]) -> bool:
        """Whether the lowest head of each column behind the first is its own, most in words."""
        worded = count = 0
        for place in range(1, len(heads[-1])):
            ends = (line[place : place + 2] for line in reversed(heads))
            lowest = next((end for end in ends if end[0].words or end[0].reached), None)
            if lowest is None:
                continue  # of labels
            if any(cell.reached for cell in lowest):
                return False
            words = lowest[0].words
            count += 1
            worded += any(map(str.isalpha, self.raw[words[0].start : words[-1].end]))
        return 2 * worded >= count

    def _has_figure(self, line: list[Word]) -> bool:
        """Whether a cell of a line, behind its first one, holds figures only."""
        cells = segments_of(line, self.size)[1:]
        return any(all(map(self._is_figure, cell.words)) for cell in cells)

    def _opens(self, line: list[Word]) -> bool:
        """Whether a line looks like a row: it begins where the table does, and has figures."""
        left = min(words[0].left for words in self.lines)
        return line[0].left < left + 2 * self.size and self._has_figure(line)

    def _heads(self) -> int:
        """How many lines are heads."""
        figures = [self._has_figure(line) for line in self.lines]
        first = next((n for n, has in enumerate(figures) if has), len(figures))
        zones = self._zones()
        count = zones[0]
        if len(zones) > 1 and (count == 1 or not any(map(self._opens, self.lines[:count]))):
            # Heads of two lines may be parted by a rule, too.
            while len(zones) > 2 and first < len(figures) and zones[1] <= first:
                zones = zones[1:]
                count = zones[0]
        else:
            count = first
            if sum(figures[count:]) < 0.6 * len(figures[count:]):
                raise NoGrid
        if not 0 < count <= _MOST_HEADS or count == len(self.lines):
            raise NoGrid
        return count

    def _zones(self) -> list[int]:
        """How many lines end above each rule that goes all across, and all of them."""
        heights = list(map(_base, self.lines))
        ends = {sum(height > bar for height in heights) for bar in self.across}
        return sorted((ends - {0, len(heights)}) | {len(heights)})

    def _columns(self, body: list[list[Word]]) -> list[Column]:
        """Left and right of each column: stretches that gaps part which no line crosses."""
        lines = [self._segments(line) for line in body]
        stretches = [(s.left, s.right) for line in lines if len(line) > 1 for s in line]
        # A cell over several rows may stand between two of them.
        alone = [(line[0].left, line[0].right) for line in lines if len(line) == 1]
        apart = [
            one
            for one in alone
            if all(one[1] < left - self.size or one[0] > right + self.size
                   for left, right in stretches)
        ]  # fmt: skip
        stretches = sorted([*stretches, *apart])
        columns: list[Column] = []
        gutter = (_CLOSEST if self.cramped else _GUTTER) * self.size
        for left, right in stretches:
            if columns and left - columns[-1][1] < gutter:
                columns[-1] = (columns[-1][0], max(columns[-1][1], right))
            else:
                columns.append((left, right))
        return columns

    def _placed(self, line: list[Word], columns: list[Column]) -> list[Cell]:
        """A line's words by column; one cell alone where it reaches over several columns."""
        edges = [(a[1] + b[0]) / 2 for a, b in pairwise(columns)]
        segments = self._segments(line)
        if len(segments) == 1 and any(
            segments[0].left < edge < segments[0].right for edge in edges
        ):
            return [Cell(list(line))]
        cells = [Cell() for _ in columns]
        for segment in segments:
            cells[sum(edge < segment.middle for edge in edges)].words += segment.words
        if len(segments) == 1 and cells[0].words:
            return [cells[0]]
        return cells

    def _whole_rows(self, rows: list[list[Cell]], lines: list[list[Word]]) -> list[list[Cell]]:
        """The rows, with what goes on below it put into its cell, and labels over several rows."""
        zones = [self._zone(_base(line)) for line in lines]
        found: list[list[Cell]] = []
        for zone in dict.fromkeys(zones):
            own = [row for row, where in zip(rows, zones, strict=True) if where == zone]
            if self._is_one(own):
                found.append(_merged(own))
                continue
            kept: list[list[Cell]] = []
            for row in own:
                if kept and self._goes_on(kept[-1], row):
                    kept[-1] = _merged([kept[-1], row])
                else:
                    kept.append(row)
            self._reach(kept)
            found += kept
        return found

    def _is_one(self, rows: list[list[Cell]]) -> bool:
        """Whether the lines between two rules are one row, whose cells run over several lines."""
        if len(rows) < 2 or any(len(row) == 1 for row in rows):
            return False
        labels = [row[0] for row in rows if row[0].words]
        others = rows if len(labels) > 1 else (row for row in rows if not row[0].words)
        if any(self._has_figures(row) for row in others):
            return False
        begun = [self.raw[cell.words[0].start].islower() for cell in labels]
        return len(labels) == 1 or (len(labels) > 2 and sum(begun) >= 0.3 * len(begun))

    def _has_figures(self, row: list[Cell]) -> bool:
        return any(self._is_figure(word) for cell in row for word in cell.words)

    def _goes_on(self, above: list[Cell], row: list[Cell]) -> bool:
        """Whether a line is the rest of the row above."""
        if len(row) == 1 or len(above) == 1 or row[0].words:
            return False
        filled = [cell for cell in row if cell.words]
        in_brackets = all(self.raw[cell.words[0].start] in "([±" for cell in filled)
        if self._has_figures(row) and not in_brackets:
            return False
        return all(cell.words for cell, more in zip(above, row, strict=True) if more.words)

    def _reach(self, rows: list[list[Cell]]) -> None:
        """Let the first cell of rows between two rules hold for all of them, if it is the one.

        A label over several rows stands in their middle or beside the first of them.
        """
        labels = [n for n, row in enumerate(rows) if row[0].words]
        if len(rows) < 2 or len(labels) != 1:
            return
        label = labels[0]
        if len(rows[label]) == 1:  # between two of its rows
            held = rows.pop(label)[0]
        elif label in (0, (len(rows) - 1) // 2, len(rows) // 2):
            held, rows[label][0] = rows[label][0], Cell()
        else:
            return
        rows[0][0] = held
        for row in rows[1:]:
            row[0] = Cell(reached=True)


def _base(words: Sequence[Word]) -> float:
    return median(word.base for word in words)


def _merged(rows: Sequence[list[Cell]]) -> list[Cell]:
    """One row of several lines, cell by cell."""
    return [Cell([w for cell in cells for w in cell.words]) for cells in zip(*rows, strict=True)]


def lines_of(words: Sequence[Word], size: float) -> list[list[Word]]:
    """The words by line, from top to bottom, each line from left to right."""
    lines: list[list[Word]] = []
    small = [word for word in words if word.size < _SMALL * size]
    if 2 * len(small) > len(words):
        small = []
    for word in sorted(set(words).difference(small), key=lambda word: -word.base):
        if lines and lines[-1][0].base - word.base < _SAME_LINE * size:
            lines[-1].append(word)
        else:
            lines.append([word])
    for word in small:  # a raised or lowered sign
        near = min(lines, key=lambda line: abs(line[0].base - word.base))
        if abs(near[0].base - word.base) < _RAISED * size:
            near.append(word)
        else:
            lines.append([word])
    lines.sort(key=lambda line: -line[0].base)
    return [sorted(line, key=lambda word: word.left) for line in lines]
