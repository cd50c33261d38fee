"""Options that several commands share, and the workbench they open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.types import Filters

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Home = Annotated[
    Path | None, typer.Option("--home", help="Data folder (FMQA_HOME).", show_default=False)
]
Llm = Annotated[
    str | None,
    typer.Option("--llm", help="local, none, or a LangChain model (FMQA_LLM).", show_default=False),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Read and embed on the workers of this Dask scheduler (FMQA_CLUSTER).",
        show_default=False,
    ),
]
Year = Annotated[
    str | None, typer.Option("--year", help="Papers of 2023, or 2021-2023, 2023-, -2020.")
]
Paper = Annotated[
    list[str] | None,
    typer.Option("--paper", help="Only this paper (arXiv id or model name); may be repeated."),
]
Kind = Annotated[
    list[str] | None,
    typer.Option("--kind", help="Only this kind, such as vision-language; may be repeated."),
]
Modality = Annotated[
    list[str] | None,
    typer.Option("--modality", help="Only this modality, such as CT; may be repeated."),
]
Task = Annotated[
    list[str] | None,
    typer.Option("--task", help="Only this task, such as segmentation; may be repeated."),
]
From = Annotated[
    list[str] | None,
    typer.Option("--source", help="Only papers' own text (pdf), or only notes on them (note)."),
]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="How many at most.")]
Depth = Annotated[
    int | None,
    typer.Option(
        "--depth",
        min=0,
        max=3,
        help="How far references are followed: 0 not at all, 1 what is cited, 2 what that cites.",
        show_default=False,
    ),
]
Most = Annotated[
    int | None,
    typer.Option("--limit", min=0, help="Papers to fetch at most in this run.", show_default=False),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write it to a file.", show_default=False)
]


def make_filters(
    year: str | None = None,
    paper: list[str] | None = None,
    kind: list[str] | None = None,
    modality: list[str] | None = None,
    task: list[str] | None = None,
    source: list[str] | None = None,
) -> Filters:
    """The filters that the options say.

    Raises:
        UsageError: a value can't be one of its option's.
    """
    from fmqa import filters

    return filters.make_filters(
        year=[year] if year else [],
        paper=paper or [],
        kind=kind or [],
        modality=modality or [],
        task=task or [],
        source=source or [],
    )


@contextmanager
def workbench(**flags: Any) -> Iterator[Workbench]:
    """The program's parts for these flags, with progress bars on a terminal, closed at the end."""
    from fmqa.apps.cli.progress import StepBar
    from fmqa.apps.workbench import Workbench
    from fmqa.settings import load_settings

    with StepBar() as bar:
        bench = Workbench(load_settings(**flags), bar.step, bar.tell)
        try:
            yield bench
        finally:
            bench.close()


def deliver(text: str, output: Path | None, what: str) -> None:
    """Print the text, or write it to the file and say so."""
    from fmqa.sync.changelog import write_whole

    if output is None:
        typer.echo(text, nl=not text.endswith("\n"))
        return
    write_whole(output, text)
    typer.echo(f"{what} written to {output}.")
