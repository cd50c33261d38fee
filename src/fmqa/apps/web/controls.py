"""Controls of the tab where questions are asked: filters, and answers taken away as files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

import gradio as gr

from fmqa.apps.exports import ExportForm, export_from
from fmqa.apps.web.chat import Turns
from fmqa.apps.web.markup import titled, view
from fmqa.apps.web.render import chips_of
from fmqa.apps.web.tab import QUICK, SAVE, PagePart
from fmqa.errors import FmqaError, StoreError
from fmqa.filters import FIELDS, filters_of, make_filters, query_of
from fmqa.store.mappers import FacetCounts
from fmqa.types import Filters, PaperMeta

# The other fields of the address stay: theme, language, tab.
_TO_ADDRESS = f"""(query) => {{
  const url = new URL(window.location.href);
  for (const name of {sorted(FIELDS)}) url.searchParams.delete(name);
  url.search = [url.searchParams.toString(), query].filter(Boolean).join("&");
  window.history.replaceState(window.history.state, "", url);
}}"""
_TICKED = ("kind", "modality", "task", "source", "status")
_LONGEST_TITLE = 80

Update = Any


class FilterPanel(PagePart):
    """Years, kinds, modalities, tasks, sources and papers to choose; what is set as chips.

    ``query`` is the part whose value is the filters' text, to be sent with a question.
    """

    query: gr.Textbox

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the column that is open now, and connect them."""
        say = self.say
        with gr.Column(elem_id="fmqa-filters"):
            self.query = gr.Textbox(visible="hidden", elem_id="fmqa-query", label=say("Filters"))
            self.chips = gr.CheckboxGroup(
                [], label=say("Filters that are set"), visible=False, elem_id="fmqa-chips"
            )
            self.problem = gr.HTML(visible=False)
            with gr.Accordion(say("Filters"), open=False, elem_id="fmqa-filter-panel") as panel:
                with gr.Row(elem_classes="fmqa-filter-row"):
                    self.years = [
                        gr.Dropdown([("", "")], value="", label=say(label), min_width=120)
                        for label in ("From year", "To year")
                    ]
                    self.papers = gr.Dropdown(
                        [], value=[], multiselect=True, label=say("Papers"), scale=3
                    )
                self.ticked = {
                    name: gr.CheckboxGroup(
                        [], label=say(name.capitalize()), elem_classes="fmqa-ticks"
                    )
                    for name in _TICKED
                }
                self.none = gr.Button(say("Clear the filters"), size="sm", elem_id="fmqa-no-filter")
        self._connect(blocks, panel)

    def _connect(self, blocks: gr.Blocks, panel: gr.Accordion) -> None:
        chosen: list[Any] = [*self.years, self.papers, *self.ticked.values()]
        told = [self.query, self.chips, self.problem]
        blocks.load(self._come, None, [*told, *chosen], **QUICK)
        panel.expand(self._offer, self.query, chosen, **QUICK)
        changed = [part.input(self._choose, chosen, told, **QUICK) for part in chosen]
        changed.append(self.chips.input(self._keep, self.chips, [*told, *chosen], **QUICK))
        changed.append(self.none.click(self._keep, None, [*told, *chosen], **QUICK))
        for event in changed:
            event.then(None, self.query, js=_TO_ADDRESS, **QUICK)

    def _come(self, request: gr.Request) -> list[Update]:
        """The filters that the page's address names."""
        try:
            filters, error = filters_of(str(request.query_params), beside_others=True), None
        except FmqaError as failure:
            filters, error = Filters(), failure
        # All papers are offered when the panel is opened: each session keeps what it was offered.
        return [*self._updates(filters, error), *self._chosen(filters, all_papers=False)]

    def _offer(self, query: str) -> list[Update]:
        """The values that the library has by now."""
        return self._chosen(filters_of(query))

    def _choose(
        self, first: str, last: str, papers: Sequence[str], *ticked: Sequence[str]
    ) -> list[Update]:
        """What was chosen in the panel."""
        values = dict(zip(self.ticked, ticked, strict=True)) | {"paper": papers}
        try:
            # Two equal years are one, and two empty ones none.
            if first or last:
                values["year"] = [first if first == last else f"{first}-{last}"]
            filters, error = make_filters(**values), None
        except FmqaError as failure:
            values.pop("year", None)
            filters, error = make_filters(**values), failure
        return self._updates(filters, error)

    def _keep(self, chips: Sequence[str] = ()) -> list[Update]:
        """The chips that are left."""
        filters = filters_of("&".join(chips))
        return [*self._updates(filters, None), *self._chosen(filters)]

    def _updates(self, filters: Filters, error: FmqaError | None) -> list[Update]:
        query = query_of(filters)
        chips = chips_of(query, self.say)
        words = ""
        if error is not None:
            said = f"{self.say.translated(str(error))} {self.say.translated(error.hint)}"
            words = view("page.line", self.say, said, bad=True)
        return [
            query,
            gr.CheckboxGroup(chips, value=[value for _, value in chips], visible=bool(chips)),
            gr.HTML(words, visible=bool(words)),
        ]

    def _chosen(self, filters: Filters, *, all_papers: bool = True) -> list[Update]:
        """The panel's parts, offering what the library has, with what is set."""
        # A page that is opened seldom names papers, and listing them takes longest.
        facets, papers = self._library(papers=all_papers or bool(filters.papers))
        if not all_papers:
            papers = [(label, paper) for label, paper in papers if paper in filters.papers]
        years = [("", ""), *((year, year) for year, _ in facets.get("year", ()))]
        first, last = ("" if year is None else str(year) for year in filters.years)
        parts: list[Update] = [gr.Dropdown(_with([one], years), value=one) for one in (first, last)]
        parts.append(gr.Dropdown(_with(filters.papers, papers), value=list(filters.papers)))
        for name in self.ticked:
            counted = [(f"{self.say(value)} ({n})", value) for value, n in facets.get(name, ())]
            wanted = [str(value) for value in getattr(filters, FIELDS[name])]
            spelt = {value.casefold(): value for _, value in counted}
            wanted = [spelt.get(value.casefold(), value) for value in wanted]
            parts.append(gr.CheckboxGroup(_with(wanted, counted), value=cast(Any, wanted)))
        return parts

    def _library(self, *, papers: bool) -> tuple[FacetCounts, list[tuple[str, str]]]:
        """What can be chosen; nothing while the library can't be read, which the page says."""
        try:
            record = self.bench.library.record
            rows = record.papers() if papers else []
            return record.facets(), [(_paper_label(row.meta), row.meta.paper_id) for row in rows]
        except StoreError:
            return {}, []


def _with(wanted: Sequence[str], choices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The choices with those that are wanted though the library hasn't them."""
    there = {value for _, value in choices}
    return [*choices, *((value, value) for value in wanted if value not in there)]


def _paper_label(paper: PaperMeta) -> str:
    head = titled(paper.name, paper.title)
    short = head if len(head) <= _LONGEST_TITLE else f"{head[: _LONGEST_TITLE - 1].rstrip()}…"
    return f"{short} ({paper.year})" if paper.year else short


class TakeAway(PagePart):
    """Answers as files, which the browser makes."""

    def build(self, turns: gr.State, told: gr.HTML) -> None:
        """Make the part that a file comes through, and connect it.

        Args:
            turns: the session's conversation.
            told: says which answer is wanted, and in which form.
        """
        file = gr.Textbox(visible="hidden", label=self.say("Take away"))
        made = told.download(self._made, turns, file, **QUICK)
        made.success(None, file, None, js=SAVE, queue=False)

    def _made(self, turns: Turns, event: gr.EventData) -> str:
        """Name and text of the file, as JSON; nothing when there is no answer to take."""
        place, form = event.place, ExportForm(event.form)
        one = isinstance(place, int) and place >= 0
        chosen = [
            turn.answer
            for turn in (turns[place : place + 1] if one else turns)
            if turn.answer is not None
        ]
        if not chosen:
            return ""
        title = "" if one else self.say("Conversation")
        text = export_from(self.bench.library, chosen, form, title)
        name = f"fmqa-{f'answer-{place + 1}' if one else 'conversation'}.{form.ending}"
        return json.dumps({"name": name, "text": text})
