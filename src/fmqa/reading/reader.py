"""One PDF file to one document, in this process. Hostile files are for the pool's workers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fmqa.errors import ReadingError
from fmqa.reading.authors import find_authors
from fmqa.reading.bibliography.mentions import find_mentions
from fmqa.reading.bibliography.references import find_references
from fmqa.reading.furniture import count_covers, find_furniture, page_labels
from fmqa.reading.html_tables import HtmlTable, html_tables
from fmqa.reading.identity import identify, is_retracted, latest_year
from fmqa.reading.joining import join_cut_words, mended
from fmqa.reading.layout import find_blocks, style_of
from fmqa.reading.lines import Block, RawFile, RawPage, Role
from fmqa.reading.passages import make_passages
from fmqa.reading.quality import count_letters, find_gaps, poor_text
from fmqa.reading.sections import Classifier
from fmqa.reading.signs import read_signs
from fmqa.reading.tables import set_tables
from fmqa.reading.text import MappedText, Vocabulary, mend_lines
from fmqa.sources.arxiv_ids import parse_stem
from fmqa.types import Document, Outcome, Page, Passage, Source

_MIB = 1024 * 1024
_SECOND_READER_SECONDS = 10.0
_MOST_HTML = 32 * _MIB
_LEAST_COVERED = 0.1  # of a paper's characters that its passages hold; references may be many


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What one file may cost.

    Args:
        seconds: wall time.
        memory_mb: address space of the worker beyond what it needs to start, in MiB.
        max_mb: size of the file, in MiB.
        max_pages: pages of the file.
        ocr: whether pages without text are recognized, which takes seconds each.
        html: whether arXiv's HTML beside a paper tells the rows and columns of its tables.
    """

    seconds: float = 60.0
    memory_mb: int = 1024
    max_mb: int = 100
    max_pages: int = 2000
    ocr: bool = False
    html: bool = True


class DefaultPdfReader:
    """Reads PDFs by pdfium, and by pypdf what pdfium can't."""

    def __init__(self, limits: ReadLimits | None = None) -> None:
        self.limits = limits or ReadLimits()

    def read(self, path: Path) -> Document:
        """The document of the file at ``path``.

        Raises:
            ReadingError: it can't be read; ``outcome`` says how.
        """
        data = load(path, self.limits)
        file = _raw_file(data, self.limits)
        known = _known_tables(load_html(path, self.limits))
        return build_document(path, hashlib.sha256(data).hexdigest(), file, known)


def load(path: Path, limits: ReadLimits) -> bytes:
    """The file's bytes, once its size is known to be within the limit.

    Raises:
        ReadingError: it is too large (``too_large``), or can't be opened (``damaged``).
    """
    try:
        size = path.stat().st_size
        if size > limits.max_mb * _MIB:
            raise ReadingError(
                Outcome.TOO_LARGE, f"is {size / _MIB:,.1f} MiB; the limit is {limits.max_mb:,} MiB"
            )
        if size == 0:
            raise ReadingError(Outcome.DAMAGED, "is empty")
        if not path.is_file():
            raise ReadingError(Outcome.DAMAGED, "is not a file")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ReadingError(Outcome.DAMAGED, "no such file") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ReadingError(Outcome.DAMAGED, f"can't be opened: {reason}") from error


def html_path(path: Path) -> Path | None:
    """Where arXiv's HTML of the paper at ``path`` is kept; None for a file of another name."""
    paper = parse_stem(path.stem)
    return path.with_suffix(".html") if paper and paper.version else None


def load_html(path: Path, limits: ReadLimits) -> bytes:
    """arXiv's HTML of the paper at ``path``; empty where it wasn't fetched or isn't asked for."""
    html = html_path(path) if limits.html else None
    try:
        if html is None or html.stat().st_size > _MOST_HTML:
            return b""
        return html.read_bytes()
    except (OSError, ValueError):
        return b""


def _known_tables(html: bytes) -> list[HtmlTable]:
    try:
        return html_tables(html.decode("utf-8", "replace"))
    except (AssertionError, ValueError):  # html.parser's words for markup that it can't read
        return []


def _raw_file(data: bytes, limits: ReadLimits) -> RawFile:
    """What pdfium finds; what pypdf finds where pdfium fails and pypdf does better.

    Raises:
        ReadingError: neither finds text.
    """
    from fmqa.reading.pdfium import read_pdfium

    try:
        file = read_pdfium(data, limits.max_pages)
        if limits.ocr:
            from fmqa.reading.ocr import with_recognized

            file = with_recognized(data, file)
        failure = _poor(file)
    except ReadingError as error:
        if error.outcome is Outcome.TOO_LARGE:
            raise
        failure = error
    if failure is None:
        return file
    # A scan has no text for pypdf either, and pypdf takes its time to find that out.
    second = None if failure.outcome is Outcome.NO_TEXT else _second_opinion(data, limits, failure)
    if second is None:
        raise failure
    return second


def _second_opinion(data: bytes, limits: ReadLimits, failure: ReadingError) -> RawFile | None:
    """What pypdf reads, where it does better; it may know that a password is what is missing."""
    from fmqa.reading.pypdf_reader import read_pypdf

    seconds = max(1.0, min(_SECOND_READER_SECONDS, limits.seconds / 4))
    try:
        file = read_pypdf(data, limits.max_pages, seconds)
    except ReadingError as error:
        if failure.outcome is Outcome.DAMAGED and error.outcome is Outcome.ENCRYPTED:
            raise
        return None
    return file if _poor(file) is None else None


def _poor(file: RawFile) -> ReadingError | None:
    count = len(file.pages)
    failed = [page for page in file.pages if page.failure]
    if len(failed) == count:
        return ReadingError(Outcome.DAMAGED, f"none of its pages can be read ({failed[0].failure})")
    verdict = poor_text(file.pages)
    if verdict == "no_text":
        where = "its only page" if count == 1 else f"any of its {count:,} pages"
        if letters := count_letters(file.pages):
            return ReadingError(Outcome.NO_TEXT, f"hardly any text on {where}: {letters} letters")
        return ReadingError(Outcome.NO_TEXT, f"no text layer on {where}; it looks scanned")
    if verdict == "garbled":
        return ReadingError(
            Outcome.GARBLED, "its text layer is garbled: the letters don't make words"
        )
    return None


def build_document(
    path: Path, sha256: str, file: RawFile, known: Sequence[HtmlTable] = ()
) -> Document:
    """The document that a file's raw pages make, with the tables ``known`` from its HTML."""
    read_signs(file.pages)
    vocabulary = Vocabulary.of(file.pages)
    furniture = find_furniture(file.pages)
    style = style_of(file.pages)
    paper = replace(file, pages=file.pages[count_covers(file.pages) :])
    first = paper.pages[0]
    meta, title = identify(path, sha256, paper, vocabulary)
    if meta.year is None and len(paper.pages) < len(file.pages):
        meta = replace(meta, year=latest_year(file.pages[0].raw))  # of its cover sheet
    by_page = find_blocks(file.pages, furniture, style)
    pages = tuple(
        mended(raw, blocks, vocabulary) for raw, blocks in zip(file.pages, by_page, strict=True)
    )
    blocks = [block for page in by_page for block in page]
    for block in blocks:
        block.role = Role.FURNITURE  # of a cover sheet
    own = [block for block in blocks if block.page >= first.number]
    Classifier(paper.pages, style, file.outline, furniture, title).classify(own)
    pages = _with_tables(file, by_page, pages, vocabulary, known)
    blocks = [block for page in by_page for block in page]
    own = [block for block in blocks if block.page >= first.number]
    names = _author_lines(own, first, vocabulary)
    if title:
        meta = replace(meta, authors=find_authors(names, file.metadata.get("Author", "")))
    pages = join_cut_words(file.pages, pages, by_page, vocabulary)
    by_number = {page.number: page for page in pages}
    bibliography = find_references(file.pages, blocks, vocabulary)
    mentions = find_mentions(by_number, blocks, bibliography)
    passages = make_passages(blocks, by_number)
    if _covered(passages) < _LEAST_COVERED * sum(len(page.text) for page in pages):
        # Not laid out as a paper (a poster, a form, slides): all that is text is its body.
        for block in blocks:
            if block.role in (Role.OTHER, Role.AUTHORS, Role.HEADING):
                block.role = Role.BODY
        passages = make_passages(blocks, by_number)
    return Document(
        meta=meta,
        source=Source.PDF,
        sha256=sha256,
        pages=pages,
        passages=passages,
        hidden=tuple(run for page in file.pages for run in page.hidden),
        reader=file.reader,
        retracted=is_retracted(paper.pages, title),
        gaps=find_gaps(file.pages, passages),
        labels=page_labels(file.pages),
        references=bibliography.references,
        mentions=mentions,
    )


def _with_tables(
    file: RawFile,
    by_page: list[list[Block]],
    pages: tuple[Page, ...],
    vocabulary: Vocabulary,
    known: Sequence[HtmlTable],
) -> tuple[Page, ...]:
    """The pages, each table in one block, its rows on lines of their own."""
    return tuple(
        mended(raw, blocks, vocabulary) if set_tables(raw, blocks, known) else page
        for raw, blocks, page in zip(file.pages, by_page, pages, strict=True)
    )


def _covered(passages: Sequence[Passage]) -> int:
    return sum(len(passage.text) for passage in passages)


def _author_lines(blocks: list[Block], page: RawPage, vocabulary: Vocabulary) -> Iterator[str]:
    for block in blocks:
        if block.page != page.number:
            return
        if block.role is Role.AUTHORS:
            for line in block.lines:
                out = MappedText()
                mend_lines(out, replace(page, signs={}), [line], vocabulary)
                yield out.text()
