"""Where a table of a paper's HTML stands on a page of its PDF.

The HTML says what is a row, a column and a head; each word is the PDF's own. A table is found where
its caption is a page's, and the text of all its cells, one after the other, is a stretch of the
page's text: letters and digits alike, as many signs between them. The page has to agree with the
rows and columns: rows lie below one another, and columns beside one another.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mode

from fmqa.reading.html_tables import HtmlCell, HtmlTable
from fmqa.reading.lines import Block, Cell, Grid, Line, RawPage, Role, Word

_HYPHENS = "-\u2010\u2011\u00ad\x02\ufffe"
_WITHIN_WORD = re.compile(f"(?<=[^\\W\\d_])[{_HYPHENS}](?=\\s*[^\\W\\d_])")
_GREEK = re.compile("[\u0370-\u03ff]")  # fonts of formulas give them other characters
_CAPTION = 60  # letters and digits of a caption that are compared
_SIGN = "~"


@dataclass(frozen=True, slots=True)
class Found:
    """A table's lines and grid, and the blocks with the rest of its caption."""

    lines: list[Line]
    grid: Grid
    rest: list[Block]


def find_on_page(
    page: RawPage, caption: Block, blocks: Sequence[Block], tables: Sequence[HtmlTable]
) -> Found | None:
    """The table under a page's caption, as the HTML has it; None where it can't be matched whole.

    Args:
        page: as it was read.
        caption: of the table, one of the page's blocks.
        blocks: of the page, with their roles.
        tables: all of the HTML.
    """
    printed = _letters(caption.text)
    for table in tables:
        if not table.heads:
            continue
        whole = _letters(table.caption)
        length = min(len(printed), len(whole), _CAPTION)
        if not length or printed[:length] != whole[:length]:
            continue
        words = _words_of(page, table)
        if words and _stands_so(table, words) and (grid := _grid(table, words)):
            rest = _rest(caption, blocks, whole)
            others = [block for block in blocks if not any(block is one for one in rest)]
            lines = _lines(page, others, caption, words)
            return Found(lines, grid, rest) if lines else None
    return None


def _letters(text: str) -> str:
    return folded(text)[0].replace(_SIGN, "")


def _rest(caption: Block, blocks: Sequence[Block], whole: str) -> list[Block]:
    """The blocks behind a caption that go on with it, as the HTML has it whole."""
    place = next(n for n, block in enumerate(blocks) if block is caption)
    read, found = _letters(caption.text), list[Block]()
    for block in blocks[place + 1 :]:
        more = _letters(block.text)
        if not more or not whole.startswith(read + more):
            break
        read += more
        found.append(block)
    return found


def folded(text: str) -> tuple[str, list[int]]:
    """A text as it is compared, and the place in it that each character comes from.

    Letters and digits without case and accents, and a mark for each sign. White space is left out,
    and so are hyphens within words, which a line's end may bring in.
    """
    kept: list[str] = []
    places: list[int] = []
    within = {match.start() for match in _WITHIN_WORD.finditer(text)}
    for place, letter in enumerate(text):
        whole = letter
        if "\ud800" <= letter <= "\udbff":  # pdfium counts a mathematical letter as two
            pair = text[place : place + 2].encode("utf-16-le", "surrogatepass")
            whole = pair.decode("utf-16-le", "replace")
        if place in within or letter.isspace():
            continue
        for mark in unicodedata.normalize("NFKD", whole).casefold():
            kind = unicodedata.category(mark)
            if mark.isalnum() and not _GREEK.match(mark):
                kept.append(mark)
            elif letter in _HYPHENS or kind[0] in "LPS" or kind in ("Cc", "Co"):
                kept.append(_SIGN)
            else:
                continue
            places.append(place)
    return "".join(kept), places


Words = dict[int, list[Word]]
"""A cell's words, by its ``id``."""


def _words_of(page: RawPage, table: HtmlTable) -> Words | None:
    """The words of each cell, where the page has the whole table's text once."""
    cells = list({id(cell): cell for row in table.rows for cell in row}.values())
    texts = [folded(cell.text)[0] for cell in cells]
    text, places = folded(page.raw)
    whole = "".join(texts)
    at = text.find(whole)
    if not whole or at < 0 or text.find(whole, at + 1) >= 0:
        return None
    starts = [word.start for word in page.words]
    ends = [word.end for word in page.words]
    found: Words = {}
    taken = bisect_right(ends, places[at])
    for cell, own in zip(cells, texts, strict=True):
        if not own:
            continue
        first, last = places[at], places[at + len(own) - 1]
        at += len(own)
        begin, end = bisect_right(ends, first), bisect_left(starts, last + 1)
        if begin != taken or begin >= end:
            return None  # a word of two cells, or of none
        found[id(cell)] = page.words[begin:end]
        taken = end
    return found


def _stands_so(table: HtmlTable, words: Words) -> bool:
    """Whether the rows lie below one another on the page, and the columns beside one another."""
    turn = mode(word.turn for own in words.values() for word in own)
    words = {key: own for key, own in words.items() if own[0].turn == turn}  # labels may stand
    rows = [
        [_height(words[id(cell)]) for cell in row if cell.rows == 1 and id(cell) in words]
        for row in table.rows
    ]
    columns = [
        [_middle(words[id(cell)]) for cell in column if cell.columns == 1 and id(cell) in words]
        for column in zip(*table.rows, strict=True)
    ]
    downward = all(min(above) > max(below) for above, below in pairwise(filter(None, rows)))
    return downward and all(max(a) < min(b) for a, b in pairwise(filter(None, columns)))


def _height(words: Sequence[Word]) -> float:
    return (min(word.base for word in words) + max(word.base for word in words)) / 2


def _middle(words: Sequence[Word]) -> float:
    return (min(word.left for word in words) + max(word.right for word in words)) / 2


def _grid(table: HtmlTable, words: Words) -> Grid | None:
    """The grid; None where a cell of the body goes over several heads."""
    grid = Grid([], [])
    above: list[HtmlCell] = []
    for number, row in enumerate(table.rows):
        is_head = number < table.heads
        distinct = {id(cell): cell for cell in row if id(cell) in words}
        cells: list[Cell] = []
        for place, cell in enumerate(row):
            again = bool(above) and above[place] is cell
            beside = place > 0 and row[place - 1] is cell
            if beside and not is_head and row[0] is not cell and id(cell) in words:
                return None
            held = list(words.get(id(cell), ()))
            reached = beside if is_head else again and not beside
            cells.append(Cell([] if again or beside else held, reached and bool(held)))
        above = row
        if not any(cell.words for cell in cells):
            continue
        if not is_head and len(distinct) == 1 and cells[0].words:
            cells = cells[:1]  # a heading over the rows that follow
        (grid.heads if is_head else grid.rows).append(cells)
    return grid


def _lines(
    page: RawPage, blocks: Sequence[Block], caption: Block, words: Words
) -> list[Line] | None:
    """The table's lines, in the file's order.

    None where another text shares one, or where figures under the caption would be left over.
    """
    starts = {word.start for own in words.values() for word in own}
    found: list[Line] = []
    for block in blocks:
        own = block.role is Role.TABLE and block.caption is caption
        for line in block.lines:
            here = [
                word.start in starts for word in page.words if line.start <= word.start < line.end
            ]
            if not any(here):
                if own and any(map(str.isdecimal, page.text_of(line))):
                    return None
                continue
            if not all(here) or block is caption or block.role is Role.FURNITURE or block.grid:
                return None
            found.append(line)
    return found
