"""The evidence panel: a citation's sentence in its paragraph, on its page, in its paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from fmqa.answering.citing import paper_url
from fmqa.answering.schema import Citation
from fmqa.apps.asgi import Mount
from fmqa.apps.web.markup import safe_url, view
from fmqa.apps.web.wording import IN_ENGLISH, LANGUAGES, Wording
from fmqa.reading.page_images import NoPageImage, PageImages, PdfFile
from fmqa.types import PaperStatus, Source, printed_label

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.reading.boxes import Box, QuoteBoxes
    from fmqa.store.library import Library
    from fmqa.store.version_store import HeldVersion
    from fmqa.types import Page

EVIDENCE_PATH = "evidence"
IMAGE_PATH = "page-image"
_SOURCES_SHOWN = 8
_LONGEST_ID = 200
_LARGEST = 2**31
_PRIVATE = "private, max-age=86400"


_At = Annotated[int, Field(ge=0, lt=_LARGEST)]


class Place(BaseModel):
    """Where a quote stands: characters ``start`` to ``end`` of a page of a version.

    Where the page's end cuts it, it goes on at ``rest_start`` to ``rest_end`` of the next page.
    """

    model_config = ConfigDict(frozen=True)

    paper: Annotated[str, Field(max_length=_LONGEST_ID)]
    version: _At
    source: Source
    page: Annotated[int, Field(ge=1, lt=_LARGEST)]
    start: _At
    end: _At
    rest_start: _At = 0
    rest_end: _At = 0

    @classmethod
    def of(cls, citation: Citation) -> Place:
        """A citation's."""
        rest = citation.goes_on
        return cls(
            paper=citation.paper_id,
            version=citation.version or 0,
            source=Source(citation.source),
            page=citation.page,
            start=citation.start,
            end=citation.end,
            rest_start=rest.start if rest else 0,
            rest_end=rest.end if rest else 0,
        )

    @property
    def rest(self) -> Place | None:
        """Where the quote goes on, if it does."""
        if not self.rest_end:
            return None
        at = {"page": self.page + 1, "start": self.rest_start, "end": self.rest_end}
        return self.model_copy(update=at | {"rest_start": 0, "rest_end": 0})

    @property
    def address(self) -> str:
        """Where its evidence is served, relative to the page's own address."""
        fields = self.model_dump(mode="json", exclude_defaults=True)
        return f"{EVIDENCE_PATH}?{urlencode(fields)}"


class _Asked(Place):
    """A place, and the language that its evidence is shown in."""

    lang: str = IN_ENGLISH.code


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """A quote with all that shows that it stands there.

    ``before`` and ``after`` are the rest of its paragraph, or of the whole note. ``boxes`` is None
    where the page's image can't be shown, and ``why`` says why: ``note``, ``missing``,
    ``changed``, ``unreadable``; it is ``unplaced`` where the image is there and the boxes aren't.
    ``heads`` are the boxes of the heads of a table's row. ``rest`` is the same of the quote's end
    on the next page, where it has one there.
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
    rest: EvidenceView | None = None

    @property
    def image(self) -> str:
        """Where the page's image is, relative to the page's own address."""
        return f"{IMAGE_PATH}/{self.held.id}/{self.page}.png"

    @property
    def marks(self) -> Iterator[tuple[str, Box]]:
        """What is marked on the page: heads of a table, then the quote."""
        yield from (("fmqa-head", box) for box in self.heads)
        yield from (("fmqa-box", box) for box in (self.boxes.boxes if self.boxes else ()))


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
        rest=find_evidence(library, images, place.rest, pdf_url) if place.rest else None,
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


def panel(found: EvidenceView, say: Wording) -> str:
    """What the panel holds for one citation."""
    meta, status = found.held.meta, found.held.status
    version = f"v{meta.version}" if meta.version else ""
    arxiv = f"arXiv {meta.arxiv_id}{version}" if meta.arxiv_id else version
    warned = "" if status is PaperStatus.CURRENT else " fmqa-warned"
    facts = (
        (say("Version"), arxiv, "fmqa-id"),
        (say("Status"), say(status.value), f"fmqa-status-word{warned}"),
        (say("Kind"), say(meta.kind), ""),
        (say("Modality"), ", ".join(say(one) for one in meta.modality), ""),
    )
    lookups = [url for url in map(safe_url, found.held.lookups[:_SOURCES_SHOWN]) if url]
    return view("evidence.panel", say, found, facts, _link(found, say), lookups)


def _link(found: EvidenceView, say: Wording) -> tuple[str, str] | None:
    """The paper's address, and what the link to it says."""
    url = safe_url(found.url)
    if not url:
        return None
    on_arxiv = urlsplit(url).hostname == "arxiv.org"
    if found.held.source is Source.NOTE:
        return url, say("Open the paper on arXiv" if on_arxiv else "Open the paper")
    words = "Open page {page} on arXiv" if on_arxiv else "Open page {page}"
    return url, say(words, page=found.page)


def mount(bench: Workbench) -> Mount:
    """The routes of citations' evidence and of the images of the pages that the record holds.

    A request names a version and a page, which are looked up; no path ever comes from it.

    Args:
        bench: whose record is asked and whose pages are drawn.
    """
    router = APIRouter()
    wordings = {wording.code: wording for wording in LANGUAGES}

    def evidence(asked: Annotated[_Asked, Query()]) -> Response:
        """The evidence panel's HTML for one citation."""
        say = wordings.get(asked.lang, IN_ENGLISH)
        found = find_evidence(bench.library, bench.page_images, asked, bench.settings.arxiv_pdf_url)
        html = panel(found, say) if found is not None else view("evidence.nothing", say)
        return Response(html, 404 if found is None else 200, media_type="text/html; charset=utf-8")

    def page_image(version_id: int, number: int) -> Response:
        """One page of a version's PDF as a PNG."""
        known = 0 <= version_id < _LARGEST and 1 <= number < _LARGEST
        held = bench.library.versions.get(version_id) if known else None
        if held is None or held.source is not Source.PDF:
            return Response("No such page.", 404, media_type="text/plain")
        try:
            png = bench.page_images.image(PdfFile(held.file, held.sha256), number)
        except NoPageImage as problem:
            return Response(f"{problem} {problem.hint}", 404, media_type="text/plain")
        return Response(png, media_type="image/png", headers={"cache-control": _PRIVATE})

    router.add_api_route(f"/{EVIDENCE_PATH}", evidence, response_class=Response)
    image_path = f"/{IMAGE_PATH}/{{version_id}}/{{number}}.png"
    router.add_api_route(image_path, page_image, response_class=Response)
    return Mount(tuple(router.routes))
