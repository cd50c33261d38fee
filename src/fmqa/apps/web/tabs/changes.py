"""The tab with what changed since the review: each change opens to the quotes that show it."""

from __future__ import annotations

import gradio as gr

from fmqa.apps.web.markup import view
from fmqa.apps.web.tab import QUICK, Tab, opening, or_problem, waiting
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.survey.review_changes import ReviewChanges
from fmqa.sync.digest import by_kind, tallies

_OPEN = 12  # a kind with more papers is folded


class ChangesTab(Tab):
    """New papers, changed figures and contradictions, each with its quotes."""

    key = "changes"
    title = "Changes"

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        told = gr.HTML(waiting(self.say("Comparing papers…")), elem_id="fmqa-changes")
        opening(blocks)(self._changes, None, told, **QUICK)

    @or_problem
    def _changes(self) -> str:
        return since_review(self.bench.survey.changes(), self.say)


def since_review(told: ReviewChanges, say: Wording = IN_ENGLISH) -> str:
    """All of it, part by part."""
    papers = told.papers
    return view("changes.since_review", say, told, tallies(papers), by_kind(papers), _OPEN)
