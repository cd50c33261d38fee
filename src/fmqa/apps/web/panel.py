"""The evidence panel as HTML: the paper's card, the sentence in its paragraph, the page itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fmqa.apps.web.evidence import IMAGE_PATH, Evidence
from fmqa.apps.web.render import escaped, joined, outward, safe_url
from fmqa.apps.web.wording import Wording
from fmqa.types import PaperStatus, Source

if TYPE_CHECKING:
    from fmqa.reading.boxes import Box, QuoteBoxes

_SOURCES_SHOWN = 8


def panel(evidence: Evidence, say: Wording) -> str:
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


def _head(evidence: Evidence, say: Wording) -> str:
    meta, note = evidence.held.meta, evidence.held.source is Source.NOTE
    where = say("our note") if note else say("page {page}", page=evidence.page)
    section = say("section {section}", section=evidence.section) if evidence.section else ""
    year = "" if meta.year is None else str(meta.year)
    return (
        f'<header><p class="fmqa-eyebrow">{joined(where, section)}</p>'
        f'<h2 tabindex="-1">{escaped(meta.title)}</h2>'
        f'<p class="fmqa-meta">{joined(", ".join(meta.authors), year)}</p>'
        f"{_facts(evidence, say)}{_link(evidence, say)}</header>"
    )


def _facts(evidence: Evidence, say: Wording) -> str:
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


def _link(evidence: Evidence, say: Wording) -> str:
    url = safe_url(evidence.url)
    if not url:
        return ""
    on_arxiv = urlsplit(url).hostname == "arxiv.org"
    if evidence.held.source is Source.NOTE:
        return outward(url, say("Open the paper on arXiv" if on_arxiv else "Open the paper"))
    words = "Open page {page} on arXiv" if on_arxiv else "Open page {page}"
    return outward(url, say(words, page=evidence.page))


def _paragraph(evidence: Evidence, say: Wording) -> str:
    note = evidence.held.source is Source.NOTE
    name = escaped(say("The whole note") if note else say("In its paragraph"))
    before = f"{escaped(evidence.before)} " if evidence.before.strip() else ""
    after = f" {escaped(evidence.after)}" if evidence.after.strip() else ""
    return (
        f'<section><h3>{name}</h3><p class="fmqa-paragraph" lang="en">'
        f"{before}<mark>{escaped(evidence.quote)}</mark>{after}</p></section>"
    )


def _page(evidence: Evidence, say: Wording) -> str:
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


def _sheet(evidence: Evidence, found: QuoteBoxes, say: Wording) -> str:
    """The page's image with the boxes over it, in shares of its size."""
    what = say(
        "Page {page} of “{title}”, the quote marked",
        page=evidence.page,
        title=evidence.held.meta.title,
    )
    return (
        f'<div class="fmqa-leaf" style="aspect-ratio:{found.width:.2f}/{found.height:.2f}">'
        f'<img src="{IMAGE_PATH}/{evidence.held.id}/{evidence.page}.png" alt="{escaped(what)}">'
        f"{''.join(_marked(box, found) for box in found.boxes)}</div>"
    )


def _marked(box: Box, found: QuoteBoxes) -> str:
    left, width = box.left / found.width, (box.right - box.left) / found.width
    top, height = box.top / found.height, (box.bottom - box.top) / found.height
    return (
        f'<span class="fmqa-box" style="left:{left:.4%};top:{top:.4%};'
        f'width:{width:.4%};height:{height:.4%}"></span>'
    )


def _lookups(evidence: Evidence, say: Wording) -> str:
    """Where a note's facts were looked up."""
    links = _linked(evidence.held.lookups)
    if not links:
        return ""
    return f"<section><h3>{escaped(say('Looked up in'))}</h3><ul>{links}</ul></section>"


def _linked(addresses: Sequence[str]) -> str:
    shown = [safe_url(address) for address in addresses[:_SOURCES_SHOWN]]
    return "".join(f"<li>{outward(url, url)}</li>" for url in shown if url)
