"""The tab that shows what the library holds: its papers, and what the record says of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from fmqa.answering.abstention import missing_in, tell_missing
from fmqa.apps.web.markup import escaped, view
from fmqa.apps.web.tab import PICK_PAPER, QUICK, Context, Tab, opening, or_problem, waiting
from fmqa.apps.web.tabs.editor import Editor, changelog
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.types import Outcome, PaperStatus, ReadResult, Source

if TYPE_CHECKING:
    from fmqa.store.library import Library
    from fmqa.store.mappers import PaperRow

_SHOW_RECORD = (
    "() => { const record = document.querySelector('#fmqa-paper .fmqa-record');"
    " record?.scrollIntoView({ block: 'start', behavior: 'smooth' });"
    " record?.focus({ preventScroll: true }); }"
)
_HIDDEN_SHOWN = 300
_BY_CONTENT = re.compile(r"[0-9a-f]{64}\.pdf")  # see `fmqa.apps.changing.store_upload`


class LibraryTab(Tab):
    """The papers as a table to search and sort; one of them with what the record holds of it.

    Where the page may change the library, what does it is here too.
    """

    key = "library"
    title = "Library"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
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
            waiting(self.say("Reading the library")), elem_id="fmqa-papers", js_on_load=PICK_PAPER
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

    @or_problem
    def _papers(self) -> str:
        return papers_table(self.bench.library, self.say)

    @or_problem
    def _changes(self) -> str:
        return changelog(self.bench.library.catalog.changes(), self.say)

    @or_problem
    def _record(self, picked: gr.EventData) -> str:
        data: dict[str, Any] = getattr(picked, "_data", None) or {}
        return paper_record(self.bench.library, str(data.get("paper", "")), self.say)


def papers_table(library: Library, say: Wording = IN_ENGLISH) -> str:
    """The papers, then the files that couldn't be read; its script sorts and searches it."""
    newest = {arxiv_id: record.version for arxiv_id, record in library.catalog.facts().items()}
    rows = [(row, statuses(row, newest)) for row in library.record.papers()]
    failed = [
        (_file_name(one, say), one.detail or one.outcome.value)
        for one in library.record.journal()
        if one.outcome is not Outcome.OK
    ]
    return view("library.papers", say, rows, failed)


def statuses(row: PaperRow, newest: Mapping[str, int]) -> list[str]:
    """What a reader should know of a paper, in English: whether it stands, and hidden text.

    Args:
        row: the paper.
        newest: the newest version of each paper on arXiv, by its id.
    """
    newer = newest.get(row.meta.arxiv_id or "", 0)
    superseded = row.source is Source.PDF and newer > row.meta.version
    stands = row.status
    if superseded and stands is not PaperStatus.WITHDRAWN:
        stands = PaperStatus.SUPERSEDED
    return [stands.value, *(["hidden text"] if row.hidden else [])]


def _file_name(failed: ReadResult, say: Wording) -> str:
    """A file that couldn't be read, by its name and not its place on the server."""
    name = Path(failed.path).name
    if _BY_CONTENT.fullmatch(name):
        return f"{say('An uploaded PDF')} ({name[:8]})"
    return name


def paper_record(library: Library, paper_id: str, say: Wording = IN_ENGLISH) -> str:
    """What the record holds of one paper; says so when it is there no longer."""
    row = next((one for one in library.record.papers() if one.meta.paper_id == paper_id), None)
    if row is None:
        return view("parts.status", say, say("This paper isn’t in the library any more."))
    versions = "; ".join(
        f"v{version or '?'} ({source.value}{', ' + say('searched') if active else ''})"
        for version, source, active in library.record.versions(paper_id)
    )
    counts = say(
        "{references} references, {mentions} sentences that cite",
        references=len(library.bibliography.references(paper_id)),
        mentions=len(library.bibliography.mentions(paper_id)),
    )
    missing = [tell_missing(one) for one in missing_in(paper_id, row.meta.title, row.gaps)]
    by_page = groupby(
        library.record.passages_of(paper_id), key=lambda one: one.passage.spans[0].page
    )
    pages = [(page, list(held)) for page, held in by_page]
    return view("library.record", say, row, versions, counts, missing, pages, _HIDDEN_SHOWN)
