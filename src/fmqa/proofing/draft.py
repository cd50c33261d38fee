"""A manuscript as the check sees it: sentences with their places, and the works that they cite."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from fmqa.reading.bibliography.fields import parse_fields
from fmqa.reading.bibliography.ids import find_doi, find_ids
from fmqa.reading.sentences import split_sentences
from fmqa.sources.arxiv_ids import parse_address, parse_doi, parse_id
from fmqa.types import Reference

_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_SPACE_BEFORE_STOP = re.compile(r"\s+([.,;:)])")
NUMBERS = re.compile(r"[ \t]*\[(?P<list>\d{1,4}(?:\s?[,;–-]\s?\d{1,4})*)\](?!\()")
_RANGE = re.compile(r"(\d{1,4})(?:\s?[-–]\s?(\d{1,4}))?")
PRINTED = re.compile(
    r"(?P<open>[ \t]*\()?(?:<?(?P<url>https?://[^\s<>()\[\]{}]*[^\s<>()\[\]{}.,;])>?"
    r"|\b(?:arXiv|doi):\s?(?P<id>[^\s<>()\[\]{}]*\w))(?(open)\))",
    re.IGNORECASE,
)
"""An address, an arXiv id or a DOI in a draft's running text, alone in brackets or not."""
_LONGEST_RANGE = 60


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence in plain words, without its citations.

    ``line`` and ``column`` count from 1; a PDF's line is its page, and a Word file's its paragraph.
    ``keys`` name the cited works.
    """

    text: str
    line: int
    column: int
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manuscript:
    """What was read of a manuscript.

    ``works`` are the cited works by key, as far as the draft itself lists them; ``bibliographies``
    the names of the `.bib` files that it names.
    """

    sentences: tuple[DraftSentence, ...]
    works: Mapping[str, Reference]
    bibliographies: tuple[str, ...] = ()


Replacement = str | tuple[str, Sequence[str]]
"""What stands in a match's place; with keys, the match cites these."""


@dataclass
class Marked:
    """A text whose markup is taken away piece by piece, and where each character came from.

    Args:
        text: as in the file.
    """

    text: str
    origin: list[int] = field(default_factory=list)
    cited: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.origin = self.origin or list(range(len(self.text)))

    def replace(
        self, pattern: re.Pattern[str], by: str | Callable[[re.Match[str]], Replacement]
    ) -> None:
        """Put something in the place of each match of a pattern."""
        pieces: list[str] = []
        origin: list[int] = []
        last = 0
        for match in pattern.finditer(self.text):
            put = by if isinstance(by, str) else by(match)
            words, keys = (put, ()) if isinstance(put, str) else put
            start = self.origin[match.start()] if match.start() < len(self.origin) else 0
            if keys:
                self.cited.append((start, tuple(keys)))
            pieces += [self.text[last : match.start()], words]
            origin += self.origin[last : match.start()]
            origin += self._origins(match, words, start)
            last = match.end()
        self.text = "".join((*pieces, self.text[last:]))
        self.origin = origin + self.origin[last:]

    def _origins(self, match: re.Match[str], words: str, start: int) -> list[int]:
        """Where the words of a replacement came from: from the match's own, where it kept them."""
        at = match[0].find(words) if words else -1
        if at < 0:
            return [start] * len(words)
        return self.origin[match.start() + at : match.start() + at + len(words)]

    def sentences(self, whole: str) -> tuple[DraftSentence, ...]:
        """The sentences of the paragraphs, each with what is cited in it or right behind it.

        Args:
            whole: the file's text, to count lines in.
        """
        spans = []
        for start, end in _paragraphs(self.text):
            part = self.text[start:end].replace("\n", " ")
            spans += [(start + low, start + high) for low, high in split_sentences(part)]
        starts = [self.origin[start] for start, _ in spans]
        keys: dict[int, dict[str, None]] = {}
        for place, cited in sorted(self.cited):
            at = max(0, bisect_right(starts, place) - 1)
            keys.setdefault(at, {}).update(dict.fromkeys(cited))
        lines = [0, *(match.end() for match in re.finditer("\n", whole))]
        return tuple(
            _sentence(self.text[start:end], starts[at], lines, tuple(keys.get(at, ())))
            for at, (start, end) in enumerate(spans)
            if any(character.isalpha() for character in self.text[start:end])
        )


def _sentence(text: str, place: int, lines: Sequence[int], keys: tuple[str, ...]) -> DraftSentence:
    line = bisect_right(lines, place)
    return DraftSentence(in_one_line(text), line, place - lines[line - 1] + 1, keys)


def in_one_line(text: str) -> str:
    """A sentence's words without line breaks, and without the gaps that citations leave."""
    return _SPACE_BEFORE_STOP.sub(r"\1", " ".join(text.split()))


def _paragraphs(text: str) -> list[tuple[int, int]]:
    cuts = [0, *(match.end() for match in _PARAGRAPH.finditer(text)), len(text)]
    return [(low, high) for low, high in pairwise(cuts) if high > low]


def work_of(key: str, text: str, number: int = 0) -> Reference:
    """The work that an entry of a reference list tells, as far as it is understood."""
    told = parse_fields(text)
    ids = find_ids(text)
    return Reference(
        number=number,
        text=text,
        title=told.title,
        authors=told.authors,
        year=told.year,
        arxiv_id=ids[0].bare if ids else None,
        doi=find_doi(text),
    )


def listed_numbers(text: str) -> list[str]:
    """The numbers of a citation such as "3, 5-8"."""
    found: list[str] = []
    for first, last in _RANGE.findall(text):
        end = min(int(last or first), int(first) + _LONGEST_RANGE)
        found += map(str, range(int(first), end + 1))
    return found


def numbered(match: re.Match[str], works: Mapping[str, Reference]) -> Replacement:
    """What a match of `NUMBERS` cites: those of its numbers that the draft lists."""
    numbers = [number for number in listed_numbers(match["list"]) if number in works]
    return ("", numbers) if numbers else match[0]


def cited_work(named: str, works: dict[str, Reference]) -> str | None:
    """The key of the work that an address, an arXiv id or a DOI names, which ``works`` then has.

    None where it names none.
    """
    arxiv = parse_address(named) or parse_doi(named) or parse_id(named)
    doi = None if arxiv else find_doi(named)
    key = arxiv.bare if arxiv else doi
    if key:
        works.setdefault(key, Reference(0, named, arxiv_id=arxiv.bare if arxiv else None, doi=doi))
    return key


def linked(words: str, url: str, works: dict[str, Reference]) -> Replacement:
    """A link's words; a link to arXiv or a DOI cites."""
    key = cited_work(url, works)
    return (words, [key]) if key else words


def printed(match: re.Match[str], works: dict[str, Reference]) -> Replacement:
    """What a match of `PRINTED` cites. An id that is a part of the sentence stays one."""
    key = cited_work(match["url"] or match["id"], works)
    if match["id"] and not key:
        return match[0]
    words = "the paper" if match["id"] and not match["open"] else ""
    return (words, [key]) if key else words
