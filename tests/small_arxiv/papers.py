"""The papers of the small arXiv, their versions, and which cite which. All of it may change."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal

from .pdfs import paper_pdf, review_pdf
from .texts import Figures, Profile, abstract, claim, make_authors, make_profile, sections

How = Literal["text", "doi", "link", "scholar", "title", ""]
"""What an entry of a bibliography can be resolved by; empty: it isn't on arXiv."""

Manner = Literal["whole", "truncated", "oversize"]
"""How a paper's PDF is served: whole, always without its end, or much too long."""

WITHDRAWN = "This paper has been withdrawn by the author"
_ID = re.compile(r"(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Za-z]{2})?/\d{7})(?:v(?P<version>\d+))?")


@dataclass(frozen=True)
class Entry:
    """One entry of a bibliography, as printed, and the truth about it.

    ``printed_title`` may differ from the title on arXiv. ``link`` is the address of an annotation
    over the entry. ``scholar_knows`` says whether Semantic Scholar gives its arXiv id.
    """

    number: int
    text: str
    printed_title: str
    authors: tuple[str, ...]
    year: int
    arxiv_id: str | None = None
    how: How = ""
    link: str | None = None
    doi: str | None = None
    scholar_knows: bool = False


@dataclass
class Version:
    """One version: when, and what stands in it. ``claim`` is a sentence that only it has."""

    number: int
    updated: str
    abstract: str
    sections: list[tuple[str, list[str]]]
    comment: str = ""
    withdrawn: bool = False
    claim: str = ""


@dataclass
class Paper:
    """A paper of the small arXiv. Times are ISO 8601 in UTC; ``versions`` ascend from 1.

    ``gone`` says what is served in place of a withdrawn version's PDF: status 404, or 200, both
    with a page of HTML. ``entries`` and ``mentions`` are those of a review.
    """

    arxiv_id: str
    title: str
    authors: list[str]
    published: str
    categories: list[str]
    versions: list[Version]
    profile: Profile | None = None
    manner: Manner = "whole"
    gone: Literal[404, 200] = 404
    doi: str | None = None
    entries: list[Entry] = field(default_factory=list)
    mentions: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)

    @property
    def latest(self) -> Version:
        return self.versions[-1]

    @property
    def abstract(self) -> str:
        return self.latest.abstract

    @property
    def year(self) -> int:
        return int(self.published[:4])

    def version(self, number: int | None) -> Version | None:
        """The version of that number, the latest where none is named."""
        if number is None:
            return self.latest
        return next((v for v in self.versions if v.number == number), None)


class World:
    """What is on the small arXiv. Tests may change it while it is served.

    ``review`` is the id of the review, ``near_misses`` maps the id of each paper whose title is
    nearly a cited one's to the number of the review's entry that it could be taken for,
    ``special`` the names of the hard cases to their ids. ``oversize`` is the length in bytes of
    the over-size PDF.
    ``notices`` are fields of Crossref's records beside the title, by DOI in small letters.
    ``html`` are versions' pages; most have none.
    """

    def __init__(self, papers: Sequence[Paper] = (), seed: int = 0, oversize: int = 0) -> None:
        self.lock = threading.RLock()
        self.seed = seed
        self.oversize = oversize
        self.review = ""
        self.near_misses: dict[str, int] = {}
        self.special: dict[str, str] = {}
        self.notices: dict[str, dict[str, object]] = {}
        self.html: dict[tuple[str, int], str] = {}
        self._papers = {paper.arxiv_id: paper for paper in papers}
        self._pdfs: dict[tuple[str, int], bytes] = {}

    def papers(self) -> list[Paper]:
        """All papers, in the order in which they were added."""
        with self.lock:
            return list(self._papers.values())

    def get(self, arxiv_id: str) -> Paper | None:
        """The paper of a bare id."""
        with self.lock:
            return self._papers.get(arxiv_id)

    def __getitem__(self, arxiv_id: str) -> Paper:
        with self.lock:
            return self._papers[arxiv_id]

    def add(self, paper: Paper) -> Paper:
        """Puts a paper on arXiv."""
        with self.lock:
            self._papers[paper.arxiv_id] = paper
        return paper

    def remove(self, arxiv_id: str) -> None:
        """Takes a paper off arXiv."""
        with self.lock:
            del self._papers[arxiv_id]

    def add_version(self, arxiv_id: str, updated: str = "", comment: str = "") -> Version:
        """A further version of a paper, with other figures, 30 days after the last by default."""
        with self.lock:
            paper = self[arxiv_id]
            when = updated or _later(paper.latest.updated)
            number = paper.latest.number + 1
            made = make_version(paper, number, when, comment, self.seed)
            paper.versions.append(made)
            return made

    def cite(self, arxiv_id: str, cited_id: str) -> Entry:
        """A further version of a review, whose bibliography ends with one more paper."""
        from .bibliography import Cited, print_entry

        with self.lock:
            review, cited = self[arxiv_id], self[cited_id]
            for version in review.versions:
                self.pdf(arxiv_id, version.number)  # earlier versions keep their bibliography
            number = len(review.entries) + 1
            work = Cited("text", cited.title, tuple(cited.authors), cited.year, cited)
            review.entries.append(print_entry(number, work))
            made = self.add_version(arxiv_id)
            sentence = f"A system that appeared since then is described in later work [{number}]."
            made.sections = [*made.sections, ("Addendum", [sentence])]
            review.mentions.append((sentence, (number,)))
            return review.entries[-1]

    def withdraw(self, arxiv_id: str, gone: Literal[404, 200] = 404, updated: str = "") -> Version:
        """A withdrawn version on top of a paper's others."""
        with self.lock:
            paper = self[arxiv_id]
            last = paper.latest
            made = Version(
                last.number + 1, updated or _later(last.updated), last.abstract, [], WITHDRAWN, True
            )
            paper.gone = gone
            paper.versions.append(made)
            return made

    def truth(self, arxiv_id: str = "") -> dict[int, str | None]:
        """The arXiv id, or None, of each entry of a review's bibliography, by its number."""
        return {entry.number: entry.arxiv_id for entry in self[arxiv_id or self.review].entries}

    def cited(self, arxiv_id: str = "") -> list[str]:
        """The ids that a review cites, in the order of its bibliography."""
        return [found for found in self.truth(arxiv_id).values() if found]

    def pdf(self, arxiv_id: str, version: int | None = None) -> bytes:
        """The bytes of a version's PDF, whole, equal each time."""
        with self.lock:
            paper = self[arxiv_id]
            wanted = paper.version(version)
            assert wanted is not None
            key = arxiv_id, wanted.number
            if key not in self._pdfs:
                make = review_pdf if paper.entries else paper_pdf
                self._pdfs[key] = make(paper, wanted)
            return self._pdfs[key]


def split_id(text: str) -> tuple[str, int | None] | None:
    """The bare id and the version; None for what is no id."""
    match = _ID.fullmatch(text)
    if match is None:
        return None
    return match["id"], int(match["version"]) if match["version"] else None


def make_paper(
    arxiv_id: str,
    published: str,
    number: int,
    seed: int = 0,
    *,
    title: str = "",
    authors: Sequence[str] = (),
    categories: Sequence[str] = ("cs.CV",),
    profile: Profile | None = None,
) -> Paper:
    """A paper of one version; ``number`` tells its profile from other papers'."""
    from .texts import make_title

    random = random_of(seed, "paper", arxiv_id)
    about = profile or make_profile(random, number)
    paper = Paper(
        arxiv_id,
        title or make_title(about, random),
        list(authors) or make_authors(random),
        published,
        list(categories),
        [],
        about,
    )
    paper.versions.append(make_version(paper, 1, published, "", seed))
    return paper


def make_version(paper: Paper, number: int, updated: str, comment: str, seed: int) -> Version:
    """A version's text; each number has its own figures and sentences."""
    if paper.profile is None:
        last = paper.latest
        return Version(number, updated, last.abstract, last.sections, comment, claim=last.claim)
    figures = Figures.make(random_of(seed, paper.arxiv_id, f"figures v{number}"))
    random = random_of(seed, paper.arxiv_id, "text")  # the rest of the text stays
    return Version(
        number,
        updated,
        abstract(paper.profile, figures),
        sections(paper.profile, figures, random),
        comment,
        claim=claim(paper.profile, figures),
    )


def random_of(*names: object) -> Random:
    """A generator of its own for each list of names."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return Random(int.from_bytes(digest[:8], "big"))


def moment(text: str) -> datetime:
    """The time that an ISO 8601 text with a Z says."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _later(text: str) -> str:
    return (moment(text) + timedelta(days=30)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
