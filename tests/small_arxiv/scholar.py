"""Semantic Scholar's Graph API: papers, their references, the match of a title."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .answers import Answer, Body
from .papers import random_of

if TYPE_CHECKING:
    from .papers import Entry, Paper, World

_FIELDS = frozenset(
    "paperId corpusId title year authors externalIds abstract venue url publicationDate "
    "citationCount referenceCount isOpenAccess openAccessPdf publicationVenue journal "
    "fieldsOfStudy tldr".split()
)
_OF_REFERENCES = frozenset("contexts intents isInfluential contextsWithIntent".split())
_MOST = 1000


def answer_scholar(world: World, path: str, asked: Mapping[str, str]) -> Answer:
    """The answer for ``path``, which begins behind ``/graph/v1``."""
    listed = path.endswith("/references")
    fields = [name.strip() for name in asked.get("fields", "paperId,title").split(",")]
    fields = [name.removeprefix("citedPaper.") for name in fields]
    known = _FIELDS | _OF_REFERENCES if listed else _FIELDS
    wrong = [name for name in fields if name not in known]
    if wrong:
        return _json(400, {"error": f"Unrecognized or unsupported fields: [{', '.join(wrong)}]"})
    if path == "/paper/search/match":
        return _match(world, asked.get("query", ""), fields)
    if not path.startswith("/paper/"):
        return _json(404, {"error": "Not found"})
    named = unquote(path.removeprefix("/paper/").removesuffix("/references"))
    paper = _paper(world, named)
    if paper is None:
        return _json(404, {"error": f"Paper with id {named} not found"})
    if not listed:
        return _json(200, _facts(_known(paper), fields))
    return _references(world, paper, fields, asked)


def scholar_references(world: World, paper: Paper) -> list[dict[str, Any]]:
    """All that is known of the works that a paper cites, in no particular order."""
    made = [_cited(world, entry) for entry in paper.entries]
    random_of("scholar", paper.arxiv_id).shuffle(made)
    return made


def _references(world: World, paper: Paper, fields: list[str], asked: Mapping[str, str]) -> Answer:
    offset, limit = asked.get("offset", "0"), asked.get("limit", "100")
    if not offset.isdecimal() or not limit.isdecimal() or not 1 <= int(limit) <= _MOST:
        return _json(400, {"error": f"limit must be between 1 and {_MOST}, offset from 0"})
    start, size = int(offset), int(limit)
    with world.lock:
        every = scholar_references(world, paper)
    shown = every[start : start + size]
    answer: dict[str, Any] = {"offset": start}
    if start + size < len(every):
        answer["next"] = start + size
    extra: dict[str, list[str]] = {name: [] for name in fields if name in _OF_REFERENCES}
    answer["data"] = [{**extra, "citedPaper": _facts(facts, fields)} for facts in shown]
    return _json(200, answer)


def _cited(world: World, entry: Entry) -> dict[str, Any]:
    """What is known of an entry: some arXiv ids, some DOIs, of some works not even an id."""
    paper = world.get(entry.arxiv_id) if entry.arxiv_id else None
    ids: dict[str, str] = {}
    if entry.scholar_knows and entry.arxiv_id:
        ids["ArXiv"] = entry.arxiv_id
        ids["DOI"] = f"10.48550/arXiv.{entry.arxiv_id}"
    elif entry.doi:
        ids["DOI"] = entry.doi
    title = paper.title if paper and entry.how in ("text", "doi", "link") else entry.printed_title
    unknown = not entry.arxiv_id and not entry.doi
    return {
        "paperId": None if unknown else _key(entry.arxiv_id or entry.printed_title),
        "title": title,
        "year": entry.year,
        "authors": [{"authorId": _number(name), "name": name} for name in entry.authors],
        "externalIds": ids or None,
        "venue": "",
    }


def _known(paper: Paper) -> dict[str, Any]:
    return {
        "paperId": _key(paper.arxiv_id),
        "title": paper.title,
        "year": paper.year,
        "authors": [{"authorId": _number(name), "name": name} for name in paper.authors],
        "externalIds": {"ArXiv": paper.arxiv_id, "DOI": f"10.48550/arXiv.{paper.arxiv_id}"},
        "abstract": paper.abstract,
        "referenceCount": len(paper.entries),
        "publicationDate": paper.published[:10],
    }


def _facts(facts: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    """The facts that were asked for; ``paperId`` always comes along."""
    shown = [name for name in fields if name not in _OF_REFERENCES and name != "paperId"]
    return {"paperId": facts["paperId"], **{name: facts.get(name) for name in shown}}


def _paper(world: World, named: str) -> Paper | None:
    scheme, _, rest = named.partition(":")
    if scheme.casefold() == "arxiv":
        return world.get(rest)
    if scheme.casefold() == "doi" or named.casefold().startswith("10.48550/arxiv."):
        return world.get((rest or named).split("/", 1)[-1][len("arxiv.") :])
    return next((p for p in world.papers() if _key(p.arxiv_id) == named), None)


def _match(world: World, query: str, fields: list[str]) -> Answer:
    """The closest title, as the real service does; 404 where nothing is close."""

    def likeness(paper: Paper) -> float:
        return SequenceMatcher(None, query.casefold(), paper.title.casefold()).ratio()

    best = max(world.papers(), key=likeness, default=None)
    if not query or best is None or likeness(best) < 0.6:
        return _json(404, {"error": "Title match not found"})
    facts = _facts(_known(best), fields)
    return _json(200, {"data": [{**facts, "matchScore": round(200 * likeness(best), 3)}]})


def _key(name: str) -> str:
    return hashlib.sha1(name.encode()).hexdigest()


def _number(name: str) -> str:
    return str(int(_key(name)[:7], 16))


def _json(status: int, value: object) -> Answer:
    return Answer(
        status, Body(json.dumps(value).encode() + b"\n"), {"Content-Type": "application/json"}
    )
