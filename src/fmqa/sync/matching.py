"""Whether two are one paper: what a reference means, a library's paper, a file that names an id.

Titles are compared by words, since those of different papers often differ in one ("MedSAM" and
"MedSAM2", "CT" and "MR") while those of one paper differ in case, hyphens, accents, a typing error
or a subtitle. A title alone is never enough, for some are used twice: the first author or most
authors must agree or, where none are known, the year.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from fmqa.reading.identity import year_in
from fmqa.sources.arxiv_ids import parse_doi
from fmqa.types import ArxivRecord, Document, PaperMeta, Reference

_LATEX = re.compile(r"\\[a-zA-Z]+|[${}\\^_]")
_WORD = re.compile(r"[^\W_]+")
_SMALL = frozenset(
    "a an and as at by for from in into of on or the to toward towards via with".split()
)
_LEAST_RATIO = 0.93
_WITHOUT_SUBTITLE = 0.95
_SHORT_TITLE_WORDS = 3  # of a title whose subtitle may be missing
_LEAST_TYPO_LETTERS = 6
_MOST_AUTHORS = 0.5
_YEARS_LATER = 3  # a preprint is printed in a journal so many years later at most
_YEARS_EARLIER = 1


@dataclass(frozen=True, slots=True)
class Found:
    """A paper that a service found; ``year`` is the one in which it came out first."""

    arxiv_id: str
    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None


def best_match(reference: Reference, candidates: Iterable[Found]) -> tuple[Found, float] | None:
    """The candidate that the reference means, with the score of its title; None if none is.

    Two candidates that fit equally well are no answer, unless they are one paper.
    """
    scored = [(match_score(reference, found), found) for found in candidates]
    fitting = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])
    if not fitting:
        return None
    best, found = fitting[0]
    rivals = {other.arxiv_id for score, other in fitting if score == best}
    return (found, best) if len(rivals) == 1 else None


def match_score(reference: Reference, candidate: Found) -> float:
    """How well a candidate fits, 0 to 1; 0 when it isn't the paper that the reference means."""
    score, whole = title_score(reference.title, candidate.title)
    if score <= 0:
        return 0.0
    authors = authors_agree(reference, candidate.authors)
    year = years_agree(reference.year, candidate.year)
    if authors is False:
        return 0.0
    if year is False:
        # A wrong year is forgiven where hardly anything but the authors' names could be the same.
        share = authors_share(reference, candidate.authors) or 0.0
        return score if whole and share > _MOST_AUTHORS else 0.0
    # A subtitle may be what tells two papers apart: the year alone isn't enough without it.
    return score if authors or (year and whole) else 0.0


def title_score(one: str, other: str) -> tuple[float, bool]:
    """How alike two titles are, 0 to 1, and whether as a whole or without a subtitle.

    0 unless they have the same words, but for small words, hyphens and single typing errors.
    """
    from rapidfuzz import fuzz

    first, second = title_words(one), title_words(other)
    if not first or not second:
        return 0.0, False
    if _same_words(first, second):
        ratio = fuzz.ratio("".join(first), "".join(second)) / 100
        return (ratio, True) if ratio >= _LEAST_RATIO else (0.0, False)
    for short, long in ((one, other), (other, one)):
        main = re.split(r":\s|\s[-–—]\s|\?\s", long, maxsplit=1)[0]
        words = title_words(main)
        if main == long or len(words) < _SHORT_TITLE_WORDS:
            continue
        if _same_words(title_words(short), words):
            return _WITHOUT_SUBTITLE, False
    return 0.0, False


def title_words(title: str) -> list[str]:
    """A title's words, without accents, case, LaTeX and punctuation."""
    plain = unicodedata.normalize("NFKD", _LATEX.sub("", title)).casefold()
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


def authors_agree(reference: Reference, names: tuple[str, ...]) -> bool | None:
    """Whether the first author, or most of the authors, are those of the reference.

    One common surname is no sign. None where there is nothing to compare.
    """
    share = authors_share(reference, names)
    if share is None:
        return None
    first = set(title_words(reference.authors[0])) if reference.authors else _printed(reference)
    return share > _MOST_AUTHORS or _surnames(names)[0] in first


def authors_share(reference: Reference, names: tuple[str, ...]) -> float | None:
    """How many of the names stand in the reference, 0 to 1; None if there is nothing to compare."""
    printed, surnames = _printed(reference), _surnames(names)
    if not printed or not surnames:
        return None
    return sum(surname in printed for surname in surnames) / len(surnames)


def _printed(reference: Reference) -> set[str]:
    """The words of a reference's authors, as far as it is known where they stand."""
    printed = set(title_words(" ".join(reference.authors)))
    if printed or not reference.title:
        return printed
    # Before the title, for "Wang" may well be in it.
    start = reference.text.casefold().find(reference.title.casefold())
    return set(title_words(reference.text[: max(0, start)]))


def _surnames(names: tuple[str, ...]) -> list[str]:
    return [words[-1] for name in names if (words := title_words(surname_first(name)))]


def surname_first(name: str) -> str:
    """A name with the surname at the end: "Ma, Jun" is turned round."""
    last, comma, first = name.partition(",")
    return f"{first} {last}" if comma else name


def years_agree(printed: int | None, first_out: int | None) -> bool | None:
    """Whether a reference's year fits a paper that came out first in the other one."""
    if printed is None or first_out is None:
        return None
    return -_YEARS_EARLIER <= printed - first_out <= _YEARS_LATER


def _same_words(one: list[str], other: list[str]) -> bool:
    """The same words in the same order, but for small words, hyphens and typing errors."""
    first = [word for word in one if word not in _SMALL]
    second = [word for word in other if word not in _SMALL]
    if "".join(first) == "".join(second):  # "pre-training" and "pretraining"
        return True
    first, second = _without_shared_joins(first, second)
    return len(first) == len(second) and all(map(_same_word, first, second))


def _without_shared_joins(one: list[str], other: list[str]) -> tuple[list[str], list[str]]:
    """Both lists with words joined that the other one writes as one."""

    def joined(words: list[str], known: set[str]) -> list[str]:
        result: list[str] = []
        for word in words:
            if result and result[-1] not in known and result[-1] + word in known:
                result[-1] += word
            else:
                result.append(word)
        return result

    return joined(one, set(other)), joined(other, set(one))


def _same_word(one: str, other: str) -> bool:
    """Equal, or long words of which one has a letter more ("micro" is not "macro")."""
    if one == other:
        return True
    if min(len(one), len(other)) < _LEAST_TYPO_LETTERS or not (one.isalpha() and other.isalpha()):
        return False
    from rapidfuzz.distance import Indel

    return Indel.distance(one, other, score_cutoff=1) <= 1


class WorkFinder:
    """The papers of a library, found by what is said of works.

    Args:
        papers: of the library.
        facts: what arXiv says of them, by arXiv id.
    """

    def __init__(self, papers: Iterable[PaperMeta], facts: Mapping[str, ArxivRecord]) -> None:
        self.papers: dict[str, PaperMeta] = {}
        self._by_arxiv: dict[str, PaperMeta] = {}
        self._by_doi: dict[str, PaperMeta] = {}
        self._words: dict[str, set[str]] = {}
        for paper in papers:
            record = facts.get(paper.arxiv_id or "")
            self.put(paper, record.doi if record else None)

    def put(self, paper: PaperMeta, doi: str | None = None) -> None:
        """Take in one paper more."""
        self.papers[paper.paper_id] = paper
        self._words[paper.paper_id] = set(title_words(paper.title))
        if paper.arxiv_id:
            self._by_arxiv[paper.arxiv_id] = paper
        if doi:
            self._by_doi[doi.lower()] = paper

    def find(self, work: Reference) -> PaperMeta | None:
        """The paper by arXiv id, DOI or title; None when the library hasn't it, or several fit."""
        arxiv_id = work.arxiv_id
        if work.doi and arxiv_id is None and (found := parse_doi(work.doi)):
            arxiv_id = found.bare
        if arxiv_id in self._by_arxiv:
            return self._by_arxiv[arxiv_id]
        if work.doi and work.doi.lower() in self._by_doi:
            return self._by_doi[work.doi.lower()]
        return self._by_title(work) if work.title else None

    def _by_title(self, work: Reference) -> PaperMeta | None:
        words = set(title_words(work.title))
        found = []
        for key, paper in self.papers.items():
            if 2 * len(words & self._words[key]) < min(len(words), len(self._words[key])):
                continue  # the exact comparison takes its time
            score, whole = title_score(work.title, paper.title)
            agree = authors_agree(work, paper.authors)
            if score and agree is not False and (whole or agree):
                found.append((score, paper))
        best = max((score for score, _ in found), default=0.0)
        fitting = [paper for score, paper in found if score == best]
        return fitting[0] if len(fitting) == 1 else None


_SAME_TITLE, _LIKE_TITLE, _OWN_AUTHORS = 0.85, 0.3, 0.5


def is_paper(document: Document, held: PaperMeta) -> bool:
    """Whether a file's title and authors are those of the paper that its id names.

    A paper's title may change from one version to the next while its authors stay; a comment on a
    paper has much of its title and other authors. What page 1 doesn't show isn't held against it.
    """
    found = document.meta
    title = _plain_words(found.title)
    if not title or not _plain_words(held.title) or _no_title(found) or _no_title(held):
        return True
    alike = _share(title, _plain_words(held.title))
    if alike >= _SAME_TITLE or _stands_alone(held.title, document):
        return True
    own, others = _initialled(found), _initialled(held)
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


def _plain_words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _no_title(meta: PaperMeta) -> bool:
    """Whether what stands for the title is the file's name, an id for one."""
    return not any(len(word) > 2 and word.isalpha() for word in _plain_words(meta.title))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _stands_alone(title: str, document: Document) -> bool:
    """Whether a title stands on page 1 as a block of its own, though another was taken for it."""
    wanted = "".join(_WORD.findall(title.casefold()))
    page = next((page.text for page in document.pages if page.text), "")
    blocks = ("".join(_WORD.findall(block.casefold())) for block in page.split("\n")[:12])
    return any(block == wanted for block in blocks)


def _initialled(meta: PaperMeta) -> frozenset[tuple[str, str]]:
    """Surnames with the first letters of the given names."""
    names = (_WORD.findall(name.casefold()) for name in meta.authors)
    return frozenset((parts[-1], parts[0][0]) for parts in names if len(parts) > 1)
