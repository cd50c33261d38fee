"""`fmqa migrate`."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Annotated

import typer

from fmqa.apps.cli.options import Home, Json, workbench


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("migrate")(migrate)


def migrate(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="Where to: postgresql://USER:PASSWORD@HOST/DATABASE, sqlite (the data folder's "
            "own record) or sqlite:///PATH.",
        ),
    ],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Copy the record to another database, with all that is in it; nothing is embedded again.

    It is compared with the copy, and stays as it is. Goes on where it was stopped.
    """
    from fmqa.store.library import open_database
    from fmqa.store.transfer import copy_record, open_target

    with workbench(home=home) as bench:
        settings = bench.settings
        source = open_database(settings.record_path, settings.database_url)
        with closing(source):
            target, index_dir = open_target(to, settings.record_path)
            with closing(target):
                moved = copy_record(source, target, index_dir, bench.step)
    if as_json:
        typer.echo(json.dumps({"to": moved.where, "rows": moved.rows}, indent=2))
        return
    rows = moved.rows
    typer.echo(
        f"{rows['papers']:,} papers with {rows['passages']:,} passages, {rows['embeddings']:,} "
        f"vectors and all else are in {moved.where}, and are the same, row by row."
    )
    setting = "take FMQA_DATABASE_URL away" if to.startswith("sqlite") else "set FMQA_DATABASE_URL"
    typer.echo(f"To use it, {setting}; the record that was copied is still there.")
