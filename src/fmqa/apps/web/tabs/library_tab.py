"""The tab that shows what the library holds: its papers, and what the record says of one.

Everything that comes from papers and files is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from fmqa.answering.abstention import missing_in, tell_missing
from fmqa.apps.web.markup import escaped
from fmqa.apps.web.tab import QUICK, Context, meta_line, opening, paper_heading, problem, waiting
from fmqa.apps.web.tabs.editor import Editor, changelog
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.errors import FmqaError
from fmqa.types import Outcome, PaperStatus, ReadResult, Source

if TYPE_CHECKING:
    from fmqa.store.library import Library
    from fmqa.store.mappers import PaperRow
    from fmqa.types import StoredPassage

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


_HEADS = ("Paper", "Year", "Kind", "Modality", "Status", "Source", "Pages", "Passages")
_HIDDEN_SHOWN = 300
_BY_CONTENT = re.compile(r"[0-9a-f]{64}\.pdf")  # see `fmqa.apps.changing.store_upload`


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the table is made of: papers, their newest versions on arXiv, files that failed."""

    papers: Sequence[PaperRow]
    newest: Mapping[str, int]
    failed: Sequence[ReadResult]

    @classmethod
    def of(cls, library: Library) -> Shelf:
        """The library's state now."""
        facts = library.catalog.facts()
        failed = [one for one in library.record.journal() if one.outcome is not Outcome.OK]
        newest = {arxiv_id: record.version for arxiv_id, record in facts.items()}
        return cls(library.record.papers(), newest, failed)


def papers_table(shelf: Shelf, say: Wording = IN_ENGLISH) -> str:
    """The papers, then the files that couldn't be read; its script sorts and searches it."""
    heads = "".join(
        '<th scope="col"><button type="button" class="fmqa-sort">'
        f"{escaped(say(head))}</button></th>"
        for head in _HEADS
    )
    rows = [_row(row, shelf.newest, say) for row in shelf.papers]
    rows += [_failed(one, say) for one in shelf.failed]
    label = escaped(say("Papers of the library"))
    return (
        f'<div class="fmqa-scroll" tabindex="0" role="region" aria-label="{label}">'
        f'<table class="fmqa-table fmqa-shelf"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def statuses(row: PaperRow, newest: Mapping[str, int]) -> list[str]:
    """What a reader should know of a paper, in English: whether it stands, and hidden text."""
    newer = newest.get(row.meta.arxiv_id or "", 0)
    superseded = row.source is Source.PDF and newer > row.meta.version
    told = [PaperStatus.SUPERSEDED.value if superseded else row.status.value]
    if row.status is PaperStatus.WITHDRAWN:
        told = [row.status.value]
    return [*told, *(["hidden text"] if row.hidden else [])]


def _row(row: PaperRow, newest: Mapping[str, int], say: Wording) -> str:
    meta = row.meta
    source = say("our note") if row.source is Source.NOTE else row.source.value
    cells = (meta.year or "", say(meta.kind), ", ".join(map(say, meta.modality)))
    facts = "".join(f"<td>{escaped(cell)}</td>" for cell in cells)
    status = "".join(_badge(one, say) for one in statuses(row, newest))
    rest = "".join(f"<td>{escaped(cell)}</td>" for cell in (source, row.pages, row.passages))
    name = f"{meta.name}: " if meta.name and meta.name.lower() not in meta.title.lower() else ""
    known = escaped(f"{meta.paper_id} {' '.join(meta.authors)} {' '.join(meta.tasks)}")
    return (
        f'<tr data-known="{known}"><th scope="row"><button type="button" class="fmqa-open" '
        f'data-paper="{escaped(meta.paper_id)}">{escaped(name + meta.title)}</button></th>'
        f"{facts}<td>{status}</td>{rest}</tr>"
    )


def _badge(status: str, say: Wording) -> str:
    plain = status == PaperStatus.CURRENT.value
    kind = "fmqa-standing" if plain else "fmqa-badge"
    return f'<span class="{kind}">{escaped(say(status))}</span> '


def _failed(one: ReadResult, say: Wording) -> str:
    """A file that couldn't be read, by its name and not its place on the server."""
    why = escaped(one.detail or one.outcome.value)
    name = Path(one.path).name
    if _BY_CONTENT.fullmatch(name):
        name = f"{say('An uploaded PDF')} ({name[:8]})"
    return (
        f'<tr><th scope="row">{escaped(name)}<span class="fmqa-meta"> {why}</span>'
        f"</th><td></td><td></td><td></td><td>{_badge('failed', say)}</td>"
        "<td>pdf</td><td></td><td></td></tr>"
    )


def paper_record(library: Library, paper_id: str, say: Wording = IN_ENGLISH) -> str:
    """What the record holds of one paper; says so when it is there no longer."""
    row = next((one for one in library.record.papers() if one.meta.paper_id == paper_id), None)
    if row is None:
        words = say("This paper isn’t in the library any more.")
        return f'<p class="fmqa-status">{escaped(words)}</p>'
    meta = row.meta
    versions = "; ".join(
        f"v{version or '?'} ({source.value}{', ' + say('searched') if active else ''})"
        for version, source, active in library.record.versions(paper_id)
    )
    references = library.bibliography.references(paper_id)
    mentions = library.bibliography.mentions(paper_id)
    counts = say(
        "{references} references, {mentions} sentences that cite",
        references=len(references),
        mentions=len(mentions),
    )
    return (
        '<article class="fmqa-record" tabindex="-1">'
        f"<h3>{paper_heading(paper_id, meta.arxiv_id, meta.name, meta.title)}</h3>"
        f"{meta_line(', '.join(meta.authors), meta.year)}"
        f"{meta_line(say(meta.kind), ', '.join(map(say, (*meta.modality, *meta.tasks))))}"
        f"{meta_line(versions, counts)}{_missing(row, say)}{_hidden(row, say)}"
        f"{_pages(library.record.passages_of(paper_id), say)}</article>"
    )


def _missing(row: PaperRow, say: Wording) -> str:
    missing = missing_in(row.meta.paper_id, row.meta.title, row.gaps)
    lines = "".join(f"<p>{escaped(say.translated(tell_missing(one)))}</p>" for one in missing)
    return f'<div class="fmqa-notice">{lines}</div>' if lines else ""


def _hidden(row: PaperRow, say: Wording) -> str:
    if not row.hidden:
        return ""
    items = "".join(
        f"<li>{escaped(say('page {page}', page=run.page))}, {escaped(run.reason)}: "
        f"<q>{escaped(run.text[:_HIDDEN_SHOWN])}</q></li>"
        for run in row.hidden
    )
    lead = escaped(say("Hidden text, kept out of answers"))
    return f'<div class="fmqa-notice"><p class="fmqa-lead">{lead}</p><ul>{items}</ul></div>'


def _pages(passages: Sequence[StoredPassage], say: Wording) -> str:
    """The passages by page, each page folded."""
    shown = []
    for page, held in groupby(passages, key=lambda one: one.passage.spans[0].page):
        texts = list(held)
        inner = "".join(
            f'<p><span class="fmqa-meta">{escaped(one.passage.section)}</span> '
            f"{escaped(one.passage.text)}</p>"
            for one in texts
        )
        head = say("page {page}", page=page)
        shown.append(
            f'<details><summary>{escaped(head)} <span class="fmqa-meta">{len(texts)}</span>'
            f"</summary>{inner}</details>"
        )
    return "".join(shown)
