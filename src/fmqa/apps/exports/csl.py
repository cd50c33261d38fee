"""Answers as CSL-JSON (schema csl-data.json of CSL 1.0.2), which Zotero and pandoc read.

Preprints are of type ``article``. The quotes stand in ``note``, the pages in ``locator``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fmqa.apps.exports.names import Name
from fmqa.apps.exports.works import Work


def as_csl_json(works: Sequence[Work]) -> str:
    """A list with an item for each paper."""
    return json.dumps([_item(work) for work in works], indent=2, ensure_ascii=False) + "\n"


def _item(work: Work) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": work.key,
        "citation-key": work.key,
        "type": "article" if work.arxiv_id else "document",
        "title": work.title,
        "author": [_name(name) for name in work.authors],
        "issued": {"date-parts": [list(work.date)]} if work.date else None,
        "publisher": "arXiv" if work.arxiv_id else "",
        "number": f"arXiv:{work.arxiv_id}" if work.arxiv_id else "",
        "version": str(work.version or ""),
        "DOI": work.doi,
        "URL": work.url,
        "locator": ", ".join(str(page) for page in work.pages),
        "note": "\n".join(work.remarks),
    }
    return {name: value for name, value in fields.items() if value}


def _name(name: Name) -> dict[str, str]:
    if name.literal:
        return {"literal": name.literal}
    fields = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {key: value for key, value in fields.items() if value}
