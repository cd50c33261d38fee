"""Semantic Scholar: which papers a paper cites, as its Graph API knows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fmqa.errors import NotServed
from fmqa.sources.arxiv_ids import ArxivId, parse_id
from fmqa.sources.service import Pacer
from fmqa.sources.transport import ServiceClient, silent

if TYPE_CHECKING:
    from fmqa.settings import Settings

_PAGE = 1000
_MOST = 9000  # the API serves no offsets of 10,000 and more
_REFUSALS = 5  # without a key all the world shares its limit; arXiv's title search has to do then
_FIELDS = "title,year,authors,externalIds"


@dataclass(frozen=True, slots=True)
class ScholarReference:
    """A cited paper. ``arxiv_id`` is bare; fields that the service doesn't know are empty."""

    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    arxiv_id: str | None = None
    doi: str | None = None


class ScholarClient(ServiceClient):
    """The way to Semantic Scholar, at arXiv's pace; use it as a context manager, or close it."""

    def __init__(self, settings: Settings, *, notify: Callable[[str], None] = silent) -> None:
        self._url = settings.semantic_scholar_url.rstrip("/")
        super().__init__(
            settings,
            Pacer(settings.pace_dir, "scholar", settings.arxiv_pace),
            name="Semantic Scholar",
            refusals=_REFUSALS,
            notify=notify,
        )

    def references(self, paper: ArxivId) -> list[ScholarReference]:
        """The bibliography of ``paper`` in any version; empty when the service doesn't know it.

        Raises:
            SourceUnreachable: the service doesn't answer.
            SourceRefused: it says that the request is wrong.
        """
        url = f"{self._url}/paper/arXiv:{paper.bare}/references"
        found: list[ScholarReference] = []
        offset = 0
        while 0 <= offset <= _MOST:
            params: dict[str, str | int]
            params = {"fields": _FIELDS, "offset": offset, "limit": _PAGE}
            try:
                answer = self._transport.get(url, params, whole=_is_object)
            except NotServed:
                return found
            page = json.loads(answer.content)
            rows = page.get("data")
            found += filter(None, map(_reference, rows if isinstance(rows, list) else []))
            following = page.get("next")
            if not isinstance(following, int) or following <= offset:
                break
            offset = following
        return found


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def _reference(row: Any) -> ScholarReference | None:
    """One row of the answer; None when it says nothing that a paper could be found by."""
    paper = row.get("citedPaper") if isinstance(row, dict) else None
    if not isinstance(paper, dict):
        return None
    ids = paper.get("externalIds")
    ids = ids if isinstance(ids, dict) else {}
    known = parse_id(_text(ids.get("ArXiv")))
    authors = paper.get("authors")
    names = [_text(one.get("name")) for one in authors or [] if isinstance(one, dict)]
    year = paper.get("year")
    reference = ScholarReference(
        title=_text(paper.get("title")),
        authors=tuple(name for name in names if name),
        year=year if isinstance(year, int) else None,
        arxiv_id=known.bare if known else None,
        doi=_text(ids.get("DOI")) or None,
    )
    return reference if reference.title or reference.arxiv_id or reference.doi else None


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
