"""`fmqa ask` and `fmqa search`."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from fmqa.apps.cli.options import Home, Json, Kind, Limit, Llm, Paper, Year, make_filters, workbench

_ABSTAINED = 3


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("ask")(ask)
    app.command("search")(search)


def ask(
    question: Annotated[str, typer.Argument(help='In words; "-" reads it from standard input.')],
    year: Year = None,
    paper: Paper = None,
    kind: Kind = None,
    llm: Llm = None,
    home: Home = None,
    as_json: Json = False,
    show_withheld: Annotated[
        bool, typer.Option("--withheld", help="Show the sentences that were withheld, and why.")
    ] = False,
) -> None:
    """Answer a question with checked sentences, each with its quote, page and paper.

    Ends with 0 when answered, 3 when the papers don't answer it.
    """
    filters = make_filters(year, paper, kind)
    with workbench(home=home, llm=llm) as bench:
        text = _from_stdin() if question == "-" else question
        if as_json:
            answer = bench.assistant.ask(text, filters)
            typer.echo(answer.model_dump_json(indent=2))
        else:
            from fmqa.apps.cli.rendering import stream_answer

            answer = stream_answer(bench.assistant.stream(text, filters), show_withheld)
    if answer.status == "abstained":
        raise typer.Exit(_ABSTAINED)


def _from_stdin() -> str:
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def search(
    question: Annotated[str, typer.Argument(help="Words or a question.")],
    limit: Limit = 8,
    year: Year = None,
    paper: Paper = None,
    kind: Kind = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show the passages nearest to a question, at once, without a language model."""
    from fmqa.apps.cli.rendering import hit_json, show_hits
    from fmqa.retrieval.search import clean_question

    filters = make_filters(year, paper, kind)
    with workbench(home=home) as bench:
        cleaned = clean_question(question, bench.settings.max_question_chars)
        hits = bench.searcher.search(cleaned, limit, filters)
        if as_json:
            rows = [hit_json(hit) for hit in hits]
            typer.echo(
                json.dumps({"question": cleaned, "hits": rows}, indent=2, ensure_ascii=False)
            )
        else:
            show_hits(hits)
