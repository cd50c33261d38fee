"""What each block is to the paper (its role), and which section it stands in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from fmqa.reading.cells import find_tables
from fmqa.reading.layout import CAPTION, MATH_FONT, NUMBERED, Style, unfinished
from fmqa.reading.lines import Block, Line, RawPage, Role
from fmqa.reading.wordlist import ideographs, is_prose, words

KNOWN_HEADINGS = words(
    "abstract summary introduction background motivation preliminaries relatedwork relatedworks "
    "priorwork literaturereview method methods methodology approach ourapproach model models "
    "materialsandmethods methodsandmaterials materials data dataset datasets experiments "
    "experiment experimentalsetup experimentalresults experimentsandresults results "
    "resultsanddiscussion evaluation discussion discussions limitations conclusion conclusions "
    "conclusionandfuturework conclusionsandfuturework discussionandconclusion "
    "discussionandconclusions concludingremarks futurework acknowledgment acknowledgments "
    "acknowledgement acknowledgements funding authorcontributions competinginterests "
    "dataavailability codeavailability ethicsstatement reproducibilitystatement broaderimpact "
    "references bibliography literaturecited appendix appendices supplementarymaterial "
    "supplementarymaterials supplementaryinformation implementationdetails ablationstudy "
    "ablationstudies analysis outline overview contributions notation "
    "摘要 引言 前言 绪论 背景 相关工作 方法 材料与方法 数据 数据集 实验 实验结果 结果 结果与讨论 "
    "讨论 结论 总结 致谢 参考文献 附录 "
    "緒論 相關工作 數據 資料 實驗 結果 討論 結論 總結 致謝 參考文獻 附錄"
)
_REFERENCES = re.compile(
    r"(?:(?:cited |supplementa(?:l|ry) |additional |appendix )?"
    r"(?:references?|bibliography|literature(?: cited)?|works cited|literaturverzeichnis)"
    r"(?: and notes| cited|list)?(?: \(?continued\)?)?|参考文献|參考文獻)\W*",
    re.IGNORECASE,
)
_SPACED_REFERENCES = re.compile(r"(?:references|bibliography)[.:]?", re.IGNORECASE)
_NUMBER = re.compile(
    r"^(?:\d+(?:\.\d+)*\.?|[IVX]+\.(?:[A-Z\d]\.?)?|[A-Z](?:\.\d+)*\.?)\s+(?=\S)"
    r"|^(?:\d+(?:[.．]\d+)*[.．、]|第?[一二三四五六七八九十]{1,3}[章节節、．.])\s*(?=[\u3400-\u9fff])"
)
_ABSTRACT = re.compile(
    r"(?:(?:abstract|summary|zusammenfassung|résumé)\b|【?摘\s*要】?(?!\w))"
    r"\s*(?P<stop>[.:：—–-]+)?\s*",
    re.IGNORECASE,
)
_KEYWORDS = re.compile(
    r"【?(?:关键词|關鍵詞|关键字)|"
    r"(?:additional )?(?:key\s?words|index terms|ccs concepts|acm reference|permission to make)",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]")
_LONG_WORD = re.compile(r"[^\W\d_]{4}")
_MOST_PIECES, _LONGEST_EQUATION = 40, 300  # blocks, and characters, of an equation set apart
_WORDS = re.compile(r"[^\W\d_]{2,}")


def plain_key(title: str) -> str:
    """A heading without its number, case, spaces and punctuation, for comparison."""
    bare = _NUMBER.sub("", title.strip())
    return "".join(_LETTERS.findall(bare)).casefold()


def is_reference_heading(text: str) -> bool:
    """Whether a heading opens a list of references; its letters may be set apart (R EFERENCES)."""
    bare = _NUMBER.sub("", text)
    joined = ("".join(part.split()) for part in (text, bare))
    return bool(_REFERENCES.fullmatch(bare) or any(map(_SPACED_REFERENCES.fullmatch, joined)))


class Classifier:
    """Gives every block of a document its role, in the order of the file."""

    def __init__(
        self,
        pages: Sequence[RawPage],
        style: Style,
        outline: Sequence[str],
        furniture: set[tuple[int, int]],
        title: str,
    ) -> None:
        self.first = pages[0].number if pages else 1
        self.heights = {page.number: page.height for page in pages}
        self.style = style
        self.furniture = furniture
        self.title = plain_key(title)
        keys = {plain_key(entry) for entry in outline}
        self.outline = {key for key in keys if len(key) > 2 and key != self.title}
        self.front = bool(title)  # before the abstract or the first heading
        self.in_references = False
        self.in_abstract: Block | None = None

    def classify(self, blocks: Sequence[Block]) -> None:
        """Set ``role`` of each block. ``blocks`` are the whole document's, in order."""
        for number, block in enumerate(blocks):
            following = blocks[number + 1 : number + 6]
            block.role = self._role(block, following)
        find_tables(blocks)
        self._formulas(blocks)
        _pass_through(blocks)

    def _role(self, block: Block, following: Sequence[Block]) -> Role:  # noqa: PLR0911
        if any((block.page, line.start) in self.furniture for line in block.lines):
            return Role.FURNITURE
        if not block.text or not all(line.upright for line in block.lines):
            return Role.OTHER
        if self.front and block.page == self.first:
            return self._front_role(block, following)
        if self._is_heading(block, following):
            return self._heading(block)
        if _is_caption(block, self.style):
            return Role.CAPTION
        if self.in_references:
            return Role.REFERENCE
        if block.page <= self.first + 1 and _KEYWORDS.match(block.text):
            return Role.OTHER
        if self.in_abstract is not None:
            if block.page == self.in_abstract.page and _same_size(block, self.in_abstract):
                if is_prose(block.text) and not _KEYWORDS.match(block.text):
                    return Role.ABSTRACT
            elif is_prose(block.text) and block.size >= 0.97 * self.style.size:
                self.in_abstract = None
        return self._text_role(block)

    def _heading(self, block: Block) -> Role:
        self.in_abstract = None
        self.in_references = is_reference_heading(block.text)
        if _ABSTRACT.fullmatch(block.text):
            self.in_abstract = block
        return Role.HEADING

    def _front_role(self, block: Block, following: Sequence[Block]) -> Role:  # noqa: PLR0911
        """Title, authors and abstract, which stand before the first heading."""
        key = plain_key(block.text)
        if len(key) > 5 and (key in self.title or (self.title and self.title in key)):
            self.title = self.title.replace(key, "", 1) if key in self.title else ""
            return Role.TITLE
        label = _ABSTRACT.match(block.text)
        if label and (label.end() == len(block.text) or label["stop"] or block.lines[0].bold):
            self.front = False
            if label.end() == len(block.text):
                self.in_abstract = next((b for b in following if is_prose(b.text)), block)
                return Role.HEADING
            self.in_abstract = block
            return Role.ABSTRACT
        first = key in KNOWN_HEADINGS or key in self.outline or self.in_abstract is not None
        if first and self._is_heading(block, following):
            self.front = False
            return self._heading(block)
        if _KEYWORDS.match(block.text):
            return Role.OTHER
        if is_prose(block.text) and len(block.text) >= 350:
            # Prose before any heading: an abstract without its name, then the paper itself.
            if self.in_abstract is None:
                self.in_abstract = block
                return Role.ABSTRACT
            self.front = False
            if self.in_abstract is not None and not _same_size(block, self.in_abstract):
                self.in_abstract = None
            return Role.ABSTRACT if self.in_abstract else self._text_role(block)
        return Role.AUTHORS if self.in_abstract is None else self._text_role(block)

    def _text_role(self, block: Block) -> Role:
        prose = is_prose(block.text)
        size = self.style.size
        near = not size or abs(block.size / size - 1) < 0.07
        known_font = not size or any(self.style.knows(line.font) for line in block.lines)
        if near and (prose or (known_font and _has_words(block.text))):
            return Role.BODY
        if prose and len(block.text) >= 60:
            return Role.NOTE
        return Role.OTHER

    def _is_heading(self, block: Block, following: Sequence[Block]) -> bool:  # noqa: PLR0911
        text, style = block.text, self.style
        if not _could_head(block):
            return False
        least = 0.75 if text.isupper() else 0.92  # small capitals are small
        if style.size and block.size < least * style.size:
            return False
        key = plain_key(text)
        styled = _is_styled(block, style)
        if key in self.outline or (key in KNOWN_HEADINGS and (styled or not style.size)):
            return True
        if not style.size and NUMBERED.match(text) and len(text) <= 60:
            return True  # nothing is known of how it looks
        if not styled:
            return False
        if NUMBERED.match(text):
            return len(key) + 2 * ideographs(key) >= 4 and (
                not self.in_references or _stands_out(block, style)
            )
        if len(self.outline) >= 4 or self.in_references:
            return False
        goes_on = next((b for b in following if len(b.text) > 40), None)
        return (
            _stands_out(block, style)
            and 1 <= len(text.split()) <= 12
            and goes_on is not None
            and goes_on.page == block.page
            and is_prose(goes_on.text)
            and _above(block.lines[-1], goes_on.lines[0])
        )

    def _formulas(self, blocks: Sequence[Block]) -> None:
        """Formulas that a sentence runs through belong to the running text."""
        last: Block | None = None
        for block in blocks:
            if block.role is Role.BODY:
                last = block
            elif (
                block.role is Role.OTHER
                and last is not None
                and last.page == block.page
                and last.text[-1:] not in ".!?"
                and _set_as_formula(block, self.style)
                and _close(last.lines[-1], block.lines[0])
            ):
                block.role = Role.BODY
                last = block


def _pass_through(blocks: Sequence[Block]) -> None:
    """What stands between two halves of a sentence, an equation set apart, belongs to it."""
    places = [n for n, block in enumerate(blocks) if block.role is Role.BODY]
    for first, after in pairwise(places):
        a, b, between = blocks[first], blocks[after], blocks[first + 1 : after]
        if (
            0 < len(between) <= _MOST_PIECES
            and a.page == b.page
            and b.text[:1].islower()
            and (unfinished(a.text) or not _LONG_WORD.search(a.text))
            and all(_stands_between(a, block, b) for block in between)
            and sum(len(block.text) for block in between) <= _LONGEST_EQUATION
        ):
            for block in between:
                block.role = Role.BODY


def _stands_between(a: Block, block: Block, b: Block) -> bool:
    """Whether a block is no text of its own, and stands below ``a`` and above ``b``."""
    _, _, right, high = b.box
    left, bottom, _, top = block.box
    room = max(a.size, b.size)
    return (
        block.role is Role.OTHER
        and not is_prose(block.text)
        and a.lines[-1].top + room > (top + bottom) / 2 > high - room
        and left < right
    )


def _same_size(a: Block, b: Block) -> bool:
    return not b.size or abs(a.size / b.size - 1) < 0.06


def _has_words(text: str) -> bool:
    return len(_WORDS.findall(text)) >= 2 or ideographs(text) >= 4


def _could_head(block: Block) -> bool:
    text = block.text
    signs = ideographs(text)
    if not 3 <= len(text) + signs <= 160 or len(block.lines) > 6 or CAPTION.match(text):
        return False
    if "=" in text or len("".join(_LETTERS.findall(text))) + signs < 0.55 * len(
        "".join(text.split())
    ):
        return False
    if ". " in _NUMBER.sub("", text) and not text.isupper() and len(text) > 40:
        return False  # a paragraph whose first words are set as a heading
    if signs and (text[-1] in "，。；、：（" or signs > 30):
        return False
    if text[-1] in ",;-" or (text[-1] == "." and not text.isupper() and len(text.split()) > 3):
        return False
    opens = text[0].isupper() or text[0].isdigit() or ideographs(text[0]) > 0
    return opens and len(_LETTERS.findall(text)) + signs >= 3


def _is_styled(block: Block, style: Style) -> bool:
    """Whether a block is set otherwise than the running text."""
    letters = "".join(_LETTERS.findall(_NUMBER.sub("", block.text)))
    return (
        _stands_out(block, style)
        or (letters.isupper() and not ideographs(letters))
        or all(line.italic for line in block.lines)
        or all(line.font not in style.fonts for line in block.lines)
    )


def _stands_out(block: Block, style: Style) -> bool:
    letters = "".join(_LETTERS.findall(_NUMBER.sub("", block.text)))
    return (
        all(line.bold for line in block.lines)
        or (letters.isupper() and len(letters) > 4 and not ideographs(letters))
        or (style.size > 0 and block.size >= 1.08 * style.size)
    )


def _above(a: Line, b: Line) -> bool:
    return a.bottom > b.top - 2 and min(a.right, b.right) > max(a.left, b.left)


def _is_caption(block: Block, style: Style) -> bool:
    match = CAPTION.match(block.text)
    if not match:
        return False
    if match["stop"].strip() or match.end() == len(block.text):
        return True
    smaller = style.size > 0 and block.size < 0.97 * style.size
    return smaller or block.lines[0].bold


def _set_as_formula(block: Block, style: Style) -> bool:
    known = [bool(MATH_FONT.search(line.font)) or style.knows(line.font) for line in block.lines]
    small = [line.size < 0.8 * style.size for line in block.lines]
    return any(known) and all(k or s for k, s in zip(known, small, strict=True))


def _close(a: Line, b: Line) -> bool:
    size = max(a.size, b.size, 1.0)
    return abs(a.bottom - b.bottom) < 5 * size
