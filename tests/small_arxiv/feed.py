"""Atom feeds as the arXiv API writes them, and its errors."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from .answers import Answer, Body

if TYPE_CHECKING:
    from .papers import Paper, Version

_HEAD = (
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    '<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" '
    'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">\n'
)
_HEADERS = {"Content-Type": "application/atom+xml; charset=utf-8"}
_ENTITIES = {'"': "&quot;"}


def feed(
    found: Sequence[tuple[Paper, Version]], total: int, start: int, size: int, asked: str
) -> Answer:
    """A page of results. ``asked`` is the query string as arXiv repeats it, unencoded."""
    key = base64.b64encode(hashlib.sha1(asked.encode()).digest()).decode().rstrip("=")
    said = escape(asked, _ENTITIES)
    text = (
        f"{_HEAD}  <id>https://arxiv.org/api/{key}</id>\n"
        f"  <title>arXiv Query: {said}</title>\n"
        f"  <updated>{_now()}</updated>\n"
        f'  <link href="https://arxiv.org/api/query?{said}" type="application/atom+xml"/>\n'
        f"{_counts(total, start, size)}"
        f"{''.join(_entry(paper, version) for paper, version in found)}</feed>\n"
    )
    return Answer(200, Body(text.encode()), _HEADERS)


def error(reason: str, code: str) -> Answer:
    """Status 400 and a feed whose only entry is the error."""
    address = escape(f"https://arxiv.org/api/errors#{code}", _ENTITIES)
    text = (
        f"{_HEAD}  <id>https://arxiv.org/</id>\n  <title>arXiv Search Results</title>\n"
        f"  <updated>{_now()}</updated>\n{_counts(1, 0, 1)}"
        f"  <entry>\n    <id>{address}</id>\n    <title>Error</title>\n"
        f"    <updated>{_now()}</updated>\n"
        f'    <link href="{address}" rel="alternate" type="text/html"/>\n'
        f"    <summary>{escape(reason)}</summary>\n"
        f"    <author>\n      <name>arXiv api core</name>\n    </author>\n  </entry>\n</feed>\n"
    )
    return Answer(400, Body(text.encode()), _HEADERS)


def _counts(total: int, start: int, size: int) -> str:
    return (
        f"  <opensearch:itemsPerPage>{size}</opensearch:itemsPerPage>\n"
        f"  <opensearch:totalResults>{total}</opensearch:totalResults>\n"
        f"  <opensearch:startIndex>{start}</opensearch:startIndex>\n"
    )


def _entry(paper: Paper, version: Version) -> str:
    named = f"{paper.arxiv_id}v{version.number}"
    comment = escape(version.comment)
    lines = [
        f"<id>http://arxiv.org/abs/{named}</id>",
        f"<title>{escape(paper.title)}</title>",
        f"<updated>{version.updated}</updated>",
        f'<link href="https://arxiv.org/abs/{named}" rel="alternate" type="text/html"/>',
        f'<link href="https://arxiv.org/pdf/{named}" rel="related" type="application/pdf" '
        'title="pdf"/>',
        f"<summary>{escape(version.abstract)}</summary>",
        *(
            f'<category term="{term}" scheme="http://arxiv.org/schemas/atom"/>'
            for term in paper.categories
        ),
        f"<published>{paper.published}</published>",
        *([f"<arxiv:comment>{comment}</arxiv:comment>"] if comment else []),
        f'<arxiv:primary_category term="{paper.categories[0]}"/>',
        *([f"<arxiv:doi>{escape(paper.doi)}</arxiv:doi>"] if paper.doi else []),
        *(f"<author>\n      <name>{escape(name)}</name>\n    </author>" for name in paper.authors),
    ]
    return "  <entry>\n" + "".join(f"    {line}\n" for line in lines) + "  </entry>\n"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
