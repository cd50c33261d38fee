"""How the library is: its runs and syncs in words, and what `fmqa doctor` finds."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fmqa.errors import FmqaError, RecordBusy, SourceUnreachable

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.store.arxiv_catalog import Run
    from fmqa.sync.background import BackgroundSync

_log = logging.getLogger(__name__)
_ENDED = frozenset({"done", "unreachable"})
_BAD = frozenset({"unreachable", "failed"})
_RUNS = 50


def background_sync(bench: Workbench) -> BackgroundSync | None:
    """What syncs the library as often as the settings say; nothing where they don't.

    A sync that was due while nothing ran is made up once.

    Raises:
        UsageError: the interval can't be understood.
    """
    if not bench.settings.sync_every:
        return None
    from fmqa.sync.background import BackgroundSync
    from fmqa.sync.periods import parse_period

    every = parse_period(bench.settings.sync_every)
    return BackgroundSync(lambda: _sync(bench), every, lambda: _last_sync(bench))


def _sync(bench: Workbench) -> None:
    """One run.

    Raises:
        SourceUnreachable: arXiv can't be reached.
    """
    try:
        report = bench.follow()
    except RecordBusy:
        _log.info("The sync is left out: another process writes to the library.")
        return
    if report.unreachable:
        raise SourceUnreachable(report.unreachable, hint=report.hint or None)


def _last_sync(bench: Workbench) -> datetime | None:
    runs = bench.library.catalog.runs(_RUNS)
    ended = [run for run in runs if run.kind == "sync" and run.state in _ENDED]
    return datetime.fromisoformat(ended[0].started_at) if ended else None


def last_run(bench: Workbench) -> Run | None:
    """The newest run over arXiv, of whatever process."""
    runs = bench.library.catalog.runs(1)
    return runs[0] if runs else None


def went_wrong(run: Run) -> bool:
    """Whether the user should know of how it ended; a run that was stopped is gone on with."""
    return run.state in _BAD


def describe_run(run: Run) -> str:
    """When a run was and how it ended."""
    ago = _length(datetime.now(UTC) - datetime.fromisoformat(run.started_at))
    ended = {
        "running": "is under way",
        "done": "went well",
        "unreachable": "ended early, for arXiv couldn't be reached",
        "failed": "failed",
        "interrupted": "was stopped; the next one goes on from there",
    }[run.state]
    return f"The last {run.kind}, {ago} ago, {ended}"


def describe_library(bench: Workbench, sync: BackgroundSync | None) -> tuple[str, bool]:
    """One line on the library's size and freshness, and whether something is wrong with it."""
    try:
        count = bench.library.record.count_papers()
        run = last_run(bench)
    except FmqaError as error:
        return str(error), True
    parts = [f"{count:,} paper{'' if count == 1 else 's'}"]
    bad = False
    if run is not None:
        parts.append(describe_run(run))
        bad = went_wrong(run)
    if sync is not None:
        state = sync.state()
        if state.last_error:
            parts, bad = [parts[0], f"The last sync failed: {state.last_error}"], True
        if state.running:
            parts.append("A sync is under way")
        elif state.next_run is not None:
            parts.append(f"The next sync is in {_length(state.next_run - datetime.now(UTC))}")
    return ". ".join(parts) + ".", bad


def _length(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "a moment"


_LEAST_FREE = 500 * 1024**2  # bytes; an ingestion of a few hundred papers fits


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One thing looked at."""

    what: str
    ok: bool
    detail: str
    hint: str = ""


def examine(bench: Workbench) -> list[HealthCheck]:
    """All checks; nothing is changed, fetched or started."""
    checks = [_record(bench), _last_run(bench), *_models(bench), _disk(bench)]
    return [check for check in checks if check is not None]


def _last_run(bench: Workbench) -> HealthCheck | None:
    """How the last run over arXiv ended, and what is scheduled; nothing where neither is."""
    from fmqa.sync.schedules import schedule

    try:
        run = last_run(bench)
        planned = schedule.show(bench.settings.home)
    except FmqaError as error:
        return HealthCheck("sync", False, str(error), error.hint)
    if run is None and not planned:
        return None
    told = [describe_run(run) + "."] if run else ["There was no run yet."]
    told += [f"Scheduled {one.said} ({one.using})." for one in planned]
    bad = run is not None and went_wrong(run)
    return HealthCheck("sync", not bad, " ".join(told), "Run `fmqa sync`; it goes on from there.")


def _record(bench: Workbench) -> HealthCheck:
    from fmqa.answering.abstention import missing_in

    try:
        problems = bench.library.check()
        record = bench.library.record
        rows = record.papers()
        detail = f"{len(rows)} papers, {sum(row.passages for row in rows)} passages"
        failed = sum(result.outcome.value != "ok" for result in record.journal())
        detail += f", {failed} files that couldn't be read" if failed else ""
        lacking = sum(bool(missing_in(r.meta.paper_id, r.meta.title, r.gaps)) for r in rows)
        told = f", {lacking} of the papers with pages that aren't searched"
        detail += told if lacking else ""
        detail += f", in {record.database.where}" if bench.settings.database_url else ""
    except FmqaError as error:
        return HealthCheck("record", False, str(error), error.hint)
    if problems:
        return HealthCheck("record", False, " ".join(problems), "Run the command that it names.")
    return HealthCheck("record", True, detail)


def _models(bench: Workbench) -> list[HealthCheck]:
    from fmqa.answering.models import check_model, writes
    from fmqa.store.embedding import make_embedder

    def embedding() -> str:
        embedder = make_embedder(bench.settings)
        bench.library.check_model(embedder.fingerprint)
        return embedder.fingerprint

    def language() -> str:
        check = check_model(bench.settings)
        does = "; writes answers" if writes(bench.settings) else "; only translates"
        return f"{check.name}: {check.detail}{does if check.name != 'none' else ''}"

    return [_works("embedding model", embedding), _works("language model", language)]


def _works(what: str, look: Callable[[], str]) -> HealthCheck:
    """That it works and what it is, or the error that says why it doesn't."""
    try:
        return HealthCheck(what, True, look())
    except FmqaError as error:
        return HealthCheck(what, False, str(error), error.hint)


def _disk(bench: Workbench) -> HealthCheck:
    folder = bench.settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:,.1f} GB free in {bench.settings.home}"
    return HealthCheck("disk", free >= _LEAST_FREE, detail, "Free some space.")
