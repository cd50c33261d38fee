"""What a run is asked to do, what it works with, and what it reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmqa.reading.pool import ReadLimits
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sources.seeds import Seeds

if TYPE_CHECKING:
    from fmqa.sources.arxiv import ArxivClient
    from fmqa.sources.crossref import CrossrefClient
    from fmqa.sources.scholar import ScholarClient
    from fmqa.sync.ingestor import Ingestor


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One version of a paper, as a report names it; ``why`` where there is something to say."""

    arxiv_id: str
    version: int
    title: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A reference that no arXiv id was found for."""

    cited_by: str
    number: int
    text: str


_CHANGES = {
    "ingested": "new papers",
    "updated": "new versions",
    "withdrawn": "withdrawn",
    "restored": "standing again",
    "corrected": "corrected",
    "unfollowed": "no longer followed",
}
"""The lists of a report by which the library is another one, and what each counts."""


@dataclass
class SyncReport:
    """What a run did.

    ``cited`` counts the references of the papers whose references are followed, ``resolved`` those
    with an arXiv id, by method. ``failed`` is of this run, ``still_failing`` of earlier ones and
    not tried again; ``skipped`` are papers withdrawn before they were ever held. ``planned`` is
    what a dry run would fetch, ``left`` what the limit left for later runs, ``known`` how many
    papers were there already. ``unreachable`` says why the run ended early; empty when it didn't.
    """

    kind: str
    cited: int = 0
    resolved: dict[str, int] = field(default_factory=dict)
    unresolved: list[Unresolved] = field(default_factory=list)
    ingested: list[PaperLine] = field(default_factory=list)
    updated: list[PaperLine] = field(default_factory=list)
    withdrawn: list[PaperLine] = field(default_factory=list)
    restored: list[PaperLine] = field(default_factory=list)
    corrected: list[PaperLine] = field(default_factory=list)
    unfollowed: list[PaperLine] = field(default_factory=list)
    failed: list[PaperLine] = field(default_factory=list)
    still_failing: list[PaperLine] = field(default_factory=list)
    skipped: list[PaperLine] = field(default_factory=list)
    planned: list[PaperLine] = field(default_factory=list)
    left: int = 0
    known: int = 0
    passages: int = 0
    unreachable: str = ""
    hint: str = ""

    @property
    def resolved_count(self) -> int:
        """References with an arXiv id."""
        return sum(self.resolved.values())

    @property
    def changed(self) -> bool:
        """Whether the library is another one now."""
        return any(getattr(self, name) for name in _CHANGES)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def counts(self) -> dict[str, int]:
        """The figures alone, for the list of runs."""
        sizes = {name: len(getattr(self, name)) for name in (*_CHANGES, "failed", "skipped")}
        return sizes | {
            "cited": self.cited,
            "resolved": self.resolved_count,
            "unresolved": len(self.unresolved),
            "passages": self.passages,
            "left": self.left,
        }

    def summary(self) -> str:
        """One line for the changelog."""
        told = _CHANGES | {"failed": "failed"}
        counts = {what: len(getattr(self, name)) for name, what in told.items()}
        parts = [f"{count} {what}" for what, count in counts.items() if count]
        if self.unreachable:
            parts.append(f"ended early: {self.unreachable}")
        return f"{self.kind}: {', '.join(parts) or 'nothing changed'}"


Step = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is to do.

    Args:
        kind: ``ingest`` goes on with what is missing; ``sync`` asks after what is known, too.
        seeds: seeds.toml; None to leave it alone.
        asked: papers that the user names.
        depth: how far references are followed, of seeds and of those papers.
        limit: how many papers are fetched at most, beyond those whose references are followed.
        retry: ask again for what couldn't be had or read.
        dry: only find out what would be fetched.
    """

    kind: str = "ingest"
    seeds: Seeds | None = None
    asked: tuple[ArxivId, ...] = ()
    depth: int = 1
    limit: int | None = None
    retry: bool = False
    dry: bool = False
    workers: int = 2

    @property
    def refresh(self) -> bool:
        """Whether arXiv is asked again about papers that are known."""
        return self.kind == "sync"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run works with.

    Args:
        scholar: Semantic Scholar.
        step: called with (label, done, total), from several threads.
        notify: called with what is waited for or given up.
        zotero_url: address of the running Zotero.
        crossref: asked about retractions in a sync, where there is one.
    """

    ingestor: Ingestor
    arxiv: ArxivClient
    scholar: ScholarClient
    folder: Path
    limits: ReadLimits
    step: Step = lambda label, done, total: None
    notify: Callable[[str], None] = lambda message: None
    zotero_url: str = ""
    crossref: CrossrefClient | None = None
