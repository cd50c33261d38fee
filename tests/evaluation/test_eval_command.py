"""`fmqa eval`, from a file of questions and a folder of PDFs to table, JSON, answers and page."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from fakes import HashEmbedder, make_pdf
from fmqa.apps.cli import evaluating
from fmqa.apps.workbench import Workbench
from fmqa.errors import UsageError
from fmqa.evaluation import evaluator
from fmqa.store.library import Library

NOTE = """---
arxiv_id: "2304.12306"
version: 3
title: "Segment Anything in Medical Images"
name: "MedSAM"
authors: ["Jun Ma"]
year: 2023
kind: "vision-only"
sources: ["https://example.org"]
---
MedSAM was obtained by fine-tuning SAM on 1,570,263 image-mask pairs. MedSAM takes a bounding box
around the target as its prompt.
"""
PAIRS = "MedSAM was obtained by fine-tuning SAM on 1,570,263 image-mask pairs."
ROWS = [
    {
        "id": "data", "question": "On how many image-mask pairs was MedSAM fine-tuned from SAM?",
        "kind": "fact", "answerable": True, "expected_facts": ["1,570,263"],
        "evidence": [{"paper": "2304.12306", "page": 1, "quote": PAIRS, "role": "core"}],
    },
    {
        "id": "wrong", "question": "Which prompt does MedSAM take around the target?",
        "kind": "describe", "answerable": True, "expected_facts": ["scribbles"],
    },
    {
        "id": "france", "question": "What is the capital of France?", "kind": "unanswerable",
        "answerable": False, "why": "no medical image",
    },
]  # fmt: skip

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "2304.12306.md").write_text(NOTE, encoding="utf-8")
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    monkeypatch.setattr("fmqa.store.embedding.make_embedder", lambda settings: HashEmbedder())
    monkeypatch.setattr("fmqa.sources.note_files.starter_folder", lambda: notes)
    monkeypatch.setattr("fmqa.evaluation.questions.starter_questions", lambda: path)
    monkeypatch.setenv("FMQA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FMQA_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/mine")
    app = typer.Typer()
    app.callback()(lambda: None)
    app.add_typer(evaluating.app)

    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, ["eval", "--llm", "none", *map(str, arguments)])

    return invoke


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_table_names_figures_kinds_and_misses(run: Run, tmp_path: Path) -> None:
    result = run("--misses", "3")

    assert result.exit_code == 0, result.output
    for shown in ("3 questions", "fact recall", "0.500", "refusal recall", "describe"):
        assert shown in result.stdout
    assert "× wrong describe, answered" in result.stdout
    assert "scribbles" in result.stdout
    assert "× data" not in result.stdout
    assert not (tmp_path / "home").exists()  # the user's own library is left alone


def test_json_answers_and_page(run: Run, tmp_path: Path) -> None:
    page, answers = tmp_path / "report.html", tmp_path / "answers.jsonl"

    made = told(run("--json", "--html", page, "--answers", answers))

    assert [row["missed"] for row in made["questions"]] == [False, True, False]
    assert made["figures"]["fact recall"]["value"] == 0.5
    assert made["figures"]["evidence recall"]["value"] == 1
    assert made["kinds"]["fact"]["figures"]["evidence recall"]["value"] == 1
    assert made["model"] == "none"
    assert "scribbles" in page.read_text(encoding="utf-8")
    rows = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["data", "wrong", "france"]
    assert rows[0]["answer"]["citations"][0]["quote"] == PAIRS
    assert rows[2]["answer"]["status"] == "abstained"


def test_a_folder_of_papers_is_read_into_a_library_that_is_kept(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, kept = tmp_path / "papers", tmp_path / "kept"
    folder.mkdir()
    make_pdf(folder / "good.pdf", 1)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing")
    notified: list[str] = []
    monkeypatch.setattr(
        "fmqa.apps.cli.options.StepBar.tell", lambda bar, text: notified.append(text)
    )

    told(run("--json", "--limit", "1", "--papers", folder, "--library", kept))

    with closing(Library(kept / "index", kept / "index" / "record.sqlite3")) as library:
        assert library.record.count_papers() == 2  # the note's, and the PDF's
    assert next(text for text in notified if ".pdf" in text).startswith("broken.pdf: damaged. ")
    told(run("--json", "--limit", "1", "--library", kept))
    assert isinstance(run("--papers", tmp_path / "notes").exception, UsageError)


def test_some_of_the_questions(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps(ROWS[2]), encoding="utf-8")

    def ids(*arguments: str | Path) -> list[str]:
        return [row["id"] for row in told(run("--json", *arguments))["questions"]]

    assert ids("--kind", "unanswerable") == ["france"]
    assert len(ids("--limit", "1")) == 1
    assert ids("--questions", other) == ["france"]


def test_stopped_by_ctrl_c(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = evaluator.evaluate

    def stopping(assistant: Any, *arguments: Any, **more: Any) -> Any:
        class Stopping:
            def ask(self, question: str, *rest: Any) -> Any:
                if question == ROWS[1]["question"]:
                    raise KeyboardInterrupt
                return assistant.ask(question, *rest)

        return ask(Stopping(), *arguments, **more)

    monkeypatch.setattr(evaluator, "evaluate", stopping)

    result = run("--json")

    assert result.exit_code == 130
    made = json.loads(result.stdout)
    assert made["stopped"]
    assert [row["id"] for row in made["questions"]] == ["data"]


def test_errors_are_ours_and_come_before_the_questions(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Workbench, "assistant", property(lambda self: pytest.fail("too late")), raising=False
    )

    assert isinstance(run("--questions", tmp_path / "none.jsonl").exception, UsageError)
    assert isinstance(run("--html", tmp_path / "no folder" / "x.html").exception, UsageError)
    assert isinstance(run("--answers", tmp_path / "no folder" / "x.jsonl").exception, UsageError)
