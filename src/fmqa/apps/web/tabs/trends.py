"""The tab with the trends."""

from __future__ import annotations

from typing import Any

import gradio as gr

from fmqa.apps.web.charts import chart, number_words, numbers_table, papers_sheet
from fmqa.apps.web.tab import QUICK, Context, opening, problem, show, waiting
from fmqa.apps.web.wording import Wording
from fmqa.errors import FmqaError
from fmqa.survey.trend_data import GROUPS, By, Trend, TrendPoint

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


class TrendsTab:
    """A plot, its numbers as a table, and the papers behind the number that was picked.

    Args:
        context: the program behind the page.
    """

    key = "trends"
    title = "Trends"

    def __init__(self, context: Context) -> None:
        self.bench = context.bench
        self.say = context.say

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
            trend = self.bench.survey.trend(by)
        except FmqaError as error:
            return problem(error, self.say), ""
        drawn = chart(trend, sides=sides, say=self.say)
        return drawn + numbers_table(trend, sides=sides, say=self.say), ""

    def _papers(self, by: str, sides: bool, picked: gr.EventData) -> str:
        try:
            trend = self.bench.survey.trend(by)
        except FmqaError as error:
            return problem(error, self.say)
        heading, points = _picked(trend, getattr(picked, "_data", None) or {}, self.say)
        return papers_sheet(heading, points, self.say)


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
    return number_words(value, int(year), group, len(found), say), found
