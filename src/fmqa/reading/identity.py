"""Which paper a file is: its arXiv id and version, title, authors and year."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from fmqa.reading.furniture import ARXIV_STAMP
from fmqa.reading.layout import NUMBERED
from fmqa.reading.lines import Line, RawFile, RawPage
from fmqa.reading.sections import KNOWN_HEADINGS, plain_key
from fmqa.reading.text import MappedText, Vocabulary, mend_lines
from fmqa.reading.wordlist import words
from fmqa.sources.arxiv_ids import ArxivId, parse_address, parse_doi, parse_id, parse_stem
from fmqa.types import PaperMeta

_DOI = re.compile(r"10\.48550/arxiv\.[\w./-]+", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19[5-9]\d|20[0-4]\d)\b")
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright|published|accepted|dated)\D{0,80}?(?P<year>(?:19[5-9]|20[0-4])\d)",
    re.IGNORECASE,
)
_REFERENCES = re.compile(r"^\W*(?:\d\.?\s+)?(?:references|bibliography|参考文献)\s*$", re.I | re.M)
_RETRACTED = re.compile(
    r"(?:RETRACTED|WITHDRAWN)(?:ARTICLE|PAPER|PUBLICATION)?[:.]?|(?:本文|文章)?已?(?:被)?撤稿[。：:]?",
    re.IGNORECASE,
)
_RETRACTED_TITLE = re.compile(
    r"(?:RETRACTED|WITHDRAWN)\b|\[?Retract(?:ed|ion)(?: article| paper| publication)?\]?\s?[:\]]|"
    r"[\[【(（]?已?撤稿[\]】)）:：]",
)
_NO_TITLE = re.compile(
    r"^(?:untitled|microsoft word|.*\.(?:docx?|tex|pdf|dvi|indd|eps)$|paper|title|arxiv|"
    r"lncs \d+\s*$|elsevier|\d+$|main$|manuscript|draft|submission|untitled.*)",
    re.IGNORECASE,
)
_SERIES = re.compile(r"^(?:LNCS|LNAI|CCIS|LNBI)\s+\d+\s+[-–—:]\s+")
_NOT_TITLE = re.compile(
    r"^(?:published as|under review|preprint|arxiv:|accepted|to appear|proceedings|journal of|"
    r"ieee transactions|research article|original article|article|review|letter|contents lists|"
    r"available online|nature |science |technical report|www\.|http|doi)",
    re.IGNORECASE,
)

_WORD = re.compile(r"[^\W\d_]+")
_GAP = re.compile(r"\b([A-Z]{2,}) ([A-Z]{1,4})\b")
_SMALL = words("A AN AND AS AT BY FOR FROM IN IS ITS OF ON OR THE TO VIA WITH WITHOUT ARE")


def identify(
    path: Path, sha256: str, file: RawFile, vocabulary: Vocabulary
) -> tuple[PaperMeta, str]:
    """What the file says of itself, and the title as it stands on page 1 (for the layout)."""
    arxiv = find_arxiv_id(path, file)
    shown = find_title(file, vocabulary)
    title = without_capitals(shown, file.pages) or path.stem
    meta = PaperMeta(
        paper_id=arxiv.bare if arxiv else f"local:{sha256[:16]}",
        version=(arxiv.version or 1) if arxiv else 1,
        title=title,
        authors=(),
        year=find_year(file, arxiv),
        arxiv_id=arxiv.bare if arxiv else None,
    )
    return meta, shown


def find_arxiv_id(path: Path, file: RawFile) -> ArxivId | None:
    """From the stamp on page 1, the metadata, or the file's name; what says a version wins."""
    name = path.stem.removeprefix("arXiv-").removeprefix("arxiv-")
    named = parse_stem(name)
    found = [one for one in (*_stamps(file.pages[:1]), *_stated(file.metadata), named) if one]
    if not found:
        return None
    same = (one for one in found if one.bare == found[0].bare and one.version)
    return found[0] if found[0].version else next(same, found[0])


def _stamps(pages: Sequence[RawPage]) -> Iterator[ArxivId | None]:
    """Stamps: lines of their own that begin with the id; a citation's id stands inside a line."""
    for page in pages:
        for line in page.lines:
            match = ARXIV_STAMP.match(page.text_of(line).strip())
            if match and (not line.upright or match["version"]):
                yield parse_id(match[0])


def _stated(metadata: Mapping[str, str]) -> Iterator[ArxivId | None]:
    """What the metadata says."""
    stated = metadata.get("arXivID", "")
    yield parse_id(stated) or parse_address(stated)
    for value in metadata.values():
        if match := _DOI.search(value):
            yield parse_doi(match[0])


def find_title(file: RawFile, vocabulary: Vocabulary) -> str:
    """The largest lines in the upper part of page 1, unless the metadata names a better one."""
    shown = _shown_title(file.pages, vocabulary)
    stated = _SERIES.sub("", file.metadata.get("Title", "")).strip()
    if len(stated) >= 8 and " " in stated and not _NO_TITLE.match(stated):
        page_text = _letters("".join(page.raw for page in file.pages[:2]))
        if not shown or _letters(stated) in page_text or _letters(stated) == _letters(shown):
            return stated
    return shown


def _letters(text: str) -> str:
    return "".join(mark for mark in text.casefold() if mark.isalnum())


def _shown_title(pages: Sequence[RawPage], vocabulary: Vocabulary) -> str:
    for page in pages[:2]:
        groups = _large_groups(page)
        for group in groups:
            out = MappedText()
            mend_lines(out, page, group, vocabulary)
            text = out.text().strip(" *∗†‡")
            if 6 <= len(text) <= 300 and len(_letters(text)) > 5 and not _NOT_TITLE.match(text):
                if NUMBERED.match(text) and plain_key(text) in KNOWN_HEADINGS:
                    return ""  # an extract that begins in the middle of a paper
                return text
    return ""


def _large_groups(page: RawPage) -> list[list[Line]]:
    """Neighbouring lines of equal size, the largest sizes first, above the page's middle."""
    groups: list[list[Line]] = []
    for line in page.lines:
        if not line.upright or (page.height and line.top < 0.4 * page.height):
            continue
        last = groups[-1][-1] if groups else None
        if (
            last
            and abs(last.size - line.size) < 0.06 * line.size
            and (abs(last.bottom - line.bottom) < 2.2 * line.size)
        ):
            groups[-1].append(line)
        else:
            groups.append([line])
    groups = [g for g in groups if sum(line.end - line.start for line in g) > 5]
    return sorted(groups, key=lambda g: -max(line.size for line in g))[:4]


def without_capitals(title: str, pages: Sequence[RawPage]) -> str:
    """A title set in capitals as its words are written in the paper's running text."""
    if not title.isupper():
        return title
    forms = written_forms(pages)
    words = close_gaps(title, forms).split(" ")
    return " ".join(
        _WORD.sub(partial(_as_written, forms=forms, inside=number > 0), word)
        for number, word in enumerate(words)
    )


def written_forms(pages: Sequence[RawPage]) -> dict[str, Counter[str]]:
    """How often each word stands in the file in which capitals, by the word in capitals."""
    forms: dict[str, Counter[str]] = {}
    for page in pages:
        for word in _WORD.findall(page.raw):
            forms.setdefault(word.upper(), Counter())[word] += 1
    return forms


def close_gaps(text: str, forms: Mapping[str, Counter[str]]) -> str:
    """Words that wide small capitals tore apart ("REAC T"), joined where the whole is commoner."""

    def join(match: re.Match[str]) -> str:
        whole = match[1] + match[2]
        parts = forms.get(match[1], Counter())
        return whole if forms.get(whole, Counter()).total() > parts.total() else match[0]

    return _GAP.sub(join, text)


def _as_written(match: re.Match[str], forms: Mapping[str, Counter[str]], inside: bool) -> str:
    """A word's commonest form but in capitals; words of a title open with a large letter."""
    word = match[0]
    if word in _SMALL and inside:
        return word.lower()
    written = Counter({w: n for w, n in forms.get(word, {}).items() if not w.isupper()})
    capitals = forms.get(word, Counter())[word]
    if not written or (len(word) > 1 and capitals > 3 * written.total()):
        return word if len(word) > 1 and capitals > 2 else word.capitalize()
    form = written.most_common(1)[0][0]
    if match.start() and match.string[match.start() - 1].isdigit():
        return form  # 16x16
    return form[0].upper() + form[1:]


def find_year(file: RawFile, arxiv: ArxivId | None) -> int | None:
    """The year of the first version (the id's prefix), else what page 1 or the metadata says."""
    if arxiv:
        digits = arxiv.bare.rsplit("/", 1)[-1][:2]
        short = int(digits)
        return 1900 + short if short >= 91 else 2000 + short
    first = file.pages[0].raw[:8000] if file.pages else ""
    if match := _COPYRIGHT.search(first):
        return int(match["year"])
    if file.pages and (year := _year_of_head(file.pages[0])):
        return year
    if match := _YEAR.search(file.metadata.get("CreationDate", "").removeprefix("D:")[:4]):
        return int(match[0])
    return year_in(first)


def year_in(text: str) -> int | None:
    """The year that a first page says: of its copyright or its acceptance, else the first one.

    A short paper's references may begin on it; their years are none of its own.
    """
    text = _REFERENCES.split(text, maxsplit=1)[0]
    if match := _COPYRIGHT.search(text):
        return int(match["year"])
    match = _YEAR.search(text)
    return int(match[0]) if match else None


def latest_year(text: str) -> int | None:
    """The latest year that a text names."""
    return max((int(match[0]) for match in _YEAR.finditer(text)), default=None)


def _year_of_head(page: RawPage) -> int | None:
    """The year in the journal's line at the head of the page, or else at its foot."""
    low, high = 0.08 * page.height, 0.9 * page.height
    margin = [line for line in page.lines if line.upright and page.height]
    for lines in (
        [line for line in margin if line.bottom > high],
        [line for line in margin if line.top < low],
    ):
        for line in lines:
            if match := _YEAR.search(page.text_of(line)):
                return int(match[0])
    return None


def is_retracted(pages: Sequence[RawPage], title: str) -> bool:
    """Whether the pages are marked as a retracted paper's: in the title, or across the pages."""
    if _RETRACTED_TITLE.match(title):
        return True
    return any(
        _RETRACTED.fullmatch("".join(page.text_of(line).split()))
        and (not line.upright or line.size > 14 or line.bottom > 0.9 * page.height)
        for page in pages
        for line in page.lines
    )
