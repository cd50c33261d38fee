"""A Zotero library, from the running Zotero and from its data folder."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from fmqa.errors import SourceRefused, SourceUnreachable, UsageError
from fmqa.sources.zotero import (
    Item,
    ZoteroLibrary,
    citekey_of,
    find_collection,
    items_in,
    with_citekeys,
)
from fmqa.sources.zotero_api import ZoteroApi
from fmqa.sources.zotero_data import ZoteroData
from fmqa.types import Reference
from small_zotero import GROUP, Attached, Entry, SmallZotero


def entries(folder: Path) -> list[Entry]:
    linked = folder / "linked" / "with space é.pdf"
    return [
        Entry(
            "MEDSAM01",
            "Segment Anything in Medical Images",
            (("Jun", "Ma"), ("Yuting", "He")),
            {"DOI": "10.1038/s41467-024-44824-z", "date": "2024-01-22"},
            (Attached("PDF00001"),),
            ("THESIS01",),
        ),
        Entry(
            "PREPRINT",
            "A Preprint",
            (("Ada", "Wu"),),
            {
                "archiveID": "arXiv:2310.15161",
                "extra": "arXiv:2310.15161 [cs]\nCitation Key: wuOwnKey",
                "date": "2023",
            },
            (Attached("PDF00002", linked, 2),),
            ("SEGMENT1",),
            kind="preprint",
        ),
        Entry("LOSTFILE", "Its File Is Lost", pdfs=(Attached("PDF00003", there=False),)),
        Entry("WITHOUT1", "Without a File", fields={"url": "http://arxiv.org/abs/2304.12306v2"}),
        Entry("BINNED01", "In the Bin", binned=True),
        Entry("ANOTE001", "", kind="note"),
    ]


FOLDERS = {"THESIS01": ("Thesis", ""), "SEGMENT1": ("Segmentation", "THESIS01")}


@pytest.fixture
def zotero(tmp_path: Path) -> Iterator[SmallZotero]:
    made = SmallZotero(tmp_path / "Zotero", entries(tmp_path), FOLDERS)
    made.write()
    with made:
        yield made


@pytest.fixture(params=["api", "api without pages", "data folder", "locked data folder"])
def library(zotero: SmallZotero, request: pytest.FixtureRequest) -> Iterator[ZoteroLibrary]:
    """The library, by each way to it."""
    zotero.paged = request.param != "api without pages"
    if "folder" not in request.param:
        with ZoteroApi(zotero.url) as api:
            yield api
        return
    with closing(sqlite3.connect(zotero.folder / "zotero.sqlite")) as db:
        if "locked" in request.param:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("BEGIN EXCLUSIVE")
        yield ZoteroData(zotero.folder)


def by_key(items: list[Item]) -> dict[str, Item]:
    return {item.key: item for item in items}


def test_items_come_with_what_zotero_says_of_them(
    library: ZoteroLibrary, zotero: SmallZotero
) -> None:
    found = by_key(items_in(library))
    assert set(found) == {"MEDSAM01", "PREPRINT", "LOSTFILE", "WITHOUT1"}
    medsam, preprint = found["MEDSAM01"], found["PREPRINT"]
    assert medsam.work.title == "Segment Anything in Medical Images"
    assert medsam.work.authors == ("Ma, Jun", "He, Yuting")
    assert (medsam.work.year, medsam.work.doi) == (2024, "10.1038/s41467-024-44824-z")
    assert (medsam.attachment, medsam.file) == (
        "PDF00001",
        zotero.folder / "storage" / "PDF00001" / "PDF00001 paper.pdf",
    )
    assert (preprint.citekey, preprint.work.arxiv_id) == ("wuOwnKey", "2310.15161")
    assert preprint.file == zotero.folder.parent / "linked" / "with space é.pdf"
    assert found["LOSTFILE"].file is None
    assert "PDF00003" in found["LOSTFILE"].missing
    assert (found["WITHOUT1"].missing, found["WITHOUT1"].work.arxiv_id) == ("", "2304.12306")


def test_a_collection_has_what_is_in_its_own_collections(library: ZoteroLibrary) -> None:
    assert set(by_key(items_in(library, "THESIS01"))) == {"MEDSAM01", "PREPRINT"}
    assert set(by_key(items_in(library, "SEGMENT1"))) == {"PREPRINT"}
    with pytest.raises(UsageError, match="NOTTHERE"):
        items_in(library, "NOTTHERE")


def test_collections_go_by_name_path_and_key(library: ZoteroLibrary) -> None:
    found = library.collections()
    for named in ("thesis/segmentation", "Segmentation", "SEGMENT1"):
        assert find_collection(found, named).key == "SEGMENT1"
    with pytest.raises(UsageError, match="Segmantation") as failed:
        find_collection(found, "Segmantation")
    assert "Segmentation" in failed.value.hint


@pytest.mark.parametrize("way", ["api", "data folder"])
def test_the_library_of_a_group_is_apart(zotero: SmallZotero, way: str) -> None:
    zotero.shared = [
        Entry("SHARED01", "Of the Group", pdfs=(Attached("PDF00009"),), collections=("JOINT001",)),
        Entry("SHARED02", "Loose"),
    ]
    zotero.shared_folders = {"JOINT001": ("Thesis", "")}
    zotero.write()

    def opened(group: str = "") -> AbstractContextManager[ZoteroLibrary]:
        made = ZoteroApi(zotero.url, group) if way == "api" else None
        return made or nullcontext(ZoteroData(zotero.folder, group))

    with opened() as own:
        (group,) = own.groups()
        assert (group.key, group.name) == (str(GROUP), "Lab")
        assert not {"SHARED01", "SHARED02"} & by_key(own.items()).keys()
        assert find_collection(own.collections(), "Thesis").key == "THESIS01"
    with opened(group.key) as shared:
        assert set(by_key(shared.items())) == {"SHARED01", "SHARED02"}
        (item,) = items_in(shared, find_collection(shared.collections(), "Thesis").key)
    assert item.file == zotero.folder / "storage" / "PDF00009" / "PDF00009 paper.pdf"


def test_two_collections_of_one_name_are_told_apart(tmp_path: Path) -> None:
    folders = {"A": ("Thesis", ""), "B": ("New", "A"), "C": ("New", "")}
    zotero = SmallZotero(tmp_path / "Zotero", [], folders | {"D": ("New", "B")})
    found = ZoteroData(zotero.write()).collections()
    assert find_collection(found, "Thesis/New").key == "B"
    assert find_collection(found, "New").key == "C"  # the one at the top
    with pytest.raises(UsageError, match="no collection"):
        find_collection([], "New")
    with pytest.raises(UsageError, match="2 collections") as failed:
        find_collection([one for one in found if one.key != "C"], "New")
    assert "Thesis/New (B)" in failed.value.hint


@pytest.mark.parametrize("paged", [True, False])
def test_long_lists_come_whole(tmp_path: Path, paged: bool) -> None:
    many = [Entry(f"ITEM{n:04}", f"Paper {n}") for n in range(250)]
    with SmallZotero(tmp_path, many, paged=paged) as zotero, ZoteroApi(zotero.url) as api:
        assert [item.key for item in api.items()] == [entry.key for entry in many]


def test_a_zotero_that_is_not_running_is_said(zotero: SmallZotero) -> None:
    with ZoteroApi("http://127.0.0.1:9") as api, pytest.raises(SourceUnreachable) as failed:
        api.items()
    assert "isn't running" in str(failed.value)
    assert "--zotero-data" in failed.value.hint


@pytest.mark.parametrize(
    ("status", "said"), [(403, "switched off"), (501, "version 3"), (500, "isn't Zotero")]
)
def test_refusals_say_what_to_do(zotero: SmallZotero, status: int, said: str) -> None:
    zotero.status = status
    with ZoteroApi(zotero.url) as api, pytest.raises(SourceRefused, match=said) as failed:
        api.collections()
    assert failed.value.hint


def test_something_else_at_the_port_is_told_from_zotero() -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Welcome")

        def log_message(self, *told: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        with ZoteroApi(url) as api, pytest.raises(SourceRefused, match="isn't Zotero"):
            api.collections()
        server.shutdown()


def test_what_is_no_data_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no zotero\.sqlite"):
        ZoteroData(tmp_path).items()
    (tmp_path / "zotero.sqlite").write_bytes(b"no database at all" * 99)
    with pytest.raises(UsageError, match="can't be read"):
        ZoteroData(tmp_path).items()


def test_a_stored_file_does_not_lead_out_of_the_storage(tmp_path: Path) -> None:
    zotero = SmallZotero(tmp_path / "Zotero", entries(tmp_path))
    zotero.write()
    with closing(sqlite3.connect(zotero.folder / "zotero.sqlite")) as db, db:
        db.execute("UPDATE itemAttachments SET path = 'storage:../../secret.pdf'")
    (tmp_path / "Zotero" / "secret.pdf").write_bytes(b"%PDF-")
    assert all(item.file is None for item in ZoteroData(zotero.folder).items())


@pytest.mark.parametrize(
    ("authors", "title", "year", "key"),
    [
        (("Ma, Jun",), "Segment Anything in Medical Images", 2024, "maSegmentAnythingMedical2024"),
        (("Laurens van der Maaten",), "On the t-SNE", 2008, "maatenTSNE2008"),
        (("Müller, É.",), "The Übersicht", None, "mullerUbersicht"),
        ((), "", None, ""),
    ],
)
def test_keys_are_made_by_the_common_rule(
    authors: tuple[str, ...], title: str, year: int | None, key: str
) -> None:
    assert citekey_of(Reference(0, "", title=title, authors=authors, year=year)) == key


def test_no_two_items_get_one_key() -> None:
    work = Reference(0, "", title="Same", authors=("Ma, J.",), year=2024)
    items = [Item("C", work), Item("A", work, "maSame2024"), Item("B", work), Item("D", work)]
    found = {item.key: item.citekey for item in with_citekeys(items)}
    assert found["A"] == "maSame2024"
    assert len(set(found.values())) == len(items)
    again = {item.key: item.citekey for item in with_citekeys(reversed(items))}
    assert again == found  # whatever the order they come in
