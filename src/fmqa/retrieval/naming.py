"""Which names a paper goes by, and which of them a text uses.

The one place that says it, for the search, the selection of quotes and abstention.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Self

from fmqa.retrieval.expansion import normal_name, title_lead
from fmqa.types import PaperMeta

_BRACKETS = re.compile(r"\(([^()]*)\)")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9+]*(?:[-./][A-Za-z0-9+]+)*")
_SEPARATE = re.compile(r"\s+and\s+|\s*/\s+|\s*[,;]\s+")
_LIKE_A_NAME = re.compile(r"(?=\S*[A-Z].*)(?:\S*[a-z0-9-]\S*[A-Z]|\S*[A-Z]\S*[A-Z0-9])\S*")
_POSSESSIVE = re.compile(r"['’]s\b")
_GENERATION = re.compile(r"(?P<family>.+?(?<=[a-z+]))v?(?P<number>\d{1,2})")
_MOST_WORDS = 4  # of one name: "Medical SAM Adapter", "Med SAM 2"
_SHORTEST_JOINED = 5
_SHORTEST_LOWER = 4


def names_of(paper: PaperMeta) -> frozenset[str]:
    """The names of a paper in normal form: its model's, and its title up to the colon.

    A name with brackets gives both ("CT-CLIP (CT-RATE)"); what only tells two papers of one name
    apart ("AutoSAM (Shaharabany)") is left out, so that both go by it.
    """
    return frozenset(_names_of(paper))


def written_names(paper: PaperMeta) -> frozenset[str]:
    """The same names as they are written."""
    return frozenset(_names_of(paper).values())


def _names_of(paper: PaperMeta) -> Mapping[str, str]:
    # What a topic is called is what questions speak about, and no name of a work.
    return {} if paper.kind == "topic" else _shown_names(paper.name, paper.title)


@lru_cache(maxsize=4096)
def _shown_names(name: str, title: str) -> Mapping[str, str]:
    """Normal form → as written."""
    plain = _BRACKETS.sub(" ", name).strip()
    shown = [name, plain, title_lead(title)]
    shown += [part for part in _BRACKETS.findall(name) if _LIKE_A_NAME.fullmatch(part)]
    parts = _SEPARATE.split(plain)
    if len(parts) > 1 and all(_LIKE_A_NAME.fullmatch(part) for part in parts):
        shown += parts
    return {normal_name(one): one for one in shown if normal_name(one)}


class NameBook:
    """The names of some papers, to look up and to find in a text."""

    def __init__(self) -> None:
        self._papers: dict[str, list[str]] = {}
        self._written: dict[str, set[str]] = {}
        self._authors: dict[str, list[str]] = {}

    @classmethod
    def of(cls, papers: Iterable[PaperMeta]) -> Self:
        """The book of these papers."""
        book = cls()
        for paper in papers:
            for name, shown in _names_of(paper).items():
                held = book._papers.setdefault(name, [])
                if paper.paper_id not in held:
                    held.append(paper.paper_id)
                book._written.setdefault(name, set()).add(shown)
            for surname in {surname_of(author).casefold() for author in paper.authors}:
                book._authors.setdefault(surname, []).append(paper.paper_id)
        return book

    def __contains__(self, name: str) -> bool:
        return name in self._papers

    def papers(self, names: Iterable[str]) -> list[str]:
        """Ids of the papers that go by these names (in normal form), each once.

        The first of each name come first, so that those of one name don't crowd out another's.
        """
        held = [self._papers.get(name, []) for name in names]
        longest = max(map(len, held), default=0)
        return list(
            dict.fromkeys(ids[at] for at in range(longest) for ids in held if at < len(ids))
        )

    def by_author(self, surname: str) -> list[str]:
        """Ids of the papers that somebody of this surname wrote."""
        return self._authors.get(surname.casefold(), [])

    def name_of(self, paper_id: str) -> str:
        """The shortest name of a paper, as written; empty where the book has none."""
        names = (name for name, papers in self._papers.items() if paper_id in papers)
        written = [shown for name in names for shown in self._written[name]]
        return min(written, key=lambda one: (len(one), one), default="")

    def in_text(self, text: str) -> dict[str, str]:
        """The names in a text: normal form → as it stands there, in the text's order.

        The longest that fits counts: "Med SAM 2" is MedSAM2, and MedSAM isn't there.
        """
        text = _POSSESSIVE.sub("  ", text)
        words = list(_WORD.finditer(text))
        found: dict[str, str] = {}
        at = 0
        while at < len(words):
            for end in range(min(at + _MOST_WORDS, len(words)), at, -1):
                shown = text[words[at].start() : words[end - 1].end()]
                name = normal_name("".join(word.group() for word in words[at:end]))
                if name in self._papers and self._meant(name, shown):
                    found.setdefault(name, shown)
                    at = end - 1
                    break
            at += 1
        return found

    def next_generation(self, name: str, step: int = 1) -> str | None:
        """The name, as written, of the model that continues a name's count: MedSAM2 of MedSAM.

        A name without a number is the first of its family. None where the book has no such name.

        Args:
            name: in normal form.
            step: 1 for the successor, -1 for the predecessor.
        """
        family, number = _generation(name)
        held = {
            count: known
            for known in self._papers
            for kin, count in (_generation(known),)
            if kin == family and (count - number) * step > 0
        }
        if not held:
            return None
        nearest = held[min(held, key=lambda count: abs(count - number))]
        return min(self._written[nearest], key=lambda one: (len(one), one))

    def _meant(self, name: str, shown: str) -> bool:
        """Whether these words are the name and don't only spell it."""
        if re.search(r"[.,;:?!]\s", shown):
            return False
        if shown in self._written[name]:
            return True  # "SAM 2", as its paper writes it
        if " " in shown and len(name) < _SHORTEST_JOINED:
            return False
        if any(letter.isupper() for letter in shown):
            return True
        # A name in capitals is, in lower case, often a word: KEEP, PRIOR, CITE, SAM.
        return len(name) >= _SHORTEST_LOWER and any(
            not written.isupper() for written in self._written[name]
        )


def surname_of(author: str) -> str:
    """Of "Ada Ma" and of "Ma, Ada"."""
    words = author.split(",", maxsplit=1)[0].split() if "," in author else author.split()[-1:]
    return " ".join(words)


def _generation(name: str) -> tuple[str, int]:
    """A name in normal form as its family and its number in it: ("medsam", 2)."""
    match = _GENERATION.fullmatch(name)
    return (match["family"], int(match["number"])) if match else (name, 1)
