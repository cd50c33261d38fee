"""The tabs that tell what a survey does: papers side by side, challenges, what changed since."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import gradio as gr

from fmqa.apps.web.evidence import Place
from fmqa.apps.web.markup import view
from fmqa.apps.web.tab import QUICK, SLOW, Tab, opening, or_problem, waiting
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.errors import AmbiguousName
from fmqa.survey.comparison import COLUMNS, DEFAULT, compare
from fmqa.survey.review_changes import ReviewChanges, review_changes
from fmqa.sync.digest import by_kind, tallies
from fmqa.types import Source

if TYPE_CHECKING:
    from fmqa.answering.schema import Cell, ComparedRow, Comparison

_BETWEEN = re.compile(r"[,;\n]+")
_SHOWN = 12  # papers of a challenge and of a solution


class CompareTab(Tab):
    """Names and columns, and the table whose cells open to their quotes."""

    key = "compare"
    title = "Compare"

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        del blocks
        say = self.say
        with gr.Row(elem_classes="fmqa-controls"):
            names = gr.Textbox(
                label=say("Models"),
                placeholder="MedSAM, BiomedCLIP, UNI",
                max_length=600,
                submit_btn=say("Compare"),
                elem_id="fmqa-compare-names",
            )
            columns = gr.Dropdown(
                [(say(one.capitalize()), one) for one in COLUMNS],
                value=list(DEFAULT),
                label=say("By"),
                multiselect=True,
            )
        shown = gr.HTML(elem_id="fmqa-compare", elem_classes="fmqa-controls")
        names.submit(self._table, [names, columns], shown, **QUICK)
        columns.change(self._table, [names, columns], shown, **QUICK)

    @or_problem
    def _table(self, names: str, columns: Any) -> str:
        wanted = [one.strip() for one in _BETWEEN.split(names or "") if one.strip()]
        if not wanted:
            return ""
        try:
            made = compare(self.bench.facets, wanted, tuple(columns or ()) or DEFAULT)
        except AmbiguousName as error:
            return view("compare.which_paper", self.say, error)
        return comparison_table(made, self.say)


class SurveyTab(Tab):
    """A topic and its draft; below, each challenge with the papers and what they propose."""

    key = "survey"
    title = "Survey"

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        say = self.say
        with gr.Row(elem_classes="fmqa-controls"):
            topic = gr.Textbox(
                label=say("Draft a section on"),
                placeholder=say("adapting SAM to 3D medical images"),
                max_length=200,
                submit_btn=say("Draft"),
                elem_id="fmqa-outline-topic",
            )
        draft = gr.HTML(elem_id="fmqa-outline", elem_classes="fmqa-controls")
        told = gr.HTML(
            waiting(say("Reading what papers are…")),
            elem_id="fmqa-challenges",
            elem_classes="fmqa-controls",
        )
        opening(blocks)(self._challenges, None, told, **QUICK)
        begun = topic.submit(lambda: waiting(say("Writing and checking…")), None, draft, **QUICK)
        begun.then(self._draft, topic, draft, **SLOW)

    @or_problem
    def _challenges(self) -> str:
        from fmqa.survey.challenges import challenge_map

        made = challenge_map(self.bench.facets)
        return view("compare.challenges", self.say, made, _SHOWN)

    @or_problem
    def _draft(self, topic: str) -> str:
        from fmqa.survey.outlining import outline

        bench = self.bench
        made = outline(bench.facets, bench.searcher, self.ready.assistant, topic or "")
        return view("compare.outline", self.say, made)


def comparison_table(made: Comparison, say: Wording) -> str:
    """Papers as rows; a cell leads to its evidence, which the page shows beside the table."""
    heads = [say("Paper"), *(say(one.capitalize()) for one in made.columns)]
    return view("compare.comparison", say, made, heads, _address)


def _address(row: ComparedRow, cell: Cell) -> str:
    """Where a cell's evidence is; empty for one that isn't stated."""
    if cell.quote is None or cell.page is None or cell.start is None or cell.end is None:
        return ""
    return Place(
        paper=row.paper.paper_id,
        version=cell.version or 0,
        source=Source(row.paper.source),
        page=cell.page,
        start=cell.start,
        end=cell.end,
    ).address


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
        return since_review(review_changes(self.bench.facets), self.say)


def since_review(told: ReviewChanges, say: Wording = IN_ENGLISH) -> str:
    """All of it, part by part."""
    papers = told.papers
    return view("changes.since_review", say, told, tallies(papers), by_kind(papers), _OPEN)
