"""arXiv ids and DOIs in the text of one reference.

Print breaks ids over lines ("arXiv:1706. 03762"), so that a space may stand where a line ended. An
id without any word of arXiv's beside it is taken only where it can't be a page range, a part of a
DOI or an address, or a number of another kind, and with a lower score.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from fmqa.sources.arxiv_ids import parse_id

_ARCHIVES = (
    "astro-ph cond-mat gr-qc hep-ex hep-lat hep-ph hep-th math-ph nlin nucl-ex nucl-th quant-ph "
    "physics math cs q-bio stat acc-phys adap-org alg-geom ao-sci atom-ph bayes-an chao-dyn "
    "chem-ph cmp-lg comp-gas dg-ga funct-an mtrl-th patt-sol plasm-ph q-alg solv-int supr-con"
)
_ARCHIVE = "|".join(name.replace("-", r"\s?[-‐‑–]\s?") for name in _ARCHIVES.split())
_OLD = rf"(?:{_ARCHIVE})(?:\s?\.\s?[a-z]{{2}})?\s?/\s?\d{{7}}(?!\d)"
# The last form is an id that an address broke within its number.
_NEW = r"\d{4}\s?\.\s?(?:\d{5}(?!\d)|\d{4}(?!\d)|\d{1,3}\s\d{1,4}(?!\d))"
_VERSION = r"(?:\s?v\d{1,2}(?![a-z0-9]))?"
_BETWEEN = (
    r"(?:[\s:,;/\[({.]|\borg\b|\babs\b|\bpdf\b|\bhtml\b|\bpreprints?\b|\be-?prints?\b|\bcorr\b"
    r"|\barxiv\b|\bid\b){0,10}?"
)
_CUED = re.compile(
    rf"(?<![a-z])(?:arxiv|corr|preprints?|e-?prints?\s?:|abs\s?/){_BETWEEN}(?P<id>{_OLD}|{_NEW}){_VERSION}",
    re.IGNORECASE,
)
_OLD_ALONE = re.compile(rf"(?<![\w/.-])(?P<id>{_OLD}){_VERSION}", re.IGNORECASE)
_CUE = re.compile(r"[aA][rR][xX]i|ARXI|CoRR|[cC]orr|CORR|[pP]reprint|[pP]rints?\s?:|abs\s?/")
_SEVEN_DIGITS = re.compile(r"/\s?\d{7}")
_DIGITS = re.compile(r"\d\s?\.\s?\d|/\s?\d{7}")  # every id has one of these
_NEW_ALONE = re.compile(
    r"(?P<open>^|[.,;:]\s|[\s(]\[|\s\(|,)\s?(?P<id>\d{4}\s?\.\d{4,5})(?:v\d{1,2})?"
    r"(?P<close>[\])]|\s?\[[a-z-]{2,10}(?:\.[A-Z]{2})?\]|[.,;](?=\s|$)|\s?$)"
)
_OTHER_NUMBER = re.compile(
    r"(?:pp?\.?|pages?|nos?\.?|vol\.?|volume|doi:?|issn:?|isbn:?|article|art\.?|id|[-–—=×±<>$€£]"
    r"|\d[.:]?|version|v\.|ver\.|section|sec\.?|about|than|of|to)\s*[\[(]?$",
    re.IGNORECASE,
)
_MADE = re.compile(r"\b(?:19|20)\d\d\b")
_ARXIV_DOI = re.compile(
    rf"10\.48550\s?/\s?arxiv\s?\.\s?(?P<id>{_NEW}|{_OLD}){_VERSION}", re.IGNORECASE
)
# A line's end may stand behind a mark within the suffix.
_DOI = re.compile(
    r"(?<![\d.])10\.\d{4,9}\s?/\s?(?P<rest>[^\s\"<>“”]{1,200}(?:(?<=[%/_(-])\s[^\s\"<>“”]{1,100})?)"
)
_LATEST_YEAR = 2050
_MOST = 6_000  # characters of a reference that are looked at
_UNMISTAKABLE, _LABELLED, _BRACKETED, _BARE = 1.0, 0.95, 0.9, 0.7


@dataclass(frozen=True, slots=True)
class FoundId:
    """An arXiv id, bare, how it was printed (``text`` or ``doi``), how sure it is, and where."""

    bare: str
    method: str
    score: float
    start: int
    end: int


def find_ids(text: str) -> list[FoundId]:
    """The arXiv ids printed in a reference, the surest first, and of equals the first."""
    text = text[:_MOST]
    if not _DIGITS.search(text):
        return []
    found: dict[str, FoundId] = {}
    for each in (*_dois(text), *_cued(text), *_alone(text)):
        known = found.get(each.bare)
        inside = any(each.start < other.end and other.start < each.end for other in found.values())
        if (known is None and not inside) or (known is not None and each.score > known.score):
            found[each.bare] = each
    return sorted(found.values(), key=lambda each: (-each.score, each.start))


def find_doi(text: str) -> str | None:
    """The first DOI printed in a reference, as it is spelled there."""
    match = _DOI.search(text[:_MOST])
    if match is None:
        return None
    prefix = match[0][: match[0].index("/")].strip()
    rest = unquote(re.sub(r"\s", "", match["rest"])).rstrip(".,;:/’”'\"")
    while rest[-1:] in tuple(")]}") and rest.count(rest[-1]) > rest.count(_opens(rest[-1])):
        rest = rest[:-1].rstrip(".,;:")
    return f"{prefix}/{rest}" if rest else None


def without_ids(text: str) -> str:
    """The text with its ids, DOIs and addresses blanked, so that their digits are no years."""
    text = text[:_MOST]
    text = _DOI.sub(" ", _ADDRESS.sub(" ", text))
    for pattern in _patterns(text):
        text = pattern.sub(" ", text)
    return text


_ADDRESS = re.compile(r"(?:https?\s?:\s?//|www\.)\S*(?:(?<=/)\s\S*[/.\d]\S*)?", re.IGNORECASE)


def _opens(mark: str) -> str:
    return {")": "(", "]": "[", "}": "{"}[mark]


def _patterns(text: str) -> Iterator[re.Pattern[str]]:
    """Those patterns that can match: looking for a word first is ten times as fast."""
    if _CUE.search(text):
        yield _CUED
    if _SEVEN_DIGITS.search(text):
        yield _OLD_ALONE


def _dois(text: str) -> Iterator[FoundId]:
    for match in _ARXIV_DOI.finditer(text):
        if bare := valid_id(match["id"]):
            yield FoundId(bare, "doi", _UNMISTAKABLE, match.start(), match.end())


def _cued(text: str) -> Iterator[FoundId]:
    for pattern in _patterns(text):
        for match in pattern.finditer(text):
            if bare := valid_id(match["id"]):
                yield FoundId(bare, "text", _UNMISTAKABLE, match.start("id"), match.end())


def _alone(text: str) -> Iterator[FoundId]:
    for match in _NEW_ALONE.finditer(text):
        bare = valid_id(match["id"])
        if bare is None or _OTHER_NUMBER.search(
            text[max(0, match.start("id") - 20) : match.start("id")]
        ):
            continue
        if len(match["close"].strip()) > 2:
            score = _LABELLED  # the subject class stands behind it
        elif match["open"][-1:] in tuple("[(") and match["close"] in tuple(")]"):
            score = _BRACKETED
        elif _fits_year(text, bare, match):
            score = _BARE
        else:
            continue
        yield FoundId(bare, "text", score, match.start("id"), match.end("id"))


def _fits_year(text: str, bare: str, match: re.Match[str]) -> bool:
    """Whether the id's year agrees with a year that the reference names; many name none."""
    rest = text[: match.start("id")] + " " + text[match.end("id") :]
    years = [int(year) for year in _MADE.findall(rest)]
    first = 2000 + int(bare[:2])
    if not years:
        return first < _LATEST_YEAR
    return any(first - 1 <= year <= first + 5 for year in years)


def valid_id(text: str) -> str | None:
    """The bare id that a printed one stands for: arXiv gave out 4 digits to 2014, then 5."""
    joined = re.sub(r"[‐‑–]", "-", re.sub(r"\s", "", text)).lower()
    found = parse_id(joined)
    if found is None:
        return None
    if "/" in found.bare:
        return found.bare
    digits = len(found.bare) - 5
    return found.bare if digits == (4 if found.bare[:4] < "1501" else 5) else None
