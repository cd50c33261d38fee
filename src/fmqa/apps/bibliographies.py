"""What a file or a paper cites, for `fmqa references`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fmqa.errors import ReadingError, SourceUnreachable, UsageError
from fmqa.sources.arxiv_ids import ArxivId, asked_id
from fmqa.store.version_store import CitingSentence

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.types import Document, Reference


@dataclass(frozen=True, slots=True)
class CitedBy:
    """A bibliography, the sentences that cite its entries, and why not all could be looked up."""

    references: Sequence[Reference]
    mentions: Sequence[CitingSentence]
    unreachable: SourceUnreachable | None = None


def references_of(bench: Workbench, target: str, *, offline: bool) -> CitedBy:
    """The bibliography of a PDF file, or of a paper in the library or on arXiv.

    Args:
        bench: the program's parts.
        target: path or arXiv id.
        offline: go by the document alone.

    Raises:
        UsageError: the target is neither, or the paper isn't in the library and can't be fetched.
        ReadingError: the file can't be read.
        SourceError: the paper has to be fetched, and can't be.
    """
    path = Path(target).expanduser()
    references: Sequence[Reference]
    mentions: Sequence[CitingSentence]
    if path.is_file():
        document = read_pdf(bench, path.resolve())
        paper = _id_of(document)
        references, mentions = document.references, _sentences(document)
    else:
        paper = asked_id(target)
        if _is_held(bench, paper):
            library = bench.library
            references = library.bibliography.references(paper.bare)
            mentions = library.bibliography.mentions(paper.bare)
            # In the version that is searched, by which its lookups are kept.
            versions = library.record.versions(paper.bare)
            paper = replace(paper, version=next(one for one, _, active in versions if active))
        else:
            document = read_pdf(bench, _fetch(bench, paper, offline))
            references, mentions = document.references, _sentences(document)
    return _resolved(bench, paper, references, mentions, offline=offline)


def _is_held(bench: Workbench, paper: ArxivId) -> bool:
    """Whether the library searches this version's own text, or any version's where none is said."""
    record = bench.library.record
    if paper.version is None:
        return any(bare == paper.bare for bare, _ in record.held_pdfs())
    return any(
        active and version == paper.version for version, _, active in record.versions(paper.bare)
    )


def _fetch(bench: Workbench, paper: ArxivId, offline: bool) -> Path:
    if offline:
        raise UsageError(
            f"The library doesn't hold the text of {paper}.",
            hint=f"Run `fmqa ingest {paper}`, or leave out --offline.",
        )
    from fmqa.sources.arxiv import ArxivClient

    with ArxivClient(bench.settings, notify=bench.notify) as arxiv:
        if paper.version is None:
            found = arxiv.records([paper])
            if not found:
                raise UsageError(f"arXiv has no paper {paper}.")
            paper = replace(paper, version=found[0].version)
        return arxiv.fetch_pdf(paper, bench.settings.papers_dir).path


def read_pdf(bench: Workbench, path: Path) -> Document:
    """The document of a PDF file, which a worker reads within the limits.

    Raises:
        ReadingError: it can't be read.
    """
    from fmqa.reading.pool import read_files

    result = next(iter(read_files([path], bench.read_limits, 1)))
    if result.document is None:
        raise ReadingError(result.outcome, f"{path.name}: {result.detail}.", hint="")
    return result.document


def _id_of(document: Document) -> ArxivId | None:
    meta = document.meta
    return ArxivId(meta.arxiv_id, meta.version) if meta.arxiv_id else None


def _sentences(document: Document) -> list[CitingSentence]:
    pages = {page.number: page.text for page in document.pages}
    return [
        CitingSentence(
            " ".join(pages[m.span.page][m.span.start : m.span.end].split()),
            m.span.page,
            "",
            m.numbers,
        )
        for m in document.mentions
    ]


def _resolved(
    bench: Workbench,
    paper: ArxivId | None,
    references: Sequence[Reference],
    mentions: Sequence[CitingSentence],
    *,
    offline: bool,
) -> CitedBy:
    from fmqa.sources.arxiv import ArxivClient
    from fmqa.sources.scholar import ScholarClient
    from fmqa.sync.resolution import Resolver, as_printed

    if offline:
        return CitedBy([as_printed(reference) for reference in references], mentions)
    settings = bench.settings
    with ExitStack() as stack:
        arxiv = stack.enter_context(ArxivClient(settings, notify=bench.notify))
        scholar = stack.enter_context(ScholarClient(settings, notify=bench.notify))
        resolver = Resolver(bench.library.catalog, arxiv, scholar, notify=bench.notify)
        resolved = resolver.resolve(
            paper,
            references,
            lambda done, total: bench.step("Looking up titles", done, total),
        )
    return CitedBy(resolved, mentions, resolver.unreachable)
