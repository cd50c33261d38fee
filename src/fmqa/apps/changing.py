"""What users of a served page can change in the library, each as a job to be watched."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fmqa.apps.jobs import JobLine, JobResult, Watch
from fmqa.errors import FmqaError, SourceUnreachable, UsageError
from fmqa.files import replacing
from fmqa.types import Outcome as Reading

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.sources.arxiv_ids import ArxivId
    from fmqa.sync.run_types import PaperLine, SyncReport
    from fmqa.types import ReadResult

ADDED, KNOWN, FAILED, REMOVED = "Added", "In the library already", "Failed", "Removed"
MOST_AT_ONCE = 50
READING = "Reading and embedding"
HINTS = {
    Reading.NO_TEXT: "Have its text recognised (OCR) first, and upload it again.",
    Reading.GARBLED: "Look for another PDF of the paper.",
    Reading.ENCRYPTED: "Save it without its password, and upload it again.",
    Reading.DAMAGED: "Open it in a PDF viewer: when that fails too, fetch the file again.",
    Reading.TIMEOUT: "Print it to a new PDF, which is often simpler, or raise FMQA_READ_SECONDS.",
    Reading.TOO_LARGE: "Leave out pages or images, or raise FMQA_READ_MAX_MB or "
    "FMQA_READ_MAX_PAGES.",
}
_PDF_MARK, _MARK_WITHIN = b"%PDF", 1024
_MIB = 1 << 20
_REPORTED = {
    "ingested": ADDED,
    "updated": "New version",
    "withdrawn": "Withdrawn",
    "restored": "Standing again",
    "corrected": "Corrected",
    "unfollowed": "No longer followed",
    "skipped": "Withdrawn, left out",
    "failed": FAILED,
    "still_failing": "Failed before",
}


def asked_ids(text: str) -> tuple[ArxivId, ...]:
    """The papers that a user names, by ids or addresses with spaces or commas between them.

    Raises:
        UsageError: there is none, one is neither, or there are too many.
    """
    from fmqa.sources.arxiv_ids import asked_id

    named = [part for part in re.split(r"[\s,;]+", text) if part]
    hint = "Give ids such as 2304.12306 or 2310.15161v3, or https://arxiv.org/abs/… addresses."
    if not named:
        raise UsageError("No paper was named.", hint=hint)
    if len(named) > MOST_AT_ONCE:
        raise UsageError(f"At most {MOST_AT_ONCE} papers are taken at once.", hint=hint)
    try:
        return tuple(dict.fromkeys(map(asked_id, named)))
    except UsageError as error:
        raise UsageError(str(error), hint=hint) from error


def add_papers(bench: Workbench, ids: Sequence[ArxivId], watch: Watch) -> JobResult:
    """Bring in papers from arXiv, as `fmqa ingest ID` does.

    Raises:
        FmqaError: as `Workbench.synchronize` does.
    """
    from fmqa.sync.run_types import Request

    # A paper that the user names again is asked for again, though it failed before.
    request = Request(asked=tuple(ids), depth=0, retry=True)
    report = bench.synchronize(request, watch.step, watch.notify)
    lines, named = _lines(report), {line.name for line in _lines(report)}
    if not report.unreachable:
        lines += [JobLine(KNOWN, one.bare) for one in ids if one.bare not in named]
    return JobResult(tuple(lines), _unreachable(report))


def sync(bench: Workbench, watch: Watch) -> JobResult:
    """Bring the library up to date, as `fmqa sync` does.

    Raises:
        FmqaError: as `Workbench.follow` does.
    """
    report = bench.follow(watch.step, watch.notify)
    return JobResult(tuple(_lines(report)), _unreachable(report))


def remove(bench: Workbench, paper_id: str) -> JobResult:
    """Take one paper out of the library; its PDF stays where it is.

    Raises:
        RecordBusy: another process writes.
    """
    library = bench.library
    rows = {row.meta.paper_id: row for row in library.record.papers()}
    with library.writing(library.record.model or bench.embedder.fingerprint) as writer:
        gone = writer.remove(paper_id)
    title = rows[paper_id].meta.title if paper_id in rows else ""
    return JobResult((JobLine(REMOVED, paper_id, title),) if gone else ())


def add_files(bench: Workbench, uploads: Sequence[Path], watch: Watch) -> JobResult:
    """Bring in PDFs that were uploaded. One that can't be had is said in its line.

    Raises:
        RecordBusy: another process writes.
        DiskFull: no room; what was committed stays.
    """
    lines: list[JobLine] = []
    bench.load_starter()
    # Its model may have to be fetched first.
    ingestor = bench.ingestor.telling(watch.notify)
    watch.step(READING, 0, len(uploads))
    for done, upload in enumerate(uploads, start=1):
        try:
            stored = store_upload(upload, bench.settings.papers_dir, bench.settings.upload_max_mb)
        except UsageError as error:
            lines.append(JobLine(FAILED, upload.name, "", str(error), error.hint))
        else:
            report = ingestor.ingest_files([stored], bench.read_limits, workers=1)
            if any(known.outcome is not Reading.OK for known in report.known):
                report = ingestor.ingest_files([stored], bench.read_limits, retry=True, workers=1)
            known = bool(report.known)
            lines.append(_line(bench, upload.name, (report.known or report.results)[0], known))
        watch.step(READING, done, len(uploads))
    return JobResult(tuple(lines))


def store_upload(upload: Path, folder: Path, max_mb: int) -> Path:
    """Keep an uploaded PDF under a name made of its content; the name that it came by is no path.

    Returns:
        The file in ``folder``.

    Raises:
        UsageError: it is too large or no PDF.
        DiskFull: there is no room.
    """
    size = upload.stat().st_size
    if size > max_mb * _MIB:
        raise UsageError(
            f"The file is {size / _MIB:,.1f} MiB large; at most {max_mb:,} are taken.",
            hint="Leave out pages or images, or raise FMQA_UPLOAD_MAX_MB.",
        )
    with upload.open("rb") as file:
        if _PDF_MARK not in file.read(_MARK_WITHIN):
            raise UsageError(
                "The file is no PDF, whatever its name says.", hint="Upload the paper's PDF."
            )
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    kept = folder / f"{digest}.pdf"
    if not kept.is_file():
        _copy(upload, kept)
    return kept


def _copy(source: Path, target: Path) -> None:
    """A copy that is whole or isn't there."""
    from fmqa.sources.transport import room_is_needed

    with room_is_needed(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target, mode=0o600) as out, source.open("rb") as file:
            shutil.copyfileobj(file, out)


def _line(bench: Workbench, name: str, result: ReadResult, known: bool) -> JobLine:
    """What became of an upload. One that can't be read isn't kept."""
    if result.outcome is not Reading.OK:
        with suppress(OSError):
            result.path.unlink()
        hint = HINTS.get(result.outcome, "")
        return JobLine(FAILED, name, "", f"{result.outcome.value}: {result.detail}", hint)
    rows = bench.library.record.papers()
    title = next((row.meta.title for row in rows if row.sha256 == result.sha256), "")
    why = "" if title else "A newer version of this paper is searched in its place."
    return JobLine(KNOWN if known else ADDED, name, title, why)


def _lines(report: SyncReport) -> list[JobLine]:
    found: list[JobLine] = []
    for name, what in _REPORTED.items():
        papers: list[PaperLine] = getattr(report, name)
        found += [JobLine(what, one.arxiv_id, one.title, one.why) for one in papers]
    return found


def _unreachable(report: SyncReport) -> FmqaError | None:
    if not report.unreachable:
        return None
    return SourceUnreachable(report.unreachable, hint=report.hint or "Try again later.")
