"""The proof of a citation: the sentence in its paragraph, on its page, in its paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fmqa.answering.citing import paper_url
from fmqa.answering.schema import Citation
from fmqa.reading.page_images import NoPageImage, PageImages, PdfFile
from fmqa.types import Source, printed_label

if TYPE_CHECKING:
    from fmqa.reading.boxes import Box, QuoteBoxes
    from fmqa.store.library import Library
    from fmqa.store.version_store import HeldVersion
    from fmqa.types import Page

EVIDENCE_PATH = "evidence"
IMAGE_PATH = "page-image"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands: characters ``start`` to ``end`` of a page of a version."""

    paper: str
    version: int
    source: Source
    page: int
    start: int
    end: int

    @classmethod
    def of(cls, citation: Citation) -> Place:
        """A citation's."""
        return cls(
            citation.paper_id,
            citation.version or 0,
            Source(citation.source),
            citation.page,
            citation.start,
            citation.end,
        )

    @property
    def address(self) -> str:
        """Where its evidence is served, relative to the page's own address."""
        fields = {
            "paper": self.paper,
            "version": self.version,
            "source": self.source.value,
            "page": self.page,
            "start": self.start,
            "end": self.end,
        }
        return f"{EVIDENCE_PATH}?{urlencode(fields)}"


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """A quote with all that shows that it stands there.

    ``before`` and ``after`` are the rest of its paragraph, or of the whole note. ``boxes`` is None
    where the page's image can't be shown, and ``why`` says why: ``note``, ``missing``,
    ``changed``, ``unreadable``; it is ``unplaced`` where the image is there and the boxes aren't.
    ``heads`` are the boxes of the heads of a table's row.
    """

    held: HeldVersion
    page: int
    label: str
    section: str
    before: str
    quote: str
    after: str
    url: str
    boxes: QuoteBoxes | None = None
    why: str = ""
    heads: tuple[Box, ...] = ()


def find_evidence(
    library: Library, images: PageImages, place: Place, pdf_url: str
) -> EvidenceView | None:
    """The evidence at a place; None where the record doesn't hold that place (any longer)."""
    held = library.versions.find(place.paper, place.version, place.source)
    page = None if held is None else library.versions.page(held.id, place.page)
    if held is None or page is None or not 0 <= place.start < place.end <= len(page.text):
        return None
    low, high = _around(page.text, place)
    boxes, why = _boxes(images, held, page, place)
    above = library.versions.heads(held.id, place.page, place.start) if boxes else ()
    file = PdfFile(held.file, held.sha256)
    drawn = [images.boxes(file, page, span.start, span.end) for span in above]
    return EvidenceView(
        held=held,
        page=place.page,
        label=printed_label(held.labels, place.page),
        section=library.versions.section(held.id, place.page, place.start),
        before=page.text[low : place.start],
        quote=page.text[place.start : place.end],
        after=page.text[place.end : high],
        url=paper_url(pdf_url.rstrip("/"), held.meta, held.source, place.page),
        boxes=boxes,
        why=why,
        heads=tuple(box for found in drawn for box in found.boxes),
    )


def _around(text: str, place: Place) -> tuple[int, int]:
    """The paragraph that holds the quote; of a note, all of it."""
    if place.source is Source.NOTE:
        return 0, len(text)
    low = text.rfind("\n", 0, place.start) + 1
    high = text.find("\n", place.end)
    return low, len(text) if high < 0 else high


def _boxes(
    images: PageImages, held: HeldVersion, page: Page, place: Place
) -> tuple[QuoteBoxes | None, str]:
    if held.source is Source.NOTE:
        return None, "note"
    file = PdfFile(held.file, held.sha256)
    try:
        boxes = images.boxes(file, page, place.start, place.end)
    except NoPageImage as problem:
        return None, problem.why
    if not boxes.width or not boxes.height:
        return None, "unreadable"
    return boxes, "" if boxes.boxes else "unplaced"
