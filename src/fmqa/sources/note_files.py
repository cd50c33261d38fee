"""The starter library: short notes on papers, written by us from facts that were looked up.

A note is a Markdown file with a YAML front matter; `CONTRIBUTING.md` gives its form. Notes answer
until a paper's own PDF is ingested, and an answer says that it comes from a note.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from fmqa.errors import UsageError
from fmqa.settings import checkout_root
from fmqa.types import PaperMeta

_WORDS = {"missing": "must be there", "string_type": "must be in quotes"}
_FENCE = "---\n"


@dataclass(frozen=True, slots=True)
class Note:
    """One note: its front matter, its text, and where its facts were looked up."""

    meta: PaperMeta
    text: str
    lookups: tuple[str, ...]
    sha256: str
    papers: tuple[str, ...] = ()


def starter_folder() -> Path:
    """The notes of the checkout, or those inside the installed package."""
    root = checkout_root()
    if root is not None:
        return root / "corpus" / "notes"
    return Path(__file__).resolve().parents[1] / "starter" / "notes"


def folder_mark(folder: Path) -> str:
    """Names the state of a folder of notes without parsing them; see `mark_of`."""
    return mark_of(hashlib.sha256(path.read_bytes()).hexdigest() for path in _files(folder))


def mark_of(hashes: Iterable[str]) -> str:
    """Names a state of the starter library by the SHA-256 of its notes, in whatever order."""
    return hashlib.sha256("".join(sorted(hashes)).encode()).hexdigest()


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.md")) if path.name != "README.md"]


def read_notes(folder: Path) -> list[Note]:
    """All notes under ``folder``, by file name.

    Raises:
        UsageError: a note's front matter doesn't hold; the message names file and field.
    """
    return [read_note(path) for path in _files(folder)]


def note_on(paper_id: str) -> Note | None:
    """The starter library's note on a paper, whether it was brought into a library or not."""
    name = f"{paper_id.replace('/', '_')}.md"
    found = next(iter(starter_folder().rglob(name)), None)
    return None if found is None else read_note(found)


def read_note(path: Path) -> Note:
    """One note.

    Raises:
        UsageError: as `read_notes`.
    """
    raw = path.read_bytes()
    front, text = _split(raw.decode("utf-8"), path)
    known = {name: value for name, value in front.items() if value not in (None, "", [])}
    topic = known.get("topic", "")
    if not topic and "arxiv_id" not in known:
        raise _bad(path, "arxiv_id", "must be there")
    if topic:
        known.pop("arxiv_id", None)
    meta = {field.name: known[field.name] for field in fields(PaperMeta) if field.name in known}
    meta |= {
        "paper_id": f"topic:{path.stem}" if topic else str(known["arxiv_id"]),
        "version": known.get("version", 0),
        "name": known.get("name", topic),
    }
    note = {
        "meta": meta,
        "text": " ".join(text.split()),
        "lookups": known.get("sources", ()),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "papers": known.get("papers", ()),
    }
    try:
        # A number isn't taken for a text: YAML makes one of an arXiv id without quotes.
        return _form().validate_python(note)
    except ValidationError as error:
        first = error.errors()[0]
        said = _WORDS.get(first["type"]) or f"doesn't hold: {first['msg']}"
        raise _bad(path, " ".join(map(str, first["loc"])).removeprefix("meta "), said) from error


@cache
def _form() -> TypeAdapter[Note]:
    return TypeAdapter(Note)


def _split(content: str, path: Path) -> tuple[dict[str, Any], str]:
    import yaml

    parts = content.split(_FENCE, 2)
    if len(parts) != 3 or parts[0].strip():
        raise _bad(path, "front matter", "must be YAML between two lines of ---")
    try:
        # The C loader, where it was built, is seven times as fast.
        front = yaml.load(parts[1], getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError as error:
        raise _bad(path, "front matter", f"must be valid YAML ({error})") from error
    if not isinstance(front, dict) or not parts[2].strip():
        raise _bad(path, "front matter", "must be fields, and text below them")
    return front, parts[2]


def _bad(path: Path, field: str, said: str) -> UsageError:
    return UsageError(f"{path.name}: {field} {said}.", hint="CONTRIBUTING.md has the form.")
