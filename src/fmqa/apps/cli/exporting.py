"""`fmqa export`."""

from __future__ import annotations

from typing import Annotated

import typer

from fmqa.apps.cli.asking import AnswerForm
from fmqa.apps.cli.options import Home, Output, deliver, workbench
from fmqa.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("export")(export_session)


def export_session(
    session: Annotated[
        str, typer.Option("--session", help="The conversation, as `fmqa ask --session` named it.")
    ],
    form: Annotated[
        AnswerForm, typer.Option("--format", help="csl is CSL-JSON, for Zotero and pandoc.")
    ] = AnswerForm.MARKDOWN,
    output: Output = None,
    home: Home = None,
) -> None:
    """Take a whole conversation away: as Markdown, or the papers it cites as a bibliography."""
    from fmqa.apps.exports import ExportForm, export, kept_answers

    if form is AnswerForm.TEXT:
        raise UsageError("A conversation isn't exported as text.", hint="Use --format markdown.")
    with workbench(home=home) as bench:
        answers = kept_answers(bench.library.sessions, session)
        if form is AnswerForm.JSON:
            whole = ",\n".join(answer.model_dump_json(indent=2) for answer in answers)
            text = f"[{whole}]\n"
        else:
            text = export(answers, ExportForm(form.value), bench.library.catalog.facts(), session)
    deliver(text, output, "The conversation")
