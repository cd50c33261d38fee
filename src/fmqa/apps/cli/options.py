"""Options that several commands share, and the workbench they open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fmqa.errors import UsageError
from fmqa.types import Filters

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Home = Annotated[
    Path | None, typer.Option("--home", help="Data folder (FMQA_HOME).", show_default=False)
]
Llm = Annotated[
    str | None,
    typer.Option("--llm", help="local, none, or a LangChain model (FMQA_LLM).", show_default=False),
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

_YEARS = re.compile(r"(\d{4})|(\d{4})?\s*-\s*(\d{4})?")
_ARXIV = re.compile(
    r"(?:arxiv:)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?", re.IGNORECASE
)


def make_filters(year: str | None, paper: list[str] | None, kind: list[str] | None) -> Filters:
    """The filters that the options say.

    Raises:
        UsageError: the year is no year or span of years.
    """
    papers = tuple(_paper_name(name) for name in paper or ())
    return Filters(years=_years(year), papers=papers, kinds=tuple(kind or ()))


def _years(text: str | None) -> tuple[int | None, int | None]:
    if not text:
        return None, None
    match = _YEARS.fullmatch(text.strip())
    first, last = (None, None)
    if match is not None:
        first, last = (int(p) if p else None for p in (match[1] or match[2], match[1] or match[3]))
    if (first is None and last is None) or (first and last and first > last):
        raise UsageError(f"{text!r} is no year.", hint="Write 2023, 2021-2023, 2023- or -2020.")
    return first, last


def _paper_name(text: str) -> str:
    match = _ARXIV.fullmatch(text.strip())
    return match[1] if match else text.strip()


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
