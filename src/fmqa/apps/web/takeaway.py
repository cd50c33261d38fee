"""The control that takes an answer, or the whole conversation, out of the page as a file.

The browser makes the file of a text that it is sent: no file is left on the server for others to
find.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import gradio as gr

from fmqa.answering.schema import Answer
from fmqa.apps.exports import ExportForm, export
from fmqa.apps.web.chat import Turns
from fmqa.apps.web.tab import QUICK, Context

_NAMES = {
    ExportForm.MARKDOWN: "Markdown",
    ExportForm.BIBTEX: "BibTeX",
    ExportForm.RIS: "RIS",
    ExportForm.CSL: "CSL-JSON",
}
_ALL = 0
_LONGEST = 80
_SAVE = """(told) => {
  if (!told) return;
  const { name, text } = JSON.parse(told);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}"""

Update = Any


class TakeAway:
    """What to take, and a button for each form. Holds nothing of any session.

    Args:
        context: the program behind the page.
    """

    def __init__(self, context: Context) -> None:
        self.bench = context.bench
        self.say = context.say

    def build(self, turns: gr.State) -> None:
        """Make the parts in the column that is open now, and connect them.

        Args:
            turns: the session's conversation.
        """
        say = self.say
        with gr.Accordion(say("Take away"), open=False, elem_id="fmqa-takeaway") as panel:
            which = gr.Dropdown(
                [(say("The whole conversation"), _ALL)],
                value=_ALL,
                label=say("What to take"),
                elem_id="fmqa-which",
            )
            with gr.Row():
                buttons = {
                    form: gr.Button(name, size="sm", elem_id=f"fmqa-take-{form.value}")
                    for form, name in _NAMES.items()
                }
            told = gr.Textbox(visible="hidden", label=say("Take away"))
        panel.expand(self._offer, turns, which, **QUICK)
        for form, button in buttons.items():
            made = button.click(partial(self._made, form), [turns, which], told, **QUICK)
            made.success(None, told, None, js=_SAVE, queue=False)

    def _offer(self, turns: Turns) -> Update:
        choices = [(self.say("The whole conversation"), _ALL)]
        for number, answer in enumerate(_answers(turns), start=1):
            choices.append((f"{number}. {answer.question[:_LONGEST]}", number))
        return gr.Dropdown(choices, value=_ALL)

    def _made(self, form: ExportForm, turns: Turns, which: int | None) -> str:
        """Name and text of the file, as JSON; nothing when there is no answer to take."""
        answers = _answers(turns)
        chosen = answers[which - 1 : which] if which else answers
        if not chosen:
            return ""
        title = "" if which else self.say("Conversation")
        text = export(chosen, form, self.bench.library.catalog.facts(), title)
        name = f"fmqa-{f'answer-{which}' if which else 'conversation'}.{form.ending}"
        return json.dumps({"name": name, "text": text})


def _answers(turns: Turns) -> list[Answer]:
    return [turn.answer for turn in turns if turn.answer is not None]
