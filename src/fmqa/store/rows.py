"""Between the values of `fmqa.types` and the record's rows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from fmqa.store.engine import Row
from fmqa.types import (
    HiddenRun,
    PaperMeta,
    PaperStatus,
    Passage,
    PassageKind,
    Source,
    Span,
    StoredPassage,
)

_LISTS = ("authors", "modality", "tasks", "challenge")
META_COLUMNS = tuple(f.name for f in fields(PaperMeta) if f.name != "version")


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper as a listing shows it, with facts of its active version."""

    meta: PaperMeta
    source: Source
    status: PaperStatus
    file: str
    pages: int
    passages: int
    hidden: tuple[HiddenRun, ...]
    read_at: str
    sha256: str


def heading(meta: PaperMeta) -> str:
    """A paper's title, with the name that the field calls its model by where it lacks it."""
    if not meta.name or meta.name.lower() in meta.title.lower():
        return meta.title
    return f"{meta.name}: {meta.title}"


def index_text(title: str, section: str, text: str) -> str:
    """What is embedded for a passage: its text under its paper's title and section.

    A paper rarely repeats its own name in each paragraph ("our model"), and questions name it.
    """
    head = f"{title}. {section}" if section else title
    return f"{head}. {text}" if head else text


def content_hash(text: str) -> bytes:
    """Key of an embedding: the first 16 bytes of the text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def meta_values(meta: PaperMeta) -> dict[str, Any]:
    """A paper's columns; lists as JSON."""
    return {
        name: json.dumps(getattr(meta, name), ensure_ascii=False)
        if name in _LISTS
        else getattr(meta, name)
        for name in META_COLUMNS
    }


def paper_meta(row: Row) -> PaperMeta:
    """The columns of a paper and its version, read back."""
    values: dict[str, Any] = {
        name: tuple(json.loads(row[name])) if name in _LISTS else row[name] for name in META_COLUMNS
    }
    return PaperMeta(version=row["version"], **values)


def paper_row(row: Row) -> PaperRow:
    """A row of `Record.papers`."""
    return PaperRow(
        meta=paper_meta(row),
        source=Source(row["source"]),
        status=PaperStatus.WITHDRAWN if row["withdrawn"] else PaperStatus.CURRENT,
        file=row["file"],
        pages=row["n_pages"],
        passages=row["n_passages"],
        hidden=tuple(HiddenRun(**run) for run in json.loads(row["hidden"])),
        read_at=row["read_at"],
        sha256=row["sha256"],
    )


def status_of(version: Row) -> PaperStatus:
    """Whether a version is the one that holds today."""
    if version["withdrawn"]:
        return PaperStatus.WITHDRAWN
    return PaperStatus.CURRENT if version["active"] else PaperStatus.SUPERSEDED


def stored_passage(row: Row) -> StoredPassage:
    """A passage's row joined with its version's and its paper's."""
    return StoredPassage(
        id=row["passage_id"],
        paper=paper_meta(row),
        source=Source(row["source"]),
        status=status_of(row),
        passage=Passage(
            ordinal=row["ordinal"],
            section=row["section"],
            kind=PassageKind(row["passage_kind"]),
            text=row["text"],
            spans=tuple(Span(*span) for span in json.loads(row["spans"])),
        ),
    )


def pack_runs(runs: tuple[tuple[int, int, int], ...]) -> bytes:
    """A page's offset map as little-endian 32-bit integers, three a run."""
    return np.asarray(runs, dtype="<i4").tobytes()


def unpack_runs(blob: bytes) -> tuple[tuple[int, int, int], ...]:
    """The offset map of `pack_runs`, read back."""
    table = np.frombuffer(blob, dtype="<i4").reshape(-1, 3).tolist()
    return tuple((text_start, raw_start, length) for text_start, raw_start, length in table)


def to_json(items: tuple[Any, ...]) -> str:
    """Dataclasses or plain values as a JSON list."""
    plain = [item if isinstance(item, str) else asdict(item) for item in items]
    return json.dumps(plain, ensure_ascii=False)


def spans_json(spans: tuple[Span, ...]) -> str:
    """Spans as ``[[page, start, end], …]``."""
    return json.dumps([(span.page, span.start, span.end) for span in spans])
