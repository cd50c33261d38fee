"""Over which columns of a table each head stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from fmqa.reading.lines import Cell, Word

# Shares of the font size.
_GAP = 0.5  # between two cells; words of one cell stand closer
_OFF_CENTRE = 1.3  # how far a head may stand from the middle of its columns
_SLIP = 0.3  # how far a head may reach over its column's neighbours
_ASKEW = 0.5  # how far such a head may stand from the middle
_LEFT_OUT = 0.6  # what a column costs that no head of a line reaches

Column = tuple[float, float]  # left and right


class NoGrid(Exception):
    """The table's structure doesn't come out even."""


@dataclass(slots=True)
class Segment:
    """Words of one line that stand close together."""

    words: list[Word]

    @property
    def left(self) -> float:
        """Where it begins, in points."""
        return self.words[0].left

    @property
    def right(self) -> float:
        """Where it ends, in points."""
        return max(word.right for word in self.words)

    @property
    def middle(self) -> float:
        """Half the way between."""
        return (self.left + self.right) / 2


@dataclass(frozen=True, slots=True)
class Bar:
    """A rule that lies between lines, on the page turned as the words are."""

    left: float
    right: float
    height: float


def segments_of(line: Sequence[Word], size: float) -> list[Segment]:
    """A line's words, those together that stand close; ``size`` is the font's."""
    found: list[Segment] = []
    for word in line:
        if found and word.left - found[-1].right < _GAP * size:
            found[-1].words.append(word)
        else:
            found.append(Segment([word]))
    return found


class Heads:
    """Finds the columns of a table's heads.

    Args:
        bars: rules that lie between its lines and don't go all across.
        size: of its font, in points.
    """

    def __init__(self, bars: Sequence[Bar], size: float) -> None:
        self.bars = bars
        self.size = size

    def cells(
        self, heads: list[list[Word]], columns: list[Column], labels: int = 1
    ) -> list[list[Cell]]:
        """The cells of each line of heads, one for each column.

        Args:
            heads: their words, line by line.
            columns: of the table.
            labels: how many columns of labels come first, which need no head.

        Raises:
            NoGrid: it can't be told where one belongs.
        """
        found: list[list[Cell]] = []
        room = list(columns)
        below: set[int] = set()
        lowest: set[int] = set()
        for line in reversed(heads):
            segments = self._apart(segments_of(line, self.size), room, below)
            spans, sure = self._spans(segments, room, below, heads)
            cells = [Cell() for _ in columns]
            taken: set[int] = set()
            for segment, (first, last) in zip(segments, spans, strict=True):
                taken |= set(range(first, last + 1))
                cells[first].words += segment.words
                for column in range(first + 1, last + 1):
                    cells[column].reached = True
                if first == last:
                    left, right = room[first]
                    room[first] = min(left, segment.left), max(right, segment.right)
            starts = [first for first, last in spans if last > first]
            if starts and not sure and any(n > min(starts) for n in lowest - taken):
                raise NoGrid  # a column that no head reaches, between such that one does
            lowest = lowest or taken
            below |= taken
            found.insert(0, cells)
        if not below.issuperset(range(labels, len(columns))):
            raise NoGrid  # a column without a head: another one's may stand a column off
        return found

    def _spans(
        self,
        segments: list[Segment],
        columns: list[Column],
        below: set[int],
        heads: list[list[Word]],
    ) -> tuple[list[tuple[int, int]], bool]:
        """The first and last column of each head of a line, and whether rules say so."""
        # The cheapest way to give each head some columns, by the last column that is taken.
        ways: dict[int, tuple[float, list[tuple[int, int]]]] = {-1: (0.0, [])}
        sure = True
        for segment in segments:
            bar = self._bar_below(segment, heads)
            if bar and sum(bar.left < other.middle < bar.right for other in segments) > 1:
                bar = None
            choices = self._under(bar, columns, below) if bar else []
            if not choices:
                choices = list(self._choices(segment, columns, below))
                sure = sure and all(first == last for _, first, last in choices)
            after: dict[int, tuple[float, list[tuple[int, int]]]] = {}
            for taken, (so_far, spans) in ways.items():
                for cost, first, last in choices:
                    if first <= taken:
                        continue
                    left_out = below.intersection(range(taken + 1, first)) if spans else ()
                    total = so_far + cost + _LEFT_OUT * len(left_out)
                    if last not in after or total < after[last][0]:
                        after[last] = total, [*spans, (first, last)]
            ways = after
        if not ways:
            raise NoGrid
        rest = {
            last: cost + _LEFT_OUT * len(below.intersection(range(last + 1, len(columns))))
            for last, (cost, _) in ways.items()
        }
        return ways[min(rest, key=lambda last: rest[last])][1], sure

    def _apart(
        self, segments: list[Segment], columns: list[Column], below: set[int]
    ) -> list[Segment]:
        """The heads of a line, those parted that stand close together over several columns."""
        edges = [(a[1] + b[0]) / 2 for a, b in pairwise(columns)]

        def column_at(middle: float) -> int:
            return sum(edge < middle for edge in edges)

        found: list[Segment] = []
        for segment in segments:
            parts: dict[int, Segment] = {}
            for word in segment.words:
                place = column_at((word.left + word.right) / 2)
                parts.setdefault(place, Segment([])).words.append(word)
            others = {column_at(other.middle) for other in segments if other is not segment}
            # Below all others, each column has a head of its own.
            own = len(parts) > 1 and not below and others.isdisjoint(parts)
            own = own and all(any(self._choices(one, columns, below)) for one in parts.values())
            if own or not any(self._choices(segment, columns, below)):
                found += parts.values()
            else:
                found.append(segment)
        return found

    def _bar_below(self, segment: Segment, heads: list[list[Word]]) -> Bar | None:
        """The rule below a head that doesn't go all across the table."""
        height, floor = segment.words[0].base, median(word.base for word in heads[-1])
        near = [
            bar
            for bar in self.bars
            if floor < bar.height < height
            and bar.left - 1 <= segment.middle <= bar.right + 1
            and bar.right - bar.left > segment.right - segment.left + 1
        ]
        return max(near, key=lambda bar: bar.height, default=None)

    def _under(
        self, bar: Bar, columns: list[Column], below: set[int]
    ) -> list[tuple[float, int, int]]:
        """The columns that stand under a rule."""
        own = [
            n
            for n, (left, right) in enumerate(columns)
            if bar.left - self.size < (left + right) / 2 < bar.right + self.size
        ]
        fits = own and below.issuperset(own)
        return [(0.0, own[0], own[-1])] if fits else []

    def _choices(
        self, segment: Segment, columns: list[Column], below: set[int]
    ) -> Iterator[tuple[float, int, int]]:
        """Which columns a head may stand over, and how far it is from where it should stand."""
        for first in range(len(columns)):
            for last in range(first, len(columns)):
                left, right = columns[first][0], columns[last][1]
                if min(right, segment.right) <= max(left, segment.left) - self.size:
                    continue
                off = abs((left + right) / 2 - segment.middle)
                if last > first:
                    if not below.issuperset(range(max(first, 1), last + 1)):
                        continue
                    if segment.left < left - self.size or segment.right > right + self.size:
                        continue
                    off += 0.3 * self.size if not first else 0.0
                elif not self._reaches_over(segment, columns, first):
                    off = min(off, abs(left - segment.left), abs(right - segment.right))
                elif off > _ASKEW * self.size:
                    continue
                if off <= _OFF_CENTRE * self.size:
                    yield off / self.size, first, last

    def _reaches_over(self, segment: Segment, columns: list[Column], column: int) -> bool:
        """Whether a head stands over its column's neighbours, too."""
        low = columns[column - 1][1] if column else float("-inf")
        high = columns[column + 1][0] if column + 1 < len(columns) else float("inf")
        return segment.left < low - _SLIP * self.size or segment.right > high + _SLIP * self.size
