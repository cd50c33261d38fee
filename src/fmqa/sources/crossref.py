"""Crossref: what publishers and Retraction Watch say of an article since it came out.

An article's record lists under ``updated-by`` the notices on it, with their kind, date and source
(`crossref.org/documentation/retrieve-metadata/retraction-watch`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fmqa.errors import NotServed
from fmqa.sources.service import Pacer
from fmqa.sources.transport import ServiceClient

if TYPE_CHECKING:
    from fmqa.settings import Settings

_PACE = 0.2  # Crossref serves five requests a second to whom it doesn't know
_TRIES = 2
_REFUSALS = 3
_RETRACTIONS = {
    "retraction": "Retracted",
    "withdrawal": "Withdrawn",
    "removal": "Removed",
}
_CORRECTIONS = {
    "expression_of_concern": "Expression of concern",
    "partial_retraction": "Retracted in part",
    "correction": "Corrected",
    "corrigendum": "Corrected",
    "erratum": "Corrected",
}
_SOURCES = {"retraction-watch": "Retraction Watch", "publisher": "the publisher"}


@dataclass(frozen=True, slots=True)
class ArticleNotices:
    """What stands against an article: its title, whether it is retracted, and that in words.

    ``words`` is empty where nothing is known against it; corrections are told only where it isn't
    retracted.
    """

    title: str
    retracted: bool
    words: str


class CrossrefClient(ServiceClient):
    """The way to Crossref; use it as a context manager, or close it."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.crossref_url.rstrip("/")
        self._contact = settings.contact.strip()
        super().__init__(
            settings,
            Pacer(settings.pace_dir, "crossref", min(_PACE, settings.arxiv_pace)),
            name="Crossref",
            tries=min(_TRIES, settings.fetch_tries),
            refusals=_REFUSALS,
        )

    def notices(self, doi: str) -> ArticleNotices | None:
        """What stands against an article; None where Crossref doesn't know the DOI.

        Raises:
            SourceUnreachable: Crossref doesn't answer.
            SourceRefused: it says that the request is wrong.
        """
        asked: dict[str, str | int] = {"mailto": self._contact} if self._contact else {}
        try:
            answer = self._transport.get(
                f"{self._url}/works/{quote(doi, safe='')}", asked, whole=_is_work
            )
        except NotServed:
            return None
        return read_notices(json.loads(answer.content)["message"])


def _is_work(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body)["message"], dict)
    except (ValueError, RecursionError, LookupError, TypeError):
        return False


def read_notices(work: dict[str, Any]) -> ArticleNotices:
    """The notices in a record of Crossref's; what isn't of the form expected is left out."""
    titles = work.get("title")
    title = str(titles[0]) if isinstance(titles, list) and titles else ""
    listed = work.get("updated-by")
    notices = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    for kinds, retracted in ((_RETRACTIONS, True), (_CORRECTIONS, False)):
        told = [_told(one, kinds[kind]) for one in notices if (kind := _kind(one)) in kinds]
        if told:
            return ArticleNotices(title, retracted, "; ".join(dict.fromkeys(sorted(told))))
    if title.upper().startswith(("RETRACTED:", "RETRACTED ARTICLE:", "WITHDRAWN:")):
        return ArticleNotices(title, True, "Retracted, by its title (Crossref)")
    return ArticleNotices(title, False, "")


def _kind(notice: dict[str, Any]) -> str:
    return str(notice.get("type", "")).lower().replace("-", "_").replace(" ", "_")


def _told(notice: dict[str, Any], what: str) -> str:
    source = str(notice.get("source", ""))
    by = f"{_SOURCES.get(source, source)}, through Crossref" if source else "Crossref"
    doi = f", doi:{notice['DOI']}" if isinstance(notice.get("DOI"), str) else ""
    date = _date(notice.get("updated"))
    return f"{what}{f' on {date}' if date else ''} ({by}{doi})"


def _date(updated: Any) -> str:
    try:
        parts = updated["date-parts"][0]
        return "-".join(f"{int(part):02}" for part in parts)
    except (LookupError, TypeError, ValueError):
        return ""
