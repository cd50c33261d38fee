"""Whether a quote stands where its citation says: in the record, and in the file read anew."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fmqa.types import Source

if TYPE_CHECKING:
    from fmqa.answering.schema import Citation
    from fmqa.store.library import Library


@dataclass(frozen=True, slots=True)
class Place:
    """Where one quote was found.

    ``in_record``: verbatim, white space folded, on the page that is named; ``at_offsets``: at the
    very characters named; ``in_file``: by its letters and digits on the file's page as pypdf or
    pdfium reads it, None where the file isn't there (a note, a PDF that was moved).
    """

    in_record: bool
    at_offsets: bool
    in_file: bool | None


class Placing:
    """Looks quotes up, keeping what it read of files.

    Args:
        library: what the answers are from.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self._read: dict[tuple[str, int, str], str] = {}

    def place(self, citation: Citation) -> Place:
        """Where a citation's quote is found."""
        record, quote = self.library.record, folded(citation.quote)
        source = Source(citation.source)
        pages = record.pages(citation.paper_id, citation.version or 0, source)
        text = next((page.text for page in pages if page.number == citation.page), "")
        return Place(
            in_record=bool(quote) and quote in folded(text),
            at_offsets=bool(quote) and quote == folded(text[citation.start : citation.end]),
            in_file=None if source is Source.NOTE else self._in_file(citation),
        )

    def _in_file(self, citation: Citation) -> bool | None:
        """None where the file isn't there, or holds another version than is cited."""
        rows = self.library.record.papers()
        row = next((row for row in rows if row.meta.paper_id == citation.paper_id), None)
        if row is None or row.meta.version != citation.version or not Path(row.file).is_file():
            return None
        wanted = letters(citation.quote)
        return any(
            wanted in letters(self._page(row.file, citation.page, read))
            for read in (pypdf_text, pdfium_text)
        )

    def _page(self, file: str, page: int, read: Callable[[str, int], str]) -> str:
        key = (file, page, read.__name__)
        if key not in self._read:
            try:
                self._read[key] = read(file, page)
            except Exception:  # a reader that fails has found nothing; the other one is asked
                self._read[key] = ""
        return self._read[key]


def pypdf_text(file: str, page: int) -> str:
    """A page as pypdf reads it; pages count from 1."""
    from pypdf import PdfReader

    return PdfReader(file).pages[page - 1].extract_text()


def pdfium_text(file: str, page: int) -> str:
    """A page's characters as pdfium has them, unmended; pages count from 1."""
    import pypdfium2

    document = pypdfium2.PdfDocument(file)
    try:
        return str(document[page - 1].get_textpage().get_text_bounded())
    finally:
        document.close()


def letters(text: str) -> str:
    """Letters and digits alone, ligatures and accents taken apart: readers differ in the rest."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(character for character in plain if character.isalnum()).casefold()


def folded(text: str) -> str:
    """Runs of white space as one space."""
    return " ".join(text.split())
