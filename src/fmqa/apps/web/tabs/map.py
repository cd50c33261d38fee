"""The tab with the map of the papers."""

from __future__ import annotations

from typing import Any

import gradio as gr

from fmqa.apps.web.tab import QUICK, Context, opening, show
from fmqa.apps.web.views.mapview import map_card, map_svg, map_table
from fmqa.apps.web.views.sheet import problem, waiting
from fmqa.errors import FmqaError
from fmqa.survey.field_map import FieldMap, MapFilter

# A click on a paper, unless it ended a drag of the map.
_PICK = """element.addEventListener('click', (event) => {
  const picked = event.target.closest('[data-paper]');
  const drawing = event.target.closest('svg');
  if (picked && !(drawing && drawing.dataset.dragged)) {
    trigger('select', { paper: picked.dataset.paper });
  }
});"""
_LIVE: dict[str, Any] = QUICK | {"trigger_mode": "always_last"}


class MapTab:
    """Papers as points, filters that light some of them, and the card of the one picked.

    Args:
        context: the program behind the page.
    """

    key = "map"
    title = "Map"

    def __init__(self, context: Context) -> None:
        self.bench = context.bench
        self.say = context.say

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        say = self.say
        with gr.Row(elem_classes="fmqa-controls"):
            words = gr.Textbox(
                label=say("Find"), placeholder=say("model, title or task"), max_length=200
            )
            kinds = gr.Dropdown([], label=say("Kind"), multiselect=True)
            modalities = gr.Dropdown([], label=say("Modality"), multiselect=True)
            first = gr.Dropdown([], label=say("From year"))
            last = gr.Dropdown([], label=say("To year"))
        drawing = gr.HTML(waiting(say("Drawing the map…")), elem_id="fmqa-map", js_on_load=_PICK)
        card = gr.HTML(elem_id="fmqa-map-card", js_on_load=_PICK)
        filters: list[Any] = [words, kinds, modalities, first, last]
        opening(blocks)(self._open, filters, [drawing, *filters[1:]], **QUICK)
        for one in filters:
            one.change(self._draw, filters, drawing, **_LIVE)
        for picking in (drawing, card):
            picked = picking.select(self._card, None, card, **QUICK)
            picked.then(None, js=show("#fmqa-map-card"), **QUICK)

    def _open(self, *filters: Any) -> tuple[Any, ...]:
        try:
            drawn = self.bench.survey.map.map()
        except FmqaError as error:
            return (problem(error, self.say), *(gr.skip() for _ in filters[1:]))
        kinds = sorted({paper.kind for paper in drawn.papers if paper.kind})
        modalities = sorted({one for paper in drawn.papers for one in paper.modality})
        years: list[Any] = ["", *sorted({paper.year for paper in drawn.papers if paper.year})]
        choices = (kinds, modalities, years, years)
        return (self._shown(drawn, *filters), *(gr.Dropdown(choices=one) for one in choices))

    def _draw(self, *filters: Any) -> str:
        try:
            return self._shown(self.bench.survey.map.map(), *filters)
        except FmqaError as error:
            return problem(error, self.say)

    def _card(self, picked: gr.EventData) -> str:
        return map_card(self.bench.survey.map.map(), str(getattr(picked, "paper", "")), self.say)

    def _shown(self, drawn: FieldMap, *filters: Any) -> str:
        """The map and its table, as far as the filters let papers through."""
        words, kinds, modalities, first, last = filters
        span = (int(first) if first else None, int(last) if last else None)
        wanted = MapFilter(words or "", span, tuple(kinds or ()), tuple(modalities or ()))
        meant = drawn.only(paper.paper_id for paper in drawn.papers if wanted(paper))
        return f"{map_svg(drawn, wanted, self.say)}{map_table(meant, self.say)}"
