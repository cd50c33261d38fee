"""Sentences of papers and notes to make claims of, in two halves that share no paper."""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass
from pathlib import Path

from fmqa.answering.quotes import is_quotable
from fmqa.reading.reader import DefaultPdfReader
from fmqa.reading.sentences import split_sentences
from fmqa.sources.note_files import read_notes, starter_folder
from fmqa.types import Document, PaperMeta, PassageKind

SEED = 20261124
PER_PAPER = 400
# The same work stands among the papers and among the notes: a claim of one is one of the other.
_NOT_PROSE = re.compile(
    r"[=∼≈×√∂∑𝑀𝑁𝑄𝑑\n|{}<>]|https?:|\b(?:Action|Observation|Thought|Question|Search|Lookup|Fig|Figure"
    r"|Table|Tab|Eq|Sec|Section|Appendix|Algorithm|Theorem)\b|et al|[a-z]\d\b|\w\( | \)|\.\.\."
    r"|, \. |\b[a-z] [a-z] |[^\x00-\x7f’“”–é-]"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of a paper; ``rest`` holds others of the same paper, to stand beside it."""

    text: str
    paper: PaperMeta
    half: str
    rest: tuple[str, ...]

    @property
    def is_note(self) -> bool:
        """Whether the sentence is our own."""
        return not self.paper.paper_id.startswith("pdf:")


def sentences(papers: Path | None) -> list[Said]:
    """The sentences of the PDFs in a folder (when there is one) and of the starter notes."""
    found: list[Said] = []
    for place, (meta, texts) in enumerate([*_pdfs(papers), *_notes()]):
        # By turns, so that either half has papers and notes of all kinds.
        half = ("fit", "test")[place % 2]
        draw = random.Random(f"{SEED}{meta.paper_id}")
        chosen = draw.sample(texts, min(PER_PAPER, len(texts)))
        for text in chosen:
            rest = [other for other in texts if other != text]
            beside = tuple(draw.sample(rest, min(4, len(rest))))
            found.append(Said(text, meta, half, beside))
    return found


def is_prose(text: str) -> bool:
    """Whether a sentence is whole and of words, not a formula's or a listing's line."""
    return (
        is_quotable(text)
        and 7 <= len(text.split()) <= 45
        and text[0].isupper()
        and text.endswith(".")
        and not _NOT_PROSE.search(text)
        and text.count("(") == text.count(")")
    )


def _pdfs(folder: Path | None) -> list[tuple[PaperMeta, list[str]]]:
    if folder is None:
        return []
    found = []
    for path in sorted(folder.glob("*.pdf")):
        document = DefaultPdfReader().read(path)
        title = document.meta.title
        found.append((PaperMeta(f"pdf:{path.stem}", 1, title), _texts(document)))
    return found


def _notes() -> list[tuple[PaperMeta, list[str]]]:
    found = [(note.meta, _prose([note.text])) for note in read_notes(starter_folder())]
    return sorted(found, key=lambda pair: hashlib.sha256(pair[0].paper_id.encode()).hexdigest())


def _texts(document: Document) -> list[str]:
    held = [p.text for p in document.passages if p.kind is not PassageKind.TABLE]
    return _prose(held)


def _prose(held: list[str]) -> list[str]:
    """The sentences of texts that are prose, without reference numbers, each once."""
    texts: dict[str, None] = {}
    for passage in held:
        for start, end in split_sentences(passage):
            text = re.sub(r"\s*\[ ?\d[\d, –-]*\]", "", passage[start:end])
            text = " ".join(text.split()).replace("’", "'")
            if is_prose(text):
                texts[text] = None
    return list(texts)
