"""A draft from its file, with the works of the bibliographies that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from fmqa.answering.claims import without_citations
from fmqa.errors import UsageError
from fmqa.proofing.draft import DraftSentence, Manuscript, in_one_line
from fmqa.proofing.latex import read_latex
from fmqa.proofing.markdown import read_markdown
from fmqa.proofing.word import read_word
from fmqa.reading.bibliography.reference_files import read_reference_file
from fmqa.reading.sentences import split_sentences
from fmqa.types import Document, PassageKind

_LARGEST = 16 << 20  # bytes of a text


def read_draft(
    path: Path, bibs: Sequence[Path], read_pdf: Callable[[Path], Document]
) -> Manuscript:
    """The draft in a file, by its ending: .md, .tex, .docx or .pdf.

    Args:
        path: of the draft.
        bibs: `.bib` files; those that the draft names, and else those beside it, when there are
            none.
        read_pdf: reads a PDF.

    Raises:
        UsageError: the file can't be read, or isn't of these kinds.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    kind = path.suffix.lower()
    if kind in {".md", ".markdown", ".tex"}:
        draft = (read_latex if kind == ".tex" else read_markdown)(_text(path))
    elif kind == ".docx":
        draft = read_word(path)
    elif kind == ".pdf":
        draft = draft_of(read_pdf(path))
    else:
        raise UsageError(
            f"{path.name} can't be checked.", hint="Give a .md, .tex, .docx or .pdf file."
        )
    works = dict(draft.works)
    for bib in bibs or _bibliographies(path, draft):
        works = {item.key: item.work for item in read_reference_file(bib)} | works
    return replace(draft, works=works)


def _bibliographies(path: Path, draft: Manuscript) -> list[Path]:
    """The files that a draft names, as far as they are there, else all beside it that it needs."""
    folder = path.parent
    named = [folder / name for name in draft.bibliographies if (folder / name).is_file()]
    unknown = {key for one in draft.sentences for key in one.keys} - draft.works.keys()
    return named or (sorted(folder.glob("*.bib")) if unknown else [])


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path.name} is too large for a draft.")
        return path.read_text(encoding="utf-8-sig", errors="replace").replace("\r\n", "\n")
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error


def draft_of(document: Document) -> Manuscript:
    """The sentences of a PDF's running text; a sentence's line is its page."""
    pages = {page.number: page.text for page in document.pages}
    sentences = []
    for passage in document.passages:
        if passage.kind not in {PassageKind.ABSTRACT, PassageKind.BODY}:
            continue
        for span in passage.spans:
            text = pages[span.page][span.start : span.end]
            for start, end in split_sentences(text):
                first, last = span.start + start, span.start + end
                keys = [
                    str(number)
                    for mention in document.mentions
                    if mention.span.page == span.page
                    and mention.span.start < last
                    and mention.span.end > first
                    for number in mention.numbers
                ]
                said = in_one_line(without_citations(text[start:end]))
                sentences.append(DraftSentence(said, span.page, 1, tuple(dict.fromkeys(keys))))
    works = {str(reference.number): reference for reference in document.references}
    return Manuscript(tuple(sentences), works)
