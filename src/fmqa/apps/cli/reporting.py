"""What a run over arXiv did, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from fmqa.apps.cli.rendering import console
from fmqa.errors import SourceUnreachable

if TYPE_CHECKING:
    from fmqa.store.version_store import CitingSentence
    from fmqa.sync.run_types import PaperLine, SyncReport
    from fmqa.types import Reference

_SHOWN = 30  # of a list; --json has it whole
_METHODS = {
    "text": "id printed",
    "link": "link",
    "doi": "DOI",
    "scholar": "Semantic Scholar",
    "title": "title search",
}


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
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("not found on arXiv", "in", "reference"):
            table.add_column(name, no_wrap=name != "reference")
        for row in report.unresolved[:_SHOWN]:
            table.add_row(f"[{row.number}]".replace("[", "\\["), row.cited_by, escape(row.text))
        out.print(table)
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
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("no.", "arXiv", "how", "reference"):
        table.add_column(name, no_wrap=name != "reference")
    for reference in references:
        how = _METHODS.get(reference.method, "")
        sure = f" {reference.score:.2f}" if how and reference.score < 1 else ""
        table.add_row(
            str(reference.number), reference.arxiv_id or "-", how + sure, escape(reference.text)
        )
    out.print(table)
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
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in (head, "title", "why"):
        table.add_column(name, no_wrap=name == head)
    for line in lines[:_SHOWN]:
        version = f"v{line.version}" if line.version else ""
        name = f"[{style}]{escape(line.arxiv_id)}{version}[/{style}]"
        table.add_row(name, escape(line.title), escape(line.why))
    console().print(table)
    _say_rest(len(lines))


def _say_rest(count: int) -> None:
    if count > _SHOWN:
        console().print(f"[dim]… and {count - _SHOWN} more; --json has them all.[/dim]")
