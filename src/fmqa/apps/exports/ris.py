"""Answers as RIS, written by rispy: unpublished works of arXiv, with a note for each quote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fmqa.apps.exports.works import Work


def as_ris(works: Sequence[Work]) -> str:
    """A reference for each paper."""
    from rispy import RisWriter, dumps

    class Plain(RisWriter):  # type: ignore[misc]  # rispy has no types
        """rispy counts the references on lines of their own, which other readers stumble over."""

        def set_header(self, count: int) -> str:
            del count
            return ""

    return dumps([_reference(work) for work in works], implementation=Plain) if works else ""


def _reference(work: Work) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "type_of_reference": "UNPB",
        "id": work.key,
        "title": work.title,
        "authors": [name.sorted_form for name in work.authors],
        "year": str(work.year or ""),
        "date": "/".join(f"{part:02}" for part in work.date) if len(work.date) > 1 else "",
        "doi": work.doi,
        "publisher": "arXiv" if work.arxiv_id else "",
        "accession_number": f"arXiv:{work.versioned_id}" if work.arxiv_id else "",
        "urls": [work.url] if work.url else [],
        "notes": list(work.remarks),
    }
    return {name: value for name, value in fields.items() if value}
