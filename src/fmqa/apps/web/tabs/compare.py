"""The tab where papers stand side by side."""

from __future__ import annotations

import re
from typing import Any

import gradio as gr

from fmqa.apps.web.tab import QUICK, Context
from fmqa.apps.web.views.compared import comparison_table, which_paper
from fmqa.apps.web.views.sheet import problem
from fmqa.errors import AmbiguousName, FmqaError

_COLUMNS = (
    "architecture",
    "training",
    "data",
    "tasks",
    "kind",
    "modality",
    "parameters",
    "year",
    "challenges",
    "solutions",
)
_DEFAULT = 4
_BETWEEN = re.compile(r"[,;\n]+")


class CompareTab:
    """Names and columns, and the table whose cells open to their quotes.

    Args:
        context: the program behind the page.
    """

    key = "compare"
    title = "Compare"

    def __init__(self, context: Context) -> None:
        self.bench = context.bench
        self.say = context.say

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
                [(say(one.capitalize()), one) for one in _COLUMNS],
                value=list(_COLUMNS[:_DEFAULT]),
                label=say("By"),
                multiselect=True,
            )
        shown = gr.HTML(elem_id="fmqa-compare", elem_classes="fmqa-controls")
        names.submit(self._table, [names, columns], shown, **QUICK)
        columns.change(self._table, [names, columns], shown, **QUICK)

    def _table(self, names: str, columns: Any) -> str:
        from fmqa.survey.comparison import DEFAULT, compare

        wanted = [one.strip() for one in _BETWEEN.split(names or "") if one.strip()]
        if not wanted:
            return ""
        try:
            made = compare(self.bench.survey.facets, wanted, tuple(columns or ()) or DEFAULT)
        except AmbiguousName as error:
            return which_paper(error, self.say)
        except FmqaError as error:
            return problem(error, self.say)
        return comparison_table(made, self.say)
