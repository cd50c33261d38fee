"""Which lines of a page are a table, and the blocks that they make.

A table stands beside its caption. Where rules of one width lie over one another, it is what stands
between them; else it is the cells that follow the caption or come before it (`cells.py`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from fmqa.reading.grid import Upended, lines_of, read_grid, read_printed
from fmqa.reading.heads import Bar
from fmqa.reading.html_matching import find_on_page
from fmqa.reading.html_tables import HtmlTable
from fmqa.reading.layout import TABLE_CAPTION
from fmqa.reading.lines import Block, Cell, Grid, Line, RawPage, Role, Word, turned
from fmqa.reading.wordlist import is_prose

_FARTHEST = 60.0  # points, between a caption and its table
_SHORTEST = 50.0  # points, of a rule that frames a table
_EVEN = 4.0  # points, by which the ends of a table's rules may differ
_BROKEN = 1.5  # points, between two pieces of a rule
_SLIP = 4.0  # points, by which lines may reach over one another
_HANGING = 2.2  # font sizes, from a caption's label to what hangs behind it
_MOST_WORDS = 3_000
_SHORTEST_LINES = 12  # characters; shorter ones are labels in a figure
_OPENS_FIGURE = re.compile(r"[(\[±<>≈−-]*\.?\d")


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a table stands between its first and its last rule."""

    left: float
    bottom: float
    right: float
    top: float

    def holds(self, line: Line) -> bool:
        within = self.left - _EVEN < line.left and line.right < self.right + _EVEN
        return within and self.bottom < line.middle < self.top


def set_tables(page: RawPage, blocks: list[Block], known: Sequence[HtmlTable] = ()) -> bool:
    """Put each table of a page into one block, with its grid where it has one.

    Args:
        page: as it was read.
        blocks: of the page, with their roles; they are changed in place.
        known: the paper's tables as its HTML has them, which are taken where they match.

    Returns:
        whether any was changed.
    """
    if not page.words:
        return False
    captions = [b for b in blocks if b.role is Role.CAPTION and TABLE_CAPTION.match(b.text)]
    captions = [one for one in captions if not _set_known(page, one, blocks, known)]
    done = {id(block) for block in blocks if block.grid is not None}
    frames = _framed(captions, _free_frames(page, blocks), blocks)
    changed = _set_sideways(page, blocks) or bool(done)
    for caption in captions:
        frame = frames.get(id(caption))
        if frame is not None:
            changed = _make_whole(caption, frame, blocks) or changed
        lines = _lines_of(page, caption, [b for b in blocks if id(b) not in done], frame)
        words = _words(page, lines)
        size = median(word.size for word in words) if words else 0.0
        grid = _grid(page, words, size, _upended(page, blocks, frame) if frame else ())
        if grid is None and lines:
            short = median(line.end - line.start for line in lines) < _SHORTEST_LINES
            grid = None if short else _printed(page, words, size)
            if grid is None and frame is not None and not short:
                grid = _flat(page, lines)
        if grid is not None:
            _replace(blocks, caption, lines, grid)
            changed = True
    return changed


def _set_known(
    page: RawPage, caption: Block, blocks: list[Block], known: Sequence[HtmlTable]
) -> bool:
    """Put a caption's table into one block as the HTML has it; whether it matches."""
    found = find_on_page(page, caption, blocks, known) if known else None
    if found is None:
        return False
    for block in found.rest:
        caption.lines += block.lines
        blocks.remove(block)
    _replace(blocks, caption, found.lines, found.grid)
    return True


def _set_sideways(page: RawPage, blocks: list[Block]) -> bool:
    """Read a table that is set sideways, caption and all.

    pdfium gives such text in lines of its own making: the words are put together anew.
    """
    lines = [
        line
        for block in blocks
        if block.role is not Role.FURNITURE and block.grid is None
        for line in block.lines
        if not line.upright
    ]
    words = [word for word in _words(page, lines) if word.turn]
    if not words:
        return False
    size = median(word.size for word in words)
    printed = lines_of(words, size)
    opening = [n for n, line in enumerate(printed) if TABLE_CAPTION.match(_text(page, line))]
    if len(opening) != 1 or len({word.turn for word in words}) != 1:
        return False
    place = opening[0]
    count = place + 1
    while count < len(printed) and not _text(page, printed[count - 1]).endswith("."):
        count += 1
    if count >= len(printed):
        return False
    title = [Line(word.start, word.end) for line in printed[place:count] for word in line]
    body = [word for line in [*printed[:place], *printed[count:]] for word in line]
    grid = _grid(page, body, size) or Grid([], [[Cell(line)] for line in printed[count:]])
    grid.rows += [[Cell(line)] for line in printed[:place] if not grid.heads]
    caption = Block(page.number, title, role=Role.CAPTION)
    table = Block(page.number, lines, role=Role.TABLE, caption=caption, grid=grid)
    place = next(n for n, block in enumerate(blocks) if lines[0] in block.lines)
    _take(blocks, lines)
    blocks[place:place] = [caption, table]
    return True


def _text(page: RawPage, line: Sequence[Word]) -> str:
    return " ".join(page.raw[word.start : word.end] for word in line)


def _upended(page: RawPage, blocks: Sequence[Block], frame: _Frame) -> list[Upended]:
    """The labels that stand on their side within a table."""
    turned = [line for block in blocks for line in block.lines if not line.upright]
    inside = [line for line in turned if frame.holds(line)]
    return [Upended(_words(page, [line]), line.middle) for line in inside]


def _grid(
    page: RawPage, words: Sequence[Word], size: float, upended: Sequence[Upended] = ()
) -> Grid | None:
    if not words or len(words) > _MOST_WORDS:
        return None
    return read_grid(words, _bars_within(page, words, size), page.raw, size, upended)


def _printed(page: RawPage, words: Sequence[Word], size: float) -> Grid | None:
    """The lines as they are printed, where they have figures."""
    if not words or len(words) > _MOST_WORDS:
        return None
    return read_printed(words, _bars_within(page, words, size), page.raw, size)


def _bars_within(page: RawPage, words: Sequence[Word], size: float) -> list[Bar]:
    """The rules that lie among the words."""
    low, high = min(word.base for word in words), max(word.base for word in words) + size
    left, right = min(word.left for word in words), max(word.right for word in words)
    return [
        bar
        for bar in _bars(page, words[0].turn)
        if low < bar.height < high and bar.right > left and bar.left < right
    ]


def _words(page: RawPage, lines: Sequence[Line]) -> list[Word]:
    """The words of some lines; a page's words are in the order of its lines."""
    found: list[Word] = []
    for line in lines:
        low = bisect_left(page.words, line.start, key=_start)
        found += page.words[low : bisect_left(page.words, line.end, key=_start)]
    return found


def _start(word: Word) -> int:
    return word.start


def _flat(page: RawPage, lines: Sequence[Line]) -> Grid:
    """The lines as they stand, each a row of one cell."""
    return Grid([], [[Cell(_words(page, [line]))] for line in lines])


def _bars(page: RawPage, turn: int) -> list[Bar]:
    """The rules that lie along lines turned so, pieces of one put together."""
    found: list[Bar] = []
    boxes = [turned(rule, turn) for rule in page.rules]
    lying = [box for box in boxes if box[2] - box[0] > box[3] - box[1]]
    for left, bottom, right, top in sorted(lying, key=lambda box: (-round(box[1]), box[0])):
        height = (bottom + top) / 2
        last = found[-1] if found else None
        if last and abs(last.height - height) < 1 and left - last.right < _BROKEN:
            found[-1] = Bar(last.left, max(last.right, right), last.height)
        else:
            found.append(Bar(left, right, height))
    return found


def _free_frames(page: RawPage, blocks: Sequence[Block]) -> list[_Frame]:
    """The frames in which no table is set yet."""
    done = [line for block in blocks if block.grid is not None for line in block.lines]
    return [one for one in _frames(page, blocks) if not any(map(one.holds, done))]


def _frames(page: RawPage, blocks: Sequence[Block]) -> Iterator[_Frame]:
    """Where rules of one width lie over one another with no caption or prose between them."""
    left = [bar for bar in _bars(page, 0) if bar.right - bar.left >= _SHORTEST]
    while left:
        first = left[0]
        alike = [
            bar
            for bar in left
            if abs(bar.left - first.left) < _EVEN and abs(bar.right - first.right) < _EVEN
        ]
        left = [bar for bar in left if bar not in alike]
        held = [alike[0]]
        for above, bar in pairwise(alike):
            if _parted(blocks, above, bar):
                yield from _frame(held)
                held = []
            held.append(bar)
        yield from _frame(held)


def _frame(bars: Sequence[Bar]) -> Iterator[_Frame]:
    if len(bars) > 1:
        yield _Frame(bars[0].left, bars[-1].height, bars[0].right, bars[0].height)


def _parted(blocks: Sequence[Block], above: Bar, below: Bar) -> bool:
    """Whether a caption, or a paragraph as wide as the rules, stands between two of them."""
    for block in blocks:
        line = block.lines[0]
        if not below.height < line.middle < above.height:
            continue
        if line.right < above.left or line.left > above.right:
            continue
        if block.role is Role.CAPTION:
            return True
        wide = line.width > 0.8 * (above.right - above.left)
        if block.role is Role.BODY and wide and len(block.lines) > 2 and is_prose(block.text):
            return True
    return False


def _framed(
    captions: Sequence[Block], frames: Sequence[_Frame], blocks: Sequence[Block]
) -> dict[int, _Frame]:
    """The frame of each caption's table, by the caption's ``id``; all stand on one side of it."""
    best: dict[int, _Frame] = {}
    least = float("inf")
    for below in (True, False):
        pairs = sorted(
            (distance, n, m)
            for n, caption in enumerate(captions)
            for m, frame in enumerate(frames)
            if (distance := _distance(caption, frame, blocks, below)) < _FARTHEST
        )
        found: dict[int, int] = {}
        total = 0.0
        for distance, n, m in pairs:
            if n not in found and m not in found.values():
                found[n] = m
                total += distance
        if (len(found), -total) > (len(best), -least):
            best, least = {id(captions[n]): frames[m] for n, m in found.items()}, total
    return best


def _distance(caption: Block, frame: _Frame, blocks: Sequence[Block], below: bool) -> float:
    """Points between a caption and a frame below or above it; infinite where it isn't there."""
    own = [line for line in caption.lines if not frame.holds(line)]
    if not own or own[0].right < frame.left or own[0].left > frame.right:
        return float("inf")
    if not below:
        gap = frame.bottom - own[0].top
        return gap if gap > -_SLIP else float("inf")
    gap = min(line.bottom for line in own) - frame.top
    if gap < -_SLIP:
        return float("inf")
    rest = _rest(caption, frame, blocks)
    return gap - sum(block.box[3] - block.box[1] for block in rest)


def _rest(caption: Block, frame: _Frame, blocks: Sequence[Block]) -> list[Block]:
    """The blocks that go on with a caption above its table, hanging behind its label."""
    first = caption.lines[0]
    return [
        block
        for block in _between(caption, frame, blocks)
        if block.box[0] > first.left + _HANGING * first.size and is_prose(block.text)
    ]


def _between(caption: Block, frame: _Frame, blocks: Sequence[Block]) -> list[Block]:
    """The blocks that stand between a caption and its table below."""
    left, right = caption.lines[0].left, max(caption.box[2], frame.right)
    return [
        block
        for block in blocks
        if block is not caption
        and block.role in (Role.BODY, Role.NOTE, Role.OTHER, Role.TABLE, Role.HEADING)
        and block.box[1] > frame.top - _SLIP
        and block.box[3] < caption.lines[0].bottom + _SLIP
        and min(left, frame.left) - _SLIP < block.box[0]
        and block.box[2] < right + _SLIP
    ]


def _make_whole(caption: Block, frame: _Frame, blocks: list[Block]) -> bool:
    """Give a caption the rest of its lines; whether there are any."""
    if caption.lines[0].bottom < frame.top:
        return False
    rest = _rest(caption, frame, blocks)
    for block in rest:
        caption.lines += block.lines
        blocks.remove(block)
    return bool(rest)


def _lines_of(
    page: RawPage, caption: Block, blocks: Sequence[Block], frame: _Frame | None
) -> list[Line]:
    """The upright lines of a caption's table, in the file's order."""
    cells = {id(b) for b in blocks if b.role is Role.TABLE and b.caption is caption}
    if frame is None:
        return [line for b in blocks if id(b) in cells for line in b.lines if line.upright]
    if caption.lines[0].bottom > frame.top:
        heads = _between(caption, frame, blocks)
        cells |= {id(block) for block in heads if not is_prose(block.text)}
    return [
        line
        for block in blocks
        if block.role is not Role.FURNITURE
        for line in block.lines
        if line.upright
        and (
            frame.holds(line)
            or (id(block) in cells and _continues(page.text_of(line), line, frame, caption))
        )
    ]


def _continues(text: str, line: Line, frame: _Frame, caption: Block) -> bool:
    """Whether a line of cells belongs to the table in a frame that doesn't hold it all."""
    ends = (frame.bottom, frame.top, caption.lines[0].bottom)
    level = min(ends) < line.middle < max(ends)
    return level or any(_OPENS_FIGURE.match(word) for word in text.split())


def _take(blocks: list[Block], lines: Sequence[Line]) -> None:
    """Take lines out of their blocks; a block without lines goes."""
    taken = {id(line) for line in lines}
    for block in blocks:
        block.lines = [line for line in block.lines if id(line) not in taken]
    blocks[:] = [block for block in blocks if block.lines]


def _replace(blocks: list[Block], caption: Block, lines: list[Line], grid: Grid) -> None:
    """Put a table's lines into one block, where the first of them stood."""
    place = next(n for n, b in enumerate(blocks) if any(line is lines[0] for line in b.lines))
    owner = blocks[place]
    _take(blocks, lines)
    for block in blocks:
        if block.role is Role.TABLE and block.caption is caption:
            block.role, block.caption = Role.OTHER, None  # a label on its side
    table = Block(caption.page, lines, role=Role.TABLE, caption=caption, grid=grid)
    blocks.insert(place + bool(owner.lines), table)
