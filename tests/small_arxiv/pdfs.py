"""PDFs of made-up papers: one column for papers, two for the review; links over its entries.

The catalogue stands at the end of the file, as TeX puts it, so that half a file can't be opened.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

# The maker of single pages stands with the tests of reading, which is no package.
_READING = str(Path(__file__).resolve().parents[1] / "reading")
if _READING not in sys.path:
    sys.path.append(_READING)

from pdfs import FONTS, HEIGHT, WIDTH, Text, _file  # noqa: E402

if TYPE_CHECKING:
    from .papers import Entry, Paper, Version

_BREAK = re.compile(r"[aeiou][bdfgklmnprstvz](?=[aeiou][a-z]{2})")
Rect = tuple[float, float, float, float]


@dataclass
class Sheet:
    """A page: its texts in reading order, and (rectangle, address) of its links."""

    texts: list[Text] = field(default_factory=list)
    links: list[tuple[Rect, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    """Where text flows: its left edge and width in points, its characters a line."""

    x: float
    width: float
    chars: int


ONE = (Column(90, 432, 88),)
TWO = (Column(54, 244, 54), Column(314, 244, 54))
_TOP, _FOOT = 735.0, 60.0


class Flow:
    """Sets lines column by column, page by page."""

    def __init__(self, columns: Sequence[Column], head: str) -> None:
        self.columns = columns
        self.head = head
        self.sheets = [Sheet()]
        self.at = 0
        self.top = _TOP
        self.y = _TOP

    @property
    def column(self) -> Column:
        """The column that is being filled."""
        return self.columns[self.at]

    def begin_at(self, y: float) -> None:
        """The columns of the first page begin below its title."""
        self.top = self.y = y

    def room(self, height: float) -> None:
        """Goes on to the next column or page where ``height`` points aren't left."""
        if self.y - height >= _FOOT:
            return
        self.at += 1
        if self.at == len(self.columns):
            self.at = 0
            self.sheets.append(Sheet())
            self.top = _TOP
            x = self.columns[0].x
            self.sheets[-1].texts.append(Text(x, 765, self.head, 8, "F3"))
        self.y = self.top

    def line(self, text: str, size: float, leading: float, font: str = "F1", dx: float = 0) -> Rect:
        """One line; its rectangle."""
        self.room(leading)
        x, y = self.column.x + dx, self.y
        self.sheets[-1].texts.append(Text(x, y, text, size, font))
        self.y -= leading
        return (x, y - 0.25 * size, x + min(0.5 * size * len(text), self.column.width), y + size)

    def heading(self, text: str, size: float = 12) -> None:
        """A heading that isn't left alone at a column's foot."""
        self.room(5 * size)
        self.y -= 0.7 * size
        self.line(text, size, 1.5 * size, "F2")

    def paragraph(self, text: str, size: float = 10, leading: float = 12) -> None:
        """A paragraph whose first line is indented."""
        chars = round(self.column.chars * 10 / size) if size != 10 else self.column.chars
        for number, line in enumerate(wrap(text, chars, first=3)):
            self.line(line, size, leading, dx=0 if number else 14)

    def entry(self, entry: Entry) -> None:
        """An entry of the bibliography, with a hanging indent, and its link over all its lines."""
        size, leading, hang = 8.0, 9.6, 18.0
        lines = wrap(f"[{entry.number}] {entry.text}", 55, hyphens=True)
        boxes: dict[tuple[int, int], list[Rect]] = {}
        for number, line in enumerate(lines):
            box = self.line(line, size, leading, dx=hang if number else 0)
            boxes.setdefault((len(self.sheets) - 1, self.at), []).append(box)
        for (page, _), found in boxes.items() if entry.link else ():
            around = (
                min(b[0] for b in found), min(b[1] for b in found),
                max(b[2] for b in found), max(b[3] for b in found),
            )  # fmt: skip
            self.sheets[page].links.append((around, entry.link or ""))
        self.y -= 2.4


def paper_pdf(paper: Paper, version: Version) -> bytes:
    """A paper in one column: title, authors, abstract, sections, a short list of references."""
    flow = Flow(ONE, f"{paper.authors[0].split()[-1]} et al.")
    _front(flow, paper, version, ONE[0].x, 44)
    flow.heading("Abstract")
    for line in wrap(version.abstract, 88):
        flow.line(line, 10, 12)
    _sections(flow, version)
    flow.heading("References")
    for number, line in enumerate(_OWN_REFERENCES, 1):
        flow.line(f"[{number}] {line}", 8, 10)
    return _build(flow.sheets)


def review_pdf(paper: Paper, version: Version) -> bytes:
    """The review in two columns, its bibliography over several of them."""
    flow = Flow(TWO, f"{paper.authors[0].split()[-1]} et al.")
    _front(flow, paper, version, TWO[0].x, 50)
    flow.heading("Abstract", 11)
    for line in wrap(version.abstract, TWO[0].chars):
        flow.line(line, 10, 12)
    _sections(flow, version)
    flow.heading("References", 11)
    for entry in paper.entries:
        flow.entry(entry)
    return _build(flow.sheets)


_OWN_REFERENCES = (
    "A. Placeholder. A Textbook of Medical Images. Nowhere Press, 1998.",
    "B. Placeholder and C. Sample. On Scores and Their Spread. Journal of Examples, 2004.",
)


def _front(flow: Flow, paper: Paper, version: Version, x: float, chars: int) -> None:
    sheet, y = flow.sheets[0], 715.0
    for line in wrap(paper.title, chars):
        sheet.texts.append(Text(x, y, line, 16, "F2"))
        y -= 20
    y -= 6
    for line in wrap(", ".join(paper.authors), 80):
        sheet.texts.append(Text(x, y, line, 11))
        y -= 14
    sheet.texts.append(Text(x, y, "University of Nowhere", 9, "F3"))
    day = datetime.fromisoformat(version.updated.replace("Z", "+00:00"))
    stamp = (
        f"arXiv:{paper.arxiv_id}v{version.number}  [{paper.categories[0]}]  {day.day} {day:%b %Y}"
    )
    sheet.texts.append(Text(34, 240, stamp, 20, colour=(0.5, 0.5, 0.5), angle=90))
    flow.begin_at(y - 26)


def _sections(flow: Flow, version: Version) -> None:
    for number, (heading, paragraphs) in enumerate(version.sections, 1):
        flow.heading(f"{number} {heading}", 12 if flow.columns is ONE else 11)
        for text in paragraphs:
            flow.paragraph(text)


def wrap(text: str, chars: int, first: int = 0, *, hyphens: bool = False) -> list[str]:
    """Lines of at most ``chars`` characters, the first shorter by ``first``.

    With ``hyphens``, long words are parted at a line's end as typesetters do.
    """
    lines: list[str] = []
    line = ""
    for given in text.split():
        word = given
        room = chars - (first if not lines else 0)
        if line and len(line) + 1 + len(word) > room:
            head = _part(word, room - len(line) - 2) if hyphens else ""
            lines.append(f"{line} {head}-" if head else line)
            line, word = "", word[len(head) :]
        line = f"{line} {word}".strip()
    return [*lines, line]


def _part(word: str, room: int) -> str:
    """The part of a long word that still fits on a line; nothing when it is left whole."""
    bare = word.rstrip(".,")
    if len(word) < 9 or not (bare.isascii() and bare.isalpha() and bare[1:].islower()):
        return ""
    places = [m.end() - 1 for m in _BREAK.finditer(word.lower()) if 3 <= m.end() - 1 <= room]
    return word[: places[-1]] if places else ""


def _build(sheets: Sequence[Sheet]) -> bytes:
    objects: list[bytes] = []

    def add(body: str | bytes) -> int:
        objects.append(body.encode("cp1252") if isinstance(body, str) else body)
        return len(objects)

    tree = add("")
    fonts = " ".join(f"/{key} {add(_font(name))} 0 R" for key, name in FONTS.items())
    kids = []
    for number, sheet in enumerate(sheets, 1):
        foot = Text(WIDTH / 2 - 4, 30, str(number), 9)
        data = "\n".join(text.operators() for text in (*sheet.texts, foot)).encode("cp1252")
        content = add(b"<< /Length %d >>\nstream\n" % len(data) + data + b"\nendstream")
        links = " ".join(f"{add(_link(rect, uri))} 0 R" for rect, uri in sheet.links)
        kids.append(
            add(
                f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] "
                f"/Resources << /Font << {fonts} >> >> /Contents {content} 0 R "
                f"/Annots [{links}] >>"
            )
        )
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    objects[tree - 1] = f"<< /Type /Pages /Kids [{listed}] /Count {len(kids)} >>".encode()
    facts = add("<< /Producer (small arXiv) >>")
    catalog = add(f"<< /Type /Catalog /Pages {tree} 0 R >>")
    return _file(objects, catalog, facts)


def _font(name: str) -> str:
    return f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"


def _link(rect: Rect, uri: str) -> str:
    corners = " ".join(f"{value:.2f}" for value in rect)
    shown = uri.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return (
        f"<< /Type /Annot /Subtype /Link /Rect [{corners}] /Border [0 0 0] "
        f"/A << /S /URI /URI ({shown}) >> >>"
    )
