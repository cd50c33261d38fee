"""The page: its tabs in each language, its style and scripts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import gradio as gr
from gradio.components import Navbar

from fmqa.apps.asgi import person_of
from fmqa.apps.queries import Queries
from fmqa.apps.web.api import Endpoints
from fmqa.apps.web.markup import view
from fmqa.apps.web.tab import QUICK, Context, Tab
from fmqa.apps.web.tabs.ask import AskTab
from fmqa.apps.web.tabs.check import CheckTab
from fmqa.apps.web.tabs.library_tab import LibraryTab
from fmqa.apps.web.tabs.map import MapTab
from fmqa.apps.web.tabs.survey import ChangesTab, CompareTab, SurveyTab
from fmqa.apps.web.tabs.trends import TrendsTab
from fmqa.apps.web.wording import IN_ENGLISH, LANGUAGES, Wording

_TITLE = "fmqa"
_STATE_SECONDS = 30.0
_QUEUED = (
    1000  # of Gradio's own queue, where nothing waits for long: see `fmqa.apps.admission_queue`
)


class ChatPage:
    """The page with all of its tabs. Holds nothing of any session.

    Each language is a page of its own below the same address, so that all that a tab says, at once
    or later, is said in the language that it was built with.

    Args:
        context: the program behind it.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        with gr.Blocks(title=_TITLE, fill_width=True, analytics_enabled=False) as self.blocks:
            self._build(IN_ENGLISH)
            queries = Queries(context.bench, lambda: context.ready.assistant)
            Endpoints(queries, context.ready.admission).add()
        for say in LANGUAGES:
            if say is not IN_ENGLISH:
                with self.blocks.route(say.name, say.path, show_in_navbar=False):
                    self._build(say)
        at_once = context.ready.admission.at_once
        self.blocks.queue(max_size=_QUEUED, default_concurrency_limit=at_once)

    def _build(self, say: Wording) -> None:
        """The parts of one language's page, and what they do."""
        context = replace(self.context, say=say)
        tabs: list[Tab] = [
            AskTab(context),
            LibraryTab(context),
            MapTab(context),
            TrendsTab(context),
            ChangesTab(context),
            CompareTab(context),
            SurveyTab(context),
        ]
        if context.uploads:
            tabs.append(CheckTab(context))
        Navbar(visible=False)  # languages aren't places to go to
        others = [other for other in LANGUAGES if other is not say]
        gr.HTML(view("page.head", say, others), elem_id="fmqa-top")
        library = gr.HTML(elem_id="fmqa-library")
        user = gr.HTML(elem_id="fmqa-user", visible="hidden")
        with gr.Tabs(elem_id="fmqa-tabs"):
            for tab in tabs:
                with gr.Tab(say(tab.title), id=tab.key, elem_id=f"fmqa-tab-{tab.key}"):
                    tab.build(self.blocks)
        gr.HTML(view("evidence.empty", say), elem_id="fmqa-beside")
        state = partial(self._state, say)
        self.blocks.load(_user(say), None, user, **QUICK)
        for listen in (self.blocks.load, gr.Timer(_STATE_SECONDS).tick):
            listen(state, None, library, **QUICK)

    def _state(self, say: Wording) -> str:
        said, bad = self.context.state()
        parts = filter(None, said.removesuffix(".").split(". "))
        told = " ".join(say("{told}.", told=say.translated(part)) for part in parts)
        return view("page.line", say, told, bad)


def _user(say: Wording) -> Callable[..., gr.HTML]:
    """What shows who is logged in, and the way out; nothing where nobody has to log in."""

    def user(request: gr.Request) -> gr.HTML:
        name = person_of(request).name
        if not name:
            return gr.HTML(visible="hidden")
        return gr.HTML(view("page.user", say, name), visible=True)

    return user


_HERE = Path(__file__).parent
_SYSTEM_FONTS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Noto Sans")
_MONO_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "monospace")


def styles() -> list[Path]:
    """The page's style sheet and those of its tabs, in the order that they count."""
    return [_HERE / "style.css", *sorted((_HERE / "tabs").glob("*.css"))]


def script() -> str:
    """One function that runs, once the page is there, that of each script."""
    parts = sorted((_HERE / "tabs").glob("*.js"))
    calls = "".join(f"({part.read_text(encoding='utf-8').strip()})();\n" for part in parts)
    return f"() => {{\n{calls}}}"


def theme() -> gr.themes.Base:
    """Colours and fonts; the fonts are the machine's own, nothing is fetched."""
    fonts = gr.themes.utils.fonts
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        font=[fonts.Font(name) for name in (*_SYSTEM_FONTS, "sans-serif")],
        font_mono=[fonts.Font(name) for name in _MONO_FONTS],
        radius_size="md",
    )
