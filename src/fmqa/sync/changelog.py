"""The changelog's forms: text, Markdown, JSON, and an Atom feed (RFC 4287).

Titles and details come from outside; `fmqa.survey.escaping` makes them plain characters.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from fmqa.files import write_whole
from fmqa.sources.arxiv_ids import parse_id
from fmqa.store.arxiv_catalog import Catalog, Change, now
from fmqa.survey.escaping import escape_markdown, plain

KINDS = {
    "added": "Added",
    "new_version": "New versions",
    "withdrawn": "Withdrawn",
    "restored": "Restored",
    "corrected": "Corrected",
    "removed": "Removed",
    "followed": "Followed",
    "unfollowed": "No longer followed",
    "new_reference": "New references",
    "failed": "Failed",
    "hidden_text": "Hidden text",
    "run": "Runs",
}
"""Each kind of change and its heading, in the order of the forms."""

_NOTHING = "Nothing has changed."
_ATOM = "http://www.w3.org/2005/Atom"
_RFC_3339 = "%Y-%m-%dT%H:%M:%SZ"


def as_text(changes: Sequence[Change]) -> str:
    """One line per change, in the order given; ends with a newline."""
    if not changes:
        return f"{_NOTHING}\n"
    width = max(len(_word(change)) for change in changes)
    lines = []
    for change in changes:
        parts = [
            _shown(change.at, "%Y-%m-%d %H:%M"),
            f"{_word(change):<{width}}",
            name_of(change),
            plain(change.title),
        ]
        line, detail = "  ".join(part for part in parts if part), plain(change.detail)
        between = ": " if any(parts[2:]) else "  "
        lines.append(f"{line}{between}{detail}" if detail else line)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def as_markdown(changes: Sequence[Change]) -> str:
    """CommonMark: a heading per day (newest first) and per kind, an item per change."""
    lines = ["# Changes"]
    if not changes:
        lines += ["", _NOTHING]
    for day, of_day in groupby(sorted(changes, key=_day, reverse=True), key=_day):
        lines += ["", f"## {day}"]
        for _, of_kind in groupby(sorted(of_day, key=_place), key=_place):
            items = sorted(of_kind, key=lambda change: change.id)
            lines += ["", f"### {heading_of(items[0])}", ""]
            lines += [_item(change) for change in items]
    return "\n".join(lines) + "\n"


def as_json(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """A dict per change: its fields as they are recorded, and ``link``, its page on arXiv or None.

    `json.dumps` writes what is in them safely.
    """
    return [asdict(change) | {"link": link_of(change)} for change in changes]


def as_atom(changes: Iterable[Change], *, feed_id: str, updated: str) -> str:
    """An Atom 1.0 feed, newest change first.

    Args:
        feed_id: a URN that names this library's feed for good. An entry's id is made of it and
            the change's id, so that a reader never shows a change twice.
        updated: when the library last changed, ISO 8601.
    """
    feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _add(feed, "id", feed_id)
    _add(feed, "title", "fmqa: changes of the library", type="text")
    _add(feed, "updated", _shown(updated, _RFC_3339))
    _add(_add(feed, "author"), "name", "fmqa")
    _add(feed, "generator", "fmqa")
    for change in sorted(changes, key=lambda change: change.id, reverse=True):
        _entry(feed, change, f"tag:localhost,2026:{quote(feed_id, '')}/change/{change.id}")
    ET.indent(feed)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(feed, "unicode") + "\n"


def _entry(feed: ET.Element, change: Change, tag: str) -> None:
    entry = _add(feed, "entry")
    name = name_of(change)
    of_paper = " ".join(filter(None, (plain(change.title), f"({name})" if name else "")))
    _add(entry, "id", tag)
    _add(entry, "title", f"{_word(change).capitalize()}: {of_paper}".rstrip(": "), type="text")
    _add(entry, "updated", _shown(change.at, _RFC_3339))
    _add(entry, "published", _shown(change.at, _RFC_3339))
    if link := link_of(change):
        _add(entry, "link", rel="alternate", type="text/html", href=link)
    _add(entry, "category", term=change.what, label=heading_of(change))
    # RFC 4287, 4.1.2: an entry without an alternate link must have content.
    content = plain(change.detail) or f"{heading_of(change)}: {of_paper}".rstrip(": ")
    _add(entry, "content", content, type="text")


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, name, attributes)
    element.text = text or None
    return element


def _shown(at: str, form: str) -> str:
    moment = datetime.fromisoformat(at)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.strftime(form)


def _day(change: Change) -> str:
    return _shown(change.at, "%Y-%m-%d")


def _place(change: Change) -> int:
    """Where its kind stands; one that only a later fmqa knows comes last."""
    return [*KINDS, change.what].index(change.what)


def _word(change: Change) -> str:
    return change.what.replace("_", " ")


def heading_of(change: Change) -> str:
    """What kind of change it is, as the changelog heads it."""
    return KINDS.get(change.what, _word(change).capitalize())


def name_of(change: Change) -> str:
    """The paper's id with its version, as arXiv writes it."""
    of_arxiv = parse_id(change.paper_id) is not None and change.version
    return plain(f"{change.paper_id}v{change.version}" if of_arxiv else change.paper_id)


def link_of(change: Change) -> str | None:
    """The paper's page on arXiv, of the version where one is named; None for other papers."""
    paper = parse_id(change.paper_id)
    if paper is None:
        return None
    return f"https://arxiv.org/abs/{paper.bare}" + (f"v{change.version}" if change.version else "")


def _item(change: Change) -> str:
    title, name, detail = map(escape_markdown, (change.title, name_of(change), change.detail))
    label, link = title or name, link_of(change)
    item = f"[{label}]({link})" if link else label
    if title and name:
        item = f"{item} ({name})"
    return "- " + ": ".join(filter(None, (item, detail)))


FEED_NAME = "changes.atom"
_FEED_DAYS = 90
_SERVICE = "feed"


def feed(catalog: Catalog, changes: Sequence[Change]) -> str:
    """These changes as a feed, under an id that stays this library's."""
    feed_id = catalog.answer(_SERVICE, "id")
    if feed_id is None:
        feed_id = f"urn:uuid:{uuid.uuid4()}"
        catalog.put_answer(_SERVICE, "id", feed_id)
    return as_atom(changes, feed_id=feed_id, updated=changes[-1].at if changes else now())


def write_feed(catalog: Catalog, folder: Path) -> None:
    """Write the last three months of changes to ``changes.atom`` in the folder."""
    since = datetime.now(UTC) - timedelta(days=_FEED_DAYS)
    write_whole(folder / FEED_NAME, feed(catalog, catalog.changes(since)))
