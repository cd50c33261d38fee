"""The changelog as an Atom feed of this library, written anew after each run."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fmqa.store.catalog import Catalog, now
from fmqa.store.changes import Change
from fmqa.sync.changelog import as_atom, write_whole

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
