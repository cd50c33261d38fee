"""What a tab of the page is, what all of them are given, and the HTML that they have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from fmqa.answering.schema import Citation
from fmqa.apps.web.markup import escaped, joined, outward, place, safe_url
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.errors import FmqaError
from fmqa.sources.arxiv_ids import parse_id

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


def paper_heading(paper_id: str, arxiv_id: str | None, name: str, title: str) -> str:
    """A paper's title, led by its model's name where the title lacks it, with its arXiv link."""
    shown = title if not name or name.lower() in title.lower() else f"{name}: {title}"
    link = outward(f"https://arxiv.org/abs/{arxiv_id}", f"arXiv {arxiv_id}") if arxiv_id else ""
    if arxiv_id and parse_id(arxiv_id) is None:
        link = ""
    where = link or f'<span class="fmqa-meta">{escaped(paper_id)}</span>'
    return f'<span class="fmqa-title">{escaped(shown)}</span> {where}'


def quoted(citation: Citation, say: Wording) -> str:
    """A quote and where it stands, with a link to the page."""
    version = f"v{citation.version}" if citation.version else ""
    where = f"{citation.arxiv_id or citation.title}{version}, {place(citation, say)}"
    url = safe_url(citation.url)
    shown = outward(url, where) if url else f'<span class="fmqa-meta">{escaped(where)}</span>'
    badge = ""
    if citation.status != "current":
        badge = f'<span class="fmqa-badge">{escaped(say(citation.status))}</span>'
    return f'<p class="fmqa-quoted"><q>{escaped(citation.quote)}</q> {shown}{badge}</p>'


def meta_line(*parts: object) -> str:
    """Small print: the parts that there are, set apart by dots."""
    shown = joined(*parts)
    return f'<p class="fmqa-meta">{shown}</p>' if shown else ""


def table(caption: str, heads: Iterable[str], rows: Iterable[str]) -> str:
    """A table that scrolls within itself; the rows are HTML that is safe already."""
    cells = "".join(f'<th scope="col">{escaped(head)}</th>' for head in heads)
    return (
        f'<div class="fmqa-scroll" tabindex="0" role="region" aria-label="{escaped(caption)}">'
        f'<table class="fmqa-table"><caption>{escaped(caption)}</caption>'
        f"<thead><tr>{cells}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def problem(error: FmqaError, say: Wording) -> str:
    """An error in words, with what to do."""
    lead, hint = escaped(say.translated(str(error))), escaped(say.translated(error.hint))
    return (
        f'<div class="fmqa-problem" role="alert"><p class="fmqa-lead">{lead}</p><p>{hint}</p></div>'
    )


def waiting(words: str) -> str:
    """That something is being made."""
    return f'<p class="fmqa-status fmqa-busy" role="status">{escaped(words)}</p>'
