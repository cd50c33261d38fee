"""What is well and what isn't: the record, its index, the models and the disk."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fmqa.errors import FmqaError

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench

_LEAST_FREE = 500 * 1024**2  # bytes; an ingestion of a few hundred papers fits


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    ok: bool
    detail: str
    hint: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def examine(bench: Workbench) -> list[Finding]:
    """All findings; nothing is changed, fetched or started."""
    findings = [_record(bench), _syncs(bench), *_models(bench), _disk(bench)]
    return [finding for finding in findings if finding is not None]


def _syncs(bench: Workbench) -> Finding | None:
    """How the last run over arXiv ended, and what is scheduled; nothing where neither is."""
    from fmqa.apps.syncs import describe_run, last_run, went_wrong
    from fmqa.sync.schedules import schedule

    try:
        run = last_run(bench)
        planned = schedule.show(bench.settings.home)
    except FmqaError as error:
        return Finding("sync", False, str(error), error.hint)
    if run is None and not planned:
        return None
    told = [describe_run(run) + "."] if run else ["There was no run yet."]
    told += [f"Scheduled {one.said} ({one.using})." for one in planned]
    bad = run is not None and went_wrong(run)
    return Finding("sync", not bad, " ".join(told), "Run `fmqa sync`; it goes on from there.")


def _record(bench: Workbench) -> Finding:
    try:
        problems = bench.library.check()
        record = bench.library.record
        rows = record.papers()
        detail = f"{len(rows)} papers, {sum(row.passages for row in rows)} passages"
        failed = sum(result.outcome.value != "ok" for result in record.journal())
        detail += f", {failed} files that couldn't be read" if failed else ""
        detail += f", in {record.database.where}" if bench.settings.database_url else ""
    except FmqaError as error:
        return Finding("record", False, str(error), error.hint)
    if problems:
        return Finding("record", False, " ".join(problems), "Run the command that it names.")
    return Finding("record", True, detail)


def _models(bench: Workbench) -> list[Finding]:
    from fmqa.answering.models import check_model
    from fmqa.store.embedding import make_embedder

    findings = []
    try:
        embedder = make_embedder(bench.settings)
        bench.library.check_model(embedder.fingerprint)
        findings.append(Finding("embedding model", True, embedder.fingerprint))
    except FmqaError as error:
        findings.append(Finding("embedding model", False, str(error), error.hint))
    try:
        check = check_model(bench.settings)
        findings.append(Finding("language model", True, f"{check.name}: {check.detail}"))
    except FmqaError as error:
        findings.append(Finding("language model", False, str(error), error.hint))
    return findings


def _disk(bench: Workbench) -> Finding:
    folder = bench.settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:,.1f} GB free in {bench.settings.home}"
    return Finding("disk", free >= _LEAST_FREE, detail, "Free some space.")
