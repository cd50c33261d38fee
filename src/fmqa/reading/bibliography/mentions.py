"""Sentences of the running text that cite, and which references of the bibliography they name.

Three styles are read: numbers in brackets ("[3, 5–8]", "[12]–[15]"), labels of letters
("[DBK+21, HZRS16]"), and names with years ("(Ma and Wang, 2024b)", "Ma et al. (2024)"). What names
no reference of the bibliography, or may name several, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from fmqa.reading.bibliography.fields import surname
from fmqa.reading.bibliography.references import Bibliography
from fmqa.reading.lines import Block, Role
from fmqa.reading.sentences import split_sentences
from fmqa.types import Mention, Page, Reference, Span

_CITING = (Role.BODY, Role.NOTE, Role.ABSTRACT, Role.CAPTION)
_DASH = r"[-‐‑–—−]"
_NUMBERS = re.compile(
    rf"\[\s?(?:(?:see|cf\.|e\.g\.,?)\s)?(?P<list>\d{{1,4}}(?:\s?(?:[,;]|{_DASH})\s?\d{{1,4}})"
    r"{0,60})(?:,\s?(?:pp?\.|[Ss]ec|§|[Tt]h|[Cc]h|[Ff]ig|[Tt]ab|[Aa]pp|[Ll]em|[Ee]q|[Pp]rop)[^\[\]]{0,40})?\s?\]"
)
_PART = re.compile(rf"(?P<first>\d{{1,4}})(?:\s?{_DASH}\s?(?P<last>\d{{1,4}}))?")
_BETWEEN = re.compile(rf"\s?{_DASH}\s?")
_INTERVAL = re.compile(
    r"(?:[∈=×≤≥<>∼~+*/^_\\]|\b(?:range|interval|between|within|from|to|(?:values?|range) (?:in|of)"
    r"|uniform(?:ly)?|shape|size|dimensions?|vector))\s*$",
    re.IGNORECASE,
)
_LABELS = re.compile(r"\[(?P<list>[^\[\]]{2,400})\]")
_YEARS = r"(?:1[6-9]|20)\d\d[a-z]?(?:\s?[,;]\s?(?:(?:(?:1[6-9]|20)\d\d)[a-z]?|[a-z])\b(?!\s[a-z]))*"
_YEAR_LIST = re.compile(rf"\b{_YEARS}(?![\d–-])")
# What stands before a year: a name, perhaps with others, and an opening bracket.
_NAMED = re.compile(
    r"\b(?P<name>[^\W\d_][\w’'`-]{0,40})(?:[’']s)?"
    r"(?P<more>,?\s+et\.?\s+al\b\.?|(?:,\s[^\W\d_][\w’'-]{1,40}){0,3},?\s+(?:and|&)\s+"
    r"(?:[^\W\d_][\w’'.-]{0,20}\s){0,3}?(?P<second>[^\W\d_][\w’'-]{1,40}))?,?\s*[(\[]?\s?$"
)
_LOOK_BACK = 120  # characters before a year
_YEAR_PART = re.compile(r"(?P<year>(?:1[6-9]|20)\d\d)?(?P<letter>[a-z])?")
_PRINTED_YEAR = re.compile(r"\b(?P<year>(?:1[6-9]|20)\d\d)(?P<letter>[a-z])\b")
_LONGEST_RANGE = 60
_MOST = 20_000  # mentions of a paper
_MOST_MARKS = 2_000  # years or brackets of one stretch of text; a page of citations has 100
_MOST_TEXT = 100_000  # characters of one stretch
_MOST_NUMBERS = 400  # references of one sentence


@dataclass(frozen=True, slots=True)
class _Cited:
    """A reference as a name and a year call it."""

    number: int
    letter: str
    second: str
    authors: int


def find_mentions(
    pages: Mapping[int, Page], blocks: Sequence[Block], bibliography: Bibliography
) -> tuple[Mention, ...]:
    """The citing sentences of a paper, in its order; none where it has no bibliography.

    Args:
        pages: the mended pages by number.
        blocks: the whole document's, in order, each with its role and its place on its page.
        bibliography: what may be cited.
    """
    if not bibliography.references:
        return ()
    reader = _reader(bibliography)
    found: list[Mention] = []
    for page, start, end in _stretches(blocks):
        text = pages[page].text[start : min(end, start + _MOST_TEXT)]
        cited = reader.find(text)
        if not cited:
            continue
        for low, high, numbers in _sentences(text, cited):
            found.append(Mention(Span(page, start + low, start + high), numbers))
        if len(found) >= _MOST:
            break
    return tuple(found[:_MOST])


def _sentences(
    text: str, cited: Sequence[tuple[int, list[int]]]
) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """(start, end, numbers) of each sentence in which one of the citations stands."""
    at = 0
    for start, end in split_sentences(text):
        numbers: dict[int, None] = {}
        while at < len(cited) and cited[at][0] < end:
            if cited[at][0] >= start and len(numbers) < _MOST_NUMBERS:
                numbers.update(dict.fromkeys(cited[at][1]))
            at += 1
        if numbers:
            yield start, end, tuple(numbers)


def _stretches(blocks: Sequence[Block]) -> Iterator[tuple[int, int, int]]:
    """(page, start, end) of the running text: blocks that stand next to one another are one."""
    held: tuple[int, int, int] | None = None
    kind: Role | None = None
    for block in blocks:
        if block.role not in _CITING or not block.text:
            continue
        apart = block.role is Role.CAPTION or kind is Role.CAPTION
        if held and held[0] == block.page and held[2] + 1 == block.start and not apart:
            held = (held[0], held[1], block.end)
        else:
            if held:
                yield held
            held = (block.page, block.start, block.end)
        kind = block.role
    if held:
        yield held


def _reader(bibliography: Bibliography) -> _Numbers | _Labels | _Names:
    if any(bibliography.labels):
        return _Labels(bibliography)
    return _Numbers(bibliography) if bibliography.numbered else _Names(bibliography.references)


class _Numbers:
    """Numbers in brackets."""

    def __init__(self, bibliography: Bibliography) -> None:
        self.known = {reference.number for reference in bibliography.references}

    def find(self, text: str) -> list[tuple[int, list[int]]]:
        """(offset, numbers) of each citation."""
        found: list[tuple[int, list[int]]] = []
        last_end = -1
        for match in islice(_NUMBERS.finditer(text), _MOST_MARKS):
            numbers = self._numbers(match["list"])
            at = match.start()
            if not numbers or _no_citation(text, at, len(numbers)):
                continue
            if found and _BETWEEN.fullmatch(text, last_end, at) and found[-1][1]:
                first = found[-1][1][-1]
                numbers = [*self._range(first + 1, numbers[0]), *numbers]
            found.append((at, numbers))
            last_end = match.end()
        return found

    def _numbers(self, listed: str) -> list[int]:
        """The numbers of a list; none when one of them stands in no bibliography."""
        numbers: list[int] = []
        for part in _PART.finditer(listed):
            first = int(part["first"])
            last = int(part["last"] or first)
            if first not in self.known or last not in self.known or last < first:
                return []
            numbers += self._range(first, last + 1)
        return numbers

    def _range(self, first: int, end: int) -> list[int]:
        return [n for n in range(first, min(end, first + _LONGEST_RANGE)) if n in self.known]


def _no_citation(text: str, at: int, count: int) -> bool:
    """Whether brackets hold an interval, an index or a shape."""
    before = text[max(0, at - 1) : at]
    if before and (before in "_^\\" or (before.isalnum() and not text[at - 2 : at - 1].isalpha())):
        return True  # x[1], A_[2], but Net[12]
    return _INTERVAL.search(text[max(0, at - 30) : at]) is not None and (
        count > 1 or text[max(0, at - 2) : at].rstrip()[-1:] in tuple("∈=×≤≥<>_^\\")
    )


class _Labels:
    """Labels of letters in brackets."""

    def __init__(self, bibliography: Bibliography) -> None:
        pairs = zip(bibliography.labels, bibliography.references, strict=True)
        self.known = {_folded(label): reference.number for label, reference in pairs if label}

    def find(self, text: str) -> list[tuple[int, list[int]]]:
        """(offset, numbers) of each citation."""
        found: list[tuple[int, list[int]]] = []
        for match in islice(_LABELS.finditer(text), _MOST_MARKS):
            labels = re.split(r"[,;]", match["list"])
            whole = self.known.get(_folded(match["list"]))
            numbers = [self.known.get(_folded(label)) for label in labels]
            named = [whole] if whole else [number for number in numbers if number]
            if named:
                found.append((match.start(), named))
        return found


def _folded(label: str) -> str:
    return "".join(label.split())


class _Names:
    """Names and years."""

    def __init__(self, references: Sequence[Reference]) -> None:
        self.known: dict[tuple[str, int], list[_Cited]] = {}
        for reference in references:
            name = surname(reference.authors[0]) if reference.authors else ""
            if not name or reference.year is None:
                continue
            letters = {
                match["letter"]
                for match in _PRINTED_YEAR.finditer(reference.text)
                if int(match["year"]) == reference.year
            }
            second = surname(reference.authors[1]) if len(reference.authors) > 1 else ""
            count = len(reference.authors)
            cited = _Cited(reference.number, min(letters, default=""), second, count)
            self.known.setdefault((name, reference.year), []).append(cited)

    def find(self, text: str) -> list[tuple[int, list[int]]]:
        """(offset, numbers) of each citation."""
        found: list[tuple[int, list[int]]] = []
        for years in islice(_YEAR_LIST.finditer(text), _MOST_MARKS):
            match = _NAMED.search(text, max(0, years.start() - _LOOK_BACK), years.start())
            numbers = list(self._numbers(match, years[0])) if match else []
            if numbers:
                found.append((years.start(), numbers))
        return found

    def _numbers(self, match: re.Match[str], years: str) -> Iterator[int]:
        name, year = match["name"].removesuffix("’s").removesuffix("'s").casefold(), 0
        for part in re.split(r"\s?[,;]\s?", years):
            read = _YEAR_PART.fullmatch(part.strip())
            if read is None:
                continue
            year = int(read["year"] or year)
            number = self._one(name, year, read["letter"] or "", match)
            if number is not None:
                yield number

    def _one(self, name: str, year: int, letter: str, match: re.Match[str]) -> int | None:
        """The one reference that is meant; None where there is none, or more than one."""
        fitting = self.known.get((name, year), [])
        if letter:
            fitting = [cited for cited in fitting if cited.letter == letter] or [
                cited for cited in fitting if not cited.letter
            ]
        if len(fitting) > 1:
            second = (match["second"] or "").casefold()
            if second:
                fitting = [cited for cited in fitting if cited.second == second]
                fitting = [cited for cited in fitting if cited.authors == 2] or fitting
            elif match["more"]:
                fitting = [cited for cited in fitting if cited.authors > 2]
            else:
                fitting = [cited for cited in fitting if cited.authors == 1]
        return fitting[0].number if len(fitting) == 1 else None
