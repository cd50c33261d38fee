"""A paper's bibliography: each entry's text, fields and arXiv id, from print or its links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from fmqa.reading.bibliography.entries import Entry, find_entries
from fmqa.reading.bibliography.fields import parse_fields
from fmqa.reading.bibliography.ids import find_doi, find_ids
from fmqa.reading.lines import Block, Box, Line, RawPage, Role
from fmqa.reading.text import MappedText, Vocabulary, mend_lines
from fmqa.sources.arxiv_ids import parse_address
from fmqa.types import Reference

_LINK_SCORE = 0.95  # a link may lead to a related paper
_MOST_LINKS = 200  # a page, that lead to arXiv or a DOI
_MOST_TEXT = 20_000  # characters of one entry
_DOI_HOSTS = ("doi.org", "dx.doi.org", "www.doi.org")


@dataclass(frozen=True, slots=True)
class Bibliography:
    """The references in order, and what the text's citations name them by.

    ``labels`` are labels of letters ("DBK+21"), one a reference, empty where there are none;
    ``numbered`` says that the printed numbers are what the text cites.
    """

    references: tuple[Reference, ...] = ()
    labels: tuple[str, ...] = ()
    numbered: bool = False


def find_references(
    pages: Sequence[RawPage], blocks: Sequence[Block], vocabulary: Vocabulary
) -> Bibliography:
    """The bibliography of a paper; an empty one where it has none.

    Blocks that hold nothing but entries are given the role of references, which they lack where the
    bibliography has no heading.

    Args:
        pages: the file's pages as they were read.
        blocks: the whole document's, in order, each with its role.
        vocabulary: the document's words, for mending hyphens.
    """
    lists = find_entries(pages, blocks)
    entries = [entry for each in lists for entry in each.entries]
    if not entries:
        return Bibliography()
    _mark(entries, blocks)
    linked = _links(entries)
    references = tuple(
        _reference(entry, place, linked.get(place, []), vocabulary)
        for place, entry in enumerate(entries, 1)
    )
    return Bibliography(
        references,
        tuple(entry.label for entry in entries),
        numbered=any(entry.number is not None for entry in entries),
    )


def _reference(entry: Entry, place: int, links: Sequence[str], vocabulary: Vocabulary) -> Reference:
    text = entry_text(entry, vocabulary)
    fields = parse_fields(text)
    found = Reference(
        number=place if entry.number is None else entry.number,
        text=text,
        title=fields.title,
        authors=fields.authors,
        year=fields.year,
        doi=find_doi(text) or next(filter(None, map(_doi_of, links)), None),
    )
    printed = next(iter(find_ids(text)), None)
    linked = next(filter(None, map(parse_address, links)), None)
    if printed is not None and (linked is None or printed.score >= _LINK_SCORE):
        return replace(found, arxiv_id=printed.bare, method=printed.method, score=printed.score)
    if linked is not None:
        return replace(found, arxiv_id=linked.bare, method="link", score=_LINK_SCORE)
    return found


def entry_text(entry: Entry, vocabulary: Vocabulary) -> str:
    """The entry's lines, joined and mended as a page's are, without its number.

    The lines are mended as if they stood on one page, for an entry may go on over leaf.
    """
    lines = [(row.page, line) for row in entry.rows for line in row.lines]
    text = _mended_text(lines, vocabulary)
    if entry.number is None:
        return text
    number = str(entry.number)
    bare = text.lstrip("[( ")
    return bare.removeprefix(number).lstrip("]). ") if bare.startswith(number) else text


def _mended_text(lines: Sequence[tuple[RawPage, Line]], vocabulary: Vocabulary) -> str:
    raw: list[str] = []
    moved: list[Line] = []
    length = 0
    for page, line in lines:
        text = page.raw[line.start : min(line.end, line.start + _MOST_TEXT)]
        moved.append(Line(length, length + len(text), joins=line.joins))
        raw.append(text + "\n")
        length += len(text) + 1
        if length > _MOST_TEXT:
            break
    out = MappedText()
    mend_lines(out, RawPage(0, 0.0, 0.0, "".join(raw), moved), moved, vocabulary)
    return out.text()[:_MOST_TEXT].strip()


def _mark(entries: Sequence[Entry], blocks: Sequence[Block]) -> None:
    own = {(row.page.number, line.start) for entry in entries for row in entry.rows
           for line in row.lines}  # fmt: skip
    pages = {number for number, _ in own}
    for block in blocks:
        if (
            block.page in pages
            and block.role in (Role.BODY, Role.NOTE, Role.OTHER, Role.ABSTRACT)
            and all((block.page, line.start) in own for line in block.lines)
        ):
            block.role = Role.REFERENCE


def _links(entries: Sequence[Entry]) -> Mapping[int, list[str]]:
    """The addresses that lie over each entry's lines, by its place from 1."""
    by_page: dict[int, tuple[RawPage, list[tuple[Line, int]]]] = {}
    for place, entry in enumerate(entries, 1):
        for row in entry.rows:
            _, lines = by_page.setdefault(row.page.number, (row.page, []))
            lines.extend((line, place) for line in row.lines)
    found: dict[int, list[str]] = {}
    for page, lines in by_page.values():
        for uri, box in _useful_links(page):
            place = _under(box, lines)
            if place:
                found.setdefault(place, []).append(uri)
    return found


def _useful_links(page: RawPage) -> Iterator[tuple[str, Box]]:
    count = 0
    for uri, box in page.links:
        address = uri.lower()
        if "arxiv.org" in address or "doi.org" in address:
            yield uri, box
            count += 1
            if count >= _MOST_LINKS:
                return


def _under(box: Box, lines: Sequence[tuple[Line, int]]) -> int:
    """The entry whose line shares most with a link's rectangle; 0 where none does."""
    left, bottom, right, top = box
    best, most = 0, 0.0
    for line, place in lines:
        if line.bottom >= top or line.top <= bottom:
            continue
        wide = min(right, line.right) - max(left, line.left)
        high = min(top, line.top) - max(bottom, line.bottom)
        over = wide > 0 and high > 0.3 * min(top - bottom, line.top - line.bottom)
        if over and wide * high > most:
            best, most = place, wide * high
    return best


def _doi_of(uri: str) -> str | None:
    """The DOI that an address of the DOI system's leads to."""
    try:
        parts = urlsplit(uri.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    return find_doi(unquote(parts.path).lstrip("/")) if host in _DOI_HOSTS else None
