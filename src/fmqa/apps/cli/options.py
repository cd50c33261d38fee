"""Options that several commands share, and the workbench they open, with its progress bars."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn
    from rich.progress import Task as ProgressTask

    from fmqa.apps.workbench import Workbench

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Home = Annotated[Path | None, typer.Option("--home", help="Data folder (FMQA_HOME).")]
Llm = Annotated[
    str | None,
    typer.Option("--llm", help="local, none, gguf:FILE, or a LangChain model (FMQA_LLM)."),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Read and embed on the workers of this Dask scheduler (FMQA_CLUSTER).",
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
    ),
]
Most = Annotated[
    int | None, typer.Option("--limit", min=0, help="Papers to fetch at most in this run.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write it to a file.")]


@contextmanager
def workbench(**flags: Any) -> Iterator[Workbench]:
    """The program's parts for these flags, with progress bars on a terminal, closed at the end."""
    from fmqa.apps.workbench import Workbench
    from fmqa.settings import load_settings

    with StepBar() as bar:
        bench = Workbench(load_settings(**flags), bar.step, bar.tell)
        try:
            yield bench
        finally:
            bench.close()


def print_json(data: Any) -> None:
    """Print what `--json` asks for."""
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def deliver(text: str, output: Path | None, what: str) -> None:
    """Print the text, or write it to the file and say so."""
    from fmqa.files import write_whole

    if output is None:
        typer.echo(text, nl=not text.endswith("\n"))
        return
    write_whole(output, text)
    typer.echo(f"{what} written to {output}.")


_BYTES_FROM = 100_000  # no list of papers is as long


class StepBar:
    """One bar per label, drawn from the first report on; nothing is drawn before.

    Reports may come from several threads.
    """

    def __init__(self) -> None:
        self._guard = threading.RLock()
        self._progress: Progress | None = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> StepBar:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def step(self, label: str, done: int, total: int) -> None:
        """``done`` of ``total``, in bytes when it is large; the bar closes when all is done."""
        with self._guard:
            progress = self._progress or self._open()
            task = self._tasks.get(label)
            if task is None:
                task = self._tasks[label] = progress.add_task(label, total=total or None)
            progress.update(task, completed=done, total=total or None)
            if all(task.finished for task in progress.tasks):
                self.close()

    def tell(self, message: str) -> None:
        """A line of text, above the bars where there are some."""
        from rich.markup import escape

        with self._guard:
            self._console().print(f"[dim]{escape(message)}[/dim]", highlight=False)

    def close(self) -> None:
        """Leave the bars as they are and give the terminal back."""
        with self._guard:
            if self._progress is not None:
                self._progress.stop()
                self._progress = None
                self._tasks.clear()

    def _console(self) -> Console:
        from rich.console import Console

        return self._progress.console if self._progress else Console(stderr=True)

    def _open(self) -> Progress:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            _rate_column(),
            TimeRemainingColumn(),
            console=self._console(),
        )
        self._progress.start()
        return self._progress


def _rate_column() -> ProgressColumn:
    """How fast things go: bytes where there are many, else things a minute."""
    from rich.filesize import decimal
    from rich.progress import ProgressColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: ProgressTask) -> Text:
            speed = task.finished_speed or task.speed
            if not speed or (task.elapsed or 0) < 1:
                return Text("")
            if (task.total or 0) >= _BYTES_FROM:
                return Text(f"{decimal(int(speed))}/s", style="dim")
            return Text(f"{speed * 60:,.0f}/min", style="dim")

    return Rate()
