"""A reading's result as one line of JSON, between a worker and its pool."""

from __future__ import annotations

import json
from dataclasses import astuple
from pathlib import Path
from typing import Any

from fmqa.types import (
    Document,
    Gap,
    GapKind,
    HiddenRun,
    Link,
    Mention,
    Outcome,
    OutlineItem,
    Page,
    PaperMeta,
    Passage,
    PassageKind,
    ReadResult,
    Reference,
    ScannedLine,
    Source,
    Span,
)


def encode_result(result: ReadResult) -> bytes:
    """The result on one line, with the line's end."""
    plain = {
        "path": str(result.path),
        "outcome": result.outcome.value,
        "detail": result.detail,
        "seconds": result.seconds,
        "sha256": result.sha256,
        "document": None if result.document is None else _document(result.document),
    }
    return json.dumps(plain, separators=(",", ":")).encode("ascii") + b"\n"


def decode_result(line: bytes) -> ReadResult:
    """The result that :func:`encode_result` wrote.

    Raises:
        ValueError: the line is torn or holds something else.
    """
    try:
        plain = json.loads(line)
        document = plain["document"]
        return ReadResult(
            Path(plain["path"]),
            Outcome(plain["outcome"]),
            plain["detail"],
            None if document is None else _to_document(document),
            plain["seconds"],
            plain["sha256"],
        )
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"not a reading's result: {error!r}") from error


def _document(document: Document) -> dict[str, Any]:
    meta = document.meta
    return {
        "id": [meta.paper_id, meta.version, meta.title, meta.authors, meta.year, meta.arxiv_id],
        "sha256": document.sha256,
        "reader": document.reader,
        "retracted": document.retracted,
        "labels": document.labels,
        "gaps": [(gap.page, gap.kind.value) for gap in document.gaps],
        "pages": [
            (page.number, page.text, page.runs, [astuple(line) for line in page.places])
            for page in document.pages
        ],
        "passages": [
            (p.section, p.kind.value, p.text, [(s.page, s.start, s.end) for s in p.spans])
            for p in document.passages
        ],
        "outline": [(item.level, item.title, item.page) for item in document.outline],
        "links": [(link.page, link.uri) for link in document.links],
        "hidden": [(run.page, run.text, run.reason) for run in document.hidden],
        "references": [
            (r.number, r.text, r.title, r.authors, r.year, r.arxiv_id, r.doi, r.method, r.score)
            for r in document.references
        ],
        "mentions": [(m.span.page, m.span.start, m.span.end, m.numbers) for m in document.mentions],
    }


def _to_document(plain: dict[str, Any]) -> Document:
    paper_id, version, title, authors, year, arxiv_id = plain["id"]
    return Document(
        meta=PaperMeta(paper_id, version, title, tuple(authors), year, arxiv_id),
        source=Source.PDF,
        sha256=plain["sha256"],
        pages=tuple(
            Page(
                number,
                text,
                tuple((a, b, n) for a, b, n in runs),
                tuple(ScannedLine(*line) for line in places),
            )
            for number, text, runs, places in plain["pages"]
        ),
        passages=tuple(
            Passage(ordinal, section, PassageKind(kind), text, tuple(Span(*s) for s in spans))
            for ordinal, (section, kind, text, spans) in enumerate(plain["passages"])
        ),
        outline=tuple(OutlineItem(*item) for item in plain["outline"]),
        links=tuple(Link(*link) for link in plain["links"]),
        hidden=tuple(HiddenRun(*run) for run in plain["hidden"]),
        reader=plain["reader"],
        retracted=plain["retracted"],
        labels=tuple(plain["labels"]),
        gaps=tuple(Gap(page, GapKind(kind)) for page, kind in plain["gaps"]),
        references=tuple(
            Reference(number, text, title, tuple(authors), *rest)
            for number, text, title, authors, *rest in plain["references"]
        ),
        mentions=tuple(
            Mention(Span(*span), tuple(numbers)) for *span, numbers in plain["mentions"]
        ),
    )
