"""Numbers for citations, in the order in which an answer uses them."""

from __future__ import annotations

from urllib.parse import quote as url_quote

from fmqa.answering.attribution import reported_from
from fmqa.answering.schema import Citation, NextPage
from fmqa.types import Gap, GapKind, PaperMeta, Quote, Source, printed_label


class Numbering:
    """The citations of one answer.

    Args:
        pdf_url: where arXiv's PDFs are, without a slash at the end.
    """

    def __init__(self, pdf_url: str) -> None:
        self._pdf_url = pdf_url.rstrip("/")
        self._held: dict[tuple[int, int, int], Citation] = {}
        self.papers: set[str] = set()

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All citations so far, by number."""
        return tuple(self._held.values())

    def cite(self, quote: Quote) -> tuple[bool, Citation]:
        """Whether the quote is cited for the first time, and its citation."""
        key = (quote.passage.id, quote.span.page, quote.span.start)
        held = self._held.get(key)
        if held is not None:
            return False, held
        citation = self._citation(quote, len(self._held) + 1)
        self._held[key] = citation
        self.papers.add(citation.paper_id)
        return True, citation

    def _citation(self, quote: Quote, number: int) -> Citation:
        paper = quote.passage.paper
        return Citation(
            number=number,
            paper_id=paper.paper_id,
            arxiv_id=paper.arxiv_id,
            version=paper.version or None,
            title=paper.title,
            authors=paper.authors,
            year=paper.year,
            page=quote.span.page,
            page_label=printed_label(quote.passage.labels, quote.span.page),
            section=quote.passage.passage.section,
            quote=" ".join(quote.parts[0].split()),
            goes_on=_next_page(quote),
            context=" ".join(quote.context.split()),
            reports=reported_from(quote),
            ocr=any(
                Gap(span.page, GapKind.OCR) in quote.passage.gaps
                for span in filter(None, (quote.span, quote.rest))
            ),
            start=quote.span.start,
            end=quote.span.end,
            url=paper_url(self._pdf_url, paper, quote.passage.source, quote.span.page),
            source="note" if quote.passage.source is Source.NOTE else "pdf",
            status=quote.passage.status.value,
            notice=paper.notice,
        )


def _next_page(quote: Quote) -> NextPage | None:
    if quote.rest is None:
        return None
    return NextPage(
        page=quote.rest.page,
        page_label=printed_label(quote.passage.labels, quote.rest.page),
        quote=" ".join(quote.parts[1].split()),
        start=quote.rest.start,
        end=quote.rest.end,
    )


def shown_page(citation: Citation) -> str:
    """The page as readers look it up: its place in the file, behind its label if that differs.

    Of a quote that goes on on the next page both: "3–4".
    """
    page = "–".join(str(part.page) for part in citation.parts)
    label = citation.printed_pages
    return f"{label} ({page} of the file)" if label != page else page


def paper_url(pdf_url: str, paper: PaperMeta, source: Source, page: int) -> str:
    """The paper's PDF on arXiv at a page; a note's paper without a page; empty for a local file.

    Args:
        pdf_url: where arXiv's PDFs are, without a slash at the end.
        paper: with the version that is meant.
        source: where the text came from.
        page: counted from 1.
    """
    if not paper.arxiv_id:
        return ""
    version = f"v{paper.version}" if paper.version else ""
    address = f"{pdf_url}/{url_quote(paper.arxiv_id)}{version}"
    if source is Source.NOTE:
        return address.replace("/pdf/", "/abs/")
    return f"{address}#page={page}"
