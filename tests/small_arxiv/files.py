"""PDFs over HTTP, with ranges, and what stands in their place when there are none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from email.utils import format_datetime
from typing import TYPE_CHECKING

from .answers import Answer, Body, page
from .papers import moment, split_id

if TYPE_CHECKING:
    from .papers import Paper, Version, World

_RANGE = re.compile(r"bytes=(?:(?P<first>\d+)-(?P<last>\d*)|-(?P<tail>\d+))")
_KEPT_OF_TRUNCATED = 0.6


def answer_pdf(world: World, name: str, headers: Mapping[str, str]) -> Answer:
    """The answer for ``/pdf/<name>``; ``headers`` are the request's."""
    found = split_id(name.removesuffix(".pdf"))
    with world.lock:
        paper = world.get(found[0]) if found else None
        version = paper.version(found[1]) if paper and found else None
        if paper is None or version is None:
            return page(404, "Not found", f"There is no paper {name}.")
        if version.withdrawn:
            told = f"The paper {paper.arxiv_id} has been withdrawn; no PDF is available."
            return page(paper.gone, "Withdrawn", told)
        body = _body(world, paper, version)
    tag = f'"{hashlib.sha1(body.data).hexdigest()[:20]}"'
    changed = format_datetime(moment(version.updated), usegmt=True)
    facts = {
        "Content-Type": "application/pdf",
        "ETag": tag,
        "Last-Modified": changed,
        "Accept-Ranges": "bytes",
    }
    if headers.get("If-None-Match") == tag:
        return Answer(304, Body(), facts)
    chunked = paper.manner == "oversize" and not world.oversize_declared
    asked = headers.get("Range", "")
    if asked and headers.get("If-Range", tag) in (tag, changed):
        return _part(body, asked, facts)
    return Answer(200, body, facts, chunked=chunked)


def _body(world: World, paper: Paper, version: Version) -> Body:
    whole = world.pdf(paper.arxiv_id, version.number)
    if paper.manner == "truncated":
        return Body(whole[: int(_KEPT_OF_TRUNCATED * len(whole))])
    if paper.manner == "oversize":
        return Body(whole, max(0, world.oversize - len(whole)))
    return Body(whole)


def _part(body: Body, asked: str, facts: dict[str, str]) -> Answer:
    """The part that a Range header asks for; the whole where the header isn't understood."""
    match = _RANGE.fullmatch(asked.strip())
    if match is None:
        return Answer(200, body, facts)
    size = len(body)
    if match["tail"]:
        first, last = max(0, size - int(match["tail"])), size - 1
    else:
        first = int(match["first"])
        last = min(int(match["last"]) if match["last"] else size - 1, size - 1)
    if first > last:
        return Answer(416, Body(), {**facts, "Content-Range": f"bytes */{size}"})
    told = {**facts, "Content-Range": f"bytes {first}-{last}/{size}"}
    return Answer(206, body.cut(first, last + 1), told)
