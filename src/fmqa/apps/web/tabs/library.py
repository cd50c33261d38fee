"""The tab that shows what the library holds."""

from __future__ import annotations

from typing import Any

import gradio as gr

from fmqa.apps.web.render import escaped
from fmqa.apps.web.tab import QUICK, Context, opening
from fmqa.apps.web.tabs.editing import Editor
from fmqa.apps.web.views.changing import changelog
from fmqa.apps.web.views.papers import Shelf, paper_record, papers_table
from fmqa.apps.web.views.sheet import problem, waiting
from fmqa.errors import FmqaError

_PICK = """element.addEventListener('click', (event) => {
  const picked = event.target.closest('[data-paper]');
  if (picked) trigger('select', { paper: picked.dataset.paper });
});"""
_SHOW_RECORD = (
    "() => { const record = document.querySelector('#fmqa-paper .fmqa-record');"
    " record?.scrollIntoView({ block: 'start', behavior: 'smooth' });"
    " record?.focus({ preventScroll: true }); }"
)


class LibraryTab:
    """The papers as a table to search and sort; one of them with what the record holds of it.

    Where the page may change the library, what does it is here too.

    Args:
        context: the program behind the page.
    """

    key = "library"
    title = "Library"

    def __init__(self, context: Context) -> None:
        self.bench = context.bench
        self.say = context.say
        self.editor = Editor(context, context.jobs) if context.jobs is not None else None

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        label = escaped(self.say("Search the papers"))
        gr.HTML(
            f'<div class="fmqa-shelf-head"><input type="search" id="fmqa-shelf-search" '
            f'aria-label="{label}" placeholder="{label}…" autocomplete="off">'
            f'<span id="fmqa-shelf-count" class="fmqa-meta" role="status"></span></div>',
            elem_id="fmqa-shelf-tools",
        )
        if self.editor is not None:
            self.editor.build_adding()
        table = gr.HTML(
            waiting(self.say("Reading the library")), elem_id="fmqa-papers", js_on_load=_PICK
        )
        record = gr.HTML(elem_id="fmqa-paper")
        if self.editor is not None:
            self.editor.build_removing()
        with gr.Accordion(
            self.say("What changed in the library"), open=False, elem_id="fmqa-changelog"
        ) as log:
            changes = gr.HTML(waiting(self.say("Reading the library")))
        opening(blocks)(self._papers, None, table, **QUICK)
        log.expand(self._changes, None, changes, **QUICK)
        picked = table.select(self._record, None, record, **QUICK)
        picked.then(None, js=_SHOW_RECORD, **QUICK)
        if self.editor is not None:
            drawn = {table: self._papers, changes: self._changes}
            self.editor.connect(blocks, table.select, record, drawn)

    def _papers(self) -> str:
        try:
            return papers_table(Shelf.of(self.bench.library), self.say)
        except FmqaError as error:
            return problem(error, self.say)

    def _changes(self) -> str:
        try:
            return changelog(self.bench.library.catalog.changes(), self.say)
        except FmqaError as error:
            return problem(error, self.say)

    def _record(self, picked: gr.EventData) -> str:
        data: dict[str, Any] = getattr(picked, "_data", None) or {}
        try:
            return paper_record(self.bench.library, str(data.get("paper", "")), self.say)
        except FmqaError as error:
            return problem(error, self.say)
