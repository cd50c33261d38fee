"""The values that travel between the stages, from a PDF's page to an answer's citation.

Everything here is frozen. Offsets count Python characters (code points), pages count from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Outcome(StrEnum):
    """How the reading of one file ended."""

    OK = "ok"
    NO_TEXT = "no_text"
    GARBLED = "garbled"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"


class Source(StrEnum):
    """Where a paper's text comes from."""

    PDF = "pdf"
    NOTE = "note"


class PassageKind(StrEnum):
    """What part of a page a passage is."""

    ABSTRACT = "abstract"
    BODY = "body"
    CAPTION = "caption"
    TABLE = "table"


class PaperStatus(StrEnum):
    """Whether the cited version is the one that holds today."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters of one page's text: ``page.text[start:end]``."""

    page: int
    start: int
    end: int

    def holds(self, place: int) -> bool:
        """Whether a character of its page is one of its."""
        return self.start <= place < self.end


# In a table's line, a cell that its neighbour reaches into, see `Page`.
REACHED = "\u00a0"


@dataclass(frozen=True, slots=True)
class ScannedLine:
    """A line that was recognized on a picture of a page, the raw characters from start to end.

    Lengths are shares of the page's width and height, from its upper left corner.
    """

    start: int
    end: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Page:
    """One page's mended text and the way back to the file's own characters.

    ``text`` holds the whole page in the file's reading order: lines of a paragraph are joined by
    one space, blocks (paragraphs, headings, captions, running heads) by one newline.
    A table whose rows and columns are known is a block of several lines, one for each line of
    heads and each row, with a tab between cells. A cell that holds only a no-break space belongs
    to the head on its left or, in a row, to the cell above. A line without tabs is a heading over
    the rows that follow. Where the columns aren't known, the lines of a table of figures stand as
    printed, with two or more spaces where there is a gap.
    ``runs`` maps it back: ``(text_start, raw_start, length)`` says that
    ``text[text_start:text_start + length]`` are the page's characters ``raw_start`` and on, as the
    PDF reader counts them; characters in no run (joining spaces) were added by mending.
    ``places`` are the lines of a page that was recognized, whose characters no PDF reader finds.
    """

    number: int
    text: str
    runs: tuple[tuple[int, int, int], ...] = ()
    places: tuple[ScannedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive sentences of one section, the unit of retrieval.

    ``text`` is the spans' texts joined by one space; there is more than one span only where the
    running text is interrupted (a page's end, a footnote).
    """

    ordinal: int
    section: str
    kind: PassageKind
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class PaperMeta:
    """What is known of a paper without reading it.

    ``paper_id`` is the arXiv id without version, or ``local:`` and 16 hex digits of the file's
    SHA-256, or ``topic:`` and a slug. ``version`` is 1 for a PDF that doesn't say, and 0 for a note
    whose facts couldn't be tied to a version. ``work`` is the id of another paper that is the same
    work, such as its preprint, and leads it; empty for the lead itself. ``notice`` says why it is
    withdrawn or retracted, or what was corrected, with source and date; empty where none is known.
    """

    paper_id: str
    version: int
    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    arxiv_id: str | None = None
    kind: str = ""
    modality: tuple[str, ...] = ()
    architecture: str = ""
    training: str = ""
    tasks: tuple[str, ...] = ()
    data: str = ""
    challenge: tuple[str, ...] = ()
    name: str = ""
    work: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class ArxivRecord:
    """What arXiv says of a paper: the facts of its newest version, or of the one asked for.

    ``arxiv_id`` is bare, without version. Times are ISO 8601 in UTC. ``withdrawn`` is arXiv's own
    word, found in its comment or abstract.
    """

    arxiv_id: str
    version: int
    title: str
    authors: tuple[str, ...] = ()
    abstract: str = ""
    published: str = ""
    updated: str = ""
    categories: tuple[str, ...] = ()
    comment: str = ""
    doi: str = ""
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of a paper's bibliography, as printed and as far as it was understood.

    ``number`` is the printed one, or the entry's place (from 1) where the style is author-year.
    ``method`` says how ``arxiv_id`` was found: ``text``, ``link``, ``doi``, ``scholar``, ``title``,
    or empty when it wasn't; ``score`` is how sure that is, 0 to 1.
    """

    number: int
    text: str
    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    arxiv_id: str | None = None
    doi: str | None = None
    method: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Mention:
    """A sentence that cites: ``page.text[span.start:span.end]``, and which references it names."""

    span: Span
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HiddenRun:
    """Text that a reader of the page can't see, kept out of the passages, and why it is hidden."""

    page: int
    text: str
    reason: str


class GapKind(StrEnum):
    """Why a page, or a table on it, can't be searched, or may be wrong."""

    UNREADABLE = "unreadable"
    SCANNED = "scanned"
    TABLE = "table"
    OCR = "ocr"  # searched as it was recognized


@dataclass(frozen=True, slots=True)
class Gap:
    """What a version's text lacks of one page, or has of it by optical recognition alone."""

    page: int
    kind: GapKind


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a paper, read; ``retracted`` where its own pages are marked so.

    ``labels`` are what its pages call themselves, see :func:`printed_label`.
    """

    meta: PaperMeta
    source: Source
    sha256: str
    pages: tuple[Page, ...]
    passages: tuple[Passage, ...]
    hidden: tuple[HiddenRun, ...] = ()
    reader: str = ""
    lookups: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    mentions: tuple[Mention, ...] = ()
    retracted: bool = False
    gaps: tuple[Gap, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What became of one file: the outcome, in words, and the document when it is ``ok``.

    ``passages`` counts those that were committed.
    """

    path: Path
    outcome: Outcome
    detail: str = ""
    document: Document | None = None
    seconds: float = 0.0
    sha256: str = ""
    passages: int = 0


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as the record holds it, with what is needed to cite it."""

    id: int
    paper: PaperMeta
    source: Source
    status: PaperStatus
    passage: Passage
    labels: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question. ``score`` is the fused one; the legs' own are kept."""

    passage: StoredPassage
    score: float
    cosine: float | None = None
    bm25: float | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which papers may be searched. Empty means all; `fmqa.filters` has them as text.

    A paper passes with any one value of each field that is set. Upper and lower case are the same.
    However the values were given, they are kept in order, each once, so that equal filters are
    equal. ``years`` are the first and the last, None where that side is open.
    """

    years: tuple[int | None, int | None] = (None, None)
    papers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    statuses: tuple[PaperStatus, ...] = ()

    def __post_init__(self) -> None:
        for name in ("papers", "kinds", "modalities", "tasks"):
            object.__setattr__(self, name, _ordered(map(_cleaned, getattr(self, name))))
        object.__setattr__(self, "sources", _ordered(map(Source, self.sources)))
        object.__setattr__(self, "statuses", _ordered(map(PaperStatus, self.statuses)))

    def __bool__(self) -> bool:
        return self != _ALL_PAPERS


_T = TypeVar("_T", bound=str)


def _ordered(values: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(sorted({value for value in values if value}, key=lambda v: (v.casefold(), v)))


def _cleaned(value: str) -> str:
    # Bytes that are no UTF-8 reach a program's arguments as lone surrogates.
    return " ".join(value.encode("utf-8", "replace").decode().split())


_ALL_PAPERS = Filters()


@dataclass(frozen=True, slots=True)
class Quote:
    """One sentence that stands in a paper: ``text == page.text[span.start:span.end]``.

    Where a page's end cuts it, ``rest`` is where it goes on on the next page, and ``text`` is what
    stands at both places, joined by a space.
    """

    text: str
    span: Span
    passage: StoredPassage
    score: float = 0.0
    context: str = field(default="", compare=False)
    rest: Span | None = None

    @property
    def key(self) -> tuple[int, Span]:
        """Where it stands, which tells it from all others: its passage's id and its characters."""
        return self.passage.id, self.span

    @property
    def parts(self) -> tuple[str, str]:
        """What stands at ``span`` and at ``rest``; the second is mostly empty."""
        length = self.span.end - self.span.start
        return (self.text[:length], self.text[length + 1 :]) if self.rest else (self.text, "")


def printed_label(labels: Sequence[str], page: int) -> str:
    """What a page calls itself; empty where that is its place in the file, or isn't known."""
    label = labels[page - 1] if page <= len(labels) else ""
    return "" if label == str(page) else label


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Names the model's weights and settings: vectors of equal fingerprints compare."""
        ...

    def embed_query(self, text: str) -> list[float]:
        """The unit vector of a question."""
        ...

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector per text, shape (texts, dimension)."""
        ...
