"""Filters as text: one form for addresses of pages, commands and programs.

``year=2023-&kind=adaptation&modality=CT``: a field may stand several times, and then any one of its
values will do. What is printed is the same for equal filters, and read back it is equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from fmqa.errors import UsageError
from fmqa.types import Filters, PaperStatus, Source

FIELDS = {
    "year": "years",
    "kind": "kinds",
    "modality": "modalities",
    "task": "tasks",
    "paper": "papers",
    "source": "sources",
    "status": "statuses",
}
"""The name of each field in the text, and in `Filters`."""

_CHOICES: dict[str, tuple[StrEnum, ...]] = {
    "source": tuple(Source),
    # Replaced versions aren't searched, only compared with.
    "status": (PaperStatus.CURRENT, PaperStatus.WITHDRAWN),
}
_LONGEST = 8000
_YEARS = re.compile(r"(\d{4})|(\d{4})?\s*[-\u2013]\s*(\d{4})?", re.ASCII)
_ARXIV = re.compile(
    r"(?:arxiv:)?\s*(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?",
    re.IGNORECASE | re.ASCII,
)


def query_of(filters: Filters) -> str:
    """The filters as the query of an address, without a question mark; empty for none."""
    pairs = [("year", years_text(filters.years))] if filters.years != (None, None) else []
    for name, attribute in FIELDS.items():
        if name != "year":
            pairs += [(name, str(value)) for value in getattr(filters, attribute)]
    return urlencode(pairs, quote_via=quote, safe=":/")


def filters_of(query: str, *, beside_others: bool = False) -> Filters:
    """The filters that a text says, as `query_of` writes it.

    Args:
        query: with or without a question mark before it.
        beside_others: that names which aren't a filter's are left alone, as in a page's address.

    Raises:
        UsageError: a name is unknown, or a value can't be one of its field's.
    """
    if len(query) > _LONGEST:
        raise UsageError(
            f"The filters are {len(query):,} characters long; at most {_LONGEST:,} are taken.",
            hint="Filter by fewer papers.",
        )
    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    unknown = [name for name, _ in pairs if name not in FIELDS]
    if unknown and not beside_others:
        raise UsageError(f"{unknown[0][:80]!r} is no filter.", hint=f"There are {_listed(FIELDS)}.")
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in FIELDS and value.strip():
            values.setdefault(name, []).append(value)
    return make_filters(**values)


def make_filters(**values: Iterable[str] | None) -> Filters:
    """Filters from texts, by the names of `FIELDS`: one, several, or none for a field.

    Raises:
        UsageError: a value can't be one of its field's.
    """
    made: dict[str, Any] = {}
    for name, given in values.items():
        texts = (given,) if isinstance(given, str) and given else given or ()
        reader = _READERS.get(name, str)
        made[FIELDS[name]] = tuple(reader(text) for text in texts)
    years = made.pop("years", ())
    if len(set(years)) > 1:
        raise UsageError("Several spans of years are given.", hint="Write one, such as 2021-2023.")
    return Filters(years=years[0] if years else (None, None), **made)


def parse_years(text: str) -> tuple[int | None, int | None]:
    """First and last year of ``2023``, ``2021-2023``, ``2023-`` or ``-2020``.

    Raises:
        UsageError: it is none of these.
    """
    match = _YEARS.fullmatch(text.strip())
    if match is not None:
        first, last = match[1] or match[2], match[1] or match[3]
        # As texts of four digits they compare as numbers do.
        if (first or last) and (not first or not last or first <= last):
            return int(first) if first else None, int(last) if last else None
    raise UsageError(f"{text[:80]!r} is no year.", hint="Write 2023, 2021-2023, 2023- or -2020.")


def years_text(years: tuple[int | None, int | None]) -> str:
    """A span of years as `parse_years` reads it."""
    first, last = ("" if year is None else f"{year:04}" for year in years)
    return first if first == last else f"{first}-{last}"


def _choice(name: str) -> Callable[[str], StrEnum]:
    def choice(text: str) -> StrEnum:
        for one in _CHOICES[name]:
            if one.value == text.strip().lower():
                return one
        raise UsageError(
            f"{text[:80]!r} is no {name}.", hint=f"There are {_listed(_CHOICES[name])}."
        )

    return choice


def _paper(text: str) -> str:
    """An arXiv id without its version; any other id or name as it stands."""
    match = _ARXIV.fullmatch(text.strip())
    return match[1] if match else text


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}"


_READERS: dict[str, Callable[[str], Any]] = {
    "year": parse_years,
    "paper": _paper,
    "source": _choice("source"),
    "status": _choice("status"),
}
