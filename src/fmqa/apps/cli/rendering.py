"""Answers and lists in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fmqa.answering.assistant import EvidenceFound, Finished, SentenceReady, marked
from fmqa.answering.citing import shown_page
from fmqa.types import Hit, Outcome, ReadResult

if TYPE_CHECKING:
    from fmqa.answering.assistant import Event
    from fmqa.answering.schema import Answer, Citation
    from fmqa.store.mappers import PaperRow

_QUOTE_SHOWN = 400


def console() -> Console:
    """Standard output; wide enough to keep lines whole when it isn't a terminal."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=100)


def stream_answer(events: Iterator[Event], show_withheld: bool) -> Answer:
    """Print an answer as it comes: on a terminal its quotes first, then each checked sentence."""
    from rich.live import Live

    out = console()
    lines: list[Any] = []
    with Live(console=out, transient=True, auto_refresh=False) as live:
        for event in events:
            if isinstance(event, Finished):
                answer = event.answer
            elif isinstance(event, EvidenceFound):
                waiting = [_source_line(citation) for citation in event.citations]
                live.update(
                    _stack([Text("Found in the papers:", style="bold"), *waiting]), refresh=True
                )
            elif isinstance(event, SentenceReady):
                lines.append(Text(marked(event.sentence)))
                live.update(_stack([*lines, Text("…", style="dim")]), refresh=True)
    show_answer(answer, show_withheld, out)
    return answer


def _stack(parts: Sequence[Any]) -> Any:
    from rich.console import Group

    return Group(*parts)


def show_answer(answer: Answer, show_withheld: bool, out: Console) -> None:
    """The whole answer with its sources."""
    out.print()
    if answer.understood_as:
        out.print(Text(f"Understood as: {answer.understood_as}", style="dim"))
    out.print(Padding(Text(answer.answer), (0, 0)))
    if answer.citations:
        out.print()
        out.print("[bold]Sources[/bold]")
        for citation in answer.citations:
            out.print(_source_line(citation))
            out.print(Padding(Text(f"“{_cut(citation.quote)}”", style="italic"), (0, 0, 0, 4)))
    for notice in answer.notices:
        out.print(f"[yellow]{escape(notice)}[/yellow]")
    if answer.withheld:
        out.print()
        if show_withheld:
            out.print("[bold]Withheld[/bold]")
            for withheld in answer.withheld:
                out.print(f"  {escape(withheld.text)} [dim]({escape(withheld.reason)})[/dim]")
        else:
            count = len(answer.withheld)
            noun = "sentence was" if count == 1 else "sentences were"
            out.print(f"[dim]{count} drafted {noun} withheld; --withheld shows why.[/dim]")
    out.print()


def _source_line(citation: Citation) -> Text:
    line = Text(f"[{citation.number}] ", style="bold")
    line.append(citation.title, style=f"link {citation.url}" if citation.url else "")
    facts = [name for name in (_authors(citation.authors), str(citation.year or "")) if name]
    version = f"v{citation.version}" if citation.version else ""
    if citation.arxiv_id:
        facts.append(f"arXiv:{citation.arxiv_id}{version}")
    facts.append("our note" if citation.source == "note" else f"page {shown_page(citation)}")
    if citation.section:
        facts.append(citation.section)
    if citation.ocr:
        facts.append("by OCR")
    if citation.status != "current":
        facts.append(citation.status.upper())
    if citation.notice:
        facts.append(citation.notice)
    line.append(f" ({', '.join(facts)})", style="dim")
    if citation.url:
        line.append(f"\n    {citation.url}", style="cyan")
    return line


def _authors(authors: Sequence[str]) -> str:
    if not authors:
        return ""
    surname = authors[0].split()[-1]
    return surname if len(authors) == 1 else f"{surname} et al."


def _cut(text: str) -> str:
    return text if len(text) <= _QUOTE_SHOWN else text[: _QUOTE_SHOWN - 1].rstrip() + "…"


def hit_json(hit: Hit) -> dict[str, Any]:
    """A passage found, for `fmqa search --json`."""
    stored, passage = hit.passage, hit.passage.passage
    return {
        "paper_id": stored.paper.paper_id,
        "arxiv_id": stored.paper.arxiv_id,
        "version": stored.paper.version or None,
        "title": stored.paper.title,
        "year": stored.paper.year,
        "section": passage.section,
        "page": passage.spans[0].page,
        "spans": [[span.page, span.start, span.end] for span in passage.spans],
        "text": passage.text,
        "source": stored.source.value,
        "score": round(hit.score, 4),
        "cosine": None if hit.cosine is None else round(hit.cosine, 4),
        "bm25": None if hit.bm25 is None else round(hit.bm25, 4),
    }


def show_hits(hits: Sequence[Hit]) -> None:
    """Passages, best first."""
    out = console()
    for number, hit in enumerate(hits, start=1):
        stored = hit.passage
        head = Text(f"{number}. {stored.paper.title}", style="bold")
        version = f"v{stored.paper.version}" if stored.paper.version else ""
        where = [
            f"arXiv:{stored.paper.arxiv_id}{version}" if stored.paper.arxiv_id else "",
            "our note" if stored.source.value == "note" else f"page {stored.passage.spans[0].page}",
            stored.passage.section,
        ]
        head.append(f" ({', '.join(part for part in where if part)})", style="dim")
        out.print(head)
        out.print(Padding(Text(_cut(stored.passage.text)), (0, 0, 1, 3)))


def show_papers(rows: Sequence[PaperRow]) -> None:
    """The library as a table."""
    out = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "ver", "year", "kind", "source", "pages", "passages", "title"):
        table.add_column(
            name,
            justify="right" if name in {"pages", "passages"} else "left",
            no_wrap=name != "title",
        )
    for row in rows:
        meta = row.meta
        title = escape(meta.title) + (
            f" [red]({row.status.value})[/red]" if row.status.value != "current" else ""
        )
        title += " [red](hidden text found)[/red]" if row.hidden else ""
        table.add_row(
            meta.paper_id,
            f"v{meta.version}" if meta.version else "",
            str(meta.year or ""),
            meta.kind,
            row.source.value,
            str(row.pages),
            str(row.passages),
            title,
        )
    out.print(table)
    out.print(f"[dim]{len(rows)} papers[/dim]")


def show_outcomes(results: Sequence[ReadResult]) -> None:
    """What became of each file: those that failed one by one, the rest as a count."""
    out = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("outcome", "file", "detail"):
        table.add_column(name, no_wrap=name == "outcome")
    for result in sorted(
        results, key=lambda r: (r.outcome is Outcome.OK, r.outcome.value, r.path.name)
    ):
        style = "green" if result.outcome is Outcome.OK else "yellow"
        table.add_row(
            f"[{style}]{result.outcome.value}[/{style}]",
            escape(result.path.name),
            escape(result.detail),
        )
    out.print(table)
