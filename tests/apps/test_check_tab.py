"""The tab that checks a draft, without a browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fmqa.apps.web.readiness import Readiness
from fmqa.apps.web.tab import Context
from fmqa.apps.web.tabs.check import CheckTab, taken
from fmqa.apps.web.wording import IN_CHINESE, IN_ENGLISH, Wording
from fmqa.apps.workbench import Workbench

DRAFT = """MedSAM was trained on 1,570,263 image-mask pairs [@medsam].

<b>Nobody</b> has this one [@lost]. It is cited nowhere [@no].
"""
BIB = """@misc{medsam, title={Segment Anything in Medical Images}, eprint={2304.12306}}
@misc{lost, title={A Paper That Nobody Has}, eprint={2901.00001}}
"""


@pytest.fixture(scope="module")
def bench(hashed_bench: Workbench) -> Workbench:
    assert hashed_bench.searcher
    return hashed_bench


def tab(bench: Workbench, say: Wording = IN_ENGLISH) -> CheckTab:
    return CheckTab(Context(Readiness(bench), bench, lambda: ("", False), say))


def files(folder: Path) -> list[str]:
    (folder / "draft.md").write_text(DRAFT, encoding="utf-8")
    (folder / "refs.bib").write_text(BIB, encoding="utf-8")
    return [str(folder / "draft.md"), str(folder / "refs.bib")]


def test_each_sentence_has_its_verdict_and_its_evidence(bench: Workbench, tmp_path: Path) -> None:
    *_, (told, report, *_) = tab(bench)._check(files(tmp_path))
    assert [one.kind for one in report.findings] == ["carried", "no-paper", "unknown-key"]
    assert 'class="fmqa-cell" href="evidence&#63;paper&#61;2304.12306' in told
    assert "&lt;b&gt;Nobody" in told
    assert "the citation leads nowhere" in told
    assert "fmqa ingest 2901.00001" in told
    name, page = json.loads(taken("html", report)).values()
    assert name == "draft-check.html"
    assert page.startswith("<!doctype html>")
    name, text = json.loads(taken("json", report)).values()
    assert json.loads(text)["faults"] == 1


def test_the_report_is_in_the_readers_language(bench: Workbench, tmp_path: Path) -> None:
    *_, (told, *_) = tab(bench, IN_CHINESE)._check(files(tmp_path))
    assert "有据" in told
    assert "参考文献中没有 no" in told
    assert "第 1 行" in told


@pytest.mark.parametrize("names", [[], ["refs.bib"], ["a.md", "b.tex"], ["a.md", "paper.png"]])
def test_other_files_are_refused_in_words(
    bench: Workbench, tmp_path: Path, names: list[str]
) -> None:
    *_, (told, report, *_) = tab(bench)._check([str(tmp_path / name) for name in names])
    assert report is None
    assert "one manuscript" in told


def test_nothing_to_take_before_a_report() -> None:
    assert taken("html", None) == ""
