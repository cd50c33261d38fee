"""A data folder that follows papers of the small arXiv, and runs over it as the program does them.

The embedder is `fakes.HashEmbedder`, there are no starter notes, unless a test gives some, and each
PDF is read once for all tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fakes import HashEmbedder
from fmqa.apps.workbench import Workbench
from fmqa.reading.pool import ReadLimits, SandboxedReader, file_sha256
from fmqa.settings import load_settings
from fmqa.sources.arxiv_ids import asked_id
from fmqa.store.library import Library
from fmqa.sync.run_types import PaperLine, Request, SyncReport
from fmqa.types import Outcome, ReadResult, Reference
from records import digest
from small_arxiv import SmallArxiv, World, make_world

MODEL = "hash:64"
OVERSIZE_MB = 1


def small_world(papers: int = 16, seed: int = 3) -> World:
    """A world whose over-size PDF is small enough for tests, if 1 MiB is the limit."""
    return make_world(papers, seed, oversize=(OVERSIZE_MB << 20) + 1)


_READ: dict[tuple[str, ReadLimits], ReadResult] = {}


def read_once(reader: SandboxedReader, path: Path, limits: ReadLimits) -> ReadResult:
    """As `SandboxedReader.read`, but a file that was read before isn't read again."""
    key = file_sha256(path), limits
    if key not in _READ:
        result = _read(reader, path, limits)
        if result.outcome is not Outcome.OK:
            return result
        _READ[key] = result
    return replace(_READ[key], path=path)


_read = SandboxedReader.read


class ArxivHome:
    """One data folder of one small arXiv.

    Args:
        folder: the data folder.
        server: the small arXiv.
        settings: further settings, by their names.
    """

    def __init__(self, folder: Path, server: SmallArxiv, **settings: Any) -> None:
        self.folder = folder
        self.server = server
        self.world = server.world
        self.settings: dict[str, Any] = {"fetch_timeout": 2, "fetch_tries": 4, "llm": "none"}
        self.settings |= settings
        self.notes = folder / "no notes"
        self.told: list[str] = []
        self.reports: list[SyncReport] = []
        if self.world.review:
            self.seeds(follow=[self.world.review])

    @property
    def environment(self) -> dict[str, str]:
        """The settings that lead the program here."""
        own = {f"FMQA_{name.upper()}": str(value) for name, value in self.settings.items()}
        home = {"FMQA_HOME": str(self.folder), "FMQA_FETCH_MAX_MB": str(OVERSIZE_MB)}
        return {**self.server.environment(), **home, **own}

    @property
    def papers(self) -> Path:
        """Where PDFs are kept."""
        return self.folder / "corpus" / "papers"

    def seeds(
        self,
        *,
        follow: Sequence[str] = (),
        seed: Sequence[str] = (),
        query: Sequence[tuple[str, int]] = (),
    ) -> None:
        """Write seeds.toml anew."""
        lines = [f'[[follow]]\narxiv_id = "{one}"\nfollow_references = true\n' for one in follow]
        lines += [f'[[seed]]\narxiv_id = "{one}"\n' for one in seed]
        lines += [f"[[query]]\nquery = '{text}'\nlimit = {limit}\n" for text, limit in query]
        path = self.folder / "corpus" / "seeds.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines), "utf-8")

    @contextmanager
    def bench(self) -> Iterator[Workbench]:
        """The program's parts."""
        names = {name.removeprefix("FMQA_").lower(): v for name, v in self.environment.items()}
        with (
            patch("fmqa.store.embedding.make_embedder", lambda settings: HashEmbedder()),
            patch("fmqa.sources.note_files.starter_folder", lambda: self.notes),
            patch.object(SandboxedReader, "read", read_once),
        ):
            made = Workbench(load_settings(**names), notify=self.told.append)
            try:
                yield made
            finally:
                made.close()

    def ingest(self, *ids: str, **changes: Any) -> SyncReport:
        """`fmqa ingest`, with ids or without."""
        with self.bench() as bench:
            if ids:
                asked = tuple(map(asked_id, ids))
                return bench.synchronize(
                    Request(asked=asked, **{"depth": 0, "workers": 1} | changes)
                )
            return bench.follow(**{"kind": "ingest", "workers": 1} | changes)

    def sync(self, **changes: Any) -> SyncReport:
        """`fmqa sync`."""
        with self.bench() as bench:
            return bench.follow(**{"workers": 1} | changes)

    @contextmanager
    def library(self) -> Iterator[Library]:
        """The library, opened for itself."""
        index = self.folder / "index"
        opened = Library(index, index / "record.sqlite3")
        try:
            yield opened
        finally:
            opened.close()

    def digest(self) -> dict[str, str]:
        """What the library holds; it is looked through for damage, too."""
        with self.library() as library:
            assert library.check() == []
            return digest(library)

    def held(self) -> dict[str, list[int]]:
        """The versions that are held as PDFs, by paper."""
        with self.library() as library:
            found: dict[str, list[int]] = {}
            for paper, version in sorted(library.record.held_pdfs()):
                found.setdefault(paper, []).append(version)
        return found

    def references(self, paper_id: str = "") -> list[Reference]:
        """What the review, or another paper, cites."""
        with self.library() as library:
            return library.bibliography.references(paper_id or self.world.review)

    def changes(self) -> list[tuple[str, str, int | None]]:
        """The changelog without runs: what, of which paper and version."""
        with self.library() as library:
            found = library.catalog.changes()
        return [(one.what, one.paper_id, one.version) for one in found if one.what != "run"]

    def asked_since(self) -> dict[str, int]:
        """How many requests of each kind came since this was last called."""
        found: dict[str, int] = {}
        for request in self.server.requests:
            found[request.kind] = found.get(request.kind, 0) + 1
        self.server.forget()
        return found


def ids(lines: Sequence[PaperLine]) -> set[str]:
    """The papers of a report's list."""
    return {line.arxiv_id for line in lines}


def readable(world: World, papers: Sequence[str]) -> set[str]:
    """Those of the papers whose newest PDF can be had and read."""
    found = (world[one] for one in papers)
    return {p.arxiv_id for p in found if p.manner == "whole" and not p.latest.withdrawn}
