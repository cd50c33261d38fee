"""One entry of the changelog, as the record holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a paper, or in a run, and when.

    ``at`` is ISO 8601 in UTC. ``what`` is one of added, new_version, withdrawn, restored, removed,
    followed, unfollowed, new_reference, failed, hidden_text and run.
    """

    id: int
    at: str
    what: str
    detail: str
    paper_id: str
    version: int | None
    title: str
    run: int | None


@dataclass(frozen=True, slots=True)
class News:
    """An entry that is about to be written; the fields are those of `Change`."""

    what: str
    detail: str
    paper_id: str = ""
    version: int | None = None
    title: str = ""
    run: int | None = None
