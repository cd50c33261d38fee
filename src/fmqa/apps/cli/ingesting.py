"""`fmqa ingest`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fmqa.apps.cli.options import Cluster, Depth, Home, Json, Most, print_json, workbench
from fmqa.errors import UsageError
from fmqa.types import Outcome, ReadResult

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.sources.arxiv_ids import ArxivId
    from fmqa.sync.ingestor import IngestReport
    from fmqa.sync.items import ItemsReport
    from fmqa.sync.run_types import SyncReport

app = typer.Typer()


@app.command("ingest")
def ingest(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID|URL|PATH|COLLECTION]...",
            help="arXiv ids or addresses, PDFs, and what syncs follow: folders, .bib and .ris "
            "files with links to PDFs; corpus/seeds.toml when none. With --zotero: collections, "
            "all when none.",
        ),
    ] = None,
    zotero: Annotated[
        bool, typer.Option("--zotero", help="Papers of the running Zotero, which syncs follow.")
    ] = False,
    zotero_data: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="The same from Zotero's data folder, whether it runs or not."
        ),
    ] = None,
    group: Annotated[
        str, typer.Option(metavar="NAME", help="Papers of a Zotero group, by its name or number.")
    ] = "",
    depth: Depth = None,
    limit: Most = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be fetched from arXiv.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try again what failed, and read files again.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Reading processes.")] = 2,
    cluster: Cluster = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Bring papers into the library: the review and what it cites, arXiv ids, PDFs, Zotero.

    What was brought in before is left alone, and a run that was stopped is gone on with. Ends with
    1 when nothing could be read, 4 when arXiv can't be reached.
    """
    from fmqa.reading.bibliography.reference_files import ENDINGS
    from fmqa.sync.origins import zotero_origins

    in_zotero = zotero or zotero_data is not None or bool(group)
    paths, ids = _sorted_out([] if in_zotero else targets or [])
    bibliographies = [path for path in paths if path.suffix.lower() in ENDINGS]
    papers = [path for path in paths if path not in bibliographies]
    files = pdf_files(papers) if papers else []
    if dry_run and (paths or in_zotero):
        raise UsageError("--dry-run is for papers on arXiv.", hint="Leave out the files.")
    reading: IngestReport | None = None
    fetching: SyncReport | None = None
    items: list[ItemsReport] = []
    with workbench(home=home, cluster=cluster) as bench:
        origins = [str(path.expanduser().resolve()) for path in bibliographies]
        if in_zotero:
            origins += zotero_origins(targets or [], zotero_data, bench.settings.zotero_url, group)
        if origins:
            items = _bring_in(bench, origins, retry=retry, workers=workers)
        if files:
            reading = read_files(bench, files, retry=retry, workers=workers)
            _follow(bench, papers, [*reading.results, *reading.known])
        if ids or not (targets or in_zotero):
            options: dict[str, Any] = {"limit": limit, "retry": retry, "workers": workers}
            options["dry"] = dry_run
            fetching = _fetch(bench, ids, depth, options)
    _tell(reading, fetching, items, as_json)
    _end(reading, fetching, items)


def _sorted_out(targets: list[str]) -> tuple[list[Path], list[ArxivId]]:
    """What of the arguments are files and folders, and what names papers on arXiv."""
    from fmqa.sources.arxiv_ids import asked_id

    paths, ids = list[Path](), list["ArxivId"]()
    for target in targets:
        if _exists(target) or (target.lower().endswith(".pdf") and "://" not in target):
            paths.append(Path(target))
        else:
            ids.append(asked_id(target))
    return paths, ids


def _exists(target: str) -> bool:
    try:
        return Path(target).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # too long, no such user, a NUL
        return False


def pdf_files(paths: list[Path]) -> list[Path]:
    """The PDF files named, and those in the folders named.

    Raises:
        UsageError: there is none.
    """
    from fmqa.sources.folder import find_pdfs

    files = find_pdfs(paths)
    if not files:
        raise UsageError("There is no PDF in what you named.", hint="Give PDF files or folders.")
    return files


def read_files(bench: Workbench, files: list[Path], *, retry: bool, workers: int) -> IngestReport:
    """Bring files into the library, telling the workbench's bar of each."""
    done = 0

    def progress(result: ReadResult) -> None:
        nonlocal done
        del result
        done += 1
        bench.step("Ingesting", done, len(files))

    # Its model may have to be fetched first, under a bar of its own.
    ingestor = bench.ingestor.telling(bench.notify)
    bench.step("Ingesting", 0, len(files))
    return ingestor.ingest_files(
        files, bench.read_limits, retry=retry, workers=workers, progress=progress
    )


def _follow(bench: Workbench, paths: list[Path], results: list[ReadResult]) -> None:
    """Have later syncs look into the folders among these paths again."""
    from fmqa.sync.items import ItemsRun

    folders = [path.expanduser().resolve() for path in paths if path.expanduser().is_dir()]
    if not folders:
        return
    with bench.library.writing(bench.ingestor.model) as writer:
        run = ItemsRun(bench.ingestor, writer, bench.read_limits, asked=True)
        for folder in folders:
            run.follow_folder(folder, results)


def _bring_in(
    bench: Workbench, origins: list[str], *, retry: bool, workers: int
) -> list[ItemsReport]:
    """What Zotero and bibliography files hold; later syncs follow them."""
    from fmqa.sync.items import ItemsRun
    from fmqa.sync.origins import read_origin

    bench.load_starter()
    found = [(origin, read_origin(origin, bench.settings.zotero_url)) for origin in origins]
    ingestor = bench.ingestor.telling(bench.notify)
    with ingestor.library.writing(ingestor.model) as writer:
        run = ItemsRun(
            ingestor,
            writer,
            bench.read_limits,
            asked=True,
            retry=retry,
            workers=workers,
            step=bench.step,
        )
        return [run.bring_in(origin, items) for origin, items in found]


def _fetch(
    bench: Workbench, ids: list[ArxivId], depth: int | None, options: dict[str, Any]
) -> SyncReport:
    """From arXiv: the papers named, or all that seeds.toml asks for."""
    from fmqa.sync.run_types import Request

    if ids:
        return bench.synchronize(Request(asked=tuple(ids), depth=depth or 0, **options))
    return bench.follow(kind="ingest", depth=1 if depth is None else depth, **options)


def _tell(
    reading: IngestReport | None,
    fetching: SyncReport | None,
    items: list[ItemsReport],
    as_json: bool,
) -> None:
    if as_json:
        told = _as_json(reading) if reading else {}
        told |= {"items": [report.as_dict() for report in items]} if items else {}
        told |= {"arxiv": fetching.as_dict()} if fetching else {}
        print_json(told)
        return
    for report in items:
        _tell_items(report)
    if reading is not None:
        from fmqa.apps.cli.rendering import show_outcomes

        show_outcomes(reading.results)
        typer.echo(_summary(reading))
    if fetching is not None:
        from fmqa.apps.cli.rendering import show_report

        show_report(fetching)


_OF_ITEMS = {
    "added": "read",
    "same": "in the library otherwise",
    "known": "as before",
    "without": "without a PDF",
    "failed": "failed",
    "gone": "gone",
}


def _tell_items(report: ItemsReport) -> None:
    from fmqa.sync.origins import shown

    for item in report.failed:
        typer.echo(f"failed: {item.key} ({item.title}): {item.failure}", err=True)
    counts = {what: len(report.lists[name]) for name, what in _OF_ITEMS.items()}
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    works = sum(counts.values()) - len(report.gone)
    typer.echo(f"{shown(report.origin)}: {works} works ({told}), {report.passages} passages.")


def _end(
    reading: IngestReport | None, fetching: SyncReport | None, items: list[ItemsReport]
) -> None:
    from fmqa.apps.cli.rendering import raise_if_unreachable

    if fetching is not None:
        raise_if_unreachable(fetching)
        failed = fetching.failed or fetching.still_failing
        if failed and not (fetching.ingested or fetching.updated or fetching.known):
            raise typer.Exit(1)
    if items and not any(report.added or report.same or report.known for report in items):
        raise typer.Exit(1)
    if reading is not None:
        everything = [*reading.results, *reading.known]
        if not any(result.outcome is Outcome.OK for result in everything):
            raise typer.Exit(1)


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
