"""What stands on pages without being part of the paper: running heads, page numbers, stamps."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise

from fmqa.reading.lines import Line, RawPage

ARXIV_STAMP = re.compile(
    r"arXiv:\s?(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v(?P<version>\d{1,2}))?",
    re.IGNORECASE,
)

_MARGIN = 0.115  # of the page's height, at its head and at its foot
_SIDE = 0.09  # of the page's width
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"[-–—\s|·]*(?:page|p\.|s\.)?\s*(?:\d{1,5}|[ivxlc]{1,6})\s*(?:(?:of|/)\s*\d{1,5})?[-–—\s|·]*",
    re.IGNORECASE,
)
# A running head that a paper of two pages has only once.
_AUTHORS_HEAD = re.compile(r"[A-Z][\w'’-]+(?:\s+(?:and|&)\s+[A-Z][\w'’-]+|,?\s+et\s+al\.?)")
_SAME_PLACE = 14.0  # points
_FEWEST_LINE_NUMBERS = 10


def find_furniture(pages: list[RawPage]) -> set[tuple[int, int]]:
    """(page number, start) of every line that isn't part of the paper's text."""
    found = _repeated(pages)
    for page in pages:
        found |= {(page.number, line.start) for line in page.lines if _stamp(page, line)}
        found |= _authors_head(page)
        found |= _page_numbers(page, found)
        found |= _line_numbers(page)
    return found


def _repeated(pages: list[RawPage]) -> set[tuple[int, int]]:
    """Lines in the margins whose words come again on other pages at the same height."""
    seen: dict[str, list[tuple[RawPage, Line]]] = defaultdict(list)
    for page in pages:
        for line in _marginal(page):
            seen[_key(page.text_of(line))].append((page, line))
    found = set()
    for key, places in seen.items():
        if not key:
            continue
        for page, line in places:
            others = {
                other.number
                for other, twin in places
                if abs(_from_edge(other, twin) - _from_edge(page, line)) < _SAME_PLACE
            }
            # Two short lines may be alike by chance; a running head comes on a third of the pages.
            enough = 2 if len(key) > 12 or len(pages) < 4 else 3
            if len(others) >= enough and not _in_paragraph(page, line):
                found.add((page.number, line.start))
    return found


def _in_paragraph(page: RawPage, line: Line) -> bool:
    """Whether two lines go on below it at the pitch of running text, in its font and column."""
    if not line.size:
        return False
    at = page.lines.index(line)
    below = page.lines[at + 1 : at + 3]
    return len(below) == 2 and all(
        b.font == a.font
        and abs(b.size - a.size) < 0.1
        and abs(b.left - line.left) < 2 * line.size
        and 0.8 * a.size < a.bottom - b.bottom < 1.8 * a.size
        for a, b in pairwise([line, *below])
    )


def _marginal(page: RawPage) -> list[Line]:
    if not page.height:
        return [*page.lines[:2], *page.lines[-2:]] if len(page.lines) > 6 else []
    low, high = page.height * _MARGIN, page.height * (1 - _MARGIN)
    return [line for line in page.lines if line.bottom > high or line.top < low]


def _key(text: str) -> str:
    return " ".join(_DIGITS.sub("#", text).casefold().split())


def _from_edge(page: RawPage, line: Line) -> float:
    """Height from the foot of the page, or, in its upper half, (negative) from its head."""
    return line.bottom if line.bottom < page.height / 2 else line.bottom - page.height


def _stamp(page: RawPage, line: Line) -> bool:
    """Text that runs up the side margin, most often arXiv's stamp."""
    if line.upright or not page.width:
        return False
    at_side = line.right < page.width * _SIDE or line.left > page.width * (1 - _SIDE)
    return at_side or ARXIV_STAMP.match(page.text_of(line).strip()) is not None


def _authors_head(page: RawPage) -> set[tuple[int, int]]:
    """A line that says "Surname et al." alone, above all others of a later page."""
    upright = [line for line in page.lines if line.upright]
    if page.number == 1 or not upright or not page.height:
        return set()
    top = max(upright, key=lambda line: line.bottom)
    alone = _AUTHORS_HEAD.fullmatch(page.text_of(top).strip())
    return {(page.number, top.start)} if alone and top in _marginal(page) else set()


def _page_numbers(page: RawPage, found: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """A number that stands alone beyond all other lines, at the head or foot of the page."""
    rest = [line for line in page.lines if (page.number, line.start) not in found and line.upright]
    if not rest or not page.height:
        return set()
    top, foot = max(line.bottom for line in rest), min(line.bottom for line in rest)
    return {
        (page.number, line.start)
        for line in _marginal(page)
        if _PAGE_NUMBER.fullmatch(page.text_of(line))
        and (line.bottom > top - 6 or line.bottom < foot + 6)
    }


def _line_numbers(page: RawPage) -> set[tuple[int, int]]:
    """The numbers that manuscripts under review carry beside each line."""
    if not page.width:
        return set()
    side = [
        line
        for line in page.lines
        if (line.right < page.width * 0.12 or line.left > page.width * 0.88)
        and page.text_of(line).strip().isdecimal()
    ]
    if len(side) < _FEWEST_LINE_NUMBERS:
        return set()
    return {(page.number, line.start) for line in side}
