"""PDFs made in the tests: plain PDF syntax, base fonts, text where the test wants it."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

WIDTH, HEIGHT = 612, 792
FONTS = {"F1": "Helvetica", "F2": "Helvetica-Bold", "F3": "Helvetica-Oblique"}
# A Chinese font that isn't embedded, as in many papers; its text is written in hexadecimal.
CHINESE = (
    "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H "
    "/DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 "
    "/W [1 95 500] /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>] >>"
)


@dataclass(frozen=True)
class Text:
    """A run of text at (x, y) points from the lower left corner."""

    x: float
    y: float
    text: str
    size: float = 10
    font: str = "F1"
    mode: int = 0
    colour: tuple[float, float, float] = (0, 0, 0)
    angle: float = 0

    def operators(self) -> str:
        c, s = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        shown = self.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        shown = f"<{self.text.encode('utf-16-be').hex()}>" if self.font == "F4" else f"({shown})"
        red, green, blue = self.colour
        return (
            f"BT /{self.font} {self.size} Tf {self.mode} Tr {red} {green} {blue} rg "
            f"{c:.4f} {s:.4f} {-s:.4f} {c:.4f} {self.x} {self.y} Tm {shown} Tj ET"
        )


@dataclass(frozen=True)
class Raised(Text):
    """A run of text in which ``^{…}`` stands raised and small."""

    def operators(self) -> str:
        small, rise = round(0.7 * self.size, 2), round(0.4 * self.size, 2)
        parts = []
        for number, part in enumerate(re.split(r"\^\{(.*?)\}", self.text)):
            shown = part.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            size, up = (small, rise) if number % 2 else (self.size, 0)
            parts.append(f"/{self.font} {size} Tf {up} Ts ({shown}) Tj")
        return f"BT 1 0 0 1 {self.x} {self.y} Tm {' '.join(parts)} ET"


@dataclass
class PageSource:
    """What a page shows: drawing operators first, then texts."""

    texts: list[Text] = field(default_factory=list)
    drawing: str = ""
    rotate: int = 0
    links: tuple[str, ...] = ()


def build(
    pages: Sequence[PageSource],
    info: dict[str, str] | None = None,
    outline: Sequence[tuple[str, int]] = (),
) -> bytes:
    """The bytes of a PDF. ``outline`` holds (title, page index)."""
    objects: list[bytes] = []

    def add(body: str | bytes) -> int:
        objects.append(body.encode("cp1252") if isinstance(body, str) else body)
        return len(objects)

    catalog, tree = add(""), add("")
    fonts = " ".join(
        f"/{key} {add(f'<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>')} 0 R"  # noqa: E501
        for key, name in FONTS.items()
    )
    fonts += f" /F4 {add(CHINESE)} 0 R"
    kids = []
    for page in pages:
        stream = "\n".join([page.drawing, *(text.operators() for text in page.texts)])
        data = stream.encode("cp1252")
        content = add(b"<< /Length %d >>\nstream\n" % len(data) + data + b"\nendstream")
        links = " ".join(
            f"{add(f'<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI ({uri}) >> >>')} 0 R"  # noqa: E501
            for uri in page.links
        )
        kids.append(
            add(
                f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] "
                f"/Rotate {page.rotate} /Resources << /Font << {fonts} >> >> "
                f"/Contents {content} 0 R /Annots [{links}] >>"
            )
        )
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    objects[tree - 1] = f"<< /Type /Pages /Kids [{listed}] /Count {len(kids)} >>".encode()
    outlines = _outline(add, outline, kids)
    objects[catalog - 1] = f"<< /Type /Catalog /Pages {tree} 0 R {outlines} >>".encode()
    facts = add(
        "<< " + " ".join(f"/{key} ({value})" for key, value in (info or {}).items()) + " >>"
    )
    return _file(objects, catalog, facts)


def _outline(add, entries: Sequence[tuple[str, int]], kids: list[int]) -> str:
    if not entries:
        return ""
    root = add("")
    first = root + 1
    for number, (title, page) in enumerate(entries):
        after = f"/Next {first + number + 1} 0 R" if number + 1 < len(entries) else ""
        add(f"<< /Title ({title}) /Parent {root} 0 R /Dest [{kids[page]} 0 R /Fit] {after} >>")
    # The root was given its number before its children had theirs.
    last = first + len(entries) - 1
    top = add(f"<< /Type /Outlines /First {first} 0 R /Last {last} 0 R /Count {len(entries)} >>")
    return f"/Outlines {top} 0 R"


def _file(objects: list[bytes], catalog: int, info: int) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n" % number + (body or b"null") + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(
        b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, catalog, info, start)
    )
    return out.getvalue()


def column(lines: Sequence[str], x: float, top: float, size: float = 10) -> list[Text]:
    """Lines under one another."""
    return [Text(x, top - 12 * number, line, size) for number, line in enumerate(lines)]


WORDS = (
    "The model learns to segment lesions from images that were labelled by experts. "
    "It reaches a Dice score of 0.91 on the held-out set. Training took four days on one card. "
)


def wrapped(text: str, width: int = 88) -> list[str]:
    """The text in lines of at most ``width`` characters."""
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) + 1 > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


def paper(pages: int = 3, stamp: str = "arXiv:2304.12306v3 [cs.CV] 1 Apr 2024") -> bytes:
    """A small paper: title, authors, abstract, sections, running heads, references."""
    made = []
    for number in range(1, pages + 1):
        texts = [Text(300, 30, str(number), 9)]
        if number == 1:
            texts += [
                Text(100, 720, "Segmenting Anything in Small Papers", 18, "F2"),
                Text(100, 690, "Ada Lovelace, Alan M. Turing and Grace Hopper", 11),
                Text(100, 676, "University of Nowhere", 10),
                Text(30, 200, stamp, 20, angle=90),
                Text(100, 640, "Abstract", 12, "F2"),
                *column(wrapped(WORDS * 2), 100, 620),
                Text(100, 530, "1 Introduction", 12, "F2"),
                *column(wrapped(WORDS * 8), 100, 510),
            ]
        else:
            texts += [
                Text(100, 770, "Lovelace et al.: Segmenting Anything", 9, "F3"),
                Text(100, 730, f"{number} Section {'ABCDEFG'[number]} of the paper", 12, "F2"),
                *column(wrapped(WORDS * 8), 100, 710),
            ]
        if number == pages:
            texts += [
                Text(100, 400, "References", 12, "F2"),
                *column(
                    [
                        f"[{n}] A. Author. A title of a paper. Journal, {1990 + n}."
                        for n in range(1, 9)
                    ],
                    100,
                    380,
                ),
            ]
        made.append(PageSource(texts))
    return build(made)


def write(path: Path, data: bytes) -> Path:
    """The path, written."""
    path.write_bytes(data)
    return path


def with_links(data: bytes, links: Sequence[tuple[int, str, tuple[float, ...]]]) -> bytes:
    """The PDF with links: (page index, address, (left, bottom, right, top) in points)."""
    import pypdf
    from pypdf.annotations import Link

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    for page, uri, box in links:
        writer.add_annotation(page, Link(rect=box, url=uri))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def bibliography(entries: Sequence[str], width: int = 60, hang: str = "  ") -> list[str]:
    """Entries wrapped into lines of at most ``width`` characters, those that go on indented."""
    lines: list[str] = []
    for entry in entries:
        first, *rest = wrapped(entry, width)
        lines += [first, *(hang + line for line in rest)]
    return lines


def hanging(lines: Sequence[str], x: float, top: float, indent: float = 12) -> list[Text]:
    """Lines under one another; those that begin with a space stand ``indent`` points inwards."""
    return [
        Text(x + indent * line.startswith(" "), top - 12 * number, line.strip(), 9)
        for number, line in enumerate(lines)
    ]
