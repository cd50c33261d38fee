"""PDFs over HTTP, and what stands in their place when there are none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from email.utils import format_datetime
from typing import TYPE_CHECKING

from .answers import Answer, Body, page
from .papers import moment, split_id

if TYPE_CHECKING:
    from .papers import Paper, Version, World

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
    }
    if headers.get("If-None-Match") == tag:
        return Answer(304, Body(), facts)
    chunked = paper.manner == "oversize" and not world.oversize_declared
    return Answer(200, body, facts, chunked=chunked)


def _body(world: World, paper: Paper, version: Version) -> Body:
    whole = world.pdf(paper.arxiv_id, version.number)
    if paper.manner == "truncated":
        return Body(whole[: int(_KEPT_OF_TRUNCATED * len(whole))])
    if paper.manner == "oversize":
        return Body(whole, max(0, world.oversize - len(whole)))
    return Body(whole)
