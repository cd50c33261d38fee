"""Progress bars on standard error, so that standard output stays clean for pipes."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress


class StepBar:
    """One bar per label, drawn from the first report on; nothing is drawn before."""

    def __init__(self) -> None:
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
        progress = self._progress or self._open()
        task = self._tasks.get(label)
        if task is None:
            task = self._tasks[label] = progress.add_task(label, total=total or None)
        progress.update(task, completed=done, total=total or None)
        if all(task.finished for task in progress.tasks):
            self.close()

    def close(self) -> None:
        """Leave the bars as they are and give the terminal back."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
            self._tasks.clear()

    def _open(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._progress.start()
        return self._progress
