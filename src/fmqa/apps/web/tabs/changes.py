"""The tab with what changed since the review."""

from __future__ import annotations

import gradio as gr

from fmqa.apps.web.tab import QUICK, Context, opening
from fmqa.apps.web.views.news import since_review
from fmqa.apps.web.views.sheet import problem, waiting
from fmqa.errors import FmqaError


class ChangesTab:
    """New papers, changed figures and contradictions, each with its quotes.

    Args:
        context: the program behind the page.
    """

    key = "changes"
    title = "Changes"

    def __init__(self, context: Context) -> None:
        self.bench = context.bench
        self.say = context.say

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        told = gr.HTML(waiting(self.say("Comparing papers…")), elem_id="fmqa-changes")
        opening(blocks)(self._told, None, told, **QUICK)

    def _told(self) -> str:
        try:
            return since_review(self.bench.survey.changes.changes(), self.say)
        except FmqaError as error:
            return problem(error, self.say)
