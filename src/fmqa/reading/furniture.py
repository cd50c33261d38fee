"""What stands in a file without being part of the paper: covers, running heads, page numbers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
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
_SAME_PLACE = 14.0  # points
_FEWEST_LINE_NUMBERS = 10
# Each stands on one house's sheets and in no paper's first page.
_SURE = re.compile(
    r"HAL is a multi-?disciplinary open access|archive ouverte pluridisciplinaire|"
    r"See discussions, stats,? and author profiles for this publication|"
    r"PDF file of an? (?:unedited manuscript|article that has undergone)|"
    r"JSTOR is a not-for-profit|This is a repository copy of|"
    r"Citation for (?:published version|the original published paper)|"
    r"If you believe that this document breaches copyright|"
    r"Your article is (?:published under|protected by)|"
    r"Archivio (?:Istituzionale|istituzionale)|Research Explorer|Repository Cover Sheet",
)
_LIKELY = re.compile(
    r"^\W*(?:accepted manuscript|journal pre-?proofs?|author'?s accepted manuscript|"
    r"to cite this version|to cite this article|please cite this article as|pii:|to appear in:|"
    r"citations|reads|received date:|accepted date:|general rights|take ?down policy|"
    r"download date|document version|publication status|terms of use|version of record|"
    r"hal id:.*|https?://hal\..*|for additional information.*|deposited (?:on|in).*|"
    r"the user has requested enhancement.*)",
    re.IGNORECASE | re.MULTILINE,
)
_COVER_HYPHEN = re.compile(r"[\ufffe\x02]|-[\r\n]+")
_PAPER_BEGINS = re.compile(r"^\W*(?:\d\.?\s+)?introduction\s*$", re.IGNORECASE | re.MULTILINE)
_FEWEST_LIKELY = 3
_MOST_COVERS = 2  # sheets before a paper
_LONGEST_COVER = 6000  # characters
_LABEL_MARGIN = 0.1  # of the page's height, at its head and at its foot
_PRINTED_NUMBER = re.compile(r"\d{1,5}")
_FEWEST_LABELLED = 2
_LEAST_SHARE = 0.6  # of the pages, that carry the number which the others ask for
_LONGEST_LABEL = 12  # characters of a label


def find_furniture(pages: list[RawPage]) -> set[tuple[int, int]]:
    """(page number, start) of every line that isn't part of the paper's text."""
    found = _repeated(pages)
    for page in pages:
        found |= {(page.number, line.start) for line in page.lines if _stamp(page, line)}
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


def count_covers(pages: Sequence[RawPage]) -> int:
    """How many pages of a file stand before the paper's own first page."""
    count = 0
    while count < min(_MOST_COVERS, len(pages) - 1) and _is_cover(pages[count]):
        count += 1
    return count


def _is_cover(page: RawPage) -> bool:
    text = page.raw
    if len(text) > _LONGEST_COVER or _PAPER_BEGINS.search(text):
        return False
    words = " ".join(_COVER_HYPHEN.sub("", text).split())
    likely = {match[0].strip().casefold()[:12] for match in _LIKELY.finditer(text)}
    return _SURE.search(words) is not None or len(likely) >= _FEWEST_LIKELY


def page_labels(pages: Sequence[RawPage]) -> tuple[str, ...]:
    """What each page calls itself; empty where all are called by their place in the file.

    The file's own labels count; where it has none, numbers at head or foot that go up with the
    pages. A page before the first number (a cover) is called nothing.
    """
    stated = tuple(page.label if len(page.label) <= _LONGEST_LABEL else "" for page in pages)
    if any(label and label != str(at) for at, label in enumerate(stated, 1)):
        return stated
    offsets = Counter(offset for page in pages for offset in set(_offsets(page)))
    offset, count = max(offsets.items(), key=lambda one: (one[1], -abs(one[0])), default=(0, 0))
    if not offset or count < max(_FEWEST_LABELLED, _LEAST_SHARE * len(pages)):
        return ()
    numbers = (page.number + offset for page in pages)
    return tuple(str(number) if number > 0 else "" for number in numbers)


def _offsets(page: RawPage) -> Iterator[int]:
    """How far the numbers at the page's head and foot are from its place in the file."""
    low, high = _LABEL_MARGIN * page.height, (1 - _LABEL_MARGIN) * page.height
    for line in page.lines:
        if line.upright and (line.top < low or line.bottom > high):
            words = page.text_of(line).strip(" \r\n|-–—·").split() or [""]
            for word in {words[0], words[-1]}:
                if _PRINTED_NUMBER.fullmatch(word):
                    yield int(word) - page.number
