"""The page: its head, and its tabs."""

from __future__ import annotations

import html

import gradio as gr

from fmqa.apps.web.tab import QUICK, Context, Tab
from fmqa.apps.web.tabs import ask
from fmqa.apps.web.tabs.changes import ChangesTab
from fmqa.apps.web.tabs.library import LibraryTab
from fmqa.apps.web.tabs.map import MapTab
from fmqa.apps.web.tabs.trends import TrendsTab

_TITLE = "fmqa"
_HEADER = (
    '<header class="fmqa-header"><h1>Ask the papers</h1>'
    "<p>Checked answers on foundation models in medical imaging, "
    "each sentence with its quote, page and paper.</p></header>"
)
_STATE_SECONDS = 30.0


class Page:
    """The page with all of its tabs. Holds nothing of any session.

    Args:
        context: the program behind it.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        tabs: list[Tab] = [
            ask.AskTab(context),
            LibraryTab(context),
            MapTab(context),
            TrendsTab(context),
            ChangesTab(context),
        ]
        with gr.Blocks(title=_TITLE, fill_width=True, analytics_enabled=False) as self.blocks:
            gr.HTML(_HEADER, elem_id="fmqa-top")
            library = gr.HTML(elem_id="fmqa-library")
            with gr.Tabs(elem_id="fmqa-tabs"):
                for tab in tabs:
                    with gr.Tab(tab.title, id=tab.key, elem_id=f"fmqa-tab-{tab.key}"):
                        tab.build(self.blocks)
            for listen in (self.blocks.load, gr.Timer(_STATE_SECONDS).tick):
                listen(self._state, None, library, **QUICK)
        self.blocks.queue(max_size=ask.IN_QUEUE, default_concurrency_limit=ask.AT_ONCE)

    def _state(self) -> str:
        said, bad = self.context.state()
        mark = ' class="fmqa-bad" role="alert"' if bad else ""
        return f"<p{mark}>{html.escape(said)}</p>"
