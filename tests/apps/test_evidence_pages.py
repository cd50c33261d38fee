"""The evidence of a quote that goes over two pages: both of them, each with its own boxes."""

from __future__ import annotations

import re
import sys
from html import unescape
from pathlib import Path

import pypdfium2 as pdfium

sys.path.append(str(Path(__file__).parents[1] / "reading"))

from pdfs import PageSource, Text, build, column, wrapped

from fakes import HashEmbedder
from fmqa.answering.citing import Numbering
from fmqa.answering.quotes import units_of
from fmqa.apps.web.evidence import Place, find_evidence, panel
from fmqa.apps.web.markup import place
from fmqa.apps.web.wording import IN_ENGLISH
from fmqa.reading.page_images import PageImages
from fmqa.reading.pool import ReadLimits
from fmqa.store.library import Library
from fmqa.sync.ingestor import Ingestor
from fmqa.types import Hit

MODEL = "hash:64"
PROSE = "Experts mark every lesion of the liver twice and settle what they disagree on. " * 30
CUT = ("The larch network was trained on", "forty thousand slices of the liver from six hospitals.")


def paper(path: Path) -> Path:
    first = [
        Text(72, 740, "Larch: a network for livers", 18, "F2"),
        *column(["1 Introduction"], 72, 715, 12),
        *column(wrapped(f"{PROSE}{CUT[0]}"), 72, 700),
    ]
    second = column(wrapped(f"{CUT[1]} {PROSE}"), 72, 740)
    path.write_bytes(build([PageSource(first), PageSource(second)]))
    return path  # fmt: skip


def letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def test_both_pages_are_shown_with_their_part_marked(library: Library, tmp_path: Path) -> None:
    file = paper(tmp_path / "larch.pdf")
    Ingestor(library, MODEL, HashEmbedder().embed_array).ingest_files([file], ReadLimits())
    held = library.record.passages(library.record.active_ids())
    [quote] = [unit for one in held.values() for unit in units_of(Hit(one, 0.0)) if unit.rest]
    citation = Numbering("https://arxiv.org/pdf").cite(quote)[1]
    assert (citation.whole, place(citation)) == (" ".join(CUT), "pages 1–2")

    at = Place.of(citation)
    found = find_evidence(library, PageImages(), at, "https://arxiv.org/pdf")
    assert found is not None
    assert found.rest is not None
    with pdfium.PdfDocument(file) as document:
        for part, text in zip((found, found.rest), CUT, strict=True):
            assert letters(part.quote) == letters(text)
            assert part.boxes is not None
            page = document[part.page - 1]
            height, words = page.get_height(), page.get_textpage()
            inside = "".join(
                words.get_text_bounded(
                    box.left - 0.5, height - box.bottom - 0.5,
                    box.right + 0.5, height - box.top + 0.5,
                )
                for _, box in part.marks
            )  # fmt: skip
            assert letters(inside) == letters(text)
    shown = unescape(panel(found, IN_ENGLISH))
    assert re.findall(r"/(\d+)\.png", shown) == ["1", "2"]
    assert len(re.findall(r"<mark>", shown)) == 2
    gone = at.model_copy(update={"rest_start": 5, "rest_end": 99_999})
    alone = find_evidence(library, PageImages(), gone, "")
    assert alone is not None
    assert alone.rest is None
