"""Whether a file's text layer is worth reading, and what is missing from it.

Scans have no text, and broken fonts give nonsense.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from fmqa.reading.layout import TABLE_CAPTION
from fmqa.reading.lines import RawPage
from fmqa.types import Gap, GapKind, Passage, PassageKind

_SHOWN = 8  # numbers of pages
_TOLD = {
    GapKind.UNREADABLE: "couldn't be read",
    GapKind.SCANNED: "without text, as scans are",
    GapKind.TABLE: "with a table that couldn't be read",
    GapKind.OCR: "read by optical recognition, which errs",
}
_FEWEST_LETTERS = 40  # in a whole file
_LETTERS_A_PAGE = 25  # mean over the pages
_SAMPLE = 20_000  # characters that the tests look at, taken from all pages
_JUDGED_LETTERS = 150
_FEWEST_VOWELS = 0.25  # of the letters; English and Polish have 0.37, a shifted alphabet 0.15
_LONGEST_WORD = 50
_MOJIBAKE = re.compile("[ÃÂâ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œž]|Ã[¡-¿]")
_WORD = re.compile(r"[^\W\d_]+")
# Control characters, private use, replacement: a glyph without a known letter.
_STRANGE = re.compile(
    "[\x00\x01\x03-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff]"
)
_VOWEL = re.compile("[aeiouyæøœıаеиоуыэюяієїёαεηιουω]")


def count_letters(pages: Sequence[RawPage]) -> int:
    """Letters on all pages."""
    return sum(len(word) for page in pages for word in _WORD.findall(page.raw))


def poor_text(pages: Sequence[RawPage]) -> str:
    """Why the text can't be used: ``no_text``, ``garbled``, or nothing when it can."""
    letters = count_letters(pages)
    part = max(500, _SAMPLE // max(1, len(pages)))
    sample = "\n".join(page.raw[:part] for page in pages)[:_SAMPLE]
    visible = len("".join(sample.split()))
    if visible >= _FEWEST_LETTERS and len(_STRANGE.findall(sample)) > 0.3 * visible:
        return "garbled"
    if letters < max(_FEWEST_LETTERS, min(_LETTERS_A_PAGE * len(pages), 400)):
        return "no_text"
    return "garbled" if is_garbled(sample) else ""


def find_gaps(pages: Sequence[RawPage], passages: Sequence[Passage]) -> tuple[Gap, ...]:
    """What the text lacks, in the pages' order.

    Args:
        pages: as they were read.
        passages: what became of them.
    """
    tables = {p.spans[0].page for p in passages if p.kind is PassageKind.TABLE}
    captions = {
        p.spans[0].page
        for p in passages
        if p.kind is PassageKind.CAPTION and TABLE_CAPTION.match(p.text)
    }
    lost = captions | {page.number for page in pages if _is_sideways(page)} - tables
    found = ((page.number, kind) for page in pages for kind in _kinds(page, lost))
    return tuple(Gap(*one) for one in found)


def _kinds(page: RawPage, lost: Collection[int]) -> Iterator[GapKind]:
    if page.failure:
        yield GapKind.UNREADABLE
    if page.scanned:
        yield GapKind.SCANNED
    if page.places:
        yield GapKind.OCR
    if page.number in lost:
        yield GapKind.TABLE


def _is_sideways(page: RawPage) -> bool:
    """Whether a table and its caption are set sideways."""
    turned = [page.text_of(line).strip() for line in page.lines if not line.upright]
    return sum(map(len, turned)) > 60 and any(map(TABLE_CAPTION.search, turned))


def tell_gaps(gaps: Sequence[Gap]) -> str:
    """What is missing, in words; empty where nothing is."""
    kinds = {kind: [gap.page for gap in gaps if gap.kind is kind] for kind in GapKind}
    return "; ".join(f"{_numbered(pages)} {_TOLD[kind]}" for kind, pages in kinds.items() if pages)


def _numbered(pages: Sequence[int]) -> str:
    shown = ", ".join(map(str, pages[:_SHOWN])) + (", …" if len(pages) > _SHOWN else "")
    return f"page{'s' if len(pages) > 1 else ''} {shown}"


def is_garbled(text: str) -> bool:
    """Whether letters don't make words of any language.

    Three kinds: bytes of UTF-8 read as Latin-1; glyph numbers read as letters, which leaves words
    without vowels, capitals inside words, and digits and signs among letters; and most characters
    without meaning. Scripts other than Latin, Greek and Cyrillic are judged by the first only.
    """
    visible = len("".join(text.split()))
    if visible < _FEWEST_LETTERS:
        return False
    if len(_MOJIBAKE.findall(text)) > 0.02 * visible:
        return True
    if len(_STRANGE.findall(text)) > 0.15 * visible:
        return True
    # Arabic, Hebrew and others don't write their vowels: only words below U+0530 are judged.
    words = Counter(word for word in _WORD.findall(text) if len(word) >= 3 and max(word) < "\u0530")
    letters = sum(len(word) * count for word, count in words.items())
    if letters < _JUDGED_LETTERS:
        return False
    vowels = sum(_vowels(word) * count for word, count in words.items())
    endless = sum(len(word) * count for word, count in words.items() if len(word) > _LONGEST_WORD)
    odd = sum(len(word) * count for word, count in words.items() if _is_odd(word))
    return vowels < _FEWEST_VOWELS * letters or max(endless, odd) > 0.5 * letters


def _vowels(word: str) -> int:
    return len(_VOWEL.findall(unicodedata.normalize("NFD", word.lower())))


def _is_odd(word: str) -> bool:
    """Whether a longer word has hardly a vowel, or capitals within."""
    if len(word) < 4:
        return False
    if word.isupper():
        return len(word) >= 7 and not _vowels(word)
    return _vowels(word) < 0.12 * len(word) or sum(map(str.isupper, word[1:])) >= 2
