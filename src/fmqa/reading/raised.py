"""Signs that stand raised in a line: found by their size and baseline, and put back on its line.

pdfium breaks a line where a small sign stands above its baseline: before the sign, after it, or
both. And it gives the sign's characters like all others, so that 1,570,263 with the reference mark
11 reads as 157,026,311. What a sign means is told in `fmqa.reading.signs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fmqa.reading.chars import OpenPage
from fmqa.reading.lines import Line

# Size and rise of a raised sign, as shares of the font size of the text that it stands beside.
_LEAST_SIZE, _MOST_SIZE = 0.4, 0.88
_LEAST_RISE, _MOST_RISE = 0.18, 0.85
_FARTHEST = 0.3  # of the font size, between a sign and the character that it belongs to
_SPACE = 0.12  # of the font size
_GAP = 0.6  # of the font size, between two pieces of a line
_LOOK_BACK = 16  # characters
# A digit, or a letter that stands alone behind a number, as a note's does.
_OPENS = re.compile(r"[\d⁰¹²³⁴-⁹]|(?:(?<=\d)|(?<=\d\s))[a-h](?![^\W_])")
_WRITTEN = "⁰¹²³⁴⁵⁶⁷⁸⁹"  # raised by their own shape
_SIGNED = "-−–‐+"
_NO_BASE = "√([{=<>≤≥≈~+−-–×·*/|"  # a sign belongs to none of these: a fraction's upper part does


class RaisedSigns:
    """Finds the raised signs of one open page, and joins the lines that they broke.

    After :meth:`joined`, ``runs`` holds (start, end) of each sign among the page's characters, and
    ``tight`` where the breaks begin that part two pieces of a line without a space between them.
    """

    def __init__(self, page: OpenPage) -> None:
        self.page = page
        self.runs: list[tuple[int, int]] = []
        self.tight: set[int] = set()

    def joined(self, lines: Sequence[Line]) -> Iterator[list[Line]]:
        """The pieces of each printed line, in order; most lines are one piece."""
        held: list[Line] = []
        for line in lines:
            first = len(self.runs)
            base = self._last_base(held[-1]) if held and _beside(held[-1], line) else None
            if line.upright and line.size:
                self._search(line, base)
            if base is not None and self._goes_on(held[-1], line, base, first):
                if line.left - held[-1].right < _SPACE * max(line.size, held[-1].size):
                    self.tight.add(held[-1].end)
                held.append(line)
            else:
                if held:
                    yield held
                held = [line]
        if held:
            yield held

    def _search(self, line: Line, before: int | None) -> None:
        raw, text_object = self.page.raw, self.page.text_object
        at = line.start
        while match := _OPENS.search(raw, at, line.end):
            index = match.start()
            at = index + 1
            previous = index - 1
            if raw[index] not in _WRITTEN:
                if (
                    previous >= line.start
                    and raw[previous] not in _SIGNED
                    and text_object(previous) == text_object(index)
                ):
                    continue  # printed by one operator, at one size and on one baseline
                if self.page.look(index)[0] >= _MOST_SIZE * line.size and before is None:
                    continue
            base = self._base(index, line, before)
            if base is None or not (raw[index] in _WRITTEN or self._stands_over(index, base)):
                continue
            start, at = self._extent(index, line, base)
            if not self._is_fraction(start, at, base):
                self.runs.append((start, at))

    def _base(self, index: int, line: Line, before: int | None) -> int | None:
        """The character that a small one belongs to: of full size, before it or else behind it."""
        if self.page.raw[index] in _WRITTEN:
            return index - 1 if index > line.start else before
        back = range(index - 1, max(line.start, index - _LOOK_BACK) - 1, -1)
        found = self._larger(index, back)
        if found is None:
            found = before
        if found is None and index < line.start + 4:
            found = self._larger(index, range(index + 1, min(line.end, index + _LOOK_BACK)))
        return found

    def _larger(self, index: int, others: range) -> int | None:
        raw, look = self.page.raw, self.page.look
        size = look(index)[0]
        for other in others:
            if not raw[other].isspace() and size <= _MOST_SIZE * look(other)[0]:
                return other
        return None

    def _last_base(self, line: Line) -> int | None:
        """The last character of a line that has its full size."""
        low = max(line.start, line.end - _LOOK_BACK) - 1
        for index in range(line.end - 1, low, -1):
            large = self.page.look(index)[0] > _MOST_SIZE * line.size
            if large and not self.page.raw[index].isspace():
                return index
        return None

    def _stands_over(self, index: int, base: int) -> bool:
        size = self.page.look(base)[0]
        rise = self.page.baseline(index) - self.page.baseline(base)
        share = self.page.look(index)[0] / size if size else 0.0
        return _LEAST_SIZE < share < _MOST_SIZE and _LEAST_RISE * size < rise < _MOST_RISE * size

    def _extent(self, index: int, line: Line, base: int) -> tuple[int, int]:
        """Where a sign begins and ends whose first digit is known."""
        raw, start, end = self.page.raw, index, index + 1
        if raw[index] in _WRITTEN:
            while end < line.end and raw[end] in _WRITTEN:
                end += 1
            return start, end
        if start - 1 >= line.start and start - 1 != base and raw[start - 1] in _SIGNED + "([":
            start -= self._stands_over(start - 1, base)
        while end < line.end and not raw[end].isspace() and self._stands_over(end, base):
            end += 1
        return start, end

    def _is_fraction(self, start: int, end: int, base: int) -> bool:
        """Whether a sign is the upper part of a fraction, or stands apart from any text."""
        raw, page = self.page.raw, self.page
        if base > start:  # it opens its line
            return False
        last = start - 1
        while last > base and raw[last].isspace():
            last -= 1
        if raw[last] in _NO_BASE or raw[end : end + 1] in tuple("/⁄"):
            return True
        gap = page.box(start)[0] - page.box(last)[2]
        return raw[start] not in _WRITTEN and gap > _FARTHEST * page.look(base)[0]

    def _goes_on(self, last: Line, line: Line, base: int, first: int) -> bool:
        """Whether a line goes on in the next piece, behind a sign or with one."""
        raw = self.page.raw
        ended = bool(self.runs[:first]) and self.runs[first - 1][1] == last.end
        begins = first < len(self.runs) and self.runs[first][0] == line.start
        if begins:
            return True
        if not ended:
            return False
        start = next((i for i in range(line.start, line.end) if not raw[i].isspace()), line.start)
        size = self.page.look(base)[0]
        level = abs(self.page.baseline(start) - self.page.baseline(base)) < 0.08 * size
        return level and abs(self.page.look(start)[0] - size) < 0.15 * size


def _beside(a: Line, b: Line) -> bool:
    """Whether ``b`` begins where ``a`` ends, in the same row."""
    size = max(a.size, b.size)
    overlap = min(a.top, b.top) - max(a.bottom, b.bottom)
    return (
        a.upright
        and b.upright
        and not a.joins
        and -0.3 * size < b.left - a.right < _GAP * size
        and overlap > -0.35 * size
    )
