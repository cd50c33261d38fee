"""`fmqa ask`, `chat`, `search`, `export` and `feedback`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fmqa.apps.cli.options import (
    From,
    Home,
    Json,
    Kind,
    Limit,
    Llm,
    Modality,
    Output,
    Paper,
    Task,
    Year,
    deliver,
    print_json,
    workbench,
)
from fmqa.errors import UsageError
from fmqa.filters import make_filters

if TYPE_CHECKING:
    from fmqa.answering.conversation import Exchange
    from fmqa.answering.schema import Answer
    from fmqa.apps.workbench import Workbench

app = typer.Typer()

_ABSTAINED = 3


AnswerForm = Literal["text", "json", "markdown", "bibtex", "ris", "csl"]
"""What an answer is printed as."""


AsForm = Annotated[
    AnswerForm,
    typer.Option("--format", help="csl is CSL-JSON; bibtex, ris and csl have its papers."),
]

Session = Annotated[
    str | None,
    typer.Option(
        "--session", help="A conversation by name, for follow-ups; kept between commands."
    ),
]
Withheld = Annotated[
    bool, typer.Option("--withheld", help="Show the sentences that were withheld, and why.")
]


@app.command("ask")
def ask(
    question: Annotated[str, typer.Argument(help='In words; "-" reads it from standard input.')],
    year: Year = None,
    paper: Paper = None,
    kind: Kind = None,
    modality: Modality = None,
    task: Task = None,
    source: From = None,
    llm: Llm = None,
    home: Home = None,
    as_json: Json = False,
    form: AsForm = "text",
    session: Session = None,
    show_withheld: Withheld = False,
) -> None:
    """Answer a question with checked sentences, each with its quote, page and paper.

    Ends with 0 when answered, 3 when the papers don't answer it.
    """
    from fmqa.apps.queries import with_comparison

    filters = make_filters(
        year=year, paper=paper, kind=kind, modality=modality, task=task, source=source
    )
    compared = False
    with workbench(home=home, llm=llm) as bench:
        text = _from_stdin() if question == "-" else question
        history = _history(bench, session)
        if form == "text" and not as_json:
            from fmqa.apps.cli.rendering import stream_answer

            answer = stream_answer(bench.remembering.stream(text, filters, history), show_withheld)
            compared = _compared(bench, text)
        else:
            answer = with_comparison(bench, bench.remembering.ask(text, filters, history))
            compared = answer.comparison is not None
            typer.echo(_written(bench, answer, "json" if as_json else form), nl=False)
        _remember(bench, session, answer)
    if answer.status == "abstained" and not compared:
        raise typer.Exit(_ABSTAINED)


@app.command("chat")
def chat(
    year: Year = None,
    paper: Paper = None,
    kind: Kind = None,
    modality: Modality = None,
    task: Task = None,
    source: From = None,
    llm: Llm = None,
    home: Home = None,
    session: Session = None,
    show_withheld: Withheld = False,
) -> None:
    """Ask in a conversation: follow-ups are understood. An empty line or /quit ends it.

    /new begins another topic.
    """
    from fmqa.answering.assistant import exchange
    from fmqa.apps.cli.rendering import stream_answer

    filters = make_filters(
        year=year, paper=paper, kind=kind, modality=modality, task=task, source=source
    )
    with workbench(home=home, llm=llm) as bench:
        assistant = bench.remembering
        history = _history(bench, session)
        while (text := _next_line()) not in {"", "/quit", "/exit"}:
            if text == "/new":
                history = []
                continue
            try:
                answer = stream_answer(assistant.stream(text, filters, history), show_withheld)
            except UsageError as error:
                typer.echo(f"{error} {error.hint}", err=True)
                continue
            _compared(bench, text)
            history = [*history, exchange(answer)]
            _remember(bench, session, answer)


def _compared(bench: Workbench, question: str) -> bool:
    """Print the table that "compare X and Y by Z" asks for; whether there was one."""
    from fmqa.apps.cli.surveying import as_text
    from fmqa.apps.queries import comparison_for

    try:
        table = comparison_for(bench, question)
    except UsageError as error:
        typer.echo(f"{error} {error.hint}", err=True)
        return False
    if table is None:
        return False
    typer.echo()
    typer.echo(as_text(table), nl=False)
    return True


def _written(bench: Workbench, answer: Answer, form: AnswerForm) -> str:
    if form == "json":
        return answer.model_dump_json(indent=2) + "\n"
    from fmqa.apps.exports import ExportForm, export_from

    return export_from(bench.library, [answer], ExportForm(form))


def _next_line() -> str:
    """The next question from the terminal or a pipe; empty at its end."""
    try:
        return input("\n> " if sys.stdin.isatty() else "").strip()
    except EOFError:
        return ""


def _history(bench: Workbench, session: str | None) -> list[Exchange]:
    from fmqa.apps.exports import history

    return history(bench.library.sessions, session) if session else []


def _remember(bench: Workbench, session: str | None, answer: Answer) -> None:
    from fmqa.apps.exports import stored

    if session:
        bench.library.sessions.append(session, stored(answer))


def _from_stdin() -> str:
    return sys.stdin.buffer.read().decode("utf-8", "replace")


@app.command("search")
def search(
    question: Annotated[str, typer.Argument(help="Words or a question.")],
    limit: Limit = 8,
    year: Year = None,
    paper: Paper = None,
    kind: Kind = None,
    modality: Modality = None,
    task: Task = None,
    source: From = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show the passages nearest to a question, at once, without a language model."""
    from fmqa.apps.cli.rendering import hit_json, show_hits
    from fmqa.retrieval.search import clean_question

    filters = make_filters(
        year=year, paper=paper, kind=kind, modality=modality, task=task, source=source
    )
    with workbench(home=home) as bench:
        cleaned = clean_question(question, bench.settings.max_question_chars)
        hits = bench.searcher.search(cleaned, limit, filters)
        if as_json:
            rows = [hit_json(hit) for hit in hits]
            print_json({"question": cleaned, "hits": rows})
        else:
            show_hits(hits)


@app.command("export")
def export_session(
    session: Annotated[
        str, typer.Option(help="The conversation, as `fmqa ask --session` named it.")
    ],
    form: Annotated[
        AnswerForm, typer.Option("--format", help="csl is CSL-JSON, for Zotero and pandoc.")
    ] = "markdown",
    output: Output = None,
    home: Home = None,
) -> None:
    """Take a whole conversation away: as Markdown, or the papers it cites as a bibliography."""
    from fmqa.apps.exports import ExportForm, export_from, kept_answers

    if form == "text":
        raise UsageError("A conversation isn't exported as text.", hint="Use --format markdown.")
    with workbench(home=home) as bench:
        answers = kept_answers(bench.library.sessions, session)
        if form == "json":
            whole = ",\n".join(answer.model_dump_json(indent=2) for answer in answers)
            text = f"[{whole}]\n"
        else:
            text = export_from(bench.library, answers, ExportForm(form), session)
    deliver(text, output, "The conversation")


@app.command("feedback")
def show_feedback(home: Home = None, as_json: Json = False) -> None:
    """What readers of the chat thought of its answers, the newest first; --json has the answers."""
    with workbench(home=home) as bench:
        given = bench.library.feedback.list()
    if as_json:
        print_json([asdict(one) | {"answer": json.loads(one.answer)} for one in given])
        return
    if not given:
        typer.echo("Nobody has judged an answer yet; the chat has buttons for it.")
    for one in given:
        by = f"  {one.user}" if one.user else ""
        typer.echo(f"{one.at[:16]}  {'good' if one.rating > 0 else 'bad '}{by}  {one.question}")
