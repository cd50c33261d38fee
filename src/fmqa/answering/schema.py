"""An answer as it crosses a wire: `fmqa ask --json`, the HTTP API and MCP.

`docs/answer.schema.json` is made from these models, and tested against them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class WireModel(BaseModel):
    """What crosses a wire and can't be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NextPage(WireModel):
    """The end of a quote that its page's end cuts."""

    page: int = Field(ge=1, description="The next page of that version's PDF.")
    page_label: str = Field(default="", description="As that of the citation.")
    quote: str = Field(description="Stands verbatim on that page, but for its line breaks.")
    start: int = Field(ge=0, description="Where it starts in the page's text.")
    end: int


class NamedPaper(WireModel):
    """A paper by its ids and names; what is said of it stands beside."""

    paper_id: str
    arxiv_id: str | None
    name: str
    title: str

    @property
    def shown(self) -> str:
        """What it is called."""
        return self.name or self.title


class Citation(WireModel):
    """A quote and where it stands."""

    number: int = Field(ge=1, description="What the answer's [n] refers to.")
    paper_id: str
    arxiv_id: str | None
    version: int | None = Field(description="arXiv version; null for a note not tied to one.")
    title: str
    authors: tuple[str, ...]
    year: int | None
    page: int = Field(ge=1, description="Page of that version's PDF, counted from 1.")
    page_label: str = Field(
        default="", description="What the page calls itself, where it isn't that: “653”, “xii”."
    )
    section: str
    quote: str = Field(description="Stands verbatim on that page, but for its line breaks.")
    goes_on: NextPage | None = Field(
        default=None, description="The quote's end, where the page's end cuts the sentence."
    )
    context: str = Field(
        default="",
        description="What the quote needs to be understood: the sentence before it, or the caption "
        "and the column heads of the table whose row it is.",
    )
    reports: str = Field(
        default="",
        description="Whom the quote reports, as the paper cites them (“[5]”): a second-hand "
        "statement; empty where it is the paper's own.",
    )
    ocr: bool = Field(
        default=False,
        description="Whether the page is a picture, on which the quote was recognized; then "
        "letters may be wrong.",
    )
    start: int = Field(ge=0, description="Where the quote starts in the page's text.")
    end: int
    url: str
    source: Literal["pdf", "note"]
    status: Literal["current", "superseded", "withdrawn"]
    notice: str = Field(
        default="",
        description="Why the paper is withdrawn or retracted, or what was corrected, with source "
        "and date; empty where nothing is known.",
    )

    @property
    def parts(self) -> tuple[Citation | NextPage, ...]:
        """Itself, and its end on the next page if it has one there."""
        return (self, self.goes_on) if self.goes_on else (self,)

    @property
    def whole(self) -> str:
        """The quote with its end on the next page, if it has one there."""
        return " ".join(part.quote for part in self.parts)

    @property
    def printed_pages(self) -> str:
        """Its page, or both, as printed: “3–4”."""
        return "–".join(part.page_label or str(part.page) for part in self.parts)


class Sentence(WireModel):
    """A sentence of the answer with the numbers of the citations that carry it."""

    text: str
    english: str = Field(
        default="", description="What was checked, where `text` is its translation; else empty."
    )
    citations: tuple[int, ...]
    verdict: Literal["supported", "verbatim", "edited"] = Field(
        description="`supported`: written by the model and checked; `verbatim`: the quote itself; "
        "`edited`: the quote, with what was put in in square brackets."
    )
    begins: Literal["", "paragraph", "item"] = Field(
        default="", description="What it is the first sentence of, item being one of a list."
    )
    head: str = Field(
        default="", description="What stands above it, where it is the first of a group."
    )


class Withheld(WireModel):
    """A drafted sentence that no quote carries, and why."""

    text: str
    reason: str
    code: str = Field(
        default="",
        description="The reason's code: `number`, `name`, `hedge`, `negation`, `not_carried`, "
        "`cut_off` or `no_quote`.",
    )
    detail: str = Field(default="", description="The number or word that the reason is about.")


class Related(WireModel):
    """A paper near the question."""

    paper_id: str
    arxiv_id: str | None
    title: str


MissingKind = Literal["unreadable", "scanned", "table"]


class Missing(WireModel):
    """Pages of a paper that couldn't be searched, and might have answered."""

    paper_id: str
    title: str
    pages: tuple[int, ...] = Field(description="Of the paper's PDF, counted from 1.")
    kind: MissingKind


class Cell(WireModel):
    """What a paper says of one thing; without a quote, ``value`` is "not stated"."""

    value: str
    quote: str | None = Field(default=None, description="Stands verbatim on that page.")
    page: int | None = None
    start: int | None = Field(default=None, description="Its place in the page's text.")
    end: int | None = None
    arxiv_id: str | None = None
    version: int | None = None
    confidence: float | None = None


class ComparedPaper(NamedPaper):
    """A paper of the table."""

    year: int | None
    source: str = Field(default="note", description="`pdf`, or `note`: our words on the paper.")
    version_of: str = Field(
        default="",
        description="Id of the paper above, of which this is a version with other figures.",
    )

    @property
    def shown(self) -> str:
        """What it is called, and that it is another version, if it is."""
        return f"Another version: {self.title}" if self.version_of else super().shown


class ComparedRow(WireModel):
    """A paper with a cell for each column."""

    paper: ComparedPaper
    cells: tuple[Cell, ...]


class Comparison(WireModel):
    """The table, as it crosses a wire."""

    columns: tuple[str, ...]
    rows: tuple[ComparedRow, ...]


class Timings(WireModel):
    """Milliseconds since the question was put."""

    retrieval: int = 0
    evidence: int = Field(default=0, description="The quotes are chosen and can be shown.")
    first_sentence: int = 0
    total: int = 0


class Answer(WireModel):
    """What is said to a question."""

    question: str
    language: str = Field(default="en", description="The question's, as an ISO 639-1 code.")
    understood_as: str = Field(
        default="", description="The question as one that stands alone; empty when it did."
    )
    subjects: tuple[str, ...] = Field(
        default=(), description="The papers' names that a follow-up would be about."
    )
    status: Literal["answered", "abstained"]
    reason: str = Field(default="", description="Why it abstained; empty when it answered.")
    refusal: str = Field(
        default="",
        description="The reason's code: `no_question`, `advice`, `attached_file`, `unknown_name`, "
        "`named_in_passing`, `nothing_found`, `not_answered` or `unsupported`; empty when it "
        "answered.",
    )
    confidence: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="The probability that what was found answers the question, calibrated on "
        "questions that nothing was trained on.",
    )
    answer: str
    sentences: tuple[Sentence, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: Citation | None = Field(
        default=None, description="The sentence nearest to a question that isn't answered."
    )
    related: tuple[Related, ...] = ()
    missing: tuple[Missing, ...] = Field(
        default=(), description="What couldn't be searched and might explain why it abstained."
    )
    comparison: Comparison | None = Field(
        default=None, description="The table that a question of the form “compare A and B” gets."
    )
    notices: tuple[str, ...] = Field(
        default=(), description="What the reader should know, such as a model that failed."
    )
    model: str
    timings_ms: Timings = Timings()
