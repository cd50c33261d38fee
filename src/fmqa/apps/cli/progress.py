"""Progress bars on standard error, so that standard output stays clean for pipes."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn

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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            if not speed or (task.elapsed or 0) < 1:
                return Text("")
            if (task.total or 0) >= _BYTES_FROM:
                return Text(f"{decimal(int(speed))}/s", style="dim")
            return Text(f"{speed * 60:,.0f}/min", style="dim")

    return Rate()
