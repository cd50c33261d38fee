"""The evidence panel: its HTML, its address, and the addresses of the pages' images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Response

from fmqa.apps.asgi import Mount
from fmqa.apps.web.evidence_lookup import (
    EVIDENCE_PATH,
    IMAGE_PATH,
    EvidenceView,
    Place,
    find_evidence,
)
from fmqa.apps.web.markup import escaped, joined, on_page, outward, safe_url
from fmqa.apps.web.wording import IN_ENGLISH, LANGUAGES, Wording
from fmqa.reading.page_images import NoPageImage, PdfFile
from fmqa.types import PaperStatus, Source

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.reading.boxes import Box, QuoteBoxes

_SOURCES_SHOWN = 8


def panel(evidence: EvidenceView, say: Wording) -> str:
    """What the panel holds for one citation."""
    return (
        f'<article class="fmqa-evidence" lang="{say.code}">{_head(evidence, say)}'
        f"{_paragraph(evidence, say)}{_page(evidence, say)}{_lookups(evidence, say)}</article>"
    )


def nothing(say: Wording) -> str:
    """What it holds where the record doesn't know the place."""
    lead = escaped(say("This source is no longer in the library."))
    hint = escaped(say("It was replaced or removed since the answer was given. Ask again."))
    return (
        f'<article class="fmqa-evidence" lang="{say.code}"><div class="fmqa-problem" role="alert">'
        f'<h2 tabindex="-1" class="fmqa-lead">{lead}</h2><p>{hint}</p></div></article>'
    )


def _head(evidence: EvidenceView, say: Wording) -> str:
    meta, note = evidence.held.meta, evidence.held.source is Source.NOTE
    where = say("our note") if note else on_page(evidence.page, evidence.label, say)
    section = say("section {section}", section=evidence.section) if evidence.section else ""
    year = "" if meta.year is None else str(meta.year)
    return (
        f'<header><p class="fmqa-eyebrow">{joined(where, section)}</p>'
        f'<h2 tabindex="-1">{escaped(meta.title)}</h2>'
        f'<p class="fmqa-meta">{joined(", ".join(meta.authors), year)}</p>'
        f"{_facts(evidence, say)}{_link(evidence, say)}</header>"
    )


def _facts(evidence: EvidenceView, say: Wording) -> str:
    meta, status = evidence.held.meta, evidence.held.status
    version = f"v{meta.version}" if meta.version else ""
    arxiv = f"arXiv {meta.arxiv_id}{version}" if meta.arxiv_id else version
    badge = "" if status is PaperStatus.CURRENT else " fmqa-warned"
    facts = [
        (say("Version"), f'<span class="fmqa-id">{escaped(arxiv)}</span>' if arxiv else ""),
        (
            say("Status"),
            f'<span class="fmqa-status-word{badge}">{escaped(say(status.value))}</span>',
        ),
        (say("Kind"), escaped(say(meta.kind)) if meta.kind else ""),
        (say("Modality"), escaped(", ".join(say(one) for one in meta.modality))),
    ]
    rows = "".join(
        f"<div><dt>{escaped(name)}</dt><dd>{value}</dd></div>" for name, value in facts if value
    )
    return f'<dl class="fmqa-facts">{rows}</dl>'


def _link(evidence: EvidenceView, say: Wording) -> str:
    url = safe_url(evidence.url)
    if not url:
        return ""
    on_arxiv = urlsplit(url).hostname == "arxiv.org"
    if evidence.held.source is Source.NOTE:
        return outward(url, say("Open the paper on arXiv" if on_arxiv else "Open the paper"))
    words = "Open page {page} on arXiv" if on_arxiv else "Open page {page}"
    return outward(url, say(words, page=evidence.page))


def _paragraph(evidence: EvidenceView, say: Wording) -> str:
    note = evidence.held.source is Source.NOTE
    name = escaped(say("The whole note") if note else say("In its paragraph"))
    before = f"{escaped(evidence.before)} " if evidence.before.strip() else ""
    after = f" {escaped(evidence.after)}" if evidence.after.strip() else ""
    return (
        f'<section><h3>{name}</h3><p class="fmqa-paragraph" lang="en">'
        f"{before}<mark>{escaped(evidence.quote)}</mark>{after}</p></section>"
    )


def _page(evidence: EvidenceView, say: Wording) -> str:
    reasons = {
        "note": "",
        "missing": say("The PDF is no longer where it was read from, so only its text is shown."),
        "changed": say("The PDF was changed since it was read, so only its text is shown."),
        "unreadable": say("The page can’t be drawn, so only its text is shown."),
        "unplaced": say("This page’s reader knows no places, so the quote isn’t marked on it."),
    }
    reason = reasons.get(evidence.why, "")
    said = f'<p class="fmqa-why" role="note">{escaped(reason)}</p>' if reason else ""
    if evidence.boxes is None:
        return said
    name = escaped(say("On the page"))
    return f"<section><h3>{name}</h3>{said}{_sheet(evidence, evidence.boxes, say)}</section>"


def _sheet(evidence: EvidenceView, found: QuoteBoxes, say: Wording) -> str:
    """The page's image with the boxes over it, in shares of its size."""
    what = say(
        "Page {page} of “{title}”, the quote marked",
        page=evidence.page,
        title=evidence.held.meta.title,
    )
    return (
        f'<div class="fmqa-leaf" style="aspect-ratio:{found.width:.2f}/{found.height:.2f}">'
        f'<img src="{IMAGE_PATH}/{evidence.held.id}/{evidence.page}.png" alt="{escaped(what)}">'
        f"{''.join(_marked(box, found, 'fmqa-head') for box in evidence.heads)}"
        f"{''.join(_marked(box, found, 'fmqa-box') for box in found.boxes)}</div>"
    )


def _marked(box: Box, found: QuoteBoxes, kind: str) -> str:
    left, width = box.left / found.width, (box.right - box.left) / found.width
    top, height = box.top / found.height, (box.bottom - box.top) / found.height
    return (
        f'<span class="{kind}" style="left:{left:.4%};top:{top:.4%};'
        f'width:{width:.4%};height:{height:.4%}"></span>'
    )


def _lookups(evidence: EvidenceView, say: Wording) -> str:
    """Where a note's facts were looked up."""
    links = _linked(evidence.held.lookups)
    if not links:
        return ""
    return f"<section><h3>{escaped(say('Looked up in'))}</h3><ul>{links}</ul></section>"


def _linked(addresses: Sequence[str]) -> str:
    shown = [safe_url(address) for address in addresses[:_SOURCES_SHOWN]]
    return "".join(f"<li>{outward(url, url)}</li>" for url in shown if url)


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
