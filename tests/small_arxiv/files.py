"""PDFs and HTML over HTTP, and what stands in their place when there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import Answer, Body, page
from .papers import split_id

if TYPE_CHECKING:
    from .papers import Paper, Version, World

_KEPT_OF_TRUNCATED = 0.6


def answer_pdf(world: World, name: str) -> Answer:
    """The answer for ``/pdf/<name>``."""
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
    return Answer(200, body, {"Content-Type": "application/pdf"})


def answer_html(world: World, name: str) -> Answer:
    """The answer for ``/html/<name>``."""
    found = split_id(name)
    with world.lock:
        html = world.html.get((found[0], found[1] or 0)) if found else None
    if html is None:
        return page(404, "Not found", f"There is no HTML of {name}.")
    return Answer(200, Body(html.encode()), {"Content-Type": "text/html; charset=utf-8"})


def _body(world: World, paper: Paper, version: Version) -> Body:
    whole = world.pdf(paper.arxiv_id, version.number)
    if paper.manner == "truncated":
        return Body(whole[: int(_KEPT_OF_TRUNCATED * len(whole))])
    if paper.manner == "oversize":
        return Body(whole, max(0, world.oversize - len(whole)))
    return Body(whole)
