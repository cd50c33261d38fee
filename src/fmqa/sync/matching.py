"""Whether a paper that was found is the one a reference means.

Titles are compared by words, since those of different papers often differ in one ("MedSAM" and
"MedSAM2", "CT" and "MR") while those of one paper differ in case, hyphens, accents, a typing error
or a subtitle. A title alone is never enough, for some are used twice: the first author or most
authors must agree or, where none are known, the year.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from fmqa.types import Reference

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
