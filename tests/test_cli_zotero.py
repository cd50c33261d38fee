"""`fmqa ingest` of Zotero and of bibliography files, as it is typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import fmqa.store.embedding
from fakes import HashEmbedder, make_pdf
from fmqa.apps.cli.main import app
from fmqa.errors import SourceUnreachable, UsageError
from fmqa.sources import note_files
from small_zotero import GROUP, Attached, Entry, SmallZotero


@pytest.fixture
def zotero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallZotero]:
    entries = [
        Entry("ITEM0001", "A First Paper", pdfs=(Attached("PDF00001"),), collections=("THESIS01",)),
        Entry("ITEM0002", "Lost", pdfs=(Attached("PDF00002", there=False),)),
    ]
    made = SmallZotero(tmp_path / "Zotero", entries, {"THESIS01": ("Thesis", "")})
    made.write()
    monkeypatch.setattr(fmqa.store.embedding, "make_embedder", lambda settings: HashEmbedder())
    monkeypatch.setattr(note_files, "starter_folder", lambda: tmp_path / "no notes")
    monkeypatch.setenv("FMQA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FMQA_ZOTERO_URL", made.url)
    with made:
        yield made


def test_zotero_comes_in_by_collection_and_whole(zotero: SmallZotero) -> None:
    done = CliRunner().invoke(app, ["ingest", "--zotero", "thesis"])
    assert done.exit_code == 0, done.output
    assert "1 works (1 read)" in done.stdout
    told = CliRunner().invoke(app, ["ingest", "--zotero-data", str(zotero.folder), "--json"])
    assert told.exit_code == 0
    (report,) = json.loads(told.stdout)["items"]
    assert [item["key"] for item in report["same"]] == ["ITEM0001"]
    assert [item["key"] for item in report["failed"]] == ["ITEM0002"]
    lost = CliRunner().invoke(app, ["ingest", "--zotero"])
    (line,) = [line for line in lost.output.splitlines() if line.startswith("failed")]
    assert "ITEM0002 (Lost)" in line


def test_the_library_of_a_group_comes_in_and_is_followed(zotero: SmallZotero) -> None:
    zotero.shared = [Entry("SHARED01", "Of the Group", pdfs=(Attached("PDF00009", number=9),))]
    zotero.write()
    done = CliRunner().invoke(app, ["ingest", "--group", "lab", "--json"])
    assert done.exit_code == 0, done.output
    (report,) = json.loads(done.stdout)["items"]
    assert [item["key"] for item in report["added"]] == ["SHARED01"]
    again = CliRunner().invoke(
        app, ["ingest", "--zotero-data", str(zotero.folder), "--group", str(GROUP)]
    )
    assert f"Zotero, group {GROUP}: 1 works (1 in the library otherwise)" in again.stdout
    unknown = CliRunner().invoke(app, ["ingest", "--zotero", "--group", "Labor"])
    assert isinstance(unknown.exception, UsageError)
    assert "Lab" in unknown.exception.hint


def test_what_is_wrong_is_said_before_anything_is_done(
    zotero: SmallZotero, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = CliRunner().invoke(app, ["ingest", "--zotero", "Thesys"])
    assert isinstance(unknown.exception, UsageError)
    assert "Thesis" in unknown.exception.hint
    monkeypatch.setenv("FMQA_ZOTERO_URL", "http://127.0.0.1:9")
    failed = CliRunner().invoke(app, ["ingest", "--zotero"])
    assert isinstance(failed.exception, SourceUnreachable)


def test_a_bibliography_file_comes_in(zotero: SmallZotero, tmp_path: Path) -> None:
    make_pdf(tmp_path / "a.pdf", 3)
    bib = tmp_path / "refs.bib"
    bib.write_text(
        "@article{own1, title={A Paper of Mine}, author={Wu, Ada}, year=2020, file={:a.pdf:PDF}}\n"
        "@article{none, title={Without}}\n",
        encoding="utf-8",
    )
    done = CliRunner().invoke(app, ["ingest", str(bib)])
    assert done.exit_code == 0, done.output
    assert "refs.bib: 2 works (1 read, 1 without a PDF)" in done.stdout
    listed = CliRunner().invoke(app, ["papers", "list", "--json"])
    assert "A Paper of Mine" in listed.stdout
