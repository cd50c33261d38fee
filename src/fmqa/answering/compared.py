"""Papers side by side, as an answer carries them and as they cross a wire."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Cell(_Told):
    """What a paper says of one thing; without a quote, ``value`` is "not stated"."""

    value: str
    quote: str | None = Field(default=None, description="Stands verbatim on that page.")
    page: int | None = None
    start: int | None = Field(default=None, description="Its place in the page's text.")
    end: int | None = None
    arxiv_id: str | None = None
    version: int | None = None
    confidence: float | None = None

    @property
    def stated(self) -> bool:
        """Whether there is a quote that shows the value."""
        return self.quote is not None


class ComparedPaper(_Told):
    """A paper of the table."""

    paper_id: str
    arxiv_id: str | None
    name: str
    title: str
    year: int | None
    source: str = Field(default="note", description="`pdf`, or `note`: our words on the paper.")

    @property
    def shown(self) -> str:
        """What the paper is called."""
        return self.name or self.title


class ComparedRow(_Told):
    """A paper with a cell for each column."""

    paper: ComparedPaper
    cells: tuple[Cell, ...]


class Comparison(_Told):
    """The table, as it crosses a wire."""

    columns: tuple[str, ...]
    rows: tuple[ComparedRow, ...]
