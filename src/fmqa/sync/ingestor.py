"""Ingestion: files → reading → embedding → the record, with an outcome for each file.

An engine reads and embeds: the processes of this machine, or the workers of a cluster. A paper is
committed as soon as it is embedded, so that a kill loses the paper at hand and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fmqa.reading.notes import note_document
from fmqa.reading.pool import ReadLimits, file_sha256, read_files
from fmqa.sources.note_files import Note, mark_of, note_on
from fmqa.store.mappers import content_hash, passage_texts
from fmqa.store.writer import RecordWriter
from fmqa.sync.matching import as_local, is_paper
from fmqa.types import ArxivRecord, Document, Outcome, PaperMeta, ReadResult

if TYPE_CHECKING:
    from fmqa.store.library import Library


Vectors = NDArray[np.float32]
EmbedTexts = Callable[[Sequence[str]], Vectors]
Texts = Mapping[bytes, str]
"""What is to be embedded, by the texts' content hashes."""
ChooseTexts = Callable[[ReadResult], Texts]
EngineResult = tuple[ReadResult, Mapping[bytes, Vectors]]
Notify = Callable[[str], None]


class Engine(Protocol):
    """Reads files and embeds their passages. It knows no record and writes none."""

    def work(
        self,
        paths: Iterable[Path],
        limits: ReadLimits,
        choose: ChooseTexts,
        *,
        workers: int = 2,
        notify: Notify = lambda words: None,
    ) -> Generator[EngineResult]:
        """Each file's result with the vectors of its texts, as they are done, in no fixed order.

        Closing the iterator ends the work. Each failure to read is an outcome in a result.

        Args:
            paths: the files; taken as there is room for them. An iterator that waits for files to
                come has a method ``close_waiting``, which ends its waiting.
            choose: asked once a file is read, by the thread that iterates: which texts to embed.
            workers: reading processes, where the engine has a say in it.
            notify: called with what is waited for.
        """
        ...


class LocalEngine:
    """Worker processes of this machine read while this process embeds.

    Args:
        embed: turns texts into unit vectors, shape (texts, dimension).
    """

    def __init__(self, embed: EmbedTexts) -> None:
        self.embed = embed

    def work(
        self,
        paths: Iterable[Path],
        limits: ReadLimits,
        choose: ChooseTexts,
        *,
        workers: int = 2,
        notify: Notify = lambda words: None,
    ) -> Generator[EngineResult]:
        """As `Engine.work` says; nothing is ever waited for."""
        for result in read_files(paths, limits, workers):
            texts = choose(result)
            fresh = self.embed(list(texts.values())) if texts else ()
            yield result, dict(zip(texts, fresh, strict=True))


Progress = Callable[[ReadResult], None]
Facts = Callable[[Path], PaperMeta | None]
"""What is known of the paper at a path. Without an id it is the file's own, version 0 too."""

OWN_PAGES = "its pages say so"
"""The notice of a paper whose own pages are marked as a retracted one's."""
_NOTES_MARK = "starter_notes"


@dataclass
class IngestReport:
    """What an ingestion did: each file's result, and how many were left alone as known."""

    results: list[ReadResult] = field(default_factory=list)
    known: list[ReadResult] = field(default_factory=list)
    passages: int = 0

    def count(self, outcome: Outcome) -> int:
        """How many of the files read now ended so."""
        return sum(result.outcome is outcome for result in self.results)


class Ingestor:
    """Brings documents into a library.

    Args:
        embed: turns texts into unit vectors, shape (texts, dimension).
        engine: reads and embeds papers; this machine, by ``embed``, where none is given.
    """

    def __init__(
        self, library: Library, model: str, embed: EmbedTexts, engine: Engine | None = None
    ) -> None:
        self.library = library
        self.model = model
        self.embed = embed
        self.engine = engine or LocalEngine(embed)
        self._notify: Notify = lambda words: None

    def telling(self, notify: Notify) -> Ingestor:
        """The same, which calls ``notify`` with what it waits for."""
        made = copy(self)
        made._notify = notify
        return made

    def ingest_files(
        self,
        paths: Sequence[Path],
        limits: ReadLimits,
        *,
        retry: bool = False,
        workers: int = 2,
        progress: Progress = lambda result: None,
    ) -> IngestReport:
        """Read, embed and commit PDF files.

        Args:
            paths: absolute paths of files.
            retry: read again what is known, whatever its outcome was.

        Raises:
            ClusterError: the cluster that the engine is can't do its work.
            RecordBusy: another process writes.
            DiskFull: no room; what was committed stays.
        """
        report = IngestReport()
        with self.library.writing(self.model) as writer:
            waiting, copies = self._new_files(paths, retry, writer, report, progress)
            for result in self.read_in(writer, waiting, limits, workers=workers):
                report.results.append(result)
                progress(result)
        report.passages = sum(result.passages for result in report.results)
        read = {result.path: result for result in report.results}
        for path, first in copies:
            same = replace(read[first], path=path, detail=f"the same file as {first.name}")
            report.known.append(same)
            progress(same)
        return report

    def _new_files(
        self,
        paths: Sequence[Path],
        retry: bool,
        writer: RecordWriter,
        report: IngestReport,
        progress: Progress,
    ) -> tuple[list[Path], list[tuple[Path, Path]]]:
        """The files to read, whose content isn't in the journal, and copies of them."""
        journal = {} if retry else {entry.sha256: entry for entry in writer.journal()}
        waiting, copies = list[Path](), list[tuple[Path, Path]]()
        taken: dict[str, Path] = {}
        for path in paths:
            digest = file_sha256(path)
            known = journal.get(digest)
            if known is not None and digest:
                writer.found_at(digest, path)
                report.known.append(replace(known, path=path))
                progress(report.known[-1])
            elif digest and digest in taken:
                copies.append((path, taken[digest]))
            else:
                taken[digest] = path
                waiting.append(path)
        return waiting, copies

    def read_in(
        self,
        writer: RecordWriter,
        paths: Iterable[Path],
        limits: ReadLimits,
        *,
        workers: int = 2,
        facts: Facts = lambda path: None,
    ) -> Iterator[ReadResult]:
        """Read files as they come, embed each and commit it; then its result, without the document.

        Args:
            paths: of the files; see `Engine` for those that have to be waited for.
            facts: what arXiv or a reference manager says of the paper at a path; None where the
                file's own word has to do.
        """

        def document_of(result: ReadResult) -> Document | None:
            """What is committed: the paper as read, under what is known of it by now."""
            if result.document is None:
                return None
            known = facts(result.path)
            if known is None:
                return writer.known(_own(writer, result.document))
            read = result.document if known.paper_id else _own(writer, result.document)
            merged = writer.known(_with_facts(read, known))
            return _with_facts(merged, known)  # their word is the last one

        def choose(result: ReadResult) -> Texts:
            document = document_of(result)
            return self._missing(writer, document)[0] if document else {}

        worked = self.engine.work(paths, limits, choose, workers=workers, notify=self._notify)
        with closing(worked):
            for result, fresh in worked:
                document = document_of(result)
                if document is None:
                    known = facts(result.path)
                    writer.log(result, known if known and known.paper_id else None)
                    yield result
                    continue
                vectors = self._vectors(writer, document, fresh)
                noted = replace(result, detail=_remarks(result, document))
                writer.add(document, vectors, self.model, noted)
                if document.retracted:
                    writer.set_withdrawn(document.meta.paper_id, True, OWN_PAGES)
                yield replace(noted, document=None, passages=len(document.passages))

    def _missing(self, writer: RecordWriter, document: Document) -> tuple[Texts, dict[bytes, Any]]:
        """The document's texts that were never embedded, and the vectors of the others."""
        texts = {content_hash(text): text for text in passage_texts(document)}
        held = writer.embeddings(self.model, list(texts))
        return {key: text for key, text in texts.items() if key not in held}, held

    def _vectors(
        self, writer: RecordWriter, document: Document, fresh: Mapping[bytes, Vectors] | None = None
    ) -> Vectors:
        """The passages' vectors; only texts that were never embedded are.

        ``fresh`` holds those that the engine made. Some may be missing from it where another
        version of the paper, committed meanwhile, changed the title.
        """
        hashes = [content_hash(text) for text in passage_texts(document)]
        if not hashes:
            return np.zeros((0, 0), dtype=np.float32)
        texts, held = self._missing(writer, document)
        held |= fresh or {}
        missing = {key: text for key, text in texts.items() if key not in held}
        if missing:
            held |= dict(zip(missing, self.embed(list(missing.values())), strict=True))
        return np.stack([held[key] for key in hashes])

    def holds_notes(self, mark: str) -> bool:
        """Whether the library holds the state of the starter library that ``mark`` names."""
        return self.library.record.meta(_NOTES_MARK) == mark

    def ingest_notes(self, notes: Sequence[Note]) -> int:
        """Bring the starter library up to date: write changed notes, remove those that are gone.

        Returns:
            How many notes were written or removed; 0 when nothing had changed.
        """
        if self.holds_notes(notes_mark(notes)):
            return 0
        with self.library.writing(self.model) as writer:
            held = writer.notes()
            removed = self.library.catalog.excluded()
            removed -= held.keys()  # of these only the paper was removed
            wanted = {n.meta.paper_id: n for n in notes if n.meta.paper_id not in removed}
            changed = [note for key, note in wanted.items() if held.get(key) != note.sha256]
            documents = [writer.known(note_document(note)) for note in changed]
            self._embed_together(writer, documents)
            for document in documents:
                writer.drop_notes(document.meta.paper_id)
                writer.add(document, self._vectors(writer, document), self.model)
            gone = [paper_id for paper_id in held if paper_id not in wanted]
            for paper_id in gone:
                writer.drop_notes(paper_id)
            writer.set_meta(_NOTES_MARK, notes_mark(notes))
        return len(changed) + len(gone)

    def _embed_together(self, writer: RecordWriter, documents: Sequence[Document]) -> None:
        """Embed many short documents in one batch, which is several times as fast as one by one."""
        texts = {content_hash(t): t for document in documents for t in passage_texts(document)}
        held = writer.embeddings(self.model, texts)
        missing = [key for key in texts if key not in held]
        if missing:
            writer.put_embeddings(self.model, missing, self.embed([texts[key] for key in missing]))


def paper_meta(record: ArxivRecord) -> PaperMeta:
    """What arXiv says of a paper, as the record keeps it."""
    year = record.published[:4]
    return PaperMeta(
        paper_id=record.arxiv_id,
        version=record.version,
        title=record.title,
        authors=record.authors,
        year=int(year) if year.isdigit() else None,
        arxiv_id=record.arxiv_id,
    )


def _own(writer: RecordWriter, document: Document) -> Document:
    """The document under its own id where it isn't the paper that its name or stamp gives."""
    named = document.meta.arxiv_id
    if named is None:
        return document
    held = writer.held(named)
    if held is None:
        note = note_on(named)
        held = note.meta if note else None
    return document if held is None or is_paper(document, held) else as_local(document)


def _remarks(result: ReadResult, document: Document) -> str:
    """What is said of a file that was read: what is missing, and whose id it doesn't take."""
    said = [result.detail]
    named = result.document.meta.arxiv_id if result.document else None
    if named and document.meta.arxiv_id is None:
        said.append(f"kept as a paper of its own: page 1 isn't that of {named}, which it names")
    if document.retracted:
        said.append("its pages say that it was retracted")
    return "; ".join(filter(None, said))


def _with_facts(document: Document, facts: PaperMeta) -> Document:
    """The document with what is known of it otherwise."""
    read = document.meta
    meta = replace(
        read,
        paper_id=facts.paper_id or read.paper_id,
        arxiv_id=facts.arxiv_id if facts.paper_id else read.arxiv_id,
        version=facts.version or read.version,
        title=facts.title or read.title,
        authors=facts.authors or read.authors,
        year=facts.year or read.year,
    )
    return replace(document, meta=meta)


def notes_mark(notes: Sequence[Note]) -> str:
    """Names this state of the starter library."""
    return mark_of(note.sha256 for note in notes)
