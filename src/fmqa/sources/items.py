"""Works as reference managers keep them, each with the PDF that belongs to it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_lowercase

from fmqa.types import Reference

_WORD = re.compile(r"[^\W_]+")
_SMALL = frozenset("a an and as at by for from in into is of on or the to via with".split())
_TITLE_WORDS = 3
_PARTICLE = re.compile(r"(?:[a-zà-ÿ'’]+\s+)+(?=\S)")


@dataclass(frozen=True, slots=True)
class Item:
    """One work of a reference manager's library or a bibliography file.

    ``key`` is its own there: eight letters and digits in Zotero, the entry's key in a file.
    ``attachment`` is Zotero's key of the PDF. ``missing`` says why ``file`` is None although a PDF
    is named.
    """

    key: str
    work: Reference
    citekey: str = ""
    attachment: str = ""
    file: Path | None = None
    missing: str = ""

    @property
    def shown(self) -> str:
        """What to call it in messages."""
        return f"{self.key} ({self.work.title})" if self.work.title else self.key


def with_citekeys(items: Iterable[Item]) -> list[Item]:
    """The items, each with a citation key; those that have none get one by the common rule.

    Of equal keys that are made, those of later items, by their own keys, end in a letter.
    """
    found = list(items)
    taken = {item.citekey for item in found if item.citekey}
    made: dict[str, str] = {}
    for item in sorted((item for item in found if not item.citekey), key=lambda item: item.key):
        stem = citekey_of(item.work) or item.key
        ends = ("", *ascii_lowercase, *(f"-{number}" for number in range(1, len(found) + 1)))
        made[item.key] = next(stem + end for end in ends if stem + end not in taken)
        taken.add(made[item.key])
    return [replace(item, citekey=item.citekey or made[item.key]) for item in found]


def citekey_of(work: Reference) -> str:
    """A key by the rule that Better BibTeX has at first: ``maSegmentAnythingMedical2024``.

    The first author's surname, three words of the title without the small ones, and the year; in
    letters and digits of ASCII. Empty for a work without all three.
    """
    surname = _PARTICLE.sub("", _surname(work.authors[0])) if work.authors else ""
    words = [_ascii(word) for word in _WORD.findall(work.title.replace("'", ""))]
    heads = [word[:1].upper() + word[1:] for word in words if word and word.lower() not in _SMALL]
    return f"{_ascii(surname).lower()}{''.join(heads[:_TITLE_WORDS])}{work.year or ''}"


def _surname(name: str) -> str:
    family, comma, _ = name.partition(",")
    return family if comma else " ".join(name.split()[-1:])


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore")
    return re.sub(r"[^A-Za-z0-9]", "", plain.decode())
