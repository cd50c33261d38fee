"""Trends on paper: PNG and SVG by matplotlib.

Readable in print and by the colour-blind: the palette is Okabe and Ito's (2008), and nothing is
shown by colour alone: groups differ in hatching, kinds in their markers, and values have panels of
their own with their counts written on the bars.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from fmqa.survey.trend_data import (
    GROUPS,
    Group,
    Panels,
    Trend,
    TrendPoint,
    group_name,
    sides_of,
    year_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _SOFT, _RULE, _MEDIAN = "#1f2a2e", "#5a676c", "#d9d9d4", "#8d989b"
_FILLS: Mapping[Group, tuple[str, str]] = {
    "cited": ("#0072B2", ""),
    "since": ("#E69F00", "////"),
}
# Kind of paper → marker and colour.
_MARKS: Mapping[str, tuple[str, str]] = {
    "vision-only": ("o", "#0072B2"),
    "vision-language": ("s", "#D55E00"),
    "generalist": ("D", "#009E73"),
    "adaptation": ("^", "#CC79A7"),
    "dataset": ("P", "#E69F00"),
    "method": ("v", "#56B4E9"),
}
_OTHER_MARK = ("X", "#5a676c")
_COLUMNS, _PANELS, _TICKS = 4, 12, 5
_WIDTH = 9.6  # inches
_DPI = 160
_NAMED = 14  # points with a label at most
_LONGEST_NAME = 26


def draw(trend: Trend, form: Literal["png", "svg"], *, sides: bool = False) -> bytes:
    """The plot as a file.

    Args:
        trend: what to plot; it needs a point.
        sides: tell apart what the review cites and what came since, and leave out the rest.
    """
    with warnings.catch_warnings():  # a mark that the font lacks is drawn as a box
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        return _drawn(trend.only("cited", "since") if sides else trend, form, sides)


def _drawn(shown: Trend, form: str, sides: bool) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, 1.0), layout="constrained", facecolor="white")
    if shown.by.is_size:
        _scatter(figure, shown, sides)
    else:
        _multiples(figure, shown, sides)
    figure.suptitle(shown.by.heading, x=0.01, ha="left", fontsize=14, fontweight="bold", color=_INK)
    out = io.BytesIO()
    about = {"Title": shown.by.heading, "Software" if form == "png" else "Creator": "fmqa"}
    figure.savefig(out, format=form, dpi=_DPI, metadata=about)
    return out.getvalue()


def _multiples(figure: Figure, trend: Trend, sides: bool) -> None:
    """A panel of bars for each value, all to one scale."""
    panels = Panels.of(trend, _PANELS, sides=sides)
    values = panels.values
    columns = min(_COLUMNS, max(1, len(values)))
    rows = max(1, math.ceil(len(values) / columns))
    figure.set_size_inches(_WIDTH, 0.9 + 1.3 * rows)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for place, axes in enumerate(grid.flat):
        if place >= len(values):
            axes.set_visible(False)
            continue
        _bars(axes, panels, values[place], trend.years)
        axes.set_ylim(0, panels.highest * 1.18)
        axes.xaxis.set_tick_params(labelbottom=place + columns >= len(values))
    if sides and values:
        figure.legend(
            *grid.flat[0].get_legend_handles_labels(),
            loc="outside upper right", ncols=2, frameon=False, fontsize=8.5, labelcolor=_INK,
        )  # fmt: skip


def _bars(axes: Axes, panels: Panels, value: str, years: Sequence[int]) -> None:
    floor = dict.fromkeys(years, 0)
    for group, counts in panels.counts.items():
        colour, hatch = _FILLS[group or "cited"]
        heights = [counts[value, year] for year in years]
        axes.bar(
            years, heights, bottom=[floor[year] for year in years], width=0.78, color=colour,
            hatch=hatch, edgecolor="white", linewidth=0.4 if group else 0.0,
            label=group_name(group),
        )  # fmt: skip
        for year, height in zip(years, heights, strict=True):
            floor[year] += height
    for year, height in floor.items():
        if height:
            axes.text(year, height, f"{height}", ha="center", va="bottom", fontsize=7, color=_SOFT)
    axes.set_title(
        f"{_short(value)} ({panels.total(value)})", loc="left", fontsize=9, fontweight="bold",
        color=_INK, parse_math=False,
    )  # fmt: skip
    axes.set_yticks([])
    axes.set_xticks(year_ticks(years, _TICKS))
    _plain(axes, ("bottom",))


def _scatter(figure: Figure, trend: Trend, sides: bool) -> None:
    """Sizes over time on a logarithmic axis; with sides, a panel for each side of the review."""
    figure.set_size_inches(_WIDTH, 5.4)
    groups = sides_of(sides)
    grid = figure.subplots(1, len(groups), sharey=True, squeeze=False)
    amounts = [point.amount for point in trend.points if point.amount]
    held = [trend.of(group) for group in groups]
    for group, points, axes in zip(groups, held, grid.flat, strict=True):
        _points(axes, points, trend.medians(group))
        axes.set_yscale("log")
        if amounts:
            axes.set_ylim(min(amounts) / 2, max(amounts) * 3)
        axes.yaxis.set_major_formatter(lambda value, _: amount_words(value))
        axes.grid(axis="y", color=_RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        _plain(axes, ("bottom",))
        if group is not None:
            axes.set_title(f"{GROUPS[group]} ({len(points)})", loc="left", fontsize=10, color=_INK)
    handles = {
        label: handle
        for axes in grid.flat
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        handles.values(), handles.keys(), loc="outside lower left", ncols=max(1, len(handles)),
        frameon=False, fontsize=8.5, labelcolor=_INK, handletextpad=0.4, columnspacing=1.4,
    )  # fmt: skip
    figure.draw_without_rendering()  # only now is it known how large a label is
    for points, axes in zip(held, grid.flat, strict=True):
        _name_points(axes, points)


def _points(axes: Axes, points: Sequence[TrendPoint], medians: Mapping[int, float]) -> None:
    for kind in dict.fromkeys(point.kind for point in points):
        marker, colour = _MARKS.get(kind, _OTHER_MARK)
        mine = [point for point in points if point.kind == kind]
        axes.scatter(
            [moment(point) for point in mine], [point.amount or 0 for point in mine],
            marker=marker, s=34, color=colour, edgecolor="white", linewidth=0.5, zorder=3,
            label=kind or "kind not known",
        )  # fmt: skip
    for year, amount in medians.items():
        axes.plot(
            [year + 0.05, year + 0.95], [amount] * 2, color=_MEDIAN, linewidth=2, zorder=2,
            label="median of a year",
        )  # fmt: skip
    years = sorted({point.year for point in points})
    if years:
        ticks = year_ticks(range(years[0], years[-1] + 1), _TICKS)
        axes.set_xticks([year + 0.5 for year in ticks], [str(year) for year in ticks])
        axes.set_xlim(years[0] - 0.1, years[-1] + 1.1)


def _name_points(axes: Axes, points: Sequence[TrendPoint]) -> None:
    """The names of the largest points, where there is room for them."""
    from matplotlib.transforms import Bbox

    places = axes.transData.transform([(moment(one), one.amount or 0) for one in points])
    taken: list[Any] = [Bbox.from_extents(x - 4, y - 4, x + 4, y + 4) for x, y in places.tolist()]
    room = axes.get_window_extent()
    named = 0
    for point in sorted(points, key=lambda one: -(one.amount or 0))[: 3 * _NAMED]:
        if named == _NAMED:
            break
        for side in (1, -1):
            label = axes.annotate(
                _short(point.shown), (moment(point), point.amount or 0), xytext=(4 * side, 4),
                textcoords="offset points", ha="left" if side > 0 else "right", fontsize=7.5,
                color=_INK, parse_math=False,
            )  # fmt: skip
            box = label.get_window_extent()
            box = Bbox.from_extents(box.x0 + 3, box.y0 + 2, box.x1 - 3, box.y1)
            inside = room.x0 <= box.x0 and box.x1 <= room.x1
            if inside and not any(box.overlaps(other) for other in taken):
                named += 1
                taken.append(box)
                break
            label.remove()


def _plain(axes: Axes, sides: Sequence[str]) -> None:
    for name, spine in axes.spines.items():
        spine.set_visible(name in sides)
        spine.set_color(_RULE)
    axes.tick_params(which="both", length=0, labelsize=8, labelcolor=_SOFT)


def _short(text: str) -> str:
    text = " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1].rstrip()}…"


def moment(point: TrendPoint) -> float:
    """Where a point stands on the axis of time, in years; the middle of what is known."""
    numbers = [int(part) for part in point.published.split("-") if part.isdigit()]
    if not numbers or numbers[0] != point.year or len(numbers) < 2:
        return point.year + 0.5
    day = numbers[2] - 1 if len(numbers) > 2 else 15
    return point.year + (numbers[1] - 1 + day / 31) / 12


def amount_words(amount: float) -> str:
    """An amount as people say it: 1.5M, 300k, 86."""
    for scale, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if amount >= scale:
            return f"{amount / scale:.3g}{letter}"
    return f"{amount:.3g}"
