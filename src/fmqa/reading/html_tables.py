"""The tables of a paper's HTML as LaTeXML writes it, which arXiv serves: rows, columns and heads.

Elements are known by their classes (``ltx_tabular``, ``ltx_tr``, ``ltx_td``), since LaTeXML writes
a table within a line as spans. Nothing is run, loaded or resolved, and a page is no more than text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

_FIGURE = re.compile(r"<(/?)figure\b", re.IGNORECASE)
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_SKIPPED = frozenset("annotation annotation-xml button script style svg".split())
_SKIPPED_CLASSES = frozenset(("ltx_note_outer", "ltx_rule"))
_KINDS = (  # what an element is by its class, and what it has to stand in
    ("caption", "ltx_caption", ""),
    ("tabular", "ltx_tabular", ""),
    ("row", "ltx_tr", "tabular"),
    ("cell", "ltx_td", "row"),
)
_ABOVE = frozenset(("ltx_border_t", "ltx_border_tt"))
_BELOW = frozenset(("ltx_border_b", "ltx_border_bb"))
_SPAN = re.compile(r"ltx_(col|row)span_(\d{1,3})")
_LONGEST = 2_000_000  # characters of a figure
_DEEPEST = 300  # elements within one another
_MOST_TEXT = 20_000  # characters of a cell or a caption; no page has as many
_MOST_ROWS, _MOST_COLUMNS, _MOST_HEADS = 200, 40, 6
_WIDEST = 5 * _MOST_COLUMNS  # empty ones counted


@dataclass(slots=True)
class HtmlCell:
    """A cell: its text, and how many columns and rows it goes over.

    ``above`` and ``below`` say whether a rule lies there, ``head`` whether LaTeXML takes it for
    the head of a column.
    """

    text: str = ""
    columns: int = 1
    rows: int = 1
    above: bool = False
    below: bool = False
    head: bool = False


@dataclass(slots=True)
class HtmlTable:
    """A table with its caption, number included.

    ``rows[r][c]`` is the cell that is there, the same one wherever it goes over several columns
    or rows. No row and no column is empty. The first ``heads`` rows are heads, 0 where that can't
    be told.
    """

    caption: str
    rows: list[list[HtmlCell]]
    heads: int


def html_tables(html: str) -> list[HtmlTable]:
    """The tables that have a caption each, in the page's order.

    Tables that LaTeXML didn't understand whole are left out.

    Raises:
        ValueError: it isn't LaTeXML's: elements lie too deep within one another.
    """
    found: list[HtmlTable] = []
    for text in _figures(html):
        if "ltx_tabular" not in text or len(text) > _LONGEST:
            continue
        parser = _Parser()
        parser.feed(text)
        for figure in parser.figures:
            captions = list(dict.fromkeys(figure.captions))  # some come twice
            if figure.broken or len(captions) != len(figure.tables):
                continue
            for caption, table in zip(captions, figure.tables, strict=True):
                if rows := _laid_out(table):
                    found.append(HtmlTable(caption, rows, _count_heads(rows)))
    return found


def _figures(html: str) -> Iterator[str]:
    """Each figure that stands in no other one."""
    depth = start = 0
    for match in _FIGURE.finditer(html):
        if not match[1]:
            start = start if depth else match.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                yield html[start : match.start()]


@dataclass(slots=True)
class _Figure:
    captions: list[str] = field(default_factory=list)
    tables: list[list[list[HtmlCell]]] = field(default_factory=list)
    broken: bool = False


class _Parser(HTMLParser):
    """Collects figures; what they hold goes to the innermost one."""

    def __init__(self) -> None:
        super().__init__()
        self.figures: list[_Figure] = []
        self._within: list[_Figure] = []
        # Tag, what it is to us, and all that is open there within the innermost figure.
        self._open: list[tuple[str, str, frozenset[str]]] = []
        self._cell: HtmlCell | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of what begins."""
        if tag in _VOID:
            return
        given = dict(attrs)
        classes = frozenset((given.get("class") or "").split())
        kind = self._kind(tag, classes)
        figure = self._within[-1] if self._within else None
        if kind == "figure":
            self._within.append(_Figure())
            self.figures.append(self._within[-1])
        elif figure is None:
            return
        elif kind == "caption":
            figure.captions.append("")
        elif kind == "tabular":
            figure.tables.append([])
        elif kind == "row":
            figure.tables[-1].append([])
        elif kind == "cell":
            self._cell = _cell(given, classes)
            figure.tables[-1][-1].append(self._cell)
        if "ltx_ERROR" in classes and "tabular" in self._within_figure:
            self._within[-1].broken = True
        within = frozenset[str]() if kind == "figure" else self._within_figure | {kind}
        self._open.append((tag, kind, within))
        if len(self._open) > _DEEPEST:
            raise ValueError("elements lie too deep within one another")

    def _kind(self, tag: str, classes: frozenset[str]) -> str:
        within = self._within_figure
        if "skipped" in within or tag in _SKIPPED or classes & _SKIPPED_CLASSES:
            return "skipped"
        if tag == "figure" or "cell" in within:
            return "figure" if tag == "figure" else ""
        if "tabular" in within and "ltx_tabular" in classes:
            return "skipped"  # one that is in no cell of the other
        return next(
            (
                kind
                for kind, name, around in _KINDS
                if name in classes and (not around or around in within)
            ),
            "",
        )

    @property
    def _within_figure(self) -> frozenset[str]:
        return self._open[-1][2] if self._open else frozenset()

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and whatever was left open within it."""
        if all(name != tag for name, _, _ in reversed(self._open)):
            return
        name = ""
        while name != tag:
            name, kind, _ = self._open.pop()
            if kind == "figure":
                self._within.pop()
            elif kind == "cell":
                self._cell = None

    def handle_data(self, data: str) -> None:
        """Take text where it belongs."""
        within = self._within_figure
        if "skipped" in within:
            return
        if self._cell is not None:
            self._cell.text = _longer(self._cell.text, data)
        elif "caption" in within:
            captions = self._within[-1].captions
            captions[-1] = _longer(captions[-1], data)


def _longer(text: str, more: str) -> str:
    return text + more if len(text) < _MOST_TEXT else text


def _cell(given: dict[str, str | None], classes: frozenset[str]) -> HtmlCell:
    spans = {match[1]: match[2] for name in classes if (match := _SPAN.fullmatch(name))}

    def span(name: str, most: int) -> int:
        value = given.get(f"{name}span") or spans.get(name) or "1"
        return min(max(int(value), 1), most) if value.isdecimal() else 1

    return HtmlCell(
        columns=span("col", _MOST_COLUMNS),
        rows=span("row", _MOST_ROWS),
        above=bool(classes & _ABOVE),
        below=bool(classes & _BELOW),
        head="ltx_th_column" in classes,
    )


def _laid_out(rows: Sequence[Sequence[HtmlCell]]) -> list[list[HtmlCell]]:
    """Which cell stands where, without empty rows and columns; nothing for too large a table."""
    if len(rows) > _MOST_ROWS:
        return []
    places: dict[tuple[int, int], HtmlCell] = {}
    for number, row in enumerate(rows):
        column = 0
        for cell in row:
            while (number, column) in places:
                column += 1
            if column >= _WIDEST:
                return []
            for down in range(min(cell.rows, len(rows) - number)):
                for right in range(cell.columns):
                    places.setdefault((number + down, column + right), cell)
            column += cell.columns
    filled = [place for place, cell in places.items() if cell.text.strip()]
    columns = sorted({column for _, column in filled})
    if not 2 <= len(columns) <= _MOST_COLUMNS:
        return []
    return [
        [places.get((row, column)) or HtmlCell() for column in columns]
        for row in sorted({row for row, _ in filled})
    ]


def _count_heads(rows: Sequence[Sequence[HtmlCell]]) -> int:
    """How many rows are heads: those above the first rule that goes all across.

    Where no rule does, and where rules part them, those of LaTeXML's word.
    """
    named = 0
    for row in rows:
        if not all(cell.head for cell in row[1:] if cell.text.strip()):
            break
        named += 1
    ruled = [n for n, (above, row) in enumerate(pairwise(rows), 1) if _is_ruled(above, row)]
    count = max([*ruled[:1], *(n for n in ruled if n <= named)], default=named)
    heads, body = rows[:count], rows[count:]
    if not body or not 0 < count <= _MOST_HEADS:
        return 0
    plain = count == 1 and 2 not in ruled
    if not plain and any(map(_opens, heads)):
        return 0  # rows, parted by rules
    named_any = any(cell.text.strip() for row in heads for cell in row[1:])
    return count if named_any else 0


def _is_ruled(above: Sequence[HtmlCell], row: Sequence[HtmlCell]) -> bool:
    """Whether a rule goes all across between two rows."""
    pairs = zip(above, row, strict=True)
    return all(over is not cell and (over.below or cell.above) for over, cell in pairs)


def _opens(row: Sequence[HtmlCell]) -> bool:
    """Whether a line looks like a row: it has a label, and figures that aren't named as heads."""
    return bool(row[0].text.strip()) and any(
        any(map(str.isdecimal, cell.text)) and not any(map(str.isalpha, cell.text))
        for cell in row[1:]
        if not cell.head
    )
