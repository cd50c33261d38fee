"""`fmqa eval`: how good the answers are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fmqa.apps.cli.options import Home, Json, Llm, workbench

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.evaluation.evaluator import Evaluation
    from fmqa.evaluation.figures import Figures
    from fmqa.evaluation.judging import Judge
    from fmqa.evaluation.observing import Observed
    from fmqa.evaluation.questions import Question

_STOPPED = 130
_COLUMNS = ("right", "fact recall", "answered when answerable", "abstention recall")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("eval")(evaluate)


def evaluate(
    file: Annotated[
        Path | None,
        typer.Argument(help="Questions, JSON lines; the program's own ones without."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=1, help="Questions at most.", show_default=False),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample", help="Draw those by this seed, not the first ones.", show_default=False
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--type", help="Only questions of this type; may be repeated."),
    ] = None,
    mined: Annotated[
        int, typer.Option("--mined", min=0, help="Add as many made of reviews' citing sentences.")
    ] = 0,
    judge: Annotated[
        str | None,
        typer.Option("--judge", help="A LangChain model that reads answers.", show_default=False),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write a report with all answers.", show_default=False),
    ] = None,
    llm: Llm = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Ask questions whose answers are known, and say how good what comes is.

    Ctrl-C ends it early and shows what was done.
    """
    from fmqa.evaluation.evaluator import Evaluator
    from fmqa.evaluation.questions import chosen, read_questions, starter_questions

    questions = read_questions(file or starter_questions())
    with workbench(home=home, llm=llm) as bench:
        questions += _mined(bench, mined)
        asked = chosen(questions, kinds=kind or (), limit=limit, seed=sample)
        reader = _judge(bench, judge) if judge else None
        made = Evaluator(bench.assistant, judge=reader, progress=bench.step).run(asked)
    if html is not None:
        from fmqa.evaluation.page import write_page

        write_page(html, made)
    if as_json:
        typer.echo(json.dumps(made.as_dict(), indent=2, ensure_ascii=False))
    else:
        show(made)
        if html is not None:
            typer.echo(f"Every answer stands in {html}.")
    if made.stopped:
        raise typer.Exit(_STOPPED)


def _mined(bench: Workbench, count: int) -> list[Question]:
    from fmqa.evaluation.mining import mined_questions

    if not count:
        return []
    found = mined_questions(bench.library, count)
    if len(found) < count:
        bench.notify(f"The library's papers give {len(found)} questions, not {count}.")
    return found


def _judge(bench: Workbench, model: str) -> Judge:
    from fmqa.answering.models import make_chat_model, model_errors
    from fmqa.errors import UsageError
    from fmqa.evaluation.judging import Judge

    if model in {"none", "local"}:
        raise UsageError(
            f"{model} can't judge answers.", hint="Name a strong model, such as openai:gpt-5."
        )
    changes: dict[str, str | None] = {"llm": model}
    if model.partition(":")[0] != bench.settings.llm.partition(":")[0]:
        # The key of one provider is not for another's eyes.
        changes |= {"llm_base_url": None, "llm_api_key": None}
    settings = bench.settings.model_copy(update=changes)
    chat = make_chat_model(settings)
    assert chat is not None
    return Judge(chat, bench.embedder.embed_array, lambda: model_errors(settings))


def show(made: Evaluation) -> None:
    """The figures on the terminal, the questions that went wrong last."""
    from rich.markup import escape
    from rich.table import Table

    from fmqa.apps.cli.rendering import console

    out = console()
    halves, whole = made.halves(), made.figures
    names = [name for name in ("fit", "test") if name in halves]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(f"{whole.questions} questions, {made.papers} papers, {made.model}")
    for name in ("all", "95 %", *names):
        table.add_column(name, justify="right")
    for name in whole.shares:
        parts = [_share(halves[half], name) for half in names]
        table.add_row(name, _share(whole, name), _interval(whole, name), *parts)
    if whole.area is not None:
        parts = [f"{a:.3f}" if (a := halves[half].area) is not None else "-" for half in names]
        table.add_row("mean risk of an answer", f"{whole.area:.3f}", "", *parts)
    for name, value in whole.times.items():
        parts = [f"{halves[half].times.get(name, 0):,.0f} ms" for half in names]
        table.add_row(name, f"{value:,.0f} ms", "", *parts)
    out.print(table)
    _show_groups("type", made.by_type())
    if len(made.by_language()) > 1:
        _show_groups("language", made.by_language())
    if whole.tokens is not None:
        out.print(f"{whole.tokens[0]:,} tokens read and {whole.tokens[1]:,} written by the model.")
    for row in made.rows:
        if not row.right:
            said = f"missed: {', '.join(row.missed)}" if row.missed else ""
            why = row.error or (row.answer.reason if row.answer else "") or said or _wrong(row)
            out.print(f"[red]×[/red] {escape(row.question.id)} [dim]{escape(why)}[/dim]")
    for notice in made.notices:
        out.print(f"[yellow]{escape(notice)}[/yellow]")
    if made.stopped:
        out.print("[yellow]Stopped; these are the questions that were asked.[/yellow]")


def _wrong(row: Observed) -> str:
    if row.question.answerable:
        return "cites none of the papers that support an answer"
    return f"answered ({row.question.type})"


def _show_groups(head: str, groups: dict[str, Figures]) -> None:
    from rich.table import Table

    from fmqa.apps.cli.rendering import console

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(head)
    for name in ("questions", *_COLUMNS):
        table.add_column(name, justify="right")
    for name, group in groups.items():
        shares = [_share(group, column) for column in _COLUMNS]
        table.add_row(name, str(group.questions), *shares)
    console().print(table)


def _share(figures: Figures, name: str) -> str:
    share = figures.shares.get(name)
    return f"{share.value:.3f}" if share is not None and share.value is not None else "-"


def _interval(figures: Figures, name: str) -> str:
    share = figures.shares[name]
    if share.low is None or share.high is None:
        return ""
    return f"{share.low:.3f}–{share.high:.3f}"
