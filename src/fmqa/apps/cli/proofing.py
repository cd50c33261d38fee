"""`fmqa check`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fmqa.apps.cli.options import Home, Json, workbench

if TYPE_CHECKING:
    from fmqa.proofing.report import Report

app = typer.Typer()

_FAULTY = 1


class ReportForm(StrEnum):
    """What a report is printed as."""

    TEXT = "text"
    LINES = "lines"
    JSON = "json"


@app.command("check")
def check(
    draft: Annotated[Path, typer.Argument(help="A manuscript: .md, .tex, .docx or .pdf.")],
    bib: Annotated[
        list[Path] | None,
        typer.Option("--bib", help="Its bibliography; else what it names, or stands beside it."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with all sentences, too.")
    ] = None,
    form: Annotated[
        ReportForm, typer.Option("--format", help="lines has path:line:col: code message.")
    ] = ReportForm.TEXT,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Check a manuscript's sentences against the papers that it cites.

    Ends with 1 when a cited paper says otherwise, or doesn't say it.
    """
    from fmqa.apps.bibliographies import read_pdf
    from fmqa.files import write_whole
    from fmqa.proofing.page import page
    from fmqa.proofing.reading import read_draft
    from fmqa.proofing.report import as_json as json_of
    from fmqa.proofing.report import as_lines

    with workbench(home=home) as bench:
        read = read_draft(draft, bib or [], lambda path: read_pdf(bench, path))
        report = bench.proofreader.check(read, str(draft), bench.step)
    if html is not None:
        write_whole(html, page(report))
    if as_json or form is ReportForm.JSON:
        typer.echo(json_of(report), nl=False)
    elif form is ReportForm.LINES:
        typer.echo(as_lines(report), nl=False)
    else:
        show(report)
    if report.faults:
        raise typer.Exit(_FAULTY)


def show(report: Report) -> None:
    """The report on the terminal."""
    from rich.padding import Padding
    from rich.text import Text

    from fmqa.apps.cli.rendering import console
    from fmqa.proofing.report import WORDS, Kind, summary
    from fmqa.survey.escaping import plain

    colors = {Kind.CARRIED: "green", Kind.NO_PAPER: "yellow", Kind.UNCITED: "dim"}
    out = console()
    for one in report.findings:
        if one.kind is Kind.NO_CLAIM:
            continue
        cited = f" [{', '.join(one.cited)}]" if one.cited else ""
        out.print(Text(f"{one.line}: {plain(one.text)}{cited}"))
        told = Text(f"{plain(one.message or WORDS[one.kind])}", style=colors.get(one.kind, "red"))
        out.print(Padding(told, (0, 0, 0, 3)))
        if one.shown is not None and one.kind is not Kind.UNCITED:
            where = f"{one.shown.title}, p. {one.shown.page}"
            quoted = Text(plain(f"“{one.shown.quote}” {where}"), style="dim")
            out.print(Padding(quoted, (0, 0, 0, 3)))
    out.print(Text(f"\n{summary(report.counts)}." if report.findings else "No sentences."))
