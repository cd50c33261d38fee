"""Answers, lists and what a run did, in a terminal."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fmqa.answering.assistant import EvidenceFound, Finished, SentenceReady, marked
from fmqa.answering.citing import shown_page
from fmqa.errors import SourceUnreachable
from fmqa.retrieval.naming import surname_of
from fmqa.types import Hit, Outcome, ReadResult

if TYPE_CHECKING:
    from rich.console import JustifyMethod

    from fmqa.answering.assistant import Event
    from fmqa.answering.schema import Answer, Citation
    from fmqa.store.mappers import PaperRow
    from fmqa.store.version_store import CitingSentence
    from fmqa.sync.run_types import PaperLine, SyncReport
    from fmqa.types import Reference

_QUOTE_SHOWN = 400
_SHOWN = 30  # of a list; --json has it whole
_METHODS = {
    "text": "id printed",
    "link": "link",
    "doi": "DOI",
    "scholar": "Semantic Scholar",
    "title": "title search",
}


def console() -> Console:
    """Standard output; wide enough to keep lines whole when it isn't a terminal."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=100)


def table(*heads: str, right: Container[str] = (), folded: Container[str] = ()) -> Table:
    """A table without lines.

    Args:
        heads: of its columns.
        right: those whose cells stand at the right.
        folded: those whose cells may take several lines.
    """
    made = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        justify: JustifyMethod = "right" if head in right else "left"
        if head in folded:
            made.add_column(head, justify=justify, overflow="fold")
        else:  # where there is no room, "…" says that something is missing
            made.add_column(head, justify=justify, no_wrap=True)
    return made


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
                head = Text("Found in the papers:", style="bold")
                live.update(Group(head, *waiting), refresh=True)
            elif isinstance(event, SentenceReady):
                lines.append(Text(marked(event.sentence)))
                live.update(Group(*lines, Text("…", style="dim")), refresh=True)
    show_answer(answer, show_withheld, out)
    return answer


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
            out.print(Padding(Text(f"“{_cut(citation.whole)}”", style="italic"), (0, 0, 0, 4)))
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
    pages = f"page{'s' if citation.goes_on else ''} {shown_page(citation)}"
    facts.append("our note" if citation.source == "note" else pages)
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
    surname = surname_of(authors[0])
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
    heads = ("id", "ver", "year", "kind", "source", "pages", "passages", "title")
    listed = table(*heads, right=("pages", "passages"), folded=("title",))
    for row in rows:
        meta = row.meta
        title = escape(meta.title) + (
            f" [red]({row.status.value})[/red]" if row.status.value != "current" else ""
        )
        title += " [red](hidden text found)[/red]" if row.hidden else ""
        listed.add_row(
            meta.paper_id,
            f"v{meta.version}" if meta.version else "",
            str(meta.year or ""),
            meta.kind,
            row.source.value,
            str(row.pages),
            str(row.passages),
            title,
        )
    out.print(listed)
    out.print(f"[dim]{len(rows)} papers[/dim]")


def show_outcomes(results: Sequence[ReadResult]) -> None:
    """What became of each file: those that failed one by one, the rest as a count."""
    out = console()
    listed = table("outcome", "file", "detail", folded=("file", "detail"))
    for result in sorted(
        results, key=lambda r: (r.outcome is Outcome.OK, r.outcome.value, r.path.name)
    ):
        style = "green" if result.outcome is Outcome.OK else "yellow"
        listed.add_row(
            f"[{style}]{result.outcome.value}[/{style}]",
            escape(result.path.name),
            escape(result.detail),
        )
    out.print(listed)


def show_report(report: SyncReport) -> None:
    """All that a reader of the terminal wants to know, the failures last.

    What is as it was after the run before is left out of a sync's, and everything but what did
    happen when a service couldn't be reached.
    """
    out = console()
    if report.unreachable and not (report.changed or report.planned or report.failed):
        return
    if report.planned:
        _show_lines("would be fetched", report.planned, "cyan")
    _show_lines("new version", report.updated, "green")
    _show_lines("withdrawn", report.withdrawn, "red")
    _show_lines("standing again", report.restored, "green")
    _show_lines("corrected", report.corrected, "yellow")
    _show_lines("no longer followed", report.unfollowed, "yellow")
    if report.unresolved and report.kind == "ingest" and not report.unreachable:
        listed = table("not found on arXiv", "in", "reference", folded=("reference",))
        for row in report.unresolved[:_SHOWN]:
            listed.add_row(escape(f"[{row.number}]"), row.cited_by, escape(row.text))
        out.print(listed)
        _say_rest(len(report.unresolved))
    _show_lines("withdrawn, left out", report.skipped, "yellow")
    _show_lines("failed before", report.still_failing, "yellow")
    _show_lines("failed", report.failed, "red")
    if report.cited:
        how = ", ".join(
            f"{count} by {_METHODS.get(method, method)}"
            for method, count in sorted(report.resolved.items(), key=lambda item: -item[1])
        )
        told = f"{report.resolved_count} found on arXiv ({how or 'none'})"
        open_count = len(report.unresolved)
        out.print(f"{report.cited} references cited, {told}, {open_count} not.", highlight=False)
    out.print(_counts(report), highlight=False)


def show_references(
    references: Sequence[Reference], mentions: Sequence[CitingSentence] = ()
) -> None:
    """A bibliography, and the sentences that cite it."""
    out = console()
    listed = table("no.", "arXiv", "how", "reference", folded=("reference",))
    for reference in references:
        how = _METHODS.get(reference.method, "")
        sure = f" {reference.score:.2f}" if how and reference.score < 1 else ""
        listed.add_row(
            str(reference.number), reference.arxiv_id or "-", how + sure, escape(reference.text)
        )
    out.print(listed)
    for mention in mentions:
        where = f"page {mention.page}" + (f", {mention.section}" if mention.section else "")
        out.print(f"{escape(mention.text)} [dim]({escape(where)})[/dim]", highlight=False)
    found = sum(bool(reference.arxiv_id) for reference in references)
    out.print(f"[dim]{len(references)} references, {found} with an arXiv id[/dim]")


def raise_if_unreachable(report: SyncReport) -> None:
    """End the program as for a service that can't be reached, if that ended the run.

    Raises:
        SourceUnreachable: it did.
    """
    if report.unreachable:
        raise SourceUnreachable(report.unreachable, hint=report.hint or None)


def _counts(report: SyncReport) -> str:
    if report.planned:
        return f"{len(report.planned)} papers would be fetched, {report.known} are here already."
    parts = [f"{len(report.ingested)} papers ingested"]
    parts += [f"{len(report.updated)} brought to a new version"] if report.updated else []
    parts += [f"{report.passages} passages"]
    parts += [f"{report.known} here already"] if report.known else []
    parts += [f"{len(report.failed)} failed"] if report.failed else []
    if report.still_failing:
        parts += [f"{len(report.still_failing)} failed before (--retry asks again)"]
    parts += [f"{report.left} left for later runs by --limit"] if report.left else []
    return ", ".join(parts) + "."


def _show_lines(head: str, lines: Sequence[PaperLine], style: str) -> None:
    if not lines:
        return
    listed = table(head, "title", "why", folded=("title", "why"))
    for line in lines[:_SHOWN]:
        version = f"v{line.version}" if line.version else ""
        name = f"[{style}]{escape(line.arxiv_id)}{version}[/{style}]"
        listed.add_row(name, escape(line.title), escape(line.why))
    console().print(listed)
    _say_rest(len(lines))


def _say_rest(count: int) -> None:
    if count > _SHOWN:
        console().print(f"[dim]… and {count - _SHOWN} more; --json has them all.[/dim]")
