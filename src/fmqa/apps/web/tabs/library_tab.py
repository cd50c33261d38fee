"""The tab that shows what the library holds, and changes it where the page may.

What changes it is made only there: elsewhere there is no event that could.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from fmqa.answering.abstention import missing_in, tell_missing
from fmqa.apps import changing
from fmqa.apps.changing import Jobs, Work
from fmqa.apps.web.markup import escaped, view
from fmqa.apps.web.readiness import amount
from fmqa.apps.web.tab import (
    PICK_PAPER,
    QUICK,
    Context,
    PagePart,
    Tab,
    opening,
    or_problem,
    picked_paper,
    problem,
    waiting,
)
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.errors import FmqaError, UsageError
from fmqa.types import Outcome, PaperStatus, ReadResult, Source

if TYPE_CHECKING:
    from fmqa.apps.changing import JobState
    from fmqa.store.arxiv_catalog import Change
    from fmqa.store.library import Library
    from fmqa.store.mappers import PaperRow

_SHOW_RECORD = (
    "() => { const record = document.querySelector('#fmqa-paper .fmqa-record');"
    " record?.scrollIntoView({ block: 'start', behavior: 'smooth' });"
    " record?.focus({ preventScroll: true }); }"
)
# Asks before the paper that is shown is removed; empty when the answer is no.
_CONFIRMED = (
    "(shown) => window.confirm(document.querySelector('#fmqa-paper .fmqa-record').dataset.removal)"
    " ? shown : ''"
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
        return paper_record(self.bench.library, picked_paper(picked), self.say)


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


_LOOK_SECONDS = 0.7
_SHOWN = 100
Update = Any


class Editor(PagePart):
    """The controls, and the job that they started or another user did.

    Args:
        context: the program behind the page.
        jobs: what does the work.
    """

    def __init__(self, context: Context, jobs: Jobs) -> None:
        super().__init__(context)
        self.jobs = jobs

    def build_adding(self) -> None:
        """Make what adds papers and syncs, and the job's place."""
        say = self.say
        with gr.Column(elem_id="fmqa-edit"):
            with gr.Row(equal_height=False, elem_classes="fmqa-edit-row"):
                self.ids = gr.Textbox(
                    label=say("arXiv ids or addresses"),
                    placeholder="2304.12306  https://arxiv.org/abs/…",
                    max_lines=4,
                    scale=4,
                    elem_id="fmqa-add-ids",
                )
                self.add = gr.Button(say("Add"), scale=0, min_width=100, variant="primary")
                self.upload = gr.UploadButton(
                    say("Upload PDFs"),
                    file_count="multiple",
                    file_types=[".pdf"],
                    scale=0,
                    min_width=140,
                    elem_id="fmqa-upload",
                )
                self.sync = gr.Button(say("Sync now"), scale=0, min_width=110)
            self.refused = gr.HTML(elem_id="fmqa-refused")
            self.job = gr.HTML(elem_id="fmqa-job")
            self.stop = gr.Button(
                say("Stop"), size="sm", variant="stop", visible=False, elem_id="fmqa-job-stop"
            )
        self.timer = gr.Timer(_LOOK_SECONDS, active=False)

    def build_removing(self) -> None:
        """Make what removes the paper that is shown."""
        self.shown = gr.Textbox(visible="hidden", label=self.say("Paper"))
        with gr.Column(elem_id="fmqa-removing"):
            self.remove = gr.Button(
                self.say("Remove this paper…"), size="sm", visible=False, elem_id="fmqa-remove"
            )

    def connect(
        self,
        blocks: gr.Blocks,
        picked: Any,
        record: gr.HTML,
        drawn: dict[Any, Callable[[], str]],
    ) -> None:
        """Connect the parts.

        Args:
            blocks: the page.
            picked: the event by which a paper is shown.
            record: where it is shown.
            drawn: what is drawn anew when a job has ended, with what draws it.
        """
        removing = [self.shown, self.remove]
        told = [self.refused, self.job, self.stop, self.timer]
        self.drawn = drawn
        opening(blocks)(self._look, None, told, **QUICK)
        self.timer.tick(self._tick, None, [*told, *drawn], **QUICK)
        for begin in (self.add.click, self.ids.submit):
            begin(self._add, self.ids, [self.ids, *told], **QUICK)
        self.upload.upload(self._upload, self.upload, told, **QUICK)
        self.sync.click(self._sync, None, told, **QUICK)
        self.stop.click(self._stop, None, told, **QUICK)
        picked(self._shown, None, removing, **QUICK)
        removed = [record, *removing, *told]
        self.remove.click(self._remove, self.shown, removed, js=_CONFIRMED, **QUICK)

    def _look(self, refused: FmqaError | None = None) -> list[Update]:
        """The job as it is now; the page goes on looking while it runs."""
        state = self.jobs.state
        return [
            problem(refused, self.say) if refused is not None else "",
            job(state, self.say),
            gr.Button(visible=state.running, interactive=not state.stopping),
            gr.Timer(active=state.running),
        ]

    def _tick(self) -> list[Update]:
        told = self._look()
        if self.jobs.state.running:
            return [gr.skip(), *told[1:], *(gr.skip() for _ in self.drawn)]
        return [gr.skip(), *told[1:], *(draw() for draw in self.drawn.values())]

    def _begin(self, title: str, work: Callable[[], Work]) -> FmqaError | None:
        """Start a job; returns why it can't be."""
        try:
            self.jobs.start(title, work())
        except FmqaError as error:
            return error
        return None

    def _add(self, text: str) -> list[Update]:
        def work() -> Work:
            return partial(changing.add_papers, self.bench, changing.asked_ids(text))

        refused = self._begin("Adding papers from arXiv", work)
        return [gr.skip() if refused else "", *self._look(refused)]

    def _upload(self, paths: Sequence[str] | str | None) -> list[Update]:
        def work() -> Work:
            named = [paths] if isinstance(paths, str) else list(paths or ())
            if len(named) > changing.MOST_AT_ONCE:
                raise UsageError(
                    f"At most {changing.MOST_AT_ONCE} files are taken at once.",
                    hint="Upload them in parts.",
                )
            return partial(changing.add_files, self.bench, [Path(path) for path in named])

        return self._look(self._begin("Adding uploaded PDFs", work))

    def _sync(self) -> list[Update]:
        return self._look(
            self._begin("Syncing with arXiv", lambda: partial(changing.sync, self.bench))
        )

    def _stop(self) -> list[Update]:
        self.jobs.stop()
        return self._look()

    def _shown(self, picked: gr.EventData) -> list[Update]:
        return self._removing(picked_paper(picked))

    def _removing(self, paper: str) -> list[Update]:
        return [paper, gr.Button(visible=bool(paper))]

    def _remove(self, confirmed: str) -> list[Update]:
        if not confirmed:
            return [gr.skip()] * 7
        refused = self._begin(
            "Removing a paper", lambda: lambda jobs: changing.remove(self.bench, confirmed)
        )
        shown = gr.skip() if refused else ""
        return [shown, *self._removing(confirmed if refused else ""), *self._look(refused)]


def job(state: JobState, say: Wording = IN_ENGLISH) -> str:
    """What the job does, or what it came to; nothing before the first."""
    lines = state.outcome.lines if state.outcome else ()
    by_kind = [(what, list(found)) for what, found in groupby(lines, key=lambda line: line.what)]
    return view("editor.job", say, state, by_kind, _SHOWN, partial(amount, between=" / "))


def changelog(changes: Sequence[Change], say: Wording = IN_ENGLISH) -> str:
    """The newest changes of the library, by day; those of runs are left out.

    Args:
        changes: oldest first.
        say: the page's language.
    """
    from fmqa.survey.escaping import plain
    from fmqa.sync.changelog import heading_of, link_of, name_of

    told = [one for one in reversed(changes) if one.what != "run"]
    days = [
        (
            day,
            [
                (heading_of(one), plain(one.title), name_of(one), link_of(one), plain(one.detail))
                for one in of_day
            ],
        )
        for day, of_day in groupby(told[:_SHOWN], key=lambda change: plain(change.at)[:10])
    ]
    return view("editor.changelog", say, days, len(told) - _SHOWN)
