"""What changes the library, in its tab: papers added, uploaded and removed, syncs, their progress.

Made only where the page may change the library: elsewhere there is no event that could.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from fmqa.apps import changing
from fmqa.apps.jobs import Jobs, Work
from fmqa.apps.web.markup import escaped, outward
from fmqa.apps.web.tab import QUICK, Context, opening, problem
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.errors import FmqaError, UsageError
from fmqa.sources.arxiv_ids import parse_id

if TYPE_CHECKING:
    from fmqa.apps.jobs import JobLine, JobState
    from fmqa.store.arxiv_catalog import Change
    from fmqa.types import PaperMeta

_LOOK_SECONDS = 0.7
Update = Any


class Editor:
    """The controls, and the job that they started or another user did.

    Args:
        context: the program behind the page.
        jobs: what does the work.
    """

    def __init__(self, context: Context, jobs: Jobs) -> None:
        self.bench = context.bench
        self.say = context.say
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
        """Make what removes the paper that is shown, in two steps."""
        say = self.say
        self.shown, self.asked = gr.State(""), gr.State("")
        with gr.Column(elem_id="fmqa-removing"):
            self.ask = gr.Button(
                say("Remove this paper…"), size="sm", visible=False, elem_id="fmqa-remove"
            )
            self.question = gr.HTML(visible=False, elem_id="fmqa-removal")
            with gr.Row():
                self.yes = gr.Button(say("Remove"), size="sm", variant="stop", visible=False)
                self.no = gr.Button(say("Keep"), size="sm", visible=False)

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
        removing = [self.shown, self.asked, self.ask, self.question, self.yes, self.no]
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
        self.ask.click(self._ask, self.shown, removing, **QUICK)
        self.no.click(self._ask_not, self.shown, removing, **QUICK)
        self.yes.click(self._remove, self.asked, [record, *removing, *told], **QUICK)

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
        data: dict[str, Any] = getattr(picked, "_data", None) or {}
        return self._removing(str(data.get("paper", "")))

    def _ask(self, shown: str) -> list[Update]:
        return self._removing(shown, ask=True)

    def _ask_not(self, shown: str) -> list[Update]:
        return self._removing(shown)

    def _removing(self, shown: str, *, ask: bool = False) -> list[Update]:
        """The removal's parts for the paper that is shown; ``ask`` names it and waits for a yes."""
        try:
            rows = self.bench.library.record.papers()
        except FmqaError as error:
            told = problem(error, self.say)
            return ["", "", gr.Button(visible=False), gr.HTML(told, visible=True),
                    gr.Button(visible=False), gr.Button(visible=False)]  # fmt: skip
        row = next((one for one in rows if one.meta.paper_id == shown), None)
        ask = ask and row is not None
        words = removal(row.meta, self.say) if row is not None and ask else ""
        return [
            shown if row else "",
            shown if ask else "",
            gr.Button(visible=row is not None and not ask),
            gr.HTML(words, visible=ask),
            gr.Button(visible=ask),
            gr.Button(visible=ask),
        ]

    def _remove(self, asked: str) -> list[Update]:
        if not asked:
            return [gr.skip(), *self._removing(""), *self._look()]

        def work() -> Work:
            return lambda watch: changing.remove(self.bench, asked)

        refused = self._begin("Removing a paper", work)
        shown = gr.skip() if refused else ""
        return [shown, *self._removing(asked if refused else ""), *self._look(refused)]


_SHOWN = 100
_MIB = 1 << 20


def job(state: JobState, say: Wording = IN_ENGLISH) -> str:
    """What the job does, or what it came to; nothing before the first."""
    if not state.number:
        return ""
    head = escaped(say(state.title))
    if state.running:
        told = say("Stopping…") if state.stopping else state.said
        said = f'<p class="fmqa-meta">{escaped(told)}</p>' if told else ""
        steps = "".join(_step(*step, say) for step in state.steps)
        return (
            f'<section class="fmqa-job" aria-label="{head}">'
            f'<p class="fmqa-status fmqa-busy">{head}…</p>{steps}{said}</section>'
        )
    return f'<section class="fmqa-job" role="status"><h3>{head}</h3>{_ended(state, say)}</section>'


def _step(label: str, done: int, total: int, say: Wording) -> str:
    words = escaped(say(label))
    if total <= 1:
        return f'<p class="fmqa-step">{words}</p>'
    size = f"{done:,} / {total:,}"
    if total > _MIB:
        size = f"{done // _MIB:,} / {total // _MIB:,} MiB"
    return (
        f'<p class="fmqa-step"><span>{words}</span> <progress max="{total}" value="{done}" '
        f'aria-label="{words}"></progress> <span>{size}</span></p>'
    )


def _ended(state: JobState, say: Wording) -> str:
    if state.broken:
        return (
            f'<div class="fmqa-problem" role="alert"><p class="fmqa-lead">'
            f"{escaped(say('Something went wrong in the program itself.'))}</p><p>"
            f"{escaped(say('The terminal that runs fmqa shows the details.'))}</p></div>"
        )
    if state.outcome is None:
        words = say("Stopped. What was committed stays, and the next time goes on from there.")
        return f"<p>{escaped(words)}</p>"
    outcome = state.outcome
    listed = "".join(
        _lines(what, list(lines), say)
        for what, lines in groupby(outcome.lines, key=lambda line: line.what)
    )
    if outcome.problem is not None:
        return listed + problem(outcome.problem, say)
    return listed or f"<p>{escaped(say('Nothing has changed.'))}</p>"


def _lines(what: str, lines: Sequence[JobLine], say: Wording) -> str:
    items = []
    for line in lines[:_SHOWN]:
        title = f'<span class="fmqa-title">{escaped(line.title)}</span> ' if line.title else ""
        name = f'<span class="fmqa-meta">{escaped(line.name)}</span>'
        why = "<br>".join(escaped(say(part)) for part in (line.why, line.hint) if part)
        items.append(f"<li>{title}{name}{f'<br>{why}' if why else ''}</li>")
    rest = _rest(len(lines), say)
    return f"<h4>{escaped(say(what))} ({len(lines)})</h4><ul>{''.join(items)}{rest}</ul>"


def changelog(changes: Sequence[Change], say: Wording = IN_ENGLISH) -> str:
    """The newest changes of the library, by day; those of runs are left out.

    Args:
        changes: oldest first.
        say: the page's language.
    """
    from fmqa.survey.escaping import plain

    told = [one for one in reversed(changes) if one.what != "run"]
    if not told:
        return f'<p class="fmqa-status">{escaped(say("Nothing has changed."))}</p>'
    days = []
    for day, of_day in groupby(told[:_SHOWN], key=lambda change: plain(change.at)[:10]):
        items = "".join(_change(change, say) for change in of_day)
        days.append(f"<h4>{escaped(day)}</h4><ul>{items}</ul>")
    rest = _rest(len(told), say, "p")
    return f'<div class="fmqa-changelog">{"".join(days)}{rest}</div>'


def _change(change: Change, say: Wording) -> str:
    from fmqa.survey.escaping import plain
    from fmqa.sync.changelog import heading_of, link_of, name_of

    name, url = name_of(change), link_of(change)
    where = outward(url, name) if url else f'<span class="fmqa-meta">{escaped(name)}</span>'
    title = f'<span class="fmqa-title">{escaped(plain(change.title))}</span>'
    detail = f": {escaped(plain(change.detail))}" if change.detail else ""
    kind = f'<span class="fmqa-badge">{escaped(say(heading_of(change)))}</span>'
    return f"<li>{kind} {title} {where}{detail}</li>"


def _rest(count: int, say: Wording, tag: str = "li") -> str:
    if count <= _SHOWN:
        return ""
    return f"<{tag}>{escaped(say('… and {count} more', count=count - _SHOWN))}</{tag}>"


def removal(meta: PaperMeta, say: Wording = IN_ENGLISH) -> str:
    """What is asked before a paper is removed."""
    question = say("Remove “{title}” from the library?", title=meta.title)
    comes_back = say(
        "It isn’t searched any more, and no sync brings it back. Its PDF stays; adding it again "
        "undoes this."
    )
    name = meta.arxiv_id if meta.arxiv_id and parse_id(meta.arxiv_id) else meta.paper_id
    return (
        f'<div class="fmqa-notice" role="alert"><p class="fmqa-lead">{escaped(question)} '
        f'<span class="fmqa-meta">{escaped(name)}</span></p><p>{escaped(comes_back)}</p></div>'
    )
