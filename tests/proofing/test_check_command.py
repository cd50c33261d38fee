"""`fmqa check`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import fmqa.store.embedding
from fakes import HashEmbedder
from fmqa.apps.cli.main import app


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A draft over the starter notes."""
    monkeypatch.setattr(fmqa.store.embedding, "make_embedder", lambda settings: HashEmbedder())
    monkeypatch.setenv("FMQA_HOME", str(tmp_path / "home"))
    (tmp_path / "refs.bib").write_text(
        "@misc{medsam, title={Segment Anything in Medical Images}, eprint={2304.12306}}\n"
        "@misc{lost, title={A Paper That Nobody Has}, eprint={2901.00001}}\n",
        encoding="utf-8",
    )
    return tmp_path / "draft.md"


def test_faults_end_in_1_and_stand_in_each_form(draft: Path, tmp_path: Path) -> None:
    draft.write_text(
        "The weather of the coast was mild all winter [@nobody].\n\nNobody has it [@lost].\n",
        encoding="utf-8",
    )
    html = tmp_path / "report.html"
    lines = CliRunner().invoke(app, ["check", str(draft), "--format", "lines"])
    assert lines.exit_code == 1
    assert f"{draft}:1:1: unknown-key " in lines.stdout
    assert f"{draft}:3:1: no-paper " in lines.stdout
    told = CliRunner().invoke(app, ["check", str(draft), "--json", "--html", str(html)])
    assert told.exit_code == 1
    kinds = [one["kind"] for one in json.loads(told.stdout)["findings"]]
    assert kinds == ["unknown-key", "no-paper"]
    assert "The weather of the coast" in html.read_text(encoding="utf-8")
    text = CliRunner().invoke(app, ["check", str(draft)])
    assert text.exit_code == 1
    assert "A Paper That Nobody Has" in " ".join(text.stdout.split())


def test_a_draft_without_faults_ends_in_0(draft: Path) -> None:
    draft.write_text("In this paper we say nothing. Nobody has it [@lost].\n", encoding="utf-8")
    assert CliRunner().invoke(app, ["check", str(draft)]).exit_code == 0


def test_a_bibliography_that_is_not_there_is_said(draft: Path) -> None:
    draft.write_text("It is so [@a].", encoding="utf-8")
    failed = CliRunner().invoke(app, ["check", str(draft), "--bib", "nowhere.bib"])
    assert failed.exit_code != 0
    assert "nowhere.bib" in str(failed.exception)
