"""What a tab of the page is, and what all of them are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from fmqa.apps.web.wording import IN_ENGLISH, Wording

if TYPE_CHECKING:
    import gradio as gr

    from fmqa.apps.jobs import Jobs
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
    the page may not.
    """

    ready: Readiness
    bench: Workbench
    state: State
    say: Wording = IN_ENGLISH
    jobs: Jobs | None = None


class Tab(Protocol):
    """One tab: its parts and what each does when it is used."""

    key: str
    """Names it in addresses and in the page's element ids."""
    title: str
    """In English; the page translates it."""

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        ...


def opening(blocks: gr.Blocks) -> Any:
    """The event that the tab which is being built is opened, for what is only then worth doing."""
    from gradio.context import Context as Building

    building: Any = Building.block
    return building.select if building is not blocks else blocks.load
