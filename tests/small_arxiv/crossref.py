"""Crossref's API as far as notices go: the record of one DOI."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .answers import Answer, Body

if TYPE_CHECKING:
    from .papers import World


def answer_crossref(world: World, doi: str) -> Answer:
    """The record of an article of the world, or of one that notices were put on."""
    with world.lock:
        paper = next((one for one in world.papers() if (one.doi or "").lower() == doi), None)
        notices = world.notices.get(doi)
    if paper is None and notices is None:
        return Answer(404, Body(b"Resource not found."), {"Content-Type": "text/plain"})
    message = {"DOI": doi, "title": [paper.title if paper else ""], **(notices or {})}
    value = {"status": "ok", "message-type": "work", "message": message}
    return Answer(200, Body(json.dumps(value).encode()), {"Content-Type": "application/json"})
