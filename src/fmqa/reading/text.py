"""Mending of raw text, with the map back to the reader's characters.

What is mended: the seven Latin ligatures (not NFKC, which would flatten ² and ½), hyphens at line
ends, accents that stand loose beside their letter (TeX's OT1 fonts), control characters, soft
hyphens, private-use glyphs and lone surrogates; surrogate pairs become one character. White space
is folded to single spaces. Nothing is re-ordered: geometric sorting interleaves columns.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from fmqa.reading.lines import Line, RawPage
from fmqa.reading.wordlist import CJK, words

LIGATURES = {
    "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl",
    "\ufb05": "st", "\ufb06": "st",
}  # fmt: skip
# Spacing accents and the combining marks that they stand for.
ACCENTS = {
    "\u00b4": "\u0301", "\u00a8": "\u0308", "\u02c6": "\u0302", "\u02dc": "\u0303",
    "\u00b8": "\u0327", "\u02c7": "\u030c", "\u02d8": "\u0306", "\u02da": "\u030a",
    "\u02d9": "\u0307", "\u02dd": "\u030b", "\u02db": "\u0328", "\u00af": "\u0304",
    "\u02ca": "\u0301", "\u02cb": "\u0300",
}  # fmt: skip
_DOTLESS = {"\u0131": "i", "\u0237": "j"}

# Control characters, soft hyphen, zero-width and direction marks, surrogates, private use and
# non-characters mean nothing in running text.
_STRIPPED = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069"
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff"
    "\U000f0000-\U0010ffff"
)
_SPACES = "\\s\x1c-\x1f\x85"
_SPECIAL = re.compile(
    # A single space, the commonest case by far, is nothing special.
    f"(?P<space>[{_SPACES}]{{2,}}|[^\\S ]|[\x1c-\x1f\x85])"
    # pdfium counts the two halves of a mathematical letter as two characters.
    f"|(?P<pair>[\ud800-\udbff][\udc00-\udfff])|(?P<strip>(?:(?![\ud800-\udbff][\udc00-\udfff])"
    f"[{_STRIPPED}])+)|(?P<ligature>[\ufb00-\ufb06])"
    # TeX's grave accent comes as a back-quote: Universit`a.
    f"|(?P<grave>(?<=[^\\W\\d_])`(?=[aeiouAEIOU]))|(?P<accent>[{''.join(ACCENTS)}\u0300-\u036f])"
)
_SET_CLOSE = re.compile(f"[{CJK}]")
_STOP = re.compile(r"\s*[,.;:)]")
_BEFORE_STOP = re.compile(r"\s+(?=[,.;:)])")
_BREAKS = "\u2010\u2011\u00ad\x02\ufffe"  # at a line's end: hyphens, or pdfium's mark of one
_LOOSE = re.compile(f"[^\\W\\d_] [{_BREAKS}]$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LAST_WORD = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)$")
_FIRST_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")

# Prefixes that keep their hyphen before a word ("self-supervised"), unless the document itself
# writes the two as one.
_PREFIXES = words(
    "all anti auto bi bio co cross de depth end ex extra fine full half hand hard high inter "
    "intra large long low macro meta micro mid mini multi near nano non off on one out over part "
    "patch per pixel poly post pre pseudo quasi real re self semi short single small soft spatio "
    "state sub super task three top trans tri two ultra un under uni vision voxel weak weakly "
    "well word zero few"
)

# Words that seldom open a longer one, and what makes them do so.
_APART = words("self long short well high low large small full cross state")
_SECOND = words("term terms range level levels order made tailed aligned attention")
_GLUED = words(
    "light lights lighted lighting itudinal itudinally evity standing ware coming comings hand "
    "land lands way ish fil fill over sword bow"
)

_LINKS = words("the of to in and by for or at a")  # state-of-the-art
_ENDING = re.compile(
    r"[bcdfglmnprst]?(?:iz|is|at|it|ic|al|iv|ou|ab|ib|ment|ness|tion|sion|ing|ed|er|ly|ful|less|"
    r"ship|hood|an|en|ar|or|ur|um|us|ys|og|ologi|ograph)"
)


class Vocabulary:
    """How often the document writes each word, and each compound with its hyphens."""

    def __init__(self) -> None:
        self.words: Counter[str] = Counter()
        self.compounds: Counter[str] = Counter()

    @classmethod
    def of(cls, pages: Iterable[RawPage]) -> Vocabulary:
        """The words of all lines, but for those that a line's end cuts in two."""
        vocabulary = cls()
        for page in pages:
            cut = False
            for line in page.lines:
                text = page.raw[line.start : line.end].rstrip()
                words = _WORD.findall(text.lower())
                begins_cut, cut = cut, line.joins or text[-1:] in f"-{_BREAKS}"
                vocabulary._count(words[begins_cut : len(words) - cut])
        return vocabulary

    def _count(self, words: list[str]) -> None:
        self.words.update(words)
        for word in words:
            if "-" in word:
                self.compounds[word] += 1
                self.words.update(word.split("-"))

    def joined(self, left: str, right: str) -> bool:
        """Whether ``left-`` at a line's end and ``right`` at the next one's begin are one word."""
        capital = right[0].isupper()
        piece = left.rsplit("-", 1)[-1]
        whole = len(piece) == 1 or piece.isupper()  # k-means, CT-guided
        left, right = left.lower(), right.lower()
        head, tail = left.rsplit("-", 1)[-1], right.split("-", 1)[0]
        as_one, as_two = self.words[head + tail], self._hyphenated(left, right, head, tail)
        if as_one or as_two or capital or whole:
            return as_one > as_two  # SciB-ERT, but BERT-Base
        if (head in _PREFIXES and self.words[tail]) or (head in _LINKS and head != left):
            return False
        if self._apart(head, tail):
            return False
        # Two words of the document's own are a compound, as is one with a long word that is no
        # ending ("viewpoint-dependent"); anything else was cut by typesetting.
        if len(head) < 3 or not self.words[head]:
            return True
        if len(tail) >= 6 and len(head) >= 4 and not _ENDING.match(tail):
            return False
        return not (len(tail) > 2 and self.words[tail])

    @staticmethod
    def _apart(head: str, tail: str) -> bool:
        second = tail in _SECOND or not _ENDING.match(tail)
        return head in _APART and tail not in _GLUED and len(tail) > 3 and second

    def breaks(self, left: str, right: str) -> bool:
        """Whether ``left -`` at a line's end, with a space, is a word's break and no dash."""
        left, right = left.lower().rsplit("-", 1)[-1], right.lower().split("-", 1)[0]
        if self.words[left + right]:
            return True
        return min(len(left), len(right)) > 1 and not (self.words[left] or self.words[right])

    def _hyphenated(self, left: str, right: str, head: str, tail: str) -> int:
        return max(self.compounds[f"{left}-{right}"], self.compounds[f"{head}-{tail}"])


class MappedText:
    """Text under construction, and the runs that lead back to the raw characters."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.runs: list[tuple[int, int, int]] = []
        self.length = 0
        self.last = ""

    def copy(self, text: str, raw_start: int) -> None:
        """Append characters that stand so in the raw text; of two spaces one."""
        if text[:1] == " " and self.last in ("", " ", "\n"):
            text, raw_start = text[1:], raw_start + 1
        if not text:
            return
        if self.runs:
            start, raw, length = self.runs[-1]
            if start + length == self.length and raw + length == raw_start:
                self.runs[-1] = (start, raw, length + len(text))
            else:
                self.runs.append((self.length, raw_start, len(text)))
        else:
            self.runs.append((self.length, raw_start, len(text)))
        self.insert(text)

    def insert(self, text: str) -> None:
        """Append characters that mending adds."""
        if text:
            self.parts.append(text)
            self.length += len(text)
            self.last = text[-1]

    def space(self, raw_start: int | None = None) -> None:
        """Append one space, unless the text is empty or one stands there already."""
        if self.last and self.last not in " \n":
            if raw_start is None:
                self.insert(" ")
            else:
                self.copy(" ", raw_start)

    def drop(self) -> str:
        """Take the last character away again, and return it."""
        if not self.parts:
            return ""
        part = self.parts.pop()
        gone, rest = part[-1], part[:-1]
        self.length -= 1
        if rest:
            self.parts.append(rest)
        if self.runs and sum(self.runs[-1][::2]) > self.length:
            start, raw, length = self.runs.pop()
            if length > 1:
                self.runs.append((start, raw, length - 1))
        self.last = rest[-1:] or (self.parts[-1][-1] if self.parts else "")
        return gone

    def text(self) -> str:
        """All that was appended."""
        return "".join(self.parts)


def mend_lines(
    out: MappedText, page: RawPage, lines: Iterable[Line], vocabulary: Vocabulary
) -> None:
    """Append a block's lines, joined by one space or at their hyphens."""
    begin, raw = out.length, page.raw
    previous: Line | None = None
    for line in lines:
        if previous is not None:
            _join(out, begin, raw, line, vocabulary)
        _mend(out, page, line.start, line.end)
        previous = line
    while out.length > begin and out.last == " ":
        out.drop()


def _join(out: MappedText, begin: int, raw: str, line: Line, vocabulary: Vocabulary) -> None:
    """What stands between two lines: nothing after a word's break, else a space."""
    if out.length > begin and out.last == "-":
        tail = "".join(out.parts[-3:])[-80:].rstrip("-")
        if tail.endswith(" "):
            _join_loose(out, tail.rstrip(), raw, line, vocabulary)
            return
        left = _LAST_WORD.search(tail)
        right = _FIRST_WORD.match(raw[line.start : line.start + 80].lstrip())
        if left and right:
            if vocabulary.joined(left[1], right[0]):
                out.drop()
            return
        if tail[-1:].isalnum() and raw[line.start : line.start + 1].isalnum():
            return  # COVID-19, BERT-Base
    set_close = _SET_CLOSE.match(out.last) and _SET_CLOSE.match(raw[line.start : line.end].lstrip())
    if out.length > begin and not set_close:
        out.space()


def _join_loose(out: MappedText, tail: str, raw: str, line: Line, vocabulary: Vocabulary) -> None:
    """What follows a hyphen that stands apart from its word at a line's end."""
    left = _LAST_WORD.search(tail)
    right = _FIRST_WORD.match(raw[line.start : line.start + 80].lstrip())
    if left and right and right[0].islower() and vocabulary.breaks(left[1], right[0]):
        while out.last in "- ":
            out.drop()
    else:
        out.space()


def _mend(out: MappedText, page: RawPage, start: int, end: int) -> None:
    """Append ``raw[start:end]``, mended. A hyphen mark of pdfium's at the end becomes a hyphen."""
    tail, raw = "", page.raw
    if end > start and raw[end - 1] in _BREAKS and raw[end - 2 : end - 1].isalpha():
        end -= 1
        tail = "-"
    elif _LOOSE.search(raw, max(start, end - 4), end):
        end = len(raw[start : end - 1].rstrip()) + start
        tail = "-"
    while start < end and raw[start].isspace():
        start += 1
    for sign in sorted(page.signs.keys() & set(range(start, end))) if page.signs else ():
        _mend_plain(out, page, start, sign)
        start, text = page.signs[sign]
        _put_sign(out, raw, sign, start, text)
        if stop := _BEFORE_STOP.match(raw, start, end):
            start = stop.end()
    _mend_plain(out, page, start, end)
    if tail:
        out.copy(tail, end)


def _put_sign(out: MappedText, raw: str, start: int, end: int, text: str) -> None:
    """Append what a raised sign is read as, see `fmqa.reading.signs`."""
    if text.startswith("["):
        out.space()
        out.insert("[")
        out.copy(text[1:-1], start)
        out.insert("]")
        return
    # pdfium may have seen a space before the sign: it belongs to no power, and before no comma.
    if out.last == " " and (text or _STOP.match(raw, end)):
        out.drop()
    out.copy(text, start)


def _mend_plain(out: MappedText, page: RawPage, start: int, end: int) -> None:
    """Append characters in which no raised sign stands."""
    raw, at = page.raw, start
    for match in _SPECIAL.finditer(raw, start, end):
        if match.start() < at:
            continue
        if match.start() > at:
            out.copy(raw[at : match.start()], at)
        if match.start() in page.tight and not match[0].strip("\r\n"):
            at = match.end()
        else:
            at = _mend_special(out, raw, match, end)
    if at < end:
        out.copy(raw[at:end], at)


def _mend_special(out: MappedText, raw: str, match: re.Match[str], end: int) -> int:
    """Append what stands for one special stretch; returns where the raw text goes on."""
    at = match.start()
    if match.lastgroup == "space":
        out.space(at)
    elif match.lastgroup == "ligature":
        letters = LIGATURES[match[0]]
        out.copy(letters[0], at)
        out.insert(letters[1:])
    elif match.lastgroup == "pair":
        whole = match[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        if whole < "\U000f0000":  # beyond are private glyphs
            out.copy(whole, at)
    elif match.lastgroup == "grave":
        out.copy(_composed(raw[at + 1], "\u0300"), at + 1)
        return at + 2
    elif match.lastgroup == "accent":
        return _accent(out, raw, at, end)
    return match.end()


def _accent(out: MappedText, raw: str, at: int, end: int) -> int:
    """Compose an accent with the letter before it (combining) or after it (TeX's spacing ones)."""
    mark = raw[at]
    combining = ACCENTS.get(mark, mark)
    if mark not in ACCENTS:
        if out.last.isalpha():
            whole = _composed(out.last, combining)
            if whole and out.runs and sum(out.runs[-1][::2]) == out.length:
                _, raw_start, length = out.runs[-1]
                out.drop()
                out.copy(whole, raw_start + length - 1)
                return at + 1
        out.copy(mark, at)
        return at + 1
    after = at + 1
    if after < end and raw[after] == " ":
        after += 1  # some writers leave a space between the accent and its letter
    whole = _composed(raw[after], combining) if after < end else ""
    if whole:
        out.copy(whole, after)
        return after + 1
    out.copy(mark, at)
    return at + 1


def _composed(letter: str, combining: str) -> str:
    """The one code point for the letter with its accent; empty where there is none."""
    whole = unicodedata.normalize("NFC", _DOTLESS.get(letter, letter) + combining)
    return whole if len(whole) == 1 and whole.isalpha() else ""
