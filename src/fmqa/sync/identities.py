"""Whether a file is the paper whose arXiv id its name or a stamp gives."""

from __future__ import annotations

import re
from dataclasses import replace

from fmqa.reading.identity import year_in
from fmqa.types import Document, PaperMeta

_WORD = re.compile(r"[^\W_]+")
_SAME_TITLE, _LIKE_TITLE, _OWN_AUTHORS = 0.85, 0.3, 0.5


def is_paper(document: Document, held: PaperMeta) -> bool:
    """Whether a file's title and authors are those of the paper that its id names.

    A paper's title may change from one version to the next while its authors stay; a comment on a
    paper has much of its title and other authors. What page 1 doesn't show isn't held against it.
    """
    found = document.meta
    title = _words(found.title)
    if not title or not _words(held.title) or _no_title(found) or _no_title(held):
        return True
    alike = _share(title, _words(held.title))
    if alike >= _SAME_TITLE or _stands_alone(held.title, document):
        return True
    own, others = _people(found), _people(held)
    if not own or not others:
        return alike >= 0.5
    common = len(own & others) / min(len(own), len(others))
    return common >= _OWN_AUTHORS or (common > 0 and alike >= _LIKE_TITLE)


def as_local(document: Document) -> Document:
    """The document as a paper of the user's own, under its content's id."""
    text = next((page.text for page in document.pages if page.text), "")
    local = replace(
        document.meta,
        paper_id=f"local:{document.sha256[:16]}",
        version=1,
        arxiv_id=None,
        year=year_in(text),
    )
    return replace(document, meta=local)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _no_title(meta: PaperMeta) -> bool:
    """Whether what stands for the title is the file's name, an id for one."""
    return not any(len(word) > 2 and word.isalpha() for word in _words(meta.title))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _stands_alone(title: str, document: Document) -> bool:
    """Whether a title stands on page 1 as a block of its own, though another was taken for it."""
    wanted = "".join(_WORD.findall(title.casefold()))
    page = next((page.text for page in document.pages if page.text), "")
    blocks = ("".join(_WORD.findall(block.casefold())) for block in page.split("\n")[:12])
    return any(block == wanted for block in blocks)


def _people(meta: PaperMeta) -> frozenset[tuple[str, str]]:
    """Surnames with the first letters of the given names."""
    names = (_WORD.findall(name.casefold()) for name in meta.authors)
    return frozenset((parts[-1], parts[0][0]) for parts in names if len(parts) > 1)
