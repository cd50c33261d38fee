"""`fmqa feedback`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from fmqa.apps.cli.options import Home, Json, workbench

if TYPE_CHECKING:
    from fmqa.store.history import Feedback


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("feedback")(show_feedback)


def show_feedback(home: Home = None, as_json: Json = False) -> None:
    """What readers of the chat thought of its answers, the newest first; --json has the answers."""
    with workbench(home=home) as bench:
        given = bench.library.feedback.list()
    if as_json:
        told = [_whole(one) for one in given]
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    if not given:
        typer.echo("Nobody has judged an answer yet; the chat has buttons for it.")
    for one in given:
        by = f"  {one.user}" if one.user else ""
        typer.echo(f"{one.at[:16]}  {'good' if one.rating > 0 else 'bad '}{by}  {one.question}")


def _whole(feedback: Feedback) -> dict[str, Any]:
    return asdict(feedback) | {"answer": json.loads(feedback.answer)}
