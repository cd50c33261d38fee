"""From lines to blocks: paragraphs, headings, captions, cells, in the file's own order."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from statistics import median

from fmqa.reading.lines import Block, Line, RawPage
from fmqa.reading.wordlist import ideographs

CAPTION = re.compile(
    r"(?P<label>(?:Supplementary |Extended Data |Supplemental )?"
    r"(?P<kind>Figure|Fig\.?|Table|Tab\.|Algorithm|Listing|Scheme|Box|FIGURE|FIG\.?|TABLE|Chart)"
    r"\s?(?:[A-Z]{0,2}\.?\d{1,3}[a-z]?|[IVXL]{1,6})(?:\.\d+)?)(?P<stop>\s?[.:|]|\s[–—-]|\s*$|\s)"
)
TABLE_CAPTION = re.compile(
    r"(?:(?:Supplementary|Extended Data|Supplemental) )?(?:Table|TABLE|Tab\.)\s?"
    r"(?:[A-Z]{0,2}\.?\d{1,3}|[IVXL]{1,6})\b|表\s?\d"
)
NUMBERED = re.compile(
    r"(?:Appendix\s+)?(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[IVX]{1,5}\.(?:\d\.?|[A-Z]\.?)?"
    r"|[A-Z](?:\.\d{1,2}){0,3}\.?|[A-Z]\.\d+)\s+(?=[A-Z“\"'(])"
    r"|(?:\d{1,2}(?:[.．]\d{1,2}){0,3}(?:[.．、]\s*|\s+)|第?[一二三四五六七八九十]{1,3}[章节節、．.]\s*)"
    r"(?=[\u3400-\u9fff])"
)
MATH_FONT = re.compile(
    r"CM(R|MI|SY|EX|BSY|MIB|BX)\d|MSBM|MSAM|Math|Symbol|rsfs|eufm|stmary|MT2[A-Z]*[A-Z]?|Euler",
    re.I,
)
_TERMINAL = re.compile(r"[.!?:;。！？：；]['\"”’)\]」』）】]*$")
_BULLET = re.compile(r"[•●▪◦‣∙·–]\s|\(?[a-z0-9]{1,2}\)\s")
_SIZE_STEP = 1.12  # ratio of font sizes from which lines aren't of one block


@dataclass(frozen=True, slots=True)
class Style:
    """How the paper's running text is set: its size, its fonts, the pitch of its lines."""

    size: float
    fonts: frozenset[str]
    pitch: float  # from a line's middle to the next one's, in font sizes

    def knows(self, font: str) -> bool:
        """Whether a font is of the family of the running text's, in any of its cuts."""
        return font in self.fonts or _family(font) in {_family(known) for known in self.fonts}


def _family(font: str) -> str:
    if re.match(r"(?:CM|SF|EC)[A-Z]", font):
        return font[:2]  # Computer Modern: CMR10, CMTI10, CMBX12
    return re.split(r"[-,+]|Bold|Ital|Regu|Medi", font)[0]


def style_of(pages: list[RawPage]) -> Style:
    """The commonest font size by characters, the fonts used at it, and its line pitch."""
    sizes: Counter[float] = Counter()
    fonts: Counter[tuple[float, str]] = Counter()
    for page in pages:
        for line in page.lines:
            # An ideograph says as much as a few letters.
            length = line.end - line.start + 2 * ideographs(page.text_of(line))
            size = round(line.size * 2) / 2
            sizes[size] += length
            fonts[size, line.font] += length
    size = max(sizes, key=lambda s: sizes[s], default=0.0)
    common = [font for (s, font), n in fonts.items() if s == size and n >= 0.05 * sizes[size]]
    pitches = [
        (a.bottom - b.bottom) / a.size
        for page in pages
        for a, b in zip(page.lines, page.lines[1:], strict=False)
        if a.size and abs(a.size - size) < 0.5 and abs(b.size - size) < 0.5
        and 0.8 < (a.bottom - b.bottom) / a.size < 3.0
    ]  # fmt: skip
    return Style(size, frozenset(common), median(pitches) if pitches else 1.2)


def find_blocks(
    pages: list[RawPage], furniture: set[tuple[int, int]], style: Style
) -> list[list[Block]]:
    """For each page its blocks, furniture in blocks of its own, all in the file's order."""
    return [_page_blocks(page, furniture, style) for page in pages]


def _page_blocks(page: RawPage, furniture: set[tuple[int, int]], style: Style) -> list[Block]:
    blocks: list[Block] = []
    was_furniture = False
    for line in page.lines:
        is_furniture = (page.number, line.start) in furniture
        if blocks and is_furniture == was_furniture and _belongs(page, blocks[-1], line, style):
            blocks[-1].lines.append(line)
        else:
            blocks.append(Block(page.number, [line]))
        was_furniture = is_furniture
    return blocks


def _belongs(page: RawPage, block: Block, line: Line, style: Style) -> bool:  # noqa: PLR0911
    """Whether a line goes on with the block that ended with the line before."""
    last = block.lines[-1]
    text, before = page.text_of(line).strip(), page.text_of(last).strip()
    if not page.height:
        heads = _plain_heading(before) or _plain_heading(text) or _opens_caption(text)
        return not heads and (len(before) > 50 or not _TERMINAL.search(before))
    if last.upright != line.upright:
        return False
    if same_row(last, line):
        return -last.size <= line.left - last.right <= 2.5 * max(last.size, line.size)
    if last.joins:
        return True
    if _opens_caption(text) and not (
        last.font == line.font and last.size == line.size and unfinished(before)
    ):
        return False
    if _runs_on(before, text, last, line) and style.knows(line.font):
        return True
    return (
        _near(last, line, style)
        and _alike(before, text, last, line)
        and not _paragraph(block, line, before, text)
    )


def _plain_heading(text: str) -> bool:
    """Whether a line of which only the words are known reads as a heading."""
    if len(text) > 60 or _TERMINAL.search(text):
        return False
    named = text.casefold() in ("abstract", "introduction", "references", "conclusion", "appendix")
    return named or NUMBERED.match(text) is not None


def _runs_on(before: str, text: str, a: Line, b: Line) -> bool:
    """Whether a paragraph goes on at the head of the next column."""
    return (
        a.font == b.font
        and abs(a.size - b.size) < 0.3
        and (
            (len(before) > 25 and text[:1].islower())
            or (ideographs(before) > 8 and ideographs(text[:1]) > 0 and not NUMBERED.match(text))
        )
        and unfinished(before)
    )


def _opens_caption(text: str) -> bool:
    match = CAPTION.match(text)
    return match is not None and bool(match["stop"].strip())


def same_row(a: Line, b: Line) -> bool:
    """Whether two lines stand side by side (a superscript, a cell of the same row)."""
    overlap = min(a.top, b.top) - max(a.bottom, b.bottom)
    return overlap > 0.4 * min(a.top - a.bottom, b.top - b.bottom) and b.left >= a.left


def _near(a: Line, b: Line, style: Style) -> bool:
    """Whether ``b`` stands right below ``a``, in the same column."""
    size = max(a.size, b.size)
    distance = (a.bottom + a.top - b.bottom - b.top) / 2
    beside = min(a.right, b.right) - max(a.left, b.left)
    return 0.3 * size < distance < 1.38 * max(style.pitch, 1.1) * size and beside > 0


def _alike(before: str, text: str, a: Line, b: Line) -> bool:
    """Whether two lines are set alike; formula pieces and superscripts are let through."""
    small, large = sorted((a.size, b.size))
    short = any(len(part) <= 4 and not ideographs(part) for part in (before, text))
    if not short and large > _SIZE_STEP * small:
        return False
    if a.bold != b.bold and not short:
        return False
    if _in_capitals(before) != _in_capitals(text) and len(before) > 5 and len(text) > 5:
        return False
    if NUMBERED.match(before) and len(before) < 90:
        return a.font == b.font and not NUMBERED.match(text)
    return True


def _in_capitals(text: str) -> bool:
    return text.isupper() and not ideographs(text)


def _paragraph(block: Block, line: Line, before: str, text: str) -> bool:
    """Whether a new paragraph begins with this line."""
    if _BULLET.match(text) and _TERMINAL.search(before):
        return True
    if not _TERMINAL.search(before):
        return False
    body = block.lines[1:] or block.lines
    left, right = min(part.left for part in body), max(part.right for part in block.lines)
    indented = line.left > left + 0.6 * line.size
    short = len(block.lines) > 1 and block.lines[-1].right < right - 0.12 * (right - left)
    return indented or (short and (text[:1].isupper() or ideographs(text[:1]) > 0))


def unfinished(text: str) -> bool:
    """Whether a paragraph that ends so goes on elsewhere."""
    return bool(text) and not _TERMINAL.search(text.rstrip("0123456789,*† ") or text)
