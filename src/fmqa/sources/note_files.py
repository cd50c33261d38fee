"""The starter library: short notes on papers, written by us from facts that were looked up.

A note is a Markdown file with a YAML front matter; `CONTRIBUTING.md` gives its form. Notes answer
until a paper's own PDF is ingested, and an answer says that it comes from a note.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmqa.errors import UsageError
from fmqa.settings import checkout_root
from fmqa.types import PaperMeta

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
    fields = _Fields(front, path)
    topic = fields.text("topic")
    arxiv_id = None if topic else fields.required("arxiv_id")
    version = front.get("version")
    if not (version is None or isinstance(version, int)):
        raise _bad(path, "version", "a whole number or null")
    return Note(
        meta=PaperMeta(
            paper_id=f"topic:{path.stem}" if topic else str(arxiv_id),
            version=version or 0,
            title=fields.required("title"),
            authors=fields.texts("authors"),
            year=fields.year(),
            arxiv_id=arxiv_id,
            kind=fields.text("kind"),
            modality=fields.texts("modality"),
            architecture=fields.text("architecture"),
            training=fields.text("training"),
            tasks=fields.texts("tasks"),
            data=fields.text("data"),
            challenge=fields.texts("challenge"),
            name=fields.text("name") or topic,
        ),
        text=" ".join(text.split()),
        lookups=fields.texts("sources"),
        sha256=hashlib.sha256(raw).hexdigest(),
        papers=fields.texts("papers"),
    )


def _split(content: str, path: Path) -> tuple[dict[str, Any], str]:
    import yaml

    parts = content.split(_FENCE, 2)
    if len(parts) != 3 or parts[0].strip():
        raise _bad(path, "front matter", "YAML between two lines of ---")
    try:
        # The C loader, where it was built, is seven times as fast.
        front = yaml.load(parts[1], getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError as error:
        raise _bad(path, "front matter", f"valid YAML ({error})") from error
    if not isinstance(front, dict) or not parts[2].strip():
        raise _bad(path, "front matter", "fields, and text below them")
    return front, parts[2]


def _bad(path: Path, field: str, wanted: str) -> UsageError:
    return UsageError(
        f"{path.name}: {field} must be {wanted}.", hint="CONTRIBUTING.md has the form."
    )


@dataclass(frozen=True, slots=True)
class _Fields:
    front: dict[str, Any]
    path: Path

    def text(self, name: str) -> str:
        value = self.front.get(name) or ""
        if not isinstance(value, str):
            # An arXiv id without quotes is a number to YAML, and 2310.10300 would lose a zero.
            raise _bad(self.path, name, "a quoted string")
        return value

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise _bad(self.path, name, "there")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.front.get(name) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _bad(self.path, name, "a list of quoted strings")
        return tuple(value)

    def year(self) -> int | None:
        value = self.front.get("year")
        if value is not None and not isinstance(value, int):
            raise _bad(self.path, "year", "a whole number")
        return value
