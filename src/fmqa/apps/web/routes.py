"""The app's own addresses for the evidence panel: its text, and the pages' images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Response

from fmqa.apps.asgi import Mount
from fmqa.apps.web.evidence import EVIDENCE_PATH, IMAGE_PATH, Place, find_evidence
from fmqa.apps.web.panel import nothing, panel
from fmqa.apps.web.wording import IN_ENGLISH, LANGUAGES
from fmqa.reading.page_images import NoPageImage, PdfFile
from fmqa.types import Source

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench

_LONGEST_ID = 200
_LARGEST = 2**31
_PRIVATE = "private, max-age=86400"


def mount(bench: Workbench) -> Mount:
    """The routes of citations' evidence and of the images of the pages that the record holds.

    A request names a version and a page, which are looked up; no path ever comes from it.

    Args:
        bench: whose record is asked and whose pages are drawn.
    """
    router = APIRouter()
    wordings = {wording.code: wording for wording in LANGUAGES}

    def evidence(  # noqa: PLR0913, PLR0917 - a request's fields
        paper: Annotated[str, Query(max_length=_LONGEST_ID)],
        version: Annotated[int, Query(ge=0, lt=_LARGEST)],
        source: Source,
        page: Annotated[int, Query(ge=1, lt=_LARGEST)],
        start: Annotated[int, Query(ge=0, lt=_LARGEST)],
        end: Annotated[int, Query(ge=0, lt=_LARGEST)],
        lang: str = IN_ENGLISH.code,
    ) -> Response:
        """The evidence panel's HTML for one citation."""
        say = wordings.get(lang, IN_ENGLISH)
        place = Place(paper, version, source, page, start, end)
        found = find_evidence(bench.library, bench.page_images, place, bench.settings.arxiv_pdf_url)
        html = nothing(say) if found is None else panel(found, say)
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
