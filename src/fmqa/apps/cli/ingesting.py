"""`fmqa ingest`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fmqa.apps.cli.options import Home, Json, workbench
from fmqa.errors import UsageError
from fmqa.types import Outcome, ReadResult

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.sync.pipeline import IngestReport


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("ingest")(ingest)


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="PDF files and folders of PDF files.")],
    retry: Annotated[
        bool, typer.Option("--retry", help="Read again what was read before, failed files too.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Reading processes.")] = 2,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Read PDF files into the library, and say what became of each.

    A file that was read before is left alone. Ends with 1 when no file could be read.
    """
    from fmqa.sources.folder import find_pdfs

    files = find_pdfs(paths)
    if not files:
        raise UsageError("There is no PDF in what you named.", hint="Give PDF files or folders.")
    with workbench(home=home) as bench:
        report = _run(bench, files, retry=retry, workers=workers)
    if as_json:
        typer.echo(json.dumps(_as_json(report), indent=2, ensure_ascii=False))
    else:
        from fmqa.apps.cli.rendering import show_outcomes

        show_outcomes(report.results)
        typer.echo(_summary(report))
    everything = [*report.results, *report.known]
    if not any(result.outcome is Outcome.OK for result in everything):
        raise typer.Exit(1)


def _run(bench: Workbench, files: list[Path], *, retry: bool, workers: int) -> IngestReport:
    from fmqa.reading.pool import ReadLimits

    settings = bench.settings
    limits = ReadLimits(
        seconds=settings.read_seconds,
        memory_mb=settings.read_memory_mb,
        max_mb=settings.read_max_mb,
        max_pages=settings.read_max_pages,
    )
    done = 0

    def progress(result: ReadResult) -> None:
        nonlocal done
        del result
        done += 1
        bench.step("Ingesting", done, len(files))

    ingestor = bench.ingestor  # its model may have to be fetched first, under a bar of its own
    bench.step("Ingesting", 0, len(files))
    return ingestor.ingest_files(files, limits, retry=retry, workers=workers, progress=progress)


def _summary(report: IngestReport) -> str:
    counts = {outcome: report.count(outcome) for outcome in Outcome}
    told = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)
    known = f"; {len(report.known)} known already and left alone" if report.known else ""
    return (
        f"{len(report.results)} files read ({told or 'none'}), {report.passages} passages{known}."
    )


def _as_json(report: IngestReport) -> dict[str, Any]:
    def row(result: ReadResult, known: bool) -> dict[str, Any]:
        return {
            "path": str(result.path),
            "outcome": result.outcome.value,
            "detail": result.detail,
            "sha256": result.sha256,
            "seconds": round(result.seconds, 3),
            "known": known,
        }

    return {
        "files": [row(r, False) for r in report.results] + [row(r, True) for r in report.known],
        "passages": report.passages,
    }
