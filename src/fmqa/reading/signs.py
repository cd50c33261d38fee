"""What raised signs mean: a mark that points to a reference or a note, or a power.

A mark isn't part of its sentence. Where the paper cites by raised numbers, it is set apart in
brackets, as other papers print it ("1,570,263 [11] pairs"); a mark of a note is left out. A power
keeps its place as raised digits ("10⁵", "mm²"), and so does a number that may be either, since that
is what the page shows. What holds other letters stays as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fmqa.reading.lines import RawPage
from fmqa.reading.sections import is_reference_heading
from fmqa.reading.wordlist import words

_RAISED = str.maketrans("0123456789+-−–‐", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁻")
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER = re.compile(r"[+\-−–‐]?\d{1,4}[+\-−–‐]?")
_LIST = re.compile(r"\d{1,3}(?:\s?[,;–‐-]\s?\d{1,3})*")
_LETTERS = re.compile(r"[a-h](?:,[a-h])*")
_NUMBER = re.compile(r"\d+")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+$")
_NAME = re.compile(r"[^\W\d_]{3}.*\d$")  # ResNet-50
_FEWEST_LISTED = 5  # entries; a page's notes look like a shorter list
_ENTRY = re.compile(r"\[?(\d{1,3})(?:[\]).]|\s|$)")
_LAST_WORD = re.compile(r"[\w%.,-]*[\w%]$")
_LAST_LETTERS = re.compile(r"[^\W\d_]+$")
_CLOSED = '.,;:!?”’"»'
_IN_BRACKETS = re.compile(r"\[\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*\]")
_YEARS = re.compile(r"(?:19|20)\d\d[a-z]?[);]")
_SMALL_WORD = re.compile(r"(?<![\w.])[a-zß-ÿ][a-zß-ÿ-]+(?![\w.]*\()")
# A power stands behind these, however the paper cites.
_UNITS = words(
    "mm cm km dm nm um µm μm ms px pixel pixels voxel voxels meter meters metre metres inch inches "
    "ft mol sec sin cos tan cot sinh cosh tanh log ln lg exp max min det dim arg"
)
_FACTOR = re.compile(r"[×·*⋅∙^√]\s*$")
_TIMES = re.compile(r"[×·*⋅∙=<>≤≥≈~∼≃±/^(]\s*$|\b(?:order of|factor of|times|than|about)\s*$")
_COUNTED_IN_POWERS = re.compile(
    r"\s*(?:floating|flop|operations|parameters|tokens|possible|combinations|cells|copies|photons|"
    r"molecules|bytes|points|steps|iterations)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Sign:
    """A raised sign beside the text before it, ``word`` its last word or number."""

    page: RawPage
    start: int
    end: int
    text: str
    word: str
    in_prose: bool

    @property
    def numbers(self) -> list[int]:
        """The whole numbers that it is made of."""
        return [int(number) for number in _NUMBER.findall(self.text)]

    @property
    def is_list(self) -> bool:
        """Whether it holds several numbers, as no power does."""
        return _NUMBER.fullmatch(self.text) is None and _LIST.fullmatch(self.text) is not None


@dataclass(frozen=True, slots=True)
class _Style:
    """How a paper uses raised numbers: whether it cites by them, up to which, and its notes'."""

    cites: bool
    most: int
    notes: frozenset[tuple[int, int]]  # (page, number) of each note that a page shows


def read_signs(pages: Sequence[RawPage]) -> None:
    """Set the ``signs`` of each page: what is sure of its raised signs."""
    found = [sign for page in pages if page.raised for sign in _signs(page)]
    if not found:
        return
    style = _style(pages, found)
    for sign in found:
        if sign.start in sign.page.signs:
            continue
        read = _reading(sign, style)
        if read is not None:
            sign.page.signs[sign.start] = (sign.end, read)


def _signs(page: RawPage) -> Iterator[_Sign]:
    """The signs that have text before them in their line."""
    lines = iter(page.lines)
    line = next(lines, None)
    for start, end in page.raised:
        while line is not None and line.end <= start:
            line = next(lines, None)
        if line is None or not line.start < start:
            continue
        before = page.raw[line.start : start].rstrip()
        text = page.raw[start:end].translate(_PLAIN)
        if page.raw[start - 1].isspace() and page.raw[end : end + 1].isalpha():
            continue  # ¹⁸F: it belongs to what follows
        last = _LAST_WORD.search(before[-40:])
        word = last[0] if last else before[-1:]
        yield _Sign(page, start, end, text, word, _is_prose(page.text_of(line)))


def _is_prose(line: str) -> bool:
    small = _SMALL_WORD.findall(line)
    return len(small) >= 2 and sum(map(len, small)) >= 0.3 * len("".join(line.split()))


def _style(pages: Sequence[RawPage], found: Sequence[_Sign]) -> _Style:
    """Decided for the whole paper, by the signs that can't be powers."""
    notes = frozenset(_notes(pages))
    marks = [s for s in found if s.in_prose and (_is_mark_of_word(s) or _is_mark_by_shape(s))]
    numbers = [number for sign in marks for number in sign.numbers]
    seen = Counter(numbers)
    listed = _count_listed(pages)
    numbered = sum(number <= listed for number in numbers) > 0.6 * len(numbers)
    noted = sum((sign.page.number, sign.numbers[0]) in notes for sign in marks)
    brackets = sum(
        len(_IN_BRACKETS.findall(page.text_of(line)[1:])) for page in pages for line in page.lines
    )
    years = sum(len(_YEARS.findall(page.raw)) for page in pages)
    in_turn = list(seen) == list(range(1, len(seen) + 1))  # as notes are
    cites = (
        len(marks) >= 3
        and len(seen) >= 2
        and brackets < len(marks)
        and (numbered or years < 2 * len(marks))
        and noted < 0.5 * len(marks)
        and (numbered or not in_turn or len(seen) < len(numbers) or len(seen) > 8)
    )
    return _Style(cites, max([listed * numbered, *(number + 3 for number in seen)]), notes)


def _count_listed(pages: Sequence[RawPage]) -> int:
    """How many entries a numbered list of references has; 0 where the paper has none, or few."""
    count = -1
    for page in pages:
        for line in page.lines:
            text = page.text_of(line).strip()
            if count < 1 and len(text) < 60 and is_reference_heading(text):
                count = 0
            elif count >= 0 and (entry := _ENTRY.match(text)):
                count += int(entry[1]) == count + 1
    return count if count >= _FEWEST_LISTED else 0


def _notes(pages: Sequence[RawPage]) -> Iterator[tuple[int, int]]:
    """(page, number) of the notes that begin with a raised number."""
    for page in pages:
        starts = {line.start for line in page.lines}
        for start, end in page.raised:
            text = page.raw[start:end].translate(_PLAIN)
            if start in starts and text.isdecimal() and len(text) <= 2:
                yield page.number, int(text)


def _is_mark_of_word(sign: _Sign) -> bool:
    """Whether a list of numbers stands behind a word or a sentence's sign, as a mark does."""
    if not _LIST.fullmatch(sign.text) or sign.numbers[0] == 0:
        return False
    if sign.word[-1:] in _CLOSED:
        return True
    last = _LAST_LETTERS.search(sign.word)
    letters = sign.word if sign.word[:1].isalpha() else last[0] if last else ""
    unit = last is not None and last[0].casefold() in _UNITS
    return sum(map(str.isalpha, letters)) >= 3 and not unit


def _is_mark_by_shape(sign: _Sign) -> bool:
    """Whether a sign behind digits is a mark in any paper: nobody raises 1,234 or ResNet-50."""
    if not _LIST.fullmatch(sign.text) or not sign.word[-1:].isdecimal() or not sign.numbers[0]:
        return False
    rare = _GROUPED.match(sign.word) or _NAME.search(sign.word)
    return sign.is_list or (sign.numbers[0] > 3 and rare is not None)


def _reading(sign: _Sign, style: _Style) -> str | None:
    """What a sign is read as: digits in brackets, nothing, raised digits; None when unknown."""
    if _LETTERS.fullmatch(sign.text):
        return ""  # of a note
    if _is_mark(sign, style):
        front = sign.page.number == 1 and not sign.in_prose  # an author's address
        return f"[{sign.text}]" if style.cites and not front else ""
    return sign.text.translate(_RAISED) if _POWER.fullmatch(sign.text) else None


def _is_mark(sign: _Sign, style: _Style) -> bool:
    """Whether a sign is surely a mark. Few powers are other than 2 and 3, and none is 1."""
    if not _LIST.fullmatch(sign.text) or sign.numbers[0] == 0:
        return False
    number, word = sign.numbers[0], sign.word
    noted = (sign.page.number, number) in style.notes
    cited = style.cites and number <= style.most
    odd = sign.is_list or number not in (2, 3)
    if _is_mark_of_word(sign):
        return odd or sign.in_prose or cited or noted or word[-1:] in _CLOSED
    if word[-1:].isdecimal():
        return _is_mark_of_number(sign, cited, noted)
    if word[-1:].isalpha() and len(word) > 1 and word not in _UNITS:
        known = cited or noted
        return sign.is_list or number == 1 or (known and (odd or word.islower()))
    if word == ")":
        return number == 1 or (odd and (cited or noted))
    return word.endswith("%") or (sign.is_list and (cited or noted))


def _is_mark_of_number(sign: _Sign, cited: bool, noted: bool) -> bool:
    """Whether a sign behind a number is a mark: few numbers are ever raised to a power."""
    number, word = sign.numbers[0], sign.word
    if _is_mark_by_shape(sign) or ("," in word and number > 3):
        return True
    before = sign.page.raw[max(0, sign.start - 60) : sign.start].rstrip()[: -len(word)]
    # Much stands before a power of ten or two, or a small one; "AUC = 0.96" is followed by a mark.
    power = _TIMES if word in ("10", "2") or number <= 3 else _FACTOR
    if not (cited or noted) or power.search(before):
        return False
    if word == "10":
        behind = sign.page.raw[sign.end : sign.end + 30]
        return number > 9 and not _COUNTED_IN_POWERS.match(behind)
    return number == 1 or (number > 3 and word != "2") or (number in (2, 3) and "." in word)
