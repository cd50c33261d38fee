"""The tab with the trends: a plot as SVG, its numbers as a table, and the papers behind a number.

As on the map, the drawing is for pointers, and the table has the same numbers as buttons.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import gradio as gr

from fmqa.apps.web.markup import view
from fmqa.apps.web.tab import QUICK, Tab, opening, or_problem, problem, show, waiting
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.errors import FmqaError
from fmqa.survey import trend_maker
from fmqa.survey.trend_data import (
    GROUPS,
    By,
    Group,
    Panels,
    Trend,
    TrendPoint,
    coverage,
    group_name,
    sides_of,
    trend_rows,
    year_ticks,
)
from fmqa.survey.trend_plot import amount_words, moment

_PICK = """element.addEventListener('click', (event) => {
  const picked = event.target.closest('[data-value], [data-point]');
  if (picked) trigger('select', { ...picked.dataset });
});"""
_NAMES = {
    "Kind": By.KIND,
    "Modality": By.MODALITY,
    "Task": By.TASK,
    "Training": By.TRAINING,
    "Data sets": By.DATASETS,
    "Model size": By.MODEL_SIZE,
    "Pre-training data": By.DATA_SIZE,
}
# The places below are those of the drawings in `templates/trends.html`.
_PANELS, _TICKS = 12, 4
_WIDTH, _BASE, _TOP = 260, 100, 14  # of a small panel
_WIDE, _LEFT, _FLOOR = 900, 52, 430  # of a plot of sizes
_NAMED = 16
_AIR = 1.7  # factor between the outermost amounts and the plot's edges


class TrendsTab(Tab):
    """A plot, its numbers as a table, and the papers behind the number that was picked."""

    key = "trends"
    title = "Trends"

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        say = self.say
        with gr.Row(elem_classes="fmqa-controls"):
            by = gr.Radio(
                [(say(name), one.value) for name, one in _NAMES.items()],
                value=By.MODALITY.value,
                label=say("Papers by"),
                elem_id="fmqa-trend-by",
            )
            sides = gr.Checkbox(
                False, label=say("What the review cites beside what came since"), container=False
            )
        drawing = gr.HTML(waiting(say("Counting papers…")), elem_id="fmqa-trend", js_on_load=_PICK)
        papers = gr.HTML(elem_id="fmqa-trend-papers")
        opening(blocks)(self._draw, [by, sides], [drawing, papers], **QUICK)
        for one in (by, sides):
            one.change(self._draw, [by, sides], [drawing, papers], **QUICK)
        picked = drawing.select(self._papers, [by, sides], papers, **QUICK)
        picked.then(None, js=show("#fmqa-trend-papers"), **QUICK)

    def _draw(self, by: str, sides: bool) -> tuple[str, str]:
        try:
            trend = trend_maker.trend(self.bench.facets, by)
        except FmqaError as error:
            return problem(error, self.say), ""
        drawn = chart(trend, sides=sides, say=self.say)
        return drawn + numbers_table(trend, sides=sides, say=self.say), ""

    @or_problem
    def _papers(self, by: str, sides: bool, picked: gr.EventData) -> str:
        trend = trend_maker.trend(self.bench.facets, by)
        heading, points = _picked(trend, getattr(picked, "_data", None) or {}, self.say)
        return view("trends.papers", self.say, heading, points)


def _picked(trend: Trend, data: dict[str, Any], say: Wording) -> tuple[str, list[TrendPoint]]:
    """What was picked in words, and its papers; none for what the plot doesn't hold."""
    paper = str(data.get("point", ""))
    if paper:
        return say(trend.by.heading), [one for one in trend.points if one.paper_id == paper]
    value, year = str(data.get("value", "")), str(data.get("year", ""))
    group = next((one for one in GROUPS if one == data.get("group")), None)
    if not year.isdecimal():
        return "", []
    found = trend.at(value, int(year), group)
    return _number_words(value, int(year), group, len(found), say), found


def chart(trend: Trend, *, sides: bool, say: Wording = IN_ENGLISH) -> str:
    """The drawing of a trend, with its heading and what its numbers are of."""
    shown = trend.only("cited", "since") if sides else trend
    told = coverage(trend, say)
    if shown.by.is_size:
        groups = sides_of(sides)
        kinds = dict.fromkeys(point.kind for point in shown.points)
        return view("trends.plots", say, shown, told, _plots(shown, groups, say), kinds)
    panels = Panels.of(shown, _PANELS, sides=sides)
    drawn = [_bars(panels, value, shown.years, say) for value in panels.values]
    legend = [(group, say(GROUPS[group])) for group in ("cited", "since")] if sides else []
    return view("trends.bars", say, shown, told, drawn, len(shown.values) - len(drawn), legend)


def _bars(panels: Panels, value: str, years: Sequence[int], say: Wording) -> dict[str, Any]:
    """What the template draws of a value; the bar of a year may have parts, one on the other."""
    width = _WIDTH / max(6, len(years))
    first = _WIDTH - width * len(years)
    drawn = []
    for place, year in enumerate(years):
        floor, total, bars = float(_BASE), 0, []
        for group, counts in panels.counts.items():
            if count := counts[value, year]:
                total += count
                height = (_BASE - _TOP) * count / panels.highest
                floor -= height
                title = _number_words(value, year, group, count, say)
                bars.append({"group": group or "", "title": title, "y": floor, "height": height})
        at = first + place * width
        drawn.append({"year": year, "x": at, "width": width, "count": total, "bars": bars})
    ticks = year_ticks(years, _TICKS)
    return {"value": value, "total": panels.total(value), "years": drawn, "ticks": ticks}


def _number_words(value: str, year: int, group: Group | None, count: int, say: Wording) -> str:
    """A number in words: what it is of, and how many."""
    papers = say("1 paper") if count == 1 else say("{count} papers", count=count)
    whose = f" · {say(GROUPS[group])}" if group else ""
    return f"{value}, {year}: {papers}{whose}"


def _plots(trend: Trend, groups: Sequence[Group | None], say: Wording) -> list[dict[str, Any]]:
    """A plot for each group, to one scale of amounts."""
    amounts = [point.amount for point in trend.points if point.amount]
    if not amounts:
        return []
    span = math.log10(min(amounts) / _AIR), math.log10(max(amounts) * _AIR)
    return [_plot(trend, group, span, say) for group in groups]


def _plot(
    trend: Trend, group: Group | None, span: tuple[float, float], say: Wording
) -> dict[str, Any]:
    """What the template draws of a group, each part with its place."""
    points = trend.of(group)
    heading = f"{say(GROUPS[group])} ({len(points)})" if group else ""
    if not points:
        return {"heading": heading, "dots": []}
    years = range(min(p.year for p in points), max(p.year for p in points) + 1)
    scale = _Scale(years, span)
    powers = [10.0**power for power in range(math.ceil(span[0]), math.floor(span[1]) + 1)]
    return {
        "heading": heading,
        "grid": [(scale.y(amount), amount_words(amount)) for amount in powers],
        "ticks": [(scale.x(year + 0.5), year) for year in year_ticks(years, _TICKS)],
        "medians": [
            (scale.x(year + 0.05), scale.y(amount), scale.x(year + 0.95))
            for year, amount in trend.medians(group).items()
        ],
        "dots": [
            (point, _point_words(point), scale.x(moment(point)), scale.y(point.amount))
            for point in points
            if point.amount
        ],
        "names": _names(points, scale),
    }


def _point_words(point: TrendPoint) -> str:
    return f"{point.shown}, {point.published or point.year}: {amount_words(point.amount or 1.0)}"


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


def _names(points: Sequence[TrendPoint], scale: _Scale) -> list[tuple[str, str, float, float]]:
    """The names of the largest, where there is room: neither on a point nor on another name."""
    places = [(scale.x(moment(one)), scale.y(one.amount or 1.0)) for one in points]
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in places]
    labels: list[tuple[str, str, float, float]] = []
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
                labels.append((name, anchor, at, y - 5))
                taken.append(box)
                break
        if len(labels) == _NAMED:
            break
    return labels


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def numbers_table(trend: Trend, *, sides: bool, say: Wording = IN_ENGLISH) -> str:
    """The numbers as a table whose cells open their papers."""
    tables = []
    for group in sides_of(sides):
        largest_first = sorted(trend.of(group), key=lambda one: -(one.amount or 0))
        rows = (
            [(point, amount_words(point.amount or 0)) for point in largest_first]
            if trend.by.is_size
            else trend_rows(trend, group)
        )
        tables.append((group or "", say(group_name(group)), rows))
    return view("trends.numbers", say, trend, tables)
