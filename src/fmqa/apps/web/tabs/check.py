"""The tab where a manuscript is checked against the papers that it cites."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from fmqa.apps.web.evidence import Place
from fmqa.apps.web.markup import escaped, view
from fmqa.apps.web.readiness import in_thread
from fmqa.apps.web.tab import QUICK, SAVE, SLOW, Tab, problem, waiting
from fmqa.errors import FmqaError, UsageError

if TYPE_CHECKING:
    from fmqa.apps.web.wording import Wording
    from fmqa.proofing.report import Report, ShownQuote

_LOOK_SECONDS = 0.5
_DRAFTS = (".md", ".markdown", ".tex", ".docx", ".pdf")
_MOST_FILES = 20
Update = Any
Step = Callable[[str, int, int], None]


class CheckTab(Tab):
    """A draft is uploaded with its bibliographies; each sentence is shown with what was found."""

    key = "check"
    title = "Check a draft"

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        del blocks
        say = self.say
        told = say(
            "A manuscript (.md, .tex, .docx or .pdf) and its .bib files: each sentence is checked "
            "against the papers that it cites, or else the library. Nothing of it is kept."
        )
        gr.HTML(
            view("parts.meta", say, told), elem_classes="fmqa-controls", elem_id="fmqa-check-told"
        )
        with gr.Row(elem_classes="fmqa-controls", elem_id="fmqa-check-row"):
            upload = gr.UploadButton(
                say("Choose a draft"),
                file_count="multiple",
                file_types=[*_DRAFTS, ".bib"],
                scale=0,
                min_width=160,
                variant="primary",
                elem_id="fmqa-draft",
            )
            buttons = {
                form: gr.Button(name, visible=False, scale=0, elem_id=f"fmqa-report-{form}")
                for form, name in (("html", "HTML"), ("json", "JSON"))
            }
        report = gr.State(None)
        file = gr.Textbox(visible="hidden", label=say("Take away"))
        shown = gr.HTML(elem_id="fmqa-check", elem_classes="fmqa-controls")
        parts = [shown, report, *buttons.values()]
        begun = upload.upload(self._begin, None, parts, **QUICK)
        begun.then(self._check, upload, parts, **SLOW)
        for form, button in buttons.items():
            made = button.click(partial(taken, form), report, file, **QUICK)
            made.success(None, file, None, js=SAVE, queue=False)

    def _begin(self) -> list[Update]:
        return self._shown(waiting(self.say("Reading the draft…")))

    def _check(self, files: Sequence[str] | None) -> Iterator[list[Update]]:
        """What is being done, about twice a second, and then the report."""
        step = ("Reading the draft", 0, 1)

        def tell(label: str, done: int, total: int) -> None:
            nonlocal step
            step = (label, done, total)

        made = in_thread(partial(self._report, files or (), tell), "check-draft")
        while wait([made], _LOOK_SECONDS).not_done:
            label, done, total = step
            words = self.say(label)
            yield self._shown(waiting(f"{words}: {done} / {total}" if total > 1 else f"{words}…"))
        try:
            found = made.result()
        except FmqaError as error:
            yield self._shown(problem(error, self.say))
        else:
            yield self._shown(report_of(found, self.say), found)

    def _report(self, files: Sequence[str], step: Step) -> Report:
        from fmqa.apps.bibliographies import read_pdf
        from fmqa.proofing.reading import read_draft

        paths = [Path(file) for file in files]
        drafts = [path for path in paths if path.suffix.lower() in _DRAFTS]
        bibs = [path for path in paths if path.suffix.lower() == ".bib"]
        if len(drafts) != 1 or len(drafts) + len(bibs) != len(paths) or len(paths) > _MOST_FILES:
            raise UsageError(
                "That isn't one manuscript with its bibliographies.",
                hint="Choose one .md, .tex, .docx or .pdf file and the .bib files that it cites.",
            )
        draft = read_draft(drafts[0], bibs, lambda path: read_pdf(self.bench, path))
        return self.bench.proofreader.check(draft, drafts[0].name, step)

    def _shown(self, told: str, report: Report | None = None) -> list[Update]:
        done = report is not None
        return [told, report, gr.Button(visible=done), gr.Button(visible=done)]


def report_of(report: Report, say: Wording) -> str:
    """The report, whose quotes lead to their evidence beside it."""
    from fmqa.proofing.page import findings

    def link(shown: ShownQuote, words: str) -> str:
        at = Place(
            paper=shown.paper_id,
            version=shown.version,
            source=shown.source,
            page=shown.page,
            start=shown.start,
            end=shown.end,
        )
        return f'<a class="fmqa-cell" href="{escaped(at.address)}">{words}</a>'

    if not report.findings:
        return view("parts.status", say, say("No sentences."))
    told = tuple(replace(one, message=say.translated(one.message)) for one in report.findings)
    shown = findings(replace(report, findings=told), say, link)
    return f'<div class="fmqa-report"><h3>{escaped(report.path)}</h3>{shown}</div>'


def taken(form: str, report: Report | None) -> str:
    """Name and text of the report's file, as JSON; nothing where there is no report."""
    from fmqa.proofing.page import page
    from fmqa.proofing.report import as_json

    if report is None:
        return ""
    text = page(report) if form == "html" else as_json(report)
    return json.dumps({"name": f"{Path(report.path).stem}-check.{form}", "text": text})
