"""What the PDF readers hand on: pages of raw characters and the lines they stand on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from fmqa.types import HiddenRun, ScannedLine

Box = tuple[float, float, float, float]
"""(left, bottom, right, top) in points from the displayed page's lower left corner."""


@dataclass(slots=True)
class Line:
    """One printed line: ``raw[start:end]`` of its page, and how it looks.

    Lengths are PDF points, measured from the lower left corner of the page as it is displayed.
    ``size`` is the font size in points, 0 where the reader knows no geometry. ``joins`` says that
    the line ends in a hyphen that the reader itself took for a word's break.
    """

    start: int
    end: int
    left: float = 0.0
    bottom: float = 0.0
    right: float = 0.0
    top: float = 0.0
    size: float = 0.0
    font: str = ""
    bold: bool = False
    italic: bool = False
    upright: bool = True
    joins: bool = False

    @property
    def width(self) -> float:
        """Its length on the page, in points."""
        return self.right - self.left

    @property
    def middle(self) -> float:
        """Half the way from its bottom to its top, in points."""
        return (self.bottom + self.top) / 2


@dataclass(frozen=True, slots=True)
class Word:
    """``raw[start:end]`` of a page, without white space, and where it stands in its line.

    ``left``, ``right`` and ``base`` are points on the displayed page, turned back by ``turn``
    quarters of a circle so that the word reads from left to right; ``base`` is its baseline, and
    ``size`` its font's size.
    """

    start: int
    end: int
    left: float
    right: float
    base: float
    size: float
    turn: int = 0


def turned(box: Box, turn: int) -> Box:
    """A rectangle as it is when the page is turned so that text stands upright.

    Args:
        box: on the page as it is displayed.
        turn: quarters of a circle, against the clock, by which the text is turned on it.
    """
    left, bottom, right, top = box
    if turn == 1:
        return bottom, -right, top, -left
    if turn == 3:
        return -top, left, -bottom, right
    return box


@dataclass(slots=True)
class RawPage:
    """One page as the reader found it. ``raw[i]`` is the reader's character number ``i``.

    ``links`` are addresses with each link's rectangle; none where the reader knows no geometry.
    ``raised`` holds (start, end) of the signs that stand raised in their line, ``signs`` where each
    of them that is understood ends and what it is read as, by where it starts, and ``tight`` the
    line breaks within a printed line that stand for no space. ``scanned`` says that the page is a
    picture without text. ``label`` is what the file itself calls the page, ``places`` its lines
    where they were recognized. ``words`` and ``rules`` (thin lines that are drawn, lying or
    standing) are known only of a page with a table's caption.
    """

    number: int
    width: float
    height: float
    raw: str
    lines: list[Line]
    links: list[tuple[str, Box]] = field(default_factory=list)
    hidden: list[HiddenRun] = field(default_factory=list)
    failure: str = ""
    raised: list[tuple[int, int]] = field(default_factory=list)
    signs: dict[int, tuple[int, str]] = field(default_factory=dict)
    tight: set[int] = field(default_factory=set)
    scanned: bool = False
    label: str = ""
    places: tuple[ScannedLine, ...] = ()
    words: list[Word] = field(default_factory=list)
    rules: list[Box] = field(default_factory=list)

    def text_of(self, line: Line) -> str:
        """The line's raw characters."""
        return self.raw[line.start : line.end]


@dataclass(slots=True)
class RawFile:
    """A whole file as a reader found it; ``outline`` are the titles of its table of contents."""

    pages: list[RawPage]
    outline: list[str]
    metadata: dict[str, str]
    reader: str


@dataclass(slots=True)
class Cell:
    """The words of a cell, in reading order; ``reached`` by the cell before it when it is one.

    ``at`` is the character of its line where it begins, if the table's columns aren't known.
    """

    words: list[Word] = field(default_factory=list)
    reached: bool = False
    at: int | None = None


@dataclass(slots=True)
class Grid:
    """A table's lines of heads, and its rows; every one has as many cells as there are columns.

    A row of one cell only is a heading over the rows that follow. In a head, a cell that is
    ``reached`` belongs to the head to its left; in a row, to the cell above it. Where the columns
    aren't known, the lines are as printed: each cell has its place, and the heads are no more than
    the lines above the figures.
    """

    heads: list[list[Cell]]
    rows: list[list[Cell]]


class Role(Enum):
    """What a block of lines is to the paper."""

    BODY = "body"
    NOTE = "note"  # footnotes and other prose off the running text
    HEADING = "heading"
    ABSTRACT = "abstract"
    CAPTION = "caption"
    TABLE = "table"
    TITLE = "title"
    AUTHORS = "authors"
    REFERENCE = "reference"
    FURNITURE = "furniture"  # running heads and feet, page numbers, stamps
    OTHER = "other"  # formulas, labels in figures


@dataclass(slots=True)
class Block:
    """Lines that belong together, in the file's order; its ``text`` is ``page.text[start:end]``.

    ``caption`` is set for the body of a table, ``grid`` where its rows are known.
    """

    page: int
    lines: list[Line]
    text: str = ""
    start: int = 0
    role: Role = Role.OTHER
    caption: Block | None = None
    grid: Grid | None = None

    @property
    def end(self) -> int:
        """Where its text ends on the page."""
        return self.start + len(self.text)

    @property
    def box(self) -> Box:
        """(left, bottom, right, top) around its lines, in points."""
        return (
            min(line.left for line in self.lines),
            min(line.bottom for line in self.lines),
            max(line.right for line in self.lines),
            max(line.top for line in self.lines),
        )

    @property
    def size(self) -> float:
        """Font size of most of its characters, in points."""
        sizes: dict[float, int] = {}
        for line in self.lines:
            key = round(line.size, 1)
            sizes[key] = sizes.get(key, 0) + line.end - line.start
        return max(sizes, key=lambda key: sizes[key], default=0.0)
