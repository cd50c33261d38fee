"""Works of reference managers in the library: the same papers once, and what becomes of changes."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from arxiv_home import ArxivHome
from fakes import HashEmbedder, document, make_pdf
from fmqa.errors import SourceUnreachable, UsageError
from fmqa.reading.pool import ReadLimits, file_sha256
from fmqa.sources.folder import find_pdfs
from fmqa.sources.note_files import Note
from fmqa.store.library import Library
from fmqa.sync import ingestor as ingestor_module
from fmqa.sync import items as items_module
from fmqa.sync.ingestor import Ingestor
from fmqa.sync.items import ItemsReport, ItemsRun
from fmqa.sync.origins import read_origin, zotero_origins
from fmqa.types import Outcome, PaperMeta, ReadResult, Source
from small_zotero import Attached, Entry, SmallZotero

MEDSAM = "2304.12306"
READ: list[Path] = []


@pytest.fixture(autouse=True)
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Makes a paper of each file at once; keeps which files it was given."""

    def read(paths, limits, workers):
        for path in paths:
            READ.append(path)
            digest = file_sha256(path)
            if path.read_bytes() == b"damaged":
                yield ReadResult(path, Outcome.DAMAGED, "no trailer", sha256=digest)
                continue
            text = f"The text of {digest[:8]} says much."
            made = document(f"local:{digest[:16]}", [text], sha256=digest, arxiv_id=None)
            yield ReadResult(path, Outcome.OK, document=made, sha256=digest)

    monkeypatch.setattr(ingestor_module, "read_files", read)
    READ.clear()
    return READ


@pytest.fixture
def zotero(tmp_path: Path) -> SmallZotero:
    entries = [
        Entry(
            "MEDSAM01",
            "Segment Anything in Medical Images",
            fields={"url": f"https://arxiv.org/abs/{MEDSAM}", "date": "2024"},
            pdfs=(Attached("PDF00001", number=1),),
        ),
        Entry(
            "ANOTHER1",
            "Another Paper on Needles",
            (("Ada", "Wu"),),
            {"DOI": "10.1000/needles", "date": "2021"},
            (Attached("PDF00002", number=2),),
            ("THESIS01",),
        ),
        Entry("WITHOUT1", "Without a File"),
        Entry("LOSTFILE", "Its File Is Lost", pdfs=(Attached("PDF00003", there=False),)),
    ]
    made = SmallZotero(tmp_path / "Zotero", entries, {"THESIS01": ("Thesis", "")})
    made.write()
    return made


@pytest.fixture
def ingestor(library: Library, embedder: HashEmbedder) -> Ingestor:
    return Ingestor(library, embedder.fingerprint, embedder.embed_array)


class Reader:
    """Brings a library's works in, as `fmqa ingest --zotero-data` and `fmqa sync` do."""

    def __init__(self, ingestor: Ingestor, zotero: SmallZotero) -> None:
        self.ingestor = ingestor
        self.zotero = zotero
        self.library = ingestor.library

    def __call__(self, *, asked: bool = True, retry: bool = False) -> ItemsReport:
        self.zotero.write()
        (origin,) = zotero_origins([], self.zotero.folder, "")
        with self.library.writing(self.ingestor.model) as writer:
            run = ItemsRun(self.ingestor, writer, ReadLimits(), asked=asked, retry=retry)
            return run.bring_in(origin, read_origin(origin, ""))

    @property
    def titles(self) -> dict[str, str]:
        return {row.meta.paper_id: row.meta.title for row in self.library.record.papers()}


@pytest.fixture
def bring_in(ingestor: Ingestor, zotero: SmallZotero) -> Reader:
    return Reader(ingestor, zotero)


def keys(report: ItemsReport) -> dict[str, list[str]]:
    return {name: [item.key for item in items] for name, items in report.lists.items() if items}


def test_works_come_in_under_what_zotero_says(bring_in: Reader) -> None:
    report = bring_in()
    assert keys(report) == {
        "added": ["MEDSAM01", "ANOTHER1"], "without": ["WITHOUT1"], "failed": ["LOSTFILE"]
    }  # fmt: skip
    assert "PDF00003" in report.failed[0].failure
    metas = {row.meta.title: row.meta for row in bring_in.library.record.papers()}
    medsam, another = metas["Segment Anything in Medical Images"], metas["Another Paper on Needles"]
    assert (medsam.paper_id, medsam.arxiv_id, medsam.year) == (MEDSAM, MEDSAM, 2024)
    assert (another.paper_id[:6], another.authors) == ("local:", ("Wu, Ada",))
    items = bring_in.library.items.by_paper()
    assert items[MEDSAM].citekey == "maSegmentAnythingMedical2024"
    assert (items[MEDSAM].key, items[MEDSAM].attachment) == ("MEDSAM01", "PDF00001")
    assert bring_in.library.check() == []


def test_nothing_is_read_twice(bring_in: Reader) -> None:
    bring_in()
    before, READ[:] = bring_in.titles, []
    report = bring_in(asked=False)
    assert keys(report)["known"] == ["MEDSAM01", "ANOTHER1"]
    assert (READ, bring_in.titles) == ([], before)


def test_papers_that_are_here_are_the_same(
    bring_in: Reader, ingestor: Ingestor, zotero: SmallZotero, tmp_path: Path
) -> None:
    """By arXiv id, by title and by the file itself; each has another file than Zotero's first."""
    make_pdf(tmp_path / "mine.pdf", 2)
    ingestor.ingest_files([tmp_path / "mine.pdf"], ReadLimits())  # the file of ANOTHER1
    zotero.entries[0].pdfs = (Attached("PDF00001", number=9),)
    bring_in()
    assert len(bring_in.titles) == 2
    READ.clear()
    zotero.entries += [
        Entry("BYTITLE1", "Segment anything in medical images", pdfs=(Attached("P4", number=4),)),
        Entry("BYARXIV1", "Other", fields={"url": f"https://arxiv.org/abs/{MEDSAM}v1"},
              pdfs=(Attached("P5", number=5),)),
    ]  # fmt: skip
    report = bring_in()
    assert [item.paper_id for item in report.same] == [MEDSAM, MEDSAM]
    assert (READ, len(bring_in.titles)) == ([], 2)


def test_two_works_of_one_paper_are_read_once(bring_in: Reader, zotero: SmallZotero) -> None:
    double = replace(zotero.entries[1], key="DOUBLE01", pdfs=(Attached("P9", number=9),))
    zotero.entries.append(double)
    report = bring_in()
    assert len(bring_in.titles) == 2
    (same,) = report.same
    another = next(item for item in report.added if item.key == "ANOTHER1")
    assert (same.key, same.paper_id) == ("DOUBLE01", another.paper_id)
    assert bring_in(asked=False).same == []


def test_a_note_gives_way_to_the_pdf_and_keeps_its_id(bring_in: Reader, ingestor: Ingestor) -> None:
    meta = PaperMeta("topic:needles", 0, "Another Paper on Needles", ("Ada Wu",), 2021)
    ingestor.ingest_notes([Note(meta, "A note of ours. It says much.", (), sha256="n")])
    bring_in()
    rows = {row.meta.paper_id: row for row in bring_in.library.record.papers()}
    assert set(rows) == {"topic:needles", MEDSAM}
    assert rows["topic:needles"].source is Source.PDF


def test_a_changed_pdf_takes_the_place_of_the_old(bring_in: Reader, zotero: SmallZotero) -> None:
    bring_in()
    before = bring_in.titles
    old = bring_in.library.record.passages_of(MEDSAM)[0].passage.text
    zotero.entries[0].pdfs = (Attached("PDF00001", number=7),)
    report = bring_in(asked=False)
    assert keys(report)["added"] == ["MEDSAM01"]
    assert bring_in.titles == before
    assert bring_in.library.record.passages_of(MEDSAM)[0].passage.text != old


def test_changed_facts_reach_the_paper(bring_in: Reader, zotero: SmallZotero) -> None:
    bring_in()
    zotero.entries[1].title = "Another Paper on Needles: A Survey"
    assert keys(bring_in(asked=False))["added"] == ["ANOTHER1"]
    assert "Another Paper on Needles: A Survey" in bring_in.titles.values()
    assert len(bring_in.titles) == 2
    assert bring_in.library.check() == []


def test_works_that_go_take_their_papers_along(bring_in: Reader, zotero: SmallZotero) -> None:
    bring_in()
    zotero.entries[1].binned = True
    report = bring_in(asked=False)
    assert keys(report)["gone"] == ["ANOTHER1"]
    assert set(bring_in.titles) == {MEDSAM}
    zotero.entries[1].binned = False
    assert keys(bring_in(asked=False))["added"] == ["ANOTHER1"]


def test_a_paper_that_something_else_gave_stays(
    bring_in: Reader, ingestor: Ingestor, zotero: SmallZotero, tmp_path: Path
) -> None:
    make_pdf(tmp_path / "mine.pdf", 77)
    ingestor.ingest_files([tmp_path / "mine.pdf"], ReadLimits())
    held = set(bring_in.titles)
    zotero.entries.append(Entry("MINE0001", "Mine", pdfs=(Attached("P8", number=77),)))
    assert [item.paper_id for item in bring_in().same] == list(held)
    zotero.entries.pop()
    bring_in(asked=False)
    assert held <= set(bring_in.titles)


def test_an_empty_library_removes_nothing(bring_in: Reader, zotero: SmallZotero) -> None:
    bring_in()
    before = bring_in.titles
    zotero.entries.clear()
    with pytest.raises(UsageError, match="nothing was removed"):
        bring_in(asked=False)
    assert bring_in.titles == before


def test_a_removed_paper_comes_back_only_when_asked_for(bring_in: Reader) -> None:
    bring_in()
    with bring_in.library.writing("hash:64") as writer:
        writer.remove(MEDSAM)
    bring_in(asked=False)
    assert MEDSAM not in bring_in.titles
    bring_in(asked=True)
    assert MEDSAM in bring_in.titles


def test_what_cannot_be_read_is_tried_again_when_it_changes(
    bring_in: Reader, zotero: SmallZotero
) -> None:
    broken = zotero.folder.parent / "broken.pdf"
    broken.write_bytes(b"damaged")
    # Not "there", so that it isn't written anew.
    zotero.entries[1].pdfs = (Attached("PDF00002", broken, there=False),)
    report = bring_in()
    assert "damaged: no trailer" in {item.failure for item in report.failed}
    READ.clear()
    assert len(bring_in(asked=False).failed) == 2
    assert READ == []
    bring_in(retry=True)
    assert [broken] == READ
    make_pdf(broken, 2)
    assert keys(bring_in(asked=False))["added"] == ["ANOTHER1"]


def test_a_sync_follows_zotero_and_goes_on_without_it(
    home: ArxivHome, zotero: SmallZotero, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # papers of the small arXiv are read as they are
    zotero.write()
    home.settings["zotero_url"] = zotero.url
    with zotero:
        (origin,) = zotero_origins(["Thesis"], None, zotero.url)
        with home.bench() as bench:
            ingestor = bench.ingestor
            with ingestor.library.writing(ingestor.model) as writer:
                run = ItemsRun(ingestor, writer, ReadLimits(), asked=True)
                run.bring_in(origin, read_origin(origin, zotero.url))
        zotero.entries[2].collections = ("THESIS01",)
        zotero.entries[2].pdfs = (Attached("PDF00009", number=9),)
        zotero.write()
        report = home.sync(limit=0)
        assert [line.title for line in report.ingested if "Zotero" in line.why] == [
            "Without a File"
        ]
    before = home.held()
    report = home.sync(limit=0)
    assert home.held() == before
    assert any("Zotero isn't running" in told for told in home.told)
    assert report.unreachable == ""
    with pytest.raises(SourceUnreachable):
        read_origin(origin, zotero.url)


class Folder:
    """A folder that is brought in as `fmqa ingest` does, and followed as `fmqa sync` does."""

    def __init__(self, ingestor: Ingestor, path: Path) -> None:
        self.ingestor = ingestor
        self.path = path
        self.library = ingestor.library

    def ingest(self) -> None:
        results = self.ingestor.ingest_files(find_pdfs([self.path]), ReadLimits())
        with self.library.writing(self.ingestor.model) as writer:
            run = ItemsRun(self.ingestor, writer, ReadLimits(), asked=True)
            run.follow_folder(self.path, [*results.results, *results.known])

    def sync(self) -> ItemsReport:
        (origin,) = self.library.items.origins()
        with self.library.writing(self.ingestor.model) as writer:
            run = ItemsRun(self.ingestor, writer, ReadLimits())
            return run.bring_in(origin, read_origin(origin, ""))

    def papers(self) -> set[str]:
        return {row.meta.paper_id for row in self.library.record.papers()}


@pytest.fixture
def folder(ingestor: Ingestor, tmp_path: Path) -> Folder:
    path = tmp_path / "papers"
    (path / "old").mkdir(parents=True)
    make_pdf(path / "a.pdf", 1)
    make_pdf(path / "old" / "b.pdf", 2)
    (path / "broken.pdf").write_bytes(b"damaged")
    made = Folder(ingestor, path)
    made.ingest()
    return made


def test_a_folder_is_followed(folder: Folder) -> None:
    assert len(READ) == 3
    same = folder.sync()
    assert keys(same) == {"known": ["a.pdf", "old/b.pdf"], "failed": ["broken.pdf"]}
    assert len(READ) == 3  # nothing is read twice
    before = folder.papers()
    make_pdf(folder.path / "new.pdf", 3)
    (folder.path / "old" / "b.pdf").unlink()
    make_pdf(folder.path / "a.pdf", 4)
    done = folder.sync()
    assert keys(done)["added"] == ["a.pdf", "new.pdf"]
    assert keys(done)["gone"] == ["old/b.pdf"]
    assert len(before) == len(folder.papers()) == 2
    assert len(READ) == 5
    assert folder.library.items.by_paper() == {}  # they have no citation keys


def test_a_file_that_moves_within_its_folder_stays(folder: Folder) -> None:
    before = folder.papers()
    (folder.path / "a.pdf").rename(folder.path / "c.pdf")
    done = folder.sync()
    assert keys(done)["same"] == ["c.pdf"]
    assert keys(done)["gone"] == ["a.pdf"]
    shown = {Path(row.file).name for row in folder.library.record.papers()}
    assert shown == {"c.pdf", "b.pdf"}  # whose pages can be shown
    assert folder.papers() == before
    assert len(READ) == 3


def test_a_folder_that_is_ingested_again_lets_go_of_what_changed(folder: Folder) -> None:
    make_pdf(folder.path / "a.pdf", 4)
    folder.ingest()
    assert len(folder.papers()) == 2


def test_a_folder_that_is_gone_or_empty_removes_nothing(folder: Folder) -> None:
    before = folder.papers()
    for path in find_pdfs([folder.path]):
        path.unlink()
    with pytest.raises(UsageError, match="holds no works now"):
        folder.sync()
    folder.path.rename(folder.path.with_name("elsewhere"))
    with pytest.raises(UsageError, match="no file or folder"):
        folder.sync()
    assert folder.papers() == before


def test_only_a_file_that_is_surely_gone_takes_its_paper_with_it(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = folder.papers()

    def lstat(path: Path) -> os.stat_result:
        if path.name == "b.pdf":
            raise OSError(errno.EIO, "the drive doesn't answer")
        return os.lstat(path)

    (folder.path / "old" / "b.pdf").unlink()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "lstat", lstat)
        assert keys(folder.sync())["known"] == ["a.pdf"]
    assert folder.papers() == before
    assert keys(folder.sync())["gone"] == ["old/b.pdf"]
    assert len(folder.papers()) == 1


@pytest.mark.parametrize("again", [Folder.ingest, Folder.sync])
def test_a_file_that_fails_for_a_while_keeps_its_paper(
    folder: Folder, again: Callable[[Folder], object]
) -> None:
    before = folder.papers()
    (folder.path / "a.pdf").write_bytes(b"damaged")  # as while it is copied
    again(folder)
    assert folder.papers() == before
    make_pdf(folder.path / "a.pdf", 4)
    assert keys(folder.sync())["added"] == ["a.pdf"]
    assert folder.papers() == before
    assert file_sha256(folder.path / "a.pdf") in folder.library.record.held_pdfs().values()


def test_a_file_that_is_as_it_was_again_is_not_read_again(folder: Folder) -> None:
    held = (folder.path / "a.pdf").read_bytes()
    (folder.path / "a.pdf").write_bytes(b"damaged")
    folder.sync()
    (folder.path / "a.pdf").write_bytes(held)
    read = len(READ)
    assert keys(folder.sync())["known"] == ["a.pdf", "old/b.pdf"]
    assert len(READ) == read
    (folder.path / "a.pdf").unlink()
    assert keys(folder.sync())["gone"] == ["a.pdf"]
    assert len(folder.papers()) == 1


def test_a_file_is_hashed_again_only_when_it_may_have_changed(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[Path] = []

    def sha256(path: Path) -> str:
        hashed.append(path)
        return file_sha256(path)

    monkeypatch.setattr(items_module, "file_sha256", sha256)
    folder.sync()
    assert len(hashed) == 3  # they are new
    store = folder.library.items
    (origin,) = store.origins()
    later = "2999-01-01T00:00:00+00:00"
    store.put([replace(item, at=later) for item in store.of(origin).values()])
    hashed.clear()
    folder.sync()
    assert hashed == []
