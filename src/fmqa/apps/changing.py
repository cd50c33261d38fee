"""Changes of the library that a served page makes for its users, and what does them.

Each is a job: one at a time, in a thread, to be watched and stopped.
"""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fmqa.errors import FmqaError, RecordBusy, SourceUnreachable, UsageError
from fmqa.files import replacing
from fmqa.types import Outcome as Reading

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.sources.arxiv_ids import ArxivId
    from fmqa.sync.run_types import PaperLine, SyncReport
    from fmqa.types import ReadResult

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobLine:
    """What a job did to one paper or file.

    ``what`` names it in a word or two, ``name`` is the paper's id or the file's name, ``why`` and
    ``hint`` say what went wrong and what to do, where something did.
    """

    what: str
    name: str
    title: str = ""
    why: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a job came to. ``problem`` ended it early, after what the lines say."""

    lines: tuple[JobLine, ...] = ()
    problem: FmqaError | None = None


@dataclass(frozen=True, slots=True)
class JobState:
    """The job that runs, or the last one.

    ``number`` counts jobs, 0 before the first. ``steps`` has (done, total) by label, in the order
    in which they came up; ``said`` is the last that was said of waiting. A job that ended has an
    ``outcome``, unless it was stopped or broke, which ``broken`` says.
    """

    number: int = 0
    title: str = ""
    running: bool = False
    steps: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    said: str = ""
    stopping: bool = False
    outcome: JobResult | None = None
    broken: bool = False


class JobStopped(Exception):
    """Raised in a job, at its next step, when it is to end."""


class Jobs:
    """Does one job at a time, in a thread that dies with the program.

    A job is given these jobs, and tells them of its progress; each telling is also where it can be
    stopped.

    The lock over processes is the library's own; this one keeps a server's users from waiting for
    each other without knowing.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._state = JobState()
        self._idle = threading.Event()
        self._idle.set()
        self._closed = False

    @property
    def state(self) -> JobState:
        """The job that runs, or the last one."""
        with self._guard:
            return self._state

    def start(self, title: str, work: Work) -> JobState:
        """Begin a job.

        Raises:
            RecordBusy: another one is under way, or the program ends.
        """
        with self._guard:
            if self._state.running or self._closed:
                raise RecordBusy("The library is being changed already.")
            self._state = JobState(self._state.number + 1, title, running=True)
            self._idle.clear()
            begun = self._state
        threading.Thread(target=self._run, args=(work,), name="fmqa-job", daemon=True).start()
        return begun

    def step(self, label: str, done: int, total: int) -> None:
        """A step of the job that runs; from any thread.

        Raises:
            JobStopped: the job is to end.
        """
        with self._guard:
            self._check_going()
            steps = {**self._state.steps, label: (done, total)}
            self._state = replace(self._state, said="", steps=steps)

    def notify(self, words: str) -> None:
        """What the job that runs waits for; from any thread.

        Raises:
            JobStopped: the job is to end.
        """
        with self._guard:
            self._check_going()
            self._state = replace(self._state, said=words)

    def stop(self) -> None:
        """Ask the job that runs to end at its next step. What it committed stays."""
        with self._guard:
            if self._state.running:
                self._state = replace(self._state, stopping=True)

    def close(self, seconds: float) -> bool:
        """Take no more jobs, stop the one that runs, and wait for it at most so long.

        Returns:
            Whether none is under way any more. One that is ends with the program, as if killed.
        """
        with self._guard:
            self._closed = True
        self.stop()
        return self._idle.wait(seconds)

    def _run(self, work: Work) -> None:
        outcome, broken = None, False
        try:
            outcome = work(self)
        except JobStopped:
            _log.info("A change of the library was stopped.")
        except FmqaError as error:
            outcome = JobResult(problem=error)
        except Exception:
            broken = True
            _log.exception("A change of the library broke")
        finally:
            with self._guard:
                self._state = replace(self._state, running=False, outcome=outcome, broken=broken)
                self._idle.set()

    def _check_going(self) -> None:
        if self._state.stopping:
            raise JobStopped


Work = Callable[[Jobs], JobResult]

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


def add_papers(bench: Workbench, ids: Sequence[ArxivId], jobs: Jobs) -> JobResult:
    """Bring in papers from arXiv, as `fmqa ingest ID` does.

    Raises:
        FmqaError: as `Workbench.synchronize` does.
    """
    from fmqa.sync.run_types import Request

    # A paper that the user names again is asked for again, though it failed before.
    request = Request(asked=tuple(ids), depth=0, retry=True)
    report = bench.synchronize(request, jobs.step, jobs.notify)
    lines = _lines(report)
    named = {line.name for line in lines}
    if not report.unreachable:
        lines += [JobLine(KNOWN, one.bare) for one in ids if one.bare not in named]
    return JobResult(tuple(lines), _unreachable(report))


def sync(bench: Workbench, jobs: Jobs) -> JobResult:
    """Bring the library up to date, as `fmqa sync` does.

    Raises:
        FmqaError: as `Workbench.follow` does.
    """
    report = bench.follow(jobs.step, jobs.notify)
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


def add_files(bench: Workbench, uploads: Sequence[Path], jobs: Jobs) -> JobResult:
    """Bring in PDFs that were uploaded. One that can't be had is said in its line.

    Raises:
        RecordBusy: another process writes.
        DiskFull: no room; what was committed stays.
    """
    lines: list[JobLine] = []
    bench.load_starter()
    # Its model may have to be fetched first.
    ingestor = bench.ingestor.telling(jobs.notify)
    jobs.step(READING, 0, len(uploads))
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
        jobs.step(READING, done, len(uploads))
    return JobResult(tuple(lines))


def store_upload(upload: Path, folder: Path, max_mb: int) -> Path:
    """Keep an uploaded PDF under a name made of its content; the name that it came by is no path.

    Returns:
        The file in ``folder``.

    Raises:
        UsageError: it is too large, no PDF, or gone: another tab that sent the same file is done.
        DiskFull: there is no room.
    """
    if not upload.is_file():
        raise UsageError("The file didn't arrive.", hint="Upload it again.")
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
