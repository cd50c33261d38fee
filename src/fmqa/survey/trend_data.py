"""How the field moved over the years: papers by what they are and do, and sizes.

A trend is a list of points, each a paper with one value in one year; all counts are made from the
points, so that each number of a plot opens into the papers that it counts.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from types import MappingProxyType
from typing import Literal

from fmqa.answering.schema import Citation, NamedPaper, WireModel
from fmqa.survey.corpus import Standing, is_paper, paper_fields
from fmqa.survey.escaping import csv_text
from fmqa.types import PaperMeta

Group = Literal["cited", "since", "other"]


class By(StrEnum):
    """What papers are counted by, or the size that is plotted."""

    KIND = "kind"
    MODALITY = "modality"
    TASK = "task"
    TRAINING = "training"
    DATASETS = "datasets"
    MODEL_SIZE = "model-size"
    DATA_SIZE = "data-size"

    @property
    def is_size(self) -> bool:
        """Whether its points are amounts rather than counted values."""
        return self in (By.MODEL_SIZE, By.DATA_SIZE)

    @property
    def heading(self) -> str:
        """What a plot of it is about."""
        return _TITLES[self]


_TITLES = {
    By.KIND: "Papers a year, by kind",
    By.MODALITY: "Papers a year, by imaging modality",
    By.TASK: "Papers a year, by downstream task",
    By.TRAINING: "Papers a year, by training strategy",
    By.DATASETS: "Papers a year that use a data set",
    By.MODEL_SIZE: "Model size, in parameters",
    By.DATA_SIZE: "Pre-training data, in images, pairs or other samples",
}
_LEAST_FOR_A_MEDIAN = 3
GROUPS: Mapping[Group, str] = MappingProxyType(
    {
        "cited": "Cited by the review",
        "since": "Since the review",
        "other": "Neither",
    }
)


@dataclass(frozen=True, slots=True)
class Observation:
    """A value that a paper has, or the size of its model or data, and the quote that shows it."""

    paper_id: str
    value: str
    amount: float | None = None
    citation: Citation | None = None


class TrendPoint(NamedPaper):
    """One paper with one value. ``citation`` is None where only its metadata say it."""

    year: int
    published: str
    kind: str
    value: str
    amount: float | None
    group: Group
    citation: Citation | None


class Trend(WireModel):
    """The points of one trend, by year; ``papers`` counts all that could have had one."""

    by: By
    review_id: str
    papers: int
    unknown: int
    """Papers without a value."""
    undated: int
    """Papers with a value whose year isn't known."""
    points: tuple[TrendPoint, ...]

    @property
    def years(self) -> list[int]:
        """The years from the first point to the last."""
        found = [point.year for point in self.points]
        return list(range(min(found), max(found) + 1)) if found else []

    @property
    def values(self) -> list[str]:
        """The values, the commonest first."""
        counts = Counter(point.value for point in self.points)
        return sorted(counts, key=lambda value: (-counts[value], value))

    def of(self, group: Group | None) -> list[TrendPoint]:
        """The points of one side of the review; all without one."""
        return [point for point in self.points if group in (None, point.group)]

    def counts(self, group: Group | None = None) -> Counter[tuple[str, int]]:
        """How many papers have a value in a year."""
        return Counter((point.value, point.year) for point in self.of(group))

    def medians(self, group: Group | None = None) -> dict[int, float]:
        """The median amount of each year with enough points for one."""
        held: dict[int, list[float]] = defaultdict(list)
        for point in self.of(group):
            if point.amount is not None:
                held[point.year].append(point.amount)
        return {
            year: median(amounts)
            for year, amounts in sorted(held.items())
            if len(amounts) >= _LEAST_FOR_A_MEDIAN
        }

    def at(self, value: str, year: int, group: Group | None = None) -> list[TrendPoint]:
        """The papers that a number counts."""
        return [one for one in self.of(group) if (one.value, one.year) == (value, year)]

    def only(self, *groups: Group) -> Trend:
        """The same of the papers on one side of the review."""
        points = tuple(point for point in self.points if point.group in groups)
        return self.model_copy(update={"points": points})


def make_trend(
    by: By,
    observations: Iterable[Observation],
    papers: Sequence[PaperMeta],
    stands: Standing,
) -> Trend:
    """The trend that the observations make.

    A paper counts once for each value that it has, and with its largest amount; in its own year,
    else in that of its publication.

    Args:
        observations: of whatever papers; those of papers that aren't given are left out.
        papers: which to count; notes on topics are left out.
        stands: their dates, and their sides of the review.
    """
    metas = {meta.paper_id: meta for meta in papers if is_paper(meta)}
    held: dict[tuple[str, str], Observation] = {}
    for one in observations:
        key = one.paper_id, "" if by.is_size else one.value
        if one.paper_id in metas and (
            key not in held or (one.amount or 0) > (held[key].amount or 0)
        ):
            held[key] = one
    points, undated = [], set()
    for (paper_id, _), one in held.items():
        meta, when = metas[paper_id], stands.published.get(paper_id, "")
        year = meta.year or (int(when[:4]) if when else None)
        if year is None:
            undated.add(paper_id)
            continue
        point = TrendPoint(
            **paper_fields(meta),
            year=year,
            published=when,
            kind=meta.kind,
            value=one.value,
            amount=one.amount,
            group=_group(paper_id, stands),
            citation=one.citation,
        )
        points.append(point)
    points.sort(key=lambda point: (point.year, point.published, point.paper_id, point.value))
    known = {paper_id for paper_id, _ in held}
    return Trend(
        by=by,
        review_id=stands.review.paper_id,
        papers=len(metas),
        unknown=len(metas) - len(known),
        undated=len(undated),
        points=tuple(points),
    )


def _group(paper_id: str, stands: Standing) -> Group:
    if paper_id in stands.review.cited:
        return "cited"
    return "since" if paper_id in stands.since else "other"


def sides_of(sides: bool) -> Sequence[Group | None]:
    """The parts that are shown: both sides of the review, or all papers together."""
    return ("cited", "since") if sides else (None,)


@dataclass(frozen=True, slots=True)
class Panels:
    """What the small plots of a trend's commonest values are drawn from, all to one scale.

    ``counts`` has the papers of a value and year for each part that is shown; ``highest`` is the
    most papers of a value in one year.
    """

    values: list[str]
    counts: dict[Group | None, Counter[tuple[str, int]]]
    highest: int

    @classmethod
    def of(cls, trend: Trend, most: int, *, sides: bool) -> Panels:
        """The panels of this many values at most."""
        counts = {group: trend.counts(group) for group in sides_of(sides)}
        values = trend.values[:most]
        whole = sum(counts.values(), Counter[tuple[str, int]]())
        highest = max((count for (value, _), count in whole.items() if value in values), default=1)
        return cls(values, counts, highest)

    def total(self, value: str) -> int:
        """All papers with a value."""
        return sum(n for held in self.counts.values() for (v, _), n in held.items() if v == value)


def year_ticks(years: Sequence[int], most: int) -> list[int]:
    """So many years at most to write below an axis, the last among them."""
    step = max(1, math.ceil(len(years) / most))
    return list(years)[::-1][::step][::-1]


@dataclass(frozen=True, slots=True)
class TrendRow:
    """A value's papers in each year, and in all."""

    value: str
    counts: tuple[int, ...]
    total: int


def trend_rows(trend: Trend, group: Group | None = None) -> list[TrendRow]:
    """A row for each value, the commonest first, with a count for each of `Trend.years`."""
    counts = trend.counts(group)
    found = []
    for value in trend.values:
        of_years = tuple(counts[value, year] for year in trend.years)
        if any(of_years):
            found.append(TrendRow(value, of_years, sum(of_years)))
    return sorted(found, key=lambda row: -row.total)


def as_csv(trend: Trend, groups: Sequence[Group | None] = (None,)) -> str:
    """CSV (RFC 4180) with a line of headings.

    Counted values: ``by, papers_of, value, year, papers``, where ``papers_of`` is ``all`` or a side
    of the review. Sizes: a line a paper with the quote that shows it.
    """
    if trend.by.is_size:
        lines = [_size_line(trend, group, point) for group in groups for point in trend.of(group)]
        return csv_text([_SIZE_HEADINGS, *lines])
    counted = (
        (trend.by.value, group or "all", row.value, year, count)
        for group in groups
        for row in trend_rows(trend, group)
        for year, count in zip(trend.years, row.counts, strict=True)
    )
    return csv_text([("by", "papers_of", "value", "year", "papers"), *counted])


_SIZE_HEADINGS = (
    "by", "papers_of", "paper", "version", "name", "title", "kind", "published", "amount", "page",
    "quote",
)  # fmt: skip


def _size_line(trend: Trend, group: Group | None, point: TrendPoint) -> tuple[object, ...]:
    cited = point.citation
    return (
        trend.by.value,
        group or "all",
        point.paper_id,
        cited.version if cited else None,
        point.name,
        point.title,
        point.kind,
        point.published or point.year,
        f"{point.amount or 0:.10g}",
        cited.page if cited else None,
        cited.quote if cited else "",
    )


def coverage(trend: Trend, say: Callable[..., str] = str.format) -> str:
    """What the numbers are of; ``say`` fills in a text's names, in the reader's language."""
    counted = len({point.paper_id for point in trend.points})
    told = [say("{count} of {all} papers.", count=counted, all=trend.papers)]
    if trend.unknown:
        told.append(say("{count} don’t say.", count=trend.unknown))
    if trend.undated:
        told.append(say("{count} have no year.", count=trend.undated))
    return " ".join(told)


def group_name(group: Group | None) -> str:
    """What a part of the numbers is called."""
    return GROUPS[group] if group else "All papers"
