"""What a check found, and the forms in which it is told to people, editors and programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from fmqa.survey.escaping import plain
from fmqa.types import Reference, Source


class Kind(StrEnum):
    """What became of a sentence."""

    CARRIED = "carried"
    OTHER_FIGURE = "other-figure"
    CONTRADICTED = "contradicted"
    NOT_FOUND = "not-found"
    NO_PAPER = "no-paper"
    UNKNOWN_KEY = "unknown-key"
    UNCITED = "uncited"
    NO_CLAIM = "no-claim"


FAULTS = frozenset((Kind.OTHER_FIGURE, Kind.CONTRADICTED, Kind.NOT_FOUND, Kind.UNKNOWN_KEY))
"""What a draft has to be mended for; a paper that isn't here is no fault of the draft."""


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """A sentence of a paper and where it stands: characters ``start`` to ``end`` of the page."""

    paper_id: str
    title: str
    page: int
    quote: str
    url: str
    version: int
    source: Source
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence of the draft, what was found of it, and the sentence of a paper that shows it.

    For what isn't carried, ``shown`` is the nearest that there is.
    """

    kind: Kind
    text: str
    line: int
    column: int
    cited: tuple[str, ...] = ()
    message: str = ""
    shown: ShownQuote | None = None

    @property
    def is_fault(self) -> bool:
        """Whether the sentence has to be mended."""
        return self.kind in FAULTS


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of a draft, in its order."""

    path: str
    findings: tuple[Finding, ...]

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Those that have to be mended."""
        return tuple(one for one in self.findings if one.is_fault)

    @property
    def counts(self) -> dict[Kind, int]:
        """How many there are of each kind, those of which there are any."""
        counted = Counter(one.kind for one in self.findings)
        return {kind: counted[kind] for kind in Kind if counted[kind]}


WORDS = {
    Kind.CARRIED: "carried",
    Kind.OTHER_FIGURE: "the paper has another figure",
    Kind.CONTRADICTED: "the paper says otherwise",
    Kind.NOT_FOUND: "not found in what is cited",
    Kind.NO_PAPER: "the cited paper isn't in the library",
    Kind.UNKNOWN_KEY: "the citation leads nowhere",
    Kind.UNCITED: "not cited, and not found in the library",
    Kind.NO_CLAIM: "nothing to check",
}
"""Each kind in words."""


def as_json(report: Report) -> str:
    """The report as JSON."""
    told = {
        "path": report.path,
        "counts": report.counts,
        "faults": len(report.faults),
        "findings": [asdict(one) | {"fault": one.is_fault} for one in report.findings],
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def as_lines(report: Report) -> str:
    """A line ``path:line:col: code message`` for each sentence that somebody should look at."""
    quiet = {Kind.CARRIED, Kind.UNCITED, Kind.NO_CLAIM}
    told = [one for one in report.findings if one.kind not in quiet]
    return "".join(
        f"{report.path}:{one.line}:{one.column}: {one.kind} {plain(in_words(one))}\n"
        for one in told
    )


def in_words(one: Finding) -> str:
    """What was found, with the paper's sentence where there is one."""
    said = f"{one.message or WORDS[one.kind]}"
    if one.shown is None:
        return said
    return f"{said}: “{one.shown.quote}” ({one.shown.title}, p. {one.shown.page})"


def summary(counts: Mapping[Kind, int]) -> str:
    """The counts on one line."""
    return "; ".join(f"{number} {WORDS[kind]}" for kind, number in counts.items())


def how_to_fetch(work: Reference) -> str:
    """What brings a work into the library."""
    if work.arxiv_id:
        return f"fmqa ingest {work.arxiv_id}"
    where = f" (doi:{work.doi})" if work.doi else ""
    return f"get its PDF{where} and run fmqa ingest FILE"


def shown(key: str, work: Reference | None) -> str:
    """What to call a work."""
    title = (work.title or work.text[:80]) if work else ""
    return f"{key} ({title})" if title and title != key else key
