"""The tab that shows what the library holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import gradio as gr

from fmqa.apps.web.render import escaped
from fmqa.apps.web.tab import QUICK, Context
from fmqa.apps.web.wording import IN_ENGLISH, Wording

if TYPE_CHECKING:
    from fmqa.store.rows import PaperRow

_HEADS = ("Paper", "Year", "Kind", "Source", "Pages", "Passages")


class LibraryTab:
    """The papers, by title.

    Args:
        context: the program behind the page.
    """

    key = "library"
    title = "Library"

    def __init__(self, context: Context) -> None:
        self.bench = context.bench
        self.say = context.say

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        table = gr.HTML(elem_id="fmqa-papers")
        blocks.load(self._papers, None, table, **QUICK)

    def _papers(self) -> str:
        return papers_table(self.bench.library.record.papers(), self.say)


def papers_table(rows: Sequence[PaperRow], say: Wording = IN_ENGLISH) -> str:
    """The papers as an HTML table; all text in it is escaped."""
    heads = "".join(f'<th scope="col">{say(head)}</th>' for head in _HEADS)
    return (
        f'<table class="fmqa-table"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(_row(row, say) for row in rows)}</tbody></table>"
    )


def _row(row: PaperRow, say: Wording) -> str:
    meta = row.meta
    source = say("our note") if row.source.value == "note" else row.source.value
    cells = (meta.year or "", meta.kind, source, row.pages, row.passages)
    shown = "".join(f"<td>{escaped(cell)}</td>" for cell in cells)
    return f'<tr><th scope="row">{escaped(meta.title)}</th>{shown}</tr>'
