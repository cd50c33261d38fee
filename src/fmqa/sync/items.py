"""Works of reference managers and files of folders, brought into the library and followed.

A work whose paper is in the library already, by its file, arXiv id, DOI or title, is that paper:
nothing is read twice. Otherwise its PDF is read under what the reference manager says of it. What
was read so goes again when the work does, unless something else asks for the paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fmqa.errors import UsageError
from fmqa.reading.pool import ReadLimits, file_sha256
from fmqa.sources.zotero import Item, with_citekeys
from fmqa.store.arxiv_catalog import now
from fmqa.store.item_store import StoredItem
from fmqa.store.writer import RecordWriter
from fmqa.sync.ingestor import Ingestor
from fmqa.sync.matching import WorkFinder
from fmqa.sync.origins import folder_items, is_folder, shown
from fmqa.sync.run_types import PaperLine
from fmqa.types import Outcome, PaperMeta, ReadResult, Reference, Source

_READING = "Reading and embedding"
_OF_WORK = ("title", "authors", "year", "doi", "arxiv_id")
_CLOCKS = timedelta(hours=1)
_WAITING = "item "  # before the key, for the paper that a work is to become


@dataclass
class ItemsReport:
    """What became of an origin's works.

    ``added`` were read now, ``same`` are papers that the library has otherwise, ``known`` are as
    they were, ``without`` have no PDF, ``failed`` say why, ``gone`` aren't there any more.
    """

    origin: str
    added: list[StoredItem] = field(default_factory=list)
    same: list[StoredItem] = field(default_factory=list)
    known: list[StoredItem] = field(default_factory=list)
    without: list[StoredItem] = field(default_factory=list)
    failed: list[StoredItem] = field(default_factory=list)
    gone: list[StoredItem] = field(default_factory=list)
    passages: int = 0

    @property
    def lists(self) -> dict[str, list[StoredItem]]:
        """The works by what became of them."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in found.items() if isinstance(value, list)}

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(eq=False)
class ItemsRun:
    """Brings the works of origins in, under the writer's lock.

    Args:
        asked: the user names the origins, so that papers that he removed come back.
        retry: read again what couldn't be read.
        workers: reading processes.
        step: told of progress as (label, done, total).
    """

    ingestor: Ingestor
    writer: RecordWriter
    limits: ReadLimits
    _: KW_ONLY
    asked: bool = False
    retry: bool = False
    workers: int = 2
    step: Callable[[str, int, int], None] = lambda label, done, total: None

    def __post_init__(self) -> None:
        self.library = self.ingestor.library
        self.store = self.library.items
        self.removed = set() if self.asked else self.library.catalog.excluded()
        self.began = now()

    def bring_in(self, origin: str, items: Iterable[Item]) -> ItemsReport:
        """Bring the library to what an origin holds now, and follow it from now on.

        Raises:
            UsageError: it held works before and holds none now; nothing is changed.
            DiskFull: no room; what was committed stays.
        """
        report = ItemsReport(origin)
        before = self.store.of(origin)
        found = list(items) if is_folder(origin) else with_citekeys(items)
        if before and not found:
            raise UsageError(
                f"{shown(origin)} holds no works now; nothing was removed.",
                hint="Look whether it is the right one.",
            )
        gone = before.keys() - {item.key for item in found}
        if is_folder(origin):
            gone = {key for key in gone if _is_gone(Path(origin) / key)}
        self.store.follow(origin)
        placing = _Placing(self, report, before)
        for item in found:
            placing.place(item, origin)
        self._read(placing, report)
        for key in sorted(gone):
            report.gone.append(before[key])
            self.let_go(before[key], f"no longer in {shown(origin)}")
        return report

    def follow_folder(self, folder: Path, results: Iterable[ReadResult]) -> None:
        """Follow a folder from now on.

        Args:
            folder: absolute and resolved.
            results: of files that were just brought in; those in the folder aren't read again.
        """
        origin = str(folder)
        before = self.store.of(origin)
        inside = {result.path: result for result in results if folder in result.path.parents}
        read, failed = list[Item](), list[StoredItem]()
        for item in folder_items(folder):
            result = inside.get(item.file) if item.file else None
            if result is not None and result.outcome is Outcome.OK:
                read.append(item)
            elif result is not None:
                old = before.get(item.key)
                stored = stored_item(item, origin, old, self.began)
                if old is not None:
                    stored = replace(stored, paper_id=old.paper_id)
                failed.append(self._settled(stored, result))
        if read or not before:
            self.bring_in(origin, read)
        self.store.put(failed)

    def _read(self, placing: _Placing, report: ItemsReport) -> None:
        """Read the PDFs that are new, and then settle the works that wait for them."""
        reading = placing.reading
        results = self.ingestor.read_in(
            self.writer,
            list(reading),
            self.limits,
            workers=self.workers,
            facts=lambda path: reading[path].facts,
        )
        papers: dict[str, str] = {}
        for done, result in enumerate(results, start=1):
            item = self._settled(reading[result.path].item, result)
            papers[_WAITING + item.key] = item.paper_id
            (report.failed if item.failure else report.added).append(item)
            report.passages += result.passages
            old = placing.before.get(item.key)
            self.store.put([item])
            if old is not None and item.paper_id and item.paper_id != old.paper_id:
                self.let_go(replace(old, key=""), f"now {item.paper_id}")
            self.step(_READING, done, len(reading))
        report.same += [
            replace(item, paper_id=papers.get(item.paper_id, "")) for item in placing.doubles
        ]
        self.store.put(report.same)

    def _settled(self, item: StoredItem, result: ReadResult) -> StoredItem:
        if result.outcome is Outcome.OK:
            return replace(item, paper_id=self.store.paper_of(result.sha256))
        return replace(item, failure=f"{result.outcome.value}: {result.detail}")

    def let_go(self, old: StoredItem, why: str) -> None:
        """Forget a work, and its paper where that was read from it and nothing else asks for it."""
        ours, last = self.store.was_read(old), self.store.drop(old)
        if not (ours and last):
            return
        catalog = self.library.catalog
        wished = {wish.arxiv_id for wish in catalog.wishes()}
        held = self.library.record.held_pdfs().items()
        texts = {sha256 for (paper, _), sha256 in held if paper == old.paper_id}
        fetched = {file.sha256 for file in catalog.files().values()}
        if old.paper_id not in wished and texts - fetched == {old.sha256}:
            self.writer.retire(old.paper_id, why)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A work whose PDF is to be read, and what it is read under."""

    item: StoredItem
    facts: PaperMeta


class _Placing:
    """Tells for each work of an origin whether its paper is here, and what has to be read."""

    def __init__(self, run: ItemsRun, report: ItemsReport, before: dict[str, StoredItem]) -> None:
        record = run.library.record
        rows = record.papers()
        self.run = run
        self.report = report
        self.before = before
        self.works = WorkFinder((row.meta for row in rows), run.library.catalog.facts())
        self.own_text = {row.meta.paper_id for row in rows if row.source is Source.PDF}
        self.reading: dict[Path, _Reading] = {}
        self.doubles: list[StoredItem] = []

    def place(self, item: Item, origin: str) -> None:
        """Write down what the work is, or have its PDF read."""
        work = item.work
        old = self.before.get(item.key)
        stored = stored_item(item, origin, old, self.run.began)
        here = self._here(old, work)
        paper = here or self.works.find(work)
        stored = replace(stored, paper_id=paper.paper_id if paper else "")
        if old is not None and old.paper_id in self.run.removed:
            self._done(self.report.known, replace(stored, paper_id=old.paper_id))
        elif item.file is None:
            self._done(self.report.failed if item.missing else self.report.without, stored)
        elif old is not None and old.failure and _same(old, stored) and not self.run.retry:
            self._done(self.report.failed, replace(stored, failure=old.failure))
        elif paper is not None and self._needs_nothing(stored, old, here):
            as_before = old is not None and old.paper_id == stored.paper_id
            self._done(self.report.known if as_before else self.report.same, stored)
        elif paper is not None and paper.paper_id.startswith(_WAITING):
            self.doubles.append(stored)
        else:
            self._read(item, stored, paper)

    def _here(self, old: StoredItem | None, work: Reference) -> PaperMeta | None:
        """The paper that the work was found to be before, where that still holds."""
        paper = self.works.papers.get(old.paper_id) if old is not None else None
        if paper is not None and work.arxiv_id and paper.arxiv_id not in (None, work.arxiv_id):
            return None
        return paper

    def _needs_nothing(
        self, stored: StoredItem, old: StoredItem | None, here: PaperMeta | None
    ) -> bool:
        """Whether the library's own text of the paper serves."""
        if stored.paper_id not in self.own_text:
            return False
        if old is None or here is None:
            return True
        # What was read from this very item follows it, and so does what couldn't be; another text
        # of the paper doesn't.
        failed = old.failure and old.file
        unread = failed and self.run.store.paper_of(stored.sha256) != stored.paper_id
        return _same(old, stored) or not (unread or self.run.store.was_read(old))

    def _read(self, item: Item, stored: StoredItem, paper: PaperMeta | None) -> None:
        assert item.file is not None
        known = self.run.store.paper_of(stored.sha256)
        old = self.before.get(item.key)
        if known and (old is None or old.paper_id != known):
            self.run.writer.found_at(stored.sha256, item.file)
            self._done(self.report.same, replace(stored, paper_id=known))
            if old is not None and old.paper_id:
                self.run.let_go(replace(old, key=""), f"now {known}")
            return
        work = item.work
        facts = PaperMeta(
            paper_id=paper.paper_id if paper else work.arxiv_id or "",
            version=0,
            title=work.title,
            authors=work.authors,
            year=work.year,
            arxiv_id=paper.arxiv_id if paper else work.arxiv_id,
        )
        if item.file in self.reading:
            waiting = self.reading[item.file].item.key
            self.doubles.append(replace(stored, paper_id=_WAITING + waiting))
            return
        self.reading[item.file] = _Reading(stored, facts)
        if paper is None:
            self.works.put(replace(facts, paper_id=_WAITING + item.key), work.doi)

    def _done(self, lines: list[StoredItem], item: StoredItem) -> None:
        lines.append(item)
        self.run.store.put([item])


def stored_item(item: Item, origin: str, old: StoredItem | None, at: str) -> StoredItem:
    """A work as it is kept, with its file's hash.

    Args:
        old: the same work as it was kept before; a file that is older than that isn't read.
        at: the time, from before anything was looked at.
    """
    work, path = item.work, item.file
    unchanged = path is not None and old is not None and _is_older(path, old)
    return StoredItem(
        origin=origin,
        key=item.key,
        citekey=item.citekey,
        title=work.title,
        authors=work.authors,
        year=work.year,
        doi=work.doi or "",
        arxiv_id=work.arxiv_id or "",
        attachment=item.attachment,
        file=str(path or ""),
        sha256=old.sha256 if old and unchanged else file_sha256(path) if path else "",
        failure=item.missing,
        at=at,
    )


def _is_gone(path: Path) -> bool:
    """Whether a file is surely not there: a folder or drive that can't be read says nothing."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        pass
    return False


def _is_older(path: Path, old: StoredItem) -> bool:
    """Whether a file hasn't changed since a work was kept.

    The time of the last change of its inode tells, which no copying sets back; an hour is left for
    clocks that differ.
    """
    if old.file != str(path) or not (old.sha256 and old.at):
        return False
    try:
        state = path.stat()
    except OSError:
        return False
    changed = max(state.st_mtime, state.st_ctime)
    return changed < (datetime.fromisoformat(old.at) - _CLOCKS).timestamp()


def _same(old: StoredItem, new: StoredItem) -> bool:
    """Whether a work and its PDF are as they were."""
    return old.sha256 == new.sha256 and all(
        getattr(old, name) == getattr(new, name) for name in _OF_WORK
    )


def item_line(item: StoredItem) -> PaperLine:
    """A work as a run's report names it."""
    why = item.failure or f"{item.citekey or item.key} in {shown(item.origin)}"
    return PaperLine(item.paper_id or item.key, 0, item.title, why)
