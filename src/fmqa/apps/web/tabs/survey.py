"""The tab with the challenges of the field, and the draft of a section."""

from __future__ import annotations

import gradio as gr

from fmqa.apps.web.tab import QUICK, Context, opening
from fmqa.apps.web.views.compared import challenges_list, outline_text
from fmqa.apps.web.views.sheet import problem, waiting
from fmqa.errors import FmqaError


class SurveyTab:
    """A topic and its draft; below, each challenge with the papers and what they propose.

    Args:
        context: the program behind the page.
    """

    key = "survey"
    title = "Survey"

    def __init__(self, context: Context) -> None:
        self.bench = context.bench
        self.ready = context.ready
        self.say = context.say

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
        begun.then(
            self._draft,
            topic,
            draft,
            concurrency_limit=1,
            show_progress="hidden",
            api_visibility="private",
        )

    def _challenges(self) -> str:
        from fmqa.survey.challenges import challenge_map

        try:
            return challenges_list(challenge_map(self.bench.survey.facets), self.say)
        except FmqaError as error:
            return problem(error, self.say)

    def _draft(self, topic: str) -> str:
        from fmqa.survey.outlining import outline

        bench = self.bench
        try:
            made = outline(bench.survey.facets, bench.searcher, self.ready.assistant, topic or "")
        except FmqaError as error:
            return problem(error, self.say)
        return outline_text(made, self.say)
