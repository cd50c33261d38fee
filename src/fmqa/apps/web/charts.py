"""Trends as SVG panels, as a table, and the papers behind one number.

As on the map, the drawing is for pointers, and the table has the same numbers as buttons.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fmqa.apps.web.markup import escaped
from fmqa.apps.web.tab import meta_line, paper_heading, quoted, table
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.survey.trend_data import GROUPS, Group, Panel, Trend, TrendPoint, panels, trend_rows
from fmqa.survey.trend_plot import amount_words, moment

_PANELS = 12
_WIDTH, _HEIGHT, _BASE, _TOP = 260, 120, 100, 14  # of a small panel
_LEAST_TARGET = 20  # height of what can be clicked for a low bar
_WIDE, _TALL, _LEFT, _FLOOR = 900, 460, 52, 430  # of a plot of sizes
_NAMED = 16
_AIR = 1.7  # factor between the outermost amounts and the plot's edges
_MARKS = {
    "vision-only": "circle",
    "vision-language": "square",
    "generalist": "diamond",
    "adaptation": "triangle",
    "dataset": "cross",
    "method": "wedge",
}


def chart(trend: Trend, *, sides: bool, say: Wording = IN_ENGLISH) -> str:
    """The drawing of a trend, with its heading and what its numbers are of."""
    shown = trend.only("cited", "since") if sides else trend
    note = f'<p class="fmqa-meta">{escaped(_coverage_text(trend, say))}</p>'
    head = f"<h3>{escaped(say(trend.by.heading))}</h3>{note}"
    if not shown.points:
        words = say("No paper here is cited by the review, or came after it.")
        return f'{head}<p class="fmqa-status">{escaped(words)}</p>'
    body = _plots(shown, sides, say) if trend.by.is_size else _multiples(shown, sides, say)
    return f'<div class="fmqa-chart">{head}{body}</div>'


def _multiples(trend: Trend, sides: bool, say: Wording) -> str:
    found = panels(trend, _PANELS)
    highest = max(panel.in_year(year) for panel in found for year in trend.years)
    drawn = "".join(_Bars(trend.years, highest, sides, say).panel(panel) for panel in found)
    rest = len(trend.values) - len(found)
    said = escaped(say("{count} more in the table.", count=rest))
    more = f'<p class="fmqa-meta">{said}</p>' if rest > 0 else ""
    return f'{_legend(say) if sides else ""}<div class="fmqa-panels">{drawn}</div>{more}'


def _legend(say: Wording) -> str:
    keys = "".join(
        f'<span><svg viewBox="0 0 12 12" aria-hidden="true"><rect class="fmqa-bar fmqa-{group}" '
        f'width="12" height="12"/></svg>{escaped(say(GROUPS[group]))}</span>'
        for group in ("cited", "since")
    )
    return f'<p class="fmqa-legend">{keys}</p>'


@dataclass(frozen=True, slots=True)
class _Bars:
    """Small panels of bars, all to one scale."""

    years: Sequence[int]
    highest: int
    sides: bool
    say: Wording

    def panel(self, panel: Panel) -> str:
        """One value's bars under its name."""
        step = _WIDTH / max(6, len(self.years))
        first = _WIDTH - step * len(self.years)
        bars = "".join(
            self._year(panel, year, (first + place * step, step))
            for place, year in enumerate(self.years)
        )
        ticks = "".join(
            f'<text class="fmqa-tick" x="{first + (self.years.index(year) + 0.5) * step:.1f}" '
            f'y="{_BASE + 14}">{year}</text>'
            for year in _ticks(self.years)
        )
        words = self.say(
            "{value}: {count} papers, {first} to {last}",
            value=panel.value,
            count=panel.total,
            first=self.years[0],
            last=self.years[-1],
        )
        return (
            f'<figure><figcaption>{escaped(panel.value)} <span class="fmqa-meta">{panel.total}'
            f'</span></figcaption><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
            f'aria-label="{escaped(words)}">{bars}'
            f'<path class="fmqa-axis" d="M0 {_BASE}H{_WIDTH}"/>{ticks}</svg></figure>'
        )

    def _year(self, panel: Panel, year: int, place: tuple[float, float]) -> str:
        """A year's bar, or its parts one on the other, with the count above."""
        x, step = place
        floor, parts = float(_BASE), []
        for group in GROUPS if self.sides else (None,):
            count = panel.in_year(year) if group is None else panel.counts[group].get(year, 0)
            if count:
                height = (_BASE - _TOP) * count / self.highest
                floor -= height
                title = number_words(panel.value, year, group, count, self.say)
                parts.append(
                    f"<g {_picked(panel.value, year, group)}><title>{escaped(title)}</title>"
                    f"{_bar(group, (x, floor, step, height))}</g>"
                )
        total = panel.in_year(year)
        if total:
            parts.append(
                f'<text class="fmqa-count" x="{x + step / 2:.1f}" y="{floor - 3:.1f}">'
                f"{total}</text>"
            )
        return "".join(parts)


def _bar(group: Group | None, box: tuple[float, float, float, float]) -> str:
    x, y, step, height = box
    tall = max(height, _LEAST_TARGET)
    return (
        f'<rect class="fmqa-target" x="{x:.1f}" y="{y + height - tall:.1f}" '
        f'width="{step:.1f}" height="{tall:.1f}"/>'
        f'<rect class="fmqa-bar fmqa-{group or "all"}" x="{x + step * 0.1:.1f}" '
        f'y="{y:.1f}" width="{step * 0.8:.1f}" height="{height:.1f}"/>'
    )


def number_words(value: str, year: int, group: Group | None, count: int, say: Wording) -> str:
    """A number in words: what it is of, and how many."""
    papers = say("1 paper") if count == 1 else say("{count} papers", count=count)
    whose = f" · {say(GROUPS[group])}" if group else ""
    return f"{value}, {year}: {papers}{whose}"


def _coverage_text(trend: Trend, say: Wording) -> str:
    """What the numbers are of."""
    counted = len({point.paper_id for point in trend.points})
    told = say("{count} of {all} papers.", count=counted, all=trend.papers)
    if trend.unknown:
        told += " " + say("{count} don’t say.", count=trend.unknown)
    if trend.undated:
        told += " " + say("{count} have no year.", count=trend.undated)
    return told


def _picked(value: str, year: int, group: Group | None) -> str:
    """What the server is told when this is chosen."""
    return f'data-value="{escaped(value)}" data-year="{year}" data-group="{group or ""}"'


def _ticks(years: Sequence[int]) -> list[int]:
    step = max(1, math.ceil(len(years) / 4))
    return list(years)[::-1][::step][::-1]


def _plots(trend: Trend, sides: bool, say: Wording) -> str:
    """Sizes over time; with sides, one plot for each side of the review, to one scale."""
    amounts = [point.amount for point in trend.points if point.amount]
    span = math.log10(min(amounts) / _AIR), math.log10(max(amounts) * _AIR)
    groups: Sequence[Group | None] = ("cited", "since") if sides else (None,)
    plots = "".join(_plot(trend, group, span, say) for group in groups)
    kinds = dict.fromkeys(point.kind for point in trend.points)
    keys = "".join(
        f'<span><svg viewBox="-6 -6 12 12" aria-hidden="true">{_mark(kind, 0, 0)}</svg>'
        f"{escaped(kind or say('kind not known'))}</span>"
        for kind in kinds
    )
    median = (
        '<span><svg viewBox="0 0 12 12" aria-hidden="true"><path class="fmqa-median" d="M0 6H12"/>'
        f"</svg>{escaped(say('median of a year'))}</span>"
    )
    return f'<div class="fmqa-plots">{plots}</div><p class="fmqa-legend">{keys}{median}</p>'


def _plot(trend: Trend, group: Group | None, span: tuple[float, float], say: Wording) -> str:
    points = [point for point in trend.points if group in (None, point.group)]
    heading = f"{say(GROUPS[group])} ({len(points)})" if group else ""
    caption = f"<figcaption>{escaped(heading)}</figcaption>" if heading else ""
    if not points:
        return f'<figure>{caption}<p class="fmqa-status">{escaped(say("No paper."))}</p></figure>'
    years = range(min(p.year for p in points), max(p.year for p in points) + 1)
    scale = _Scale(years, span)
    grid = "".join(
        f'<path class="fmqa-axis" d="M{_LEFT} {scale.y(10.0**power):.1f}H{_WIDE}"/>'
        f'<text class="fmqa-tick fmqa-end" x="{_LEFT - 8}" y="{scale.y(10.0**power) + 4:.1f}">'
        f"{amount_words(10.0**power)}</text>"
        for power in range(math.ceil(span[0]), math.floor(span[1]) + 1)
    )
    ticks = "".join(
        f'<text class="fmqa-tick" x="{scale.x(year + 0.5):.1f}" y="{_FLOOR + 20}">{year}</text>'
        for year in _ticks(list(years))
    )
    medians = "".join(
        f'<path class="fmqa-median" d="M{scale.x(year + 0.05):.1f} {scale.y(amount):.1f}'
        f'H{scale.x(year + 0.95):.1f}"/>'
        for year, amount in trend.medians(group).items()
    )
    marks = "".join(_drawn_point(point, scale) for point in points if point.amount)
    words = f"{say(trend.by.heading)}: {say('{count} papers', count=len(points))}"
    return (
        f'<figure>{caption}<svg viewBox="0 0 {_WIDE} {_TALL}" role="img" '
        f'aria-label="{escaped(words)}">{grid}{ticks}{medians}{marks}'
        f'<g class="fmqa-names">{_names(points, scale)}</g></svg></figure>'
    )


class _Scale:
    """Where years and amounts stand in the plot; amounts by their logarithm."""

    def __init__(self, years: range, span: tuple[float, float]) -> None:
        self.years = years
        self.span = span

    def x(self, year: float) -> float:
        return _LEFT + (year - self.years.start) / len(self.years) * (_WIDE - _LEFT)

    def y(self, amount: float) -> float:
        low, high = self.span
        return _FLOOR - (math.log10(amount) - low) / (high - low) * (_FLOOR - 20)


def _drawn_point(point: TrendPoint, scale: _Scale) -> str:
    amount = point.amount or 1.0
    words = f"{point.shown}, {point.published or point.year}: {amount_words(amount)}"
    return (
        f'<g class="fmqa-dot" data-point="{escaped(point.paper_id)}">'
        f"<title>{escaped(words)}</title>"
        f"{_mark(point.kind, scale.x(moment(point)), scale.y(amount))}</g>"
    )


def _mark(kind: str, x: float, y: float) -> str:
    """A kind's sign: shape and colour each tell it alone."""
    shape = _MARKS.get(kind, "other")
    paths = {
        "square": "M-4.4-4.4h8.8v8.8h-8.8z",
        "diamond": "M0-6L6 0 0 6-6 0z",
        "triangle": "M0-6L5.6 4.4H-5.6z",
        "wedge": "M0 6L5.6-4.4H-5.6z",
        "cross": "M-1.8-5.4h3.6v3.6h3.6v3.6h-3.6v3.6h-3.6v-3.6h-3.6v-3.6h3.6z",
        "circle": "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
        "other": "M-4.6-4.6L4.6 4.6M4.6-4.6L-4.6 4.6",
    }
    return (
        f'<path class="fmqa-mark-{shape}" transform="translate({x:.1f} {y:.1f})" '
        f'd="{paths[shape]}"/>'
    )


def _names(points: Sequence[TrendPoint], scale: _Scale) -> str:
    """The names of the largest, where there is room: neither on a point nor on another name."""
    places = [(scale.x(moment(one)), scale.y(one.amount or 1.0)) for one in points]
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in places]
    labels: list[str] = []
    for point, (x, y) in sorted(
        zip(points, places, strict=True), key=lambda pair: -(pair[0].amount or 0)
    ):
        name = point.shown[:26]
        width = 6.4 * len(name)
        for left, anchor in ((x + 7, "start"), (x - 7 - width, "end")):
            box = (left, y - 15, left + width, y - 2)
            inside = left >= _LEFT and left + width <= _WIDE
            if inside and not any(_meet(box, other) for other in taken):
                at = left if anchor == "start" else left + width
                labels.append(
                    f'<text class="fmqa-name fmqa-{anchor}" x="{at:.1f}" y="{y - 5:.1f}">'
                    f"{escaped(name)}</text>"
                )
                taken.append(box)
                break
        if len(labels) == _NAMED:
            break
    return "".join(labels)


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def numbers_table(trend: Trend, *, sides: bool, say: Wording = IN_ENGLISH) -> str:
    """The numbers as a table whose cells open their papers."""
    groups: Sequence[Group | None] = ("cited", "since") if sides else (None,)
    tables = "".join(
        _sizes_table(trend, group, say) if trend.by.is_size else _counts_table(trend, group, say)
        for group in groups
    )
    return f"<details><summary>{escaped(say('The numbers as a table'))}</summary>{tables}</details>"


def _counts_table(trend: Trend, group: Group | None, say: Wording) -> str:
    body = []
    for row in trend_rows(trend, group):
        cells = "".join(
            f'<td><button type="button" class="fmqa-pick" {_picked(row.value, year, group)} '
            f'aria-label="{escaped(row.value)}, {year}: {count}">{count}</button></td>'
            if count
            else "<td>0</td>"
            for year, count in zip(trend.years, row.counts, strict=True)
        )
        body.append(
            f'<tr><th scope="row">{escaped(row.value)}</th>{cells}<td>{row.total}</td></tr>'
        )
    caption = _caption(trend, group, say)
    return table(caption, (say("Value"), *map(str, trend.years), say("All")), body)


def _sizes_table(trend: Trend, group: Group | None, say: Wording) -> str:
    points = [point for point in trend.points if group in (None, point.group)]
    body = (
        f'<tr><th scope="row"><button type="button" class="fmqa-pick" '
        f'data-point="{escaped(point.paper_id)}">{escaped(point.shown)}</button></th>'
        f"<td>{escaped(point.published or point.year)}</td>"
        f"<td>{amount_words(point.amount or 0)}</td><td>{escaped(point.kind)}</td></tr>"
        for point in sorted(points, key=lambda one: -(one.amount or 0))
    )
    caption = _caption(trend, group, say)
    return table(caption, (say("Paper"), say("Published"), say("Amount"), say("Kind")), body)


def _caption(trend: Trend, group: Group | None, say: Wording) -> str:
    return f"{say(trend.by.heading)}: {say(GROUPS[group] if group else 'All papers')}"


def papers_sheet(heading: str, points: Sequence[TrendPoint], say: Wording = IN_ENGLISH) -> str:
    """The papers that a number counts, each with the quote that shows its value."""
    if not points:
        return ""
    items = "".join(
        f"<li>{paper_heading(point.paper_id, point.arxiv_id, point.name, point.title)}"
        f"{meta_line(point.published or point.year, point.kind)}"
        f"{quoted(point.citation, say) if point.citation else ''}</li>"
        for point in points
    )
    return (
        f'<section class="fmqa-sheet" aria-live="polite"><h3>{escaped(heading)}</h3>'
        f"<ul>{items}</ul></section>"
    )
