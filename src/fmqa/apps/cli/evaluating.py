"""`fmqa eval` and `fmqa check`: how good answers are, and how true a draft is to its papers."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fmqa.apps.cli.options import Home, Json, Llm, print_json, workbench

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.evaluation.evaluator import Evaluation, Figure
    from fmqa.evaluation.grading import Grade
    from fmqa.proofing.report import Report

app = typer.Typer()

_STOPPED = 130


@app.command("eval")
def evaluate(
    questions: Annotated[
        Path | None,
        typer.Option(help="Labelled questions, JSON lines; the program's own ones without."),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            help="Sentences beside quotes, JSON lines: how well the check tells them apart."
        ),
    ] = None,
    papers: Annotated[Path | None, typer.Option(help="Folder of PDFs that are read first.")] = None,
    library: Annotated[
        Path | None,
        typer.Option(
            help="Data folder to ask, made where it isn't there, and kept; a new one without."
        ),
    ] = None,
    answers: Annotated[Path | None, typer.Option(help="Write the answers, JSON lines.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only questions of this kind; may be repeated.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, help="Draw so many, always the same.")
    ] = None,
    misses: Annotated[
        int, typer.Option(min=0, help="Show so many answers without what was wanted.")
    ] = 0,
    html: Annotated[Path | None, typer.Option(help="Write a report with all answers.")] = None,
    llm: Llm = None,
    as_json: Json = False,
) -> None:
    """Ask labelled questions, and say how much of what was wanted is cited and stated.

    The questions go to a library of their own: the starter notes, and the PDFs of a folder.
    Ctrl-C ends it early and shows what was done.
    """
    if pairs is not None:
        _check_pairs(pairs, llm, as_json=as_json)
        return
    from fmqa.evaluation import evaluator
    from fmqa.evaluation.html_report import page
    from fmqa.evaluation.questions import chosen, read_questions, starter_questions
    from fmqa.files import write_whole

    asked = chosen(read_questions(questions or starter_questions()), kinds=kind or (), limit=limit)
    for path in (answers, html):
        if path is not None:
            _opened(path, "a").close()  # what can't be written is said before an hour has passed
    # Never the database that the user's own library may be in.
    with (
        _folder(library) as home,
        workbench(home=home, llm=llm, database_url="") as bench,
        _writing(answers) as wrote,
    ):
        if papers is not None:
            _read(bench, papers)
        made = evaluator.evaluate(
            bench.assistant, asked, bench.settings.llm, wrote=wrote, progress=bench.step
        )
    if html is not None:
        write_whole(html, page(made))
    if as_json:
        print_json(made.as_dict())
    else:
        show(made, misses)
    if made.stopped:
        raise typer.Exit(_STOPPED)


def _check_pairs(path: Path, llm: str | None, *, as_json: bool) -> None:
    """Score pairs, and show the figures of the check."""
    from fmqa.answering.verification import CheckingVerifier
    from fmqa.apps.cli.rendering import console, table
    from fmqa.evaluation.pairs import check, read_pairs

    read = read_pairs(path)
    with workbench(llm=llm) as bench:
        found = check(CheckingVerifier(bench.verifier.checker), read).as_dict()
    if as_json:
        print_json(found)
        return
    listed = table("figure", "value")
    for name in (
        "faithful_passing", "unfaithful_caught", "balanced_accuracy", "area_under_curve"
    ):  # fmt: skip
        listed.add_row(name.replace("_", " "), f"{found[name]:.3f}")
    for fault, counts in found["by_fault"].items():
        listed.add_row(f"caught: {fault or 'other'}", f"{counts['caught']} of {counts['of']}")
    for point in found["curve"]:
        shares = f"{point['faithful_passing']:.2f} / {point['unfaithful_caught']:.2f}"
        listed.add_row(f"passing / caught from {point['least']}", shares)
    console().print(listed)


def _folder(library: Path | None) -> AbstractContextManager[Path | str]:
    """The data folder to ask: the one named, or one that goes away at the end."""
    if library is not None:
        return nullcontext(library)
    return tempfile.TemporaryDirectory(prefix="fmqa-eval-")


def _read(bench: Workbench, papers: Path) -> None:
    """Bring a folder's PDFs in, and say which couldn't be read."""
    from fmqa.apps.cli.ingesting import pdf_files, read_files
    from fmqa.types import Outcome

    report = read_files(bench, pdf_files([papers]), retry=False, workers=2)
    for result in report.results:
        if result.outcome is not Outcome.OK:
            bench.notify(f"{result.path.name}: {result.outcome.value}. {result.detail}")


@contextmanager
def _writing(path: Path | None) -> Iterator[Callable[[str, dict[str, Any]], None]]:
    """What writes each answer to the file as soon as it is there; nothing without one."""
    if path is None:
        yield lambda name, answer: None
        return
    with _opened(path) as file:

        def wrote(name: str, answer: dict[str, Any]) -> None:
            file.write(json.dumps({"id": name, "answer": answer}, ensure_ascii=False) + "\n")
            file.flush()

        yield wrote


def _opened(path: Path, mode: str = "w") -> Any:
    from fmqa.errors import UsageError

    try:
        return path.open(mode, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}.") from error


def show(made: Evaluation, misses: int = 0) -> None:
    """The figures on the terminal, some of the answers without what was wanted last."""
    from rich.markup import escape

    from fmqa.apps.cli.rendering import console, table
    from fmqa.evaluation.html_report import interval, shown

    out = console()
    numbers = ("", "95 %", "part")
    listed = table(f"{len(made.grades)} questions, {made.model}", *numbers, right=numbers)
    for name, figure in made.figures.items():
        listed.add_row(name, shown(figure), interval(figure), f"{figure.part} of {figure.whole}")
    for name, value in made.seconds().items():
        listed.add_row(f"seconds, {name}", f"{value:.2f}", "", "")
    out.print(listed)
    _show_kinds(made.by_kind())
    for one in made.misses(misses):
        said = "refused" if one.refused else "answered"
        out.print(
            f"[red]×[/red] {escape(one.question.id)} {escape(one.question.kind)}, {said}: "
            f"{escape(one.question.question)} [dim]{escape(_wanted(one))}[/dim]"
        )
    for name, why in made.failed.items():
        out.print(f"[yellow]{escape(name)} failed: {escape(why)}[/yellow]")
    if made.stopped:
        out.print("[yellow]Stopped; these are the questions that were asked.[/yellow]")


def _wanted(one: Grade) -> str:
    return "; ".join(wordings[0] for wordings in one.question.facts) or one.question.why


def _show_kinds(kinds: dict[str, tuple[int, dict[str, Figure]]]) -> None:
    from fmqa.apps.cli.rendering import console, table
    from fmqa.evaluation.evaluator import FIGURES
    from fmqa.evaluation.html_report import shown

    numbers = ("questions", *FIGURES)
    listed = table("kind", *numbers, right=numbers, folded=numbers)
    for name, (count, figures) in kinds.items():
        listed.add_row(name, str(count), *map(shown, figures.values()))
    console().print(listed)


_FAULTY = 1


ReportForm = Literal["text", "lines", "json"]
"""What a report is printed as."""


@app.command("check")
def check(
    draft: Annotated[Path, typer.Argument(help="A manuscript: .md, .tex, .docx or .pdf.")],
    bib: Annotated[
        list[Path] | None,
        typer.Option(help="Its bibliography; else what it names, or stands beside it."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with all sentences, too.")] = None,
    form: Annotated[
        ReportForm, typer.Option("--format", help="lines has path:line:col: code message.")
    ] = "text",
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
    if as_json or form == "json":
        typer.echo(json_of(report), nl=False)
    elif form == "lines":
        typer.echo(as_lines(report), nl=False)
    else:
        _show_findings(report)
    if report.faults:
        raise typer.Exit(_FAULTY)


def _show_findings(report: Report) -> None:
    """The report of a draft on the terminal."""
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
