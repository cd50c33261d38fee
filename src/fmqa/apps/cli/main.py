"""The `fmqa` program: its commands, and errors in words."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from fmqa.apps.cli import (
    conversations,
    evaluating,
    ingesting,
    overviews,
    papers,
    serving,
    surveying,
    syncing,
    upkeep,
)
from fmqa.errors import FmqaError

app = typer.Typer(
    name="fmqa",
    help="Cited and checked answers about foundation models in medical image analysis, "
    "from the papers themselves.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"fmqa {version('fmqa')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Cited and checked answers about foundation models in medical image analysis."""
    del version


for commands in (
    conversations,
    ingesting,
    syncing,
    papers,
    overviews,
    surveying,
    evaluating,
    upkeep,
    serving,
):
    app.add_typer(commands.app)


def main() -> None:
    """Run the program; every expected failure ends in a sentence and what to do about it."""
    quiet_dependencies()
    try:
        app()
    except FmqaError as error:
        typer.echo(f"Error: {error}", err=True)
        if error.hint:
            typer.echo(error.hint, err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("Stopped. What was committed stays.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def quiet_dependencies() -> None:
    """Switch off what dependencies report home or print, unless the user set it himself."""
    for name, value in {
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "LANGCHAIN_TRACING_V2": "false",
        "LANGSMITH_TRACING": "false",
        "ANONYMIZED_TELEMETRY": "False",
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_WAIT_POLICY": "PASSIVE",
    }.items():
        os.environ.setdefault(name, value)
