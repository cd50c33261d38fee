"""What a tab of the page is, and what all of them are given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec

from fmqa.apps.web.markup import view
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.errors import FmqaError

if TYPE_CHECKING:
    import gradio as gr

    from fmqa.apps.changing import Jobs
    from fmqa.apps.web.readiness import Readiness
    from fmqa.apps.workbench import Workbench

State = Callable[[], tuple[str, bool]]
"""One line on the library, and whether something is wrong with it."""

# An event that answers at once, outside the queue, and that no client of the API sees.
QUICK: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
}
# One that takes its time, of which one runs at once.
SLOW: dict[str, Any] = {
    "concurrency_limit": 1,
    "show_progress": "hidden",
    "api_visibility": "private",
}


# Tells which paper was clicked, unless the click ended a drag of the map.
PICK_PAPER = """element.addEventListener('click', (event) => {
  const picked = event.target.closest('[data-paper]');
  const drawing = event.target.closest('svg');
  if (picked && !(drawing && drawing.dataset.dragged)) {
    trigger('select', { paper: picked.dataset.paper });
  }
});"""
# Saves a file, whose name and text come as JSON; nothing where none came.
SAVE = """(told) => {
  if (!told) return;
  const { name, text } = JSON.parse(told);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}"""


def picked_paper(event: gr.EventData) -> str:
    """The id that `PICK_PAPER` told; empty where a client told none."""
    data: dict[str, Any] = getattr(event, "_data", None) or {}
    return str(data.get("paper", ""))


def show(selector: str) -> str:
    """The script that brings an element into view."""
    return (
        f"() => document.querySelector('{selector}')"
        "?.scrollIntoView({ block: 'nearest', behavior: 'smooth' })"
    )


@dataclass(frozen=True, slots=True)
class Context:
    """The program behind the page. Holds nothing of any session.

    ``ready`` is where the assistant comes from; ``bench`` the program's parts, whose library may
    be read at once and whose models may still be loading. ``say`` puts the page's own texts into
    the reader's language: the page is built once for each. ``jobs`` changes the library; None where
    the page may not. ``uploads`` says whether files are taken.
    """

    ready: Readiness
    bench: Workbench
    state: State
    say: Wording = IN_ENGLISH
    jobs: Jobs | None = None
    uploads: bool = False


class PagePart:
    """A part of the page. Holds nothing of any session.

    Args:
        context: the program behind the page.
    """

    def __init__(self, context: Context) -> None:
        self.ready = context.ready
        self.bench = context.bench
        self.say = context.say


class Tab(PagePart, ABC):
    """One tab: its parts and what each does when it is used."""

    key: ClassVar[str]
    """Names it in addresses and in the page's element ids."""
    title: ClassVar[str]
    """In English; the page translates it."""

    @abstractmethod
    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""


Given = ParamSpec("Given")


def or_problem(
    draw: Callable[Concatenate[Any, Given], str],
) -> Callable[Concatenate[Any, Given], str]:
    """A tab's method that makes HTML; an error of ours is shown in its place."""

    @wraps(draw)
    def drawn(tab: Any, /, *args: Given.args, **kwargs: Given.kwargs) -> str:
        try:
            return draw(tab, *args, **kwargs)
        except FmqaError as error:
            return problem(error, tab.say)

    return drawn


def opening(blocks: gr.Blocks) -> Any:
    """The event that the tab which is being built is opened, for what is only then worth doing."""
    from gradio.context import Context as Building

    building: Any = Building.block
    return building.select if building is not blocks else blocks.load


def problem(error: FmqaError, say: Wording) -> str:
    """An error in words, with what to do."""
    return view("parts.problem", say, say.translated(str(error)), say.translated(error.hint))


def waiting(words: str) -> str:
    """That something is being made."""
    return view("parts.waiting", IN_ENGLISH, words)
