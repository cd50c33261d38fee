"""`fmqa eval`, from a file of questions to table, JSON and page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from fakes import HashEmbedder
from fmqa.apps.cli import evaluating
from fmqa.errors import UsageError
from fmqa.evaluation.evaluator import Evaluator

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
ROWS = [
    {
        "id": "data", "question": "On how many image-mask pairs was MedSAM fine-tuned from SAM?",
        "type": "single", "expected_facts": ["1.57 million"], "supporting_ids": ["2304.12306"],
        "answerable": True,
    },
    {
        "id": "wrong", "question": "Which prompt does MedSAM take around the target?",
        "type": "single", "expected_facts": ["scribbles"], "supporting_ids": ["2304.12306"],
        "answerable": True,
    },
    {
        "id": "france", "question": "What is the capital of France?", "type": "off topic",
        "expected_facts": [], "supporting_ids": [], "answerable": False, "lang": "fr",
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
    monkeypatch.setattr("fmqa.sources.notes.starter_folder", lambda: notes)
    monkeypatch.setattr("fmqa.evaluation.questions.starter_questions", lambda: path)
    app = typer.Typer()
    app.callback()(lambda: None)
    evaluating.register(app)

    def invoke(*arguments: str | Path) -> Result:
        values = ["eval", "--home", str(tmp_path / "home"), "--llm", "none", *map(str, arguments)]
        return CliRunner().invoke(app, values)

    return invoke


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_table_names_figures_groups_and_what_went_wrong(run: Run) -> None:
    result = run()

    assert result.exit_code == 0, result.output
    for shown in ("3 questions", "fact recall", "0.500", "abstention recall", "off topic", "fr"):
        assert shown in result.stdout
    assert "× wrong missed: scribbles" in result.stdout
    assert "× data" not in result.stdout


def test_json_and_page(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "report.html"

    made = told(run("--json", "--html", page))

    assert [row["right"] for row in made["questions"]] == [True, False, True]
    assert made["figures"]["shares"]["fact recall"]["value"] == 0.5
    assert made["model"] == "none"
    assert "scribbles" in page.read_text(encoding="utf-8")


def test_some_of_the_questions(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps(ROWS[2]), encoding="utf-8")

    def ids(*arguments: str | Path) -> list[str]:
        return [row["id"] for row in told(run("--json", *arguments))["questions"]]

    assert ids("--limit", "2") == ["data", "wrong"]
    assert ids("--type", "off topic") == ["france"]
    assert ids("--limit", "1", "--sample", "3") == ids("--limit", "1", "--sample", "3")
    assert ids(other) == ["france"]
    assert ids("--mined", "5", "--limit", "1") == ["data"]  # no review is here: nothing is added


def test_stopped_by_ctrl_c(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Evaluator._judged

    def stopping(self: Evaluator, row: Any, made: Any) -> Any:
        if row.question.id == "wrong":
            raise KeyboardInterrupt
        return whole(self, row, made)

    monkeypatch.setattr(Evaluator, "_judged", stopping)

    result = run("--json")

    assert result.exit_code == 130
    made = json.loads(result.stdout)
    assert made["stopped"]
    assert [row["id"] for row in made["questions"]] == ["data"]


def test_errors_are_ours(run: Run, tmp_path: Path) -> None:
    assert isinstance(run(tmp_path / "none.jsonl").exception, UsageError)
    assert isinstance(run("--judge", "local").exception, UsageError)
    assert isinstance(run("--html", tmp_path / "no folder" / "x.html").exception, UsageError)


def test_the_judge_doesnt_get_another_providers_key(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def make(settings: Any) -> None:
        seen.append(settings)
        raise UsageError("enough")

    monkeypatch.setattr("fmqa.answering.models.make_chat_model", make)
    monkeypatch.setenv("FMQA_LLM_API_KEY", "secret")
    monkeypatch.setenv("FMQA_LLM_BASE_URL", "http://127.0.0.1:9/v1")

    run("--judge", "openai:gpt-5")
    run("--judge", "openai:gpt-5", "--llm", "openai:gpt-4")

    assert [one.llm for one in seen] == ["openai:gpt-5"] * 2
    assert [one.llm_api_key for one in seen] == [None, "secret"]
    assert [one.llm_base_url for one in seen] == [None, "http://127.0.0.1:9/v1"]
