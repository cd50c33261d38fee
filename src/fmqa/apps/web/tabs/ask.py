"""The tab where questions are asked: its parts, and what each does when it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import gradio as gr

from fmqa.apps.admission_queue import UNQUEUED
from fmqa.apps.asgi import person_of
from fmqa.apps.web import chat
from fmqa.apps.web.chat import ConversationStore, Turns
from fmqa.apps.web.controls import FilterPanel, TakeAway
from fmqa.apps.web.render import messages
from fmqa.apps.web.tab import QUICK, Context, Tab
from fmqa.apps.web.wording import Wording
from fmqa.errors import Busy, FmqaError, UsageError
from fmqa.store.history import Feedback

Update = Any

# A tab's conversation goes by this as long as the tab is open.
_NAMED = """() => {
  const key = "fmqa-conversation";
  let name = sessionStorage.getItem(key);
  if (!name) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    name = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    sessionStorage.setItem(key, name);
  }
  return name;
}"""
# What is asked while the page still fetches its conversation would be lost when that comes.
_RESTORED = "() => { window.fmqaRestored = true; }"
_ONCE_RESTORED = f"""async (...given) => {{
  const until = Date.now() + 10000;
  while (!window.fmqaRestored && Date.now() < until) {{
    await new Promise((again) => setTimeout(again, 50));
  }}
  return [...given.slice(0, -1), ({_NAMED})()];
}}"""
_TELL = "window.fmqaTell = (event, what) => trigger(event, what);"


class AskTab(Tab):
    """The conversation, and the box below it."""

    key = "ask"
    title = "Ask"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.filters = FilterPanel(context)
        self.takeaway = TakeAway(context)
        kept = context.bench.settings.keep_conversations
        self.remembered = ConversationStore(context.bench.library) if kept else None

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        self.blocks = blocks
        self.turns = gr.State(())
        self.name = gr.Textbox(visible="hidden", label=self.say("Conversation"))
        with gr.Column(elem_id="fmqa-ask"):
            self.filters.build(blocks)
            with gr.Column(elem_id="fmqa-welcome") as self.welcome:
                self.examples = [
                    button for topic in TOPICS.items() for button in _topic(*topic, self.say)
                ]
            self.chat = _chatbot(self.say)
            with gr.Row(elem_id="fmqa-composer"):
                self.box = _question_box(self.ready.max_question_chars, self.say)
                self.clear = gr.Button(
                    self.say("Clear"), elem_id="fmqa-clear", visible=False, scale=0
                )
        # What is done inside the conversation, whose HTML has no events of its own.
        self.told = gr.HTML("", elem_id="fmqa-told", js_on_load=_TELL)
        self.takeaway.build(self.turns, self.told)
        self._connect()

    def _connect(self) -> None:
        """Begin at once and outside the queue; answer in the queue; settle whatever became of it.

        Each step gives all of its outputs in the same shape each time: Gradio sends differences,
        and an output left out can take back one that the browser hasn't drawn yet.
        """
        all_parts = [self.turns, self.chat, self.welcome, self.box, self.clear]
        asking: list[Any] = []
        asked = [self.turns, self.filters.query, self.name]
        later = None if self.remembered is None else _ONCE_RESTORED
        ways: list[tuple[Any, Any, list[Any], str | None]] = [
            (self.box.submit, self._begin, [self.box, *asked], later),
            *((button.click, self._begin, [button, *asked], later) for button in self.examples),
            (self.told.submit, self._submitted, asked, None),
        ]
        self.told.select(self._rate, [self.turns], [self.turns, self.chat], **QUICK)
        for listen, begin, given, js in ways:
            begun = listen(begin, given, all_parts, js=js, **QUICK)
            answered = begun.success(
                self._answer,
                [self.turns, self.name],
                [self.turns, self.chat],
                **UNQUEUED,
                show_progress="hidden",
                api_visibility="private",
            )
            answered.then(self._settle, [self.turns], [self.turns, self.chat, self.box], **QUICK)
            asking.append(answered)
        self.box.stop(self._stop, [self.turns], all_parts, cancels=asking, **QUICK)
        self.clear.click(self._clear, self.name, all_parts, cancels=asking, **QUICK)
        if self.remembered is not None:
            parts = [self.name, *all_parts]
            restored = self.blocks.load(self._restore, self.name, parts, js=_NAMED, **QUICK)
            restored.then(None, js=_RESTORED, **QUICK)

    def _restore(self, name: str, request: gr.Request) -> tuple[Update, ...]:
        """The conversation of a browser's tab, when its page is loaded anew."""
        now = self._so_far((), name, request)
        shown = self._shown(now)
        return (name, now, *shown, self._box(running=False), gr.Button(visible=bool(now)))

    def _so_far(self, turns: Turns, name: str, request: gr.Request) -> Turns:
        """The session's turns, or where this server has none, what the record holds of them."""
        if turns or self.remembered is None:
            return turns
        return self.remembered.turns(name, person_of(request))

    def _begin(
        self, question: str, turns: Turns, filters: str, name: str, request: gr.Request
    ) -> tuple[Update, ...]:
        turns = self._so_far(turns, name, request)
        try:
            self.ready.admission.check(person_of(request))
        except Busy as busy:
            now, box = chat.refused(question, turns, busy, filters), self._box(running=False)
        else:
            now, box = chat.begun(question, turns, filters), self._box(running=True, value="")
        return (now, *self._shown(now), box, gr.Button(visible=True))

    def _submitted(
        self, turns: Turns, filters: str, name: str, request: gr.Request, event: gr.EventData
    ) -> tuple[Update, ...]:
        """A question that the conversation itself offers, or one of its own again or changed."""
        turns = self._so_far(turns, name, request)
        if turns and turns[-1].running:
            raise gr.Error(self.say("An answer is still being written."), print_exception=False)
        question, place = event.question, event.place
        if not isinstance(question, str) or not isinstance(place, int):
            raise gr.Error(self.say("There is no such question."), print_exception=False)
        if place < 0:
            return self._begin(question, turns, filters, name, request)
        try:
            self.ready.admission.check(person_of(request))
            now = (
                chat.edited(turns, place, question) if question else chat.asked_again(turns, place)
            )
        except (UsageError, Busy) as error:
            raise gr.Error(self.say.translated(str(error)), print_exception=False) from error
        return (now, *self._shown(now), self._box(running=True), gr.Button(visible=True))

    def _rate(self, turns: Turns, request: gr.Request, event: gr.EventData) -> tuple[Update, ...]:
        try:
            now = chat.rated(turns, event.place, event.rating)
        except (UsageError, TypeError) as error:
            raise gr.Error(self.say("There is no such answer."), print_exception=False) from error
        turn = now[event.place]
        assert turn.answer is not None
        name = person_of(request).name
        verdict = Feedback(turn.question, turn.rating, turn.answer.model_dump_json(), name)
        try:
            self.bench.library.feedback.put(verdict)
        except FmqaError as error:
            words = f"{self.say.translated(str(error))} {self.say.translated(error.hint)}"
            raise gr.Error(words, print_exception=False) from error
        return now, messages(now, self.say)

    def _answer(
        self, turns: Turns, name: str, request: gr.Request
    ) -> Iterator[tuple[Turns, Update]]:
        person, kept = person_of(request), False
        # A question that another replica took just before it went away is to be asked again.
        turns = self._so_far(turns, name, request)
        if not turns:
            raise gr.Error(self.say("There is no such question."), print_exception=False)
        for now in chat.answered(self.ready, turns, person):
            if self.remembered is not None and now[-1].answer is not None and not kept:
                # Before it is shown: what a reader has seen whole outlives this server.
                self.remembered.keep(name, person, now)
                kept = True
            yield now, messages(now, self.say)

    def _settle(self, turns: Turns) -> tuple[Update, ...]:
        now = chat.stopped(turns)
        return now, messages(now, self.say), self._box(running=False)

    def _stop(self, turns: Turns) -> tuple[Update, ...]:
        now = chat.stopped(turns)
        return (now, *self._shown(now), self._box(running=False), gr.Button(visible=bool(now)))

    def _clear(self, name: str, request: gr.Request) -> tuple[Update, ...]:
        if self.remembered is not None:
            self.remembered.forget(name, person_of(request))
        return ((), *self._shown(()), self._box(running=False), gr.Button(visible=False))

    def _shown(self, turns: Turns) -> tuple[Update, Update]:
        """The chat and the welcome: one of the two is seen."""
        value: Any = messages(turns, self.say)
        return gr.Chatbot(value, visible=bool(turns)), gr.Column(visible=not turns)

    def _box(self, *, running: bool, **more: Any) -> Update:
        """The question's box with the button that fits."""
        return gr.Textbox(
            submit_btn=False if running else self.say("Ask"),
            stop_btn=self.say("Stop") if running else False,
            interactive=not running,
            **more,
        )


def _topic(heading: str, questions: Sequence[str], say: Wording) -> list[gr.Button]:
    with gr.Column(elem_classes="fmqa-topic", min_width=260):
        gr.HTML(f"<h2>{say(heading)}</h2>")
        return [gr.Button(say(asked), elem_classes="fmqa-example") for asked in questions]


def _chatbot(say: Wording) -> gr.Chatbot:
    return gr.Chatbot(
        elem_id="fmqa-chat",
        show_label=False,
        label=say("Conversation"),
        container=False,
        visible=False,
        height=None,
        layout="panel",
        autoscroll=False,
        buttons=[],
        feedback_options=None,
        latex_delimiters=[],
        sanitize_html=True,
        allow_tags=False,
        line_breaks=False,
        allow_file_downloads=False,
        group_consecutive_messages=False,
    )


def _question_box(max_chars: int, say: Wording) -> gr.Textbox:
    return gr.Textbox(
        show_label=False,
        label=say("Question"),
        placeholder=say("Ask about a model or method…"),
        lines=1,
        max_lines=6,
        max_length=max_chars,
        autofocus=True,
        submit_btn=say("Ask"),
        container=False,
        elem_id="fmqa-box",
        html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
    )


TOPICS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Segmentation": (
            "How was MedSAM obtained from SAM, and on how much data?",
            "What is nnU-Net?",
        ),
        "Vision and language": (
            "What data was BiomedCLIP trained on?",
            "How does LLaVA-Med learn to talk about images?",
        ),
        "Pathology and retina": (
            "On how many slides was UNI trained?",
            "How was RETFound pre-trained?",
        ),
        "Open challenges": (
            "How can a foundation model be fine-tuned with few parameters?",
            "How is the computing cost of foundation models reduced?",
        ),
    }
)
"""Headings, each with the questions that the empty page offers below it."""
