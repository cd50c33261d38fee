"""Drafts of Word (Office Open XML, ECMA-376): paragraphs, and a numbered list of references."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from fmqa.errors import UsageError
from fmqa.proofing.draft import (
    NUMBERS,
    PRINTED,
    DraftSentence,
    Manuscript,
    Marked,
    numbered,
    printed,
    work_of,
)
from fmqa.types import Reference

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MAIN = "word/document.xml"
_LARGEST = 64 << 20  # bytes of XML
_HEAD = re.compile(r"(?:\d+\.?\s*)?(?:References|Bibliography|Literature|Works cited):?", re.I)
_NUMBER = re.compile(r"\[?(?P<number>\d{1,4})[\].)]\s*")


def read_word(path: Path) -> Manuscript:
    """The draft of a .docx file; a sentence's line is its paragraph.

    Raises:
        UsageError: it is no such file.
    """
    paragraphs = list(enumerate(_paragraphs(path), start=1))
    heads = [at for at, (_, (style, text)) in enumerate(paragraphs) if _HEAD.fullmatch(text)]
    end = heads[-1] if heads else len(paragraphs)
    works: dict[str, Reference] = {}
    for _, (_, text) in paragraphs[end + 1 :]:
        label = _NUMBER.match(text)
        number = label["number"] if label else str(len(works) + 1)
        entry = text[label.end() :] if label else text
        works[number] = work_of(number, entry, int(number))
    sentences: list[DraftSentence] = []
    for place, (style, text) in paragraphs[:end]:
        if style.lower().startswith(("heading", "title", "caption")):
            continue
        made = Marked(text)
        made.replace(PRINTED, lambda match: printed(match, works))
        made.replace(NUMBERS, lambda match: numbered(match, works))
        sentences += [
            DraftSentence(one.text, place, one.column, one.keys) for one in made.sentences(text)
        ]
    return Manuscript(tuple(sentences), works)


def _paragraphs(path: Path) -> Iterator[tuple[str, str]]:
    """Style and text of each paragraph that isn't empty."""
    for paragraph in _document(path).iter(f"{_W}p"):
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        name = style.get(f"{_W}val", "") if style is not None else ""
        text = "".join(map(_text, paragraph.iter()))
        if text.strip():
            yield name, " ".join(text.split())


def _text(element: ElementTree.Element) -> str:
    if element.tag == f"{_W}t":
        return element.text or ""
    return " " if element.tag in (f"{_W}tab", f"{_W}br") else ""


def _document(path: Path) -> ElementTree.Element:
    try:
        with zipfile.ZipFile(path) as packed:
            if packed.getinfo(_MAIN).file_size > _LARGEST:
                raise UsageError(f"{path.name} holds too much text.", hint="Split it.")
            data = packed.read(_MAIN)
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise UsageError(f"{path.name} is no Word file.", hint="Save it as .docx.") from error
    # No Word file has a document type; one is needed to declare entities that expand.
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"<\x00!" in data:
        raise UsageError(f"{path.name} declares entities.", hint="Save it anew as .docx.")
    try:
        return ElementTree.fromstring(data)  # noqa: S314 - see above
    except ElementTree.ParseError as error:
        raise UsageError(f"{path.name} is damaged: {error}.", hint="Save it anew.") from error
