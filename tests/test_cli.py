"""The program: exit codes, what goes where, and errors in words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import fmqa.store.embedding
from fakes import HashEmbedder, WordMarker, document, make_pdf, result
from fmqa.answering import marking
from fmqa.answering.schema import Answer
from fmqa.sources import note_files
from fmqa.store.library import Library
from fmqa.store.mappers import passage_texts

ANSWERED, ERROR, USAGE, ABSTAINED = 0, 1, 2, 3
PAIRS = "We obtained MedSAM by fine-tuning SAM on 1,570,263 image-mask pairs."
QUESTION = "How was MedSAM obtained from SAM, and on how many image-mask pairs?"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with two papers, answered without a model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FMQA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FMQA_LLM", "none")
    monkeypatch.setattr(fmqa.store.embedding, "make_embedder", lambda settings: HashEmbedder())
    monkeypatch.setattr(marking, "make_marker", lambda settings, embedder: WordMarker())
    monkeypatch.setattr(note_files, "starter_folder", lambda: tmp_path / "no notes")
    index = tmp_path / "home" / "index"
    library, embedder = Library(index, index / "record.sqlite3"), HashEmbedder()
    papers = [
        document("2304.12306", [PAIRS], name="MedSAM", year=2023, title="[b]Segment[/b] Anything",
                 modality=("CT", "MRI"), tasks=("segmentation",)),
        document("2309.00001", ["Retinal photographs show the eye."], year=2024, name="RETFound"),
    ]  # fmt: skip
    with library.writing(embedder.fingerprint) as writer:
        for made in papers:
            vectors = embedder.embed_array(passage_texts(made))
            writer.add(made, vectors, embedder.fingerprint, result(made))
    library.close()
    return tmp_path / "home"


@pytest.mark.usefixtures("home")
def test_an_answer(run: Any) -> None:
    ended = run("ask", QUESTION)
    assert ended.code == ANSWERED
    assert "1,570,263" in ended.out
    assert "[1]" in ended.out
    assert "page 1" in ended.out
    assert "[b]Segment[/b]" in ended.out  # a title's markup is text


@pytest.mark.usefixtures("home")
def test_an_answer_in_json(run: Any) -> None:
    ended = run("ask", "--json", QUESTION)
    assert ended.code == ANSWERED
    answer = json.loads(ended.out)
    jsonschema.validate(answer, Answer.model_json_schema(mode="serialization"))
    assert answer["citations"][0]["quote"] == PAIRS


@pytest.mark.usefixtures("home")
def test_abstaining(run: Any) -> None:
    for options in ((), ("--json",)):
        ended = run("ask", *options, "What does FooNet9000 do?")
        assert ended.code == ABSTAINED
        assert "FooNet9000" in ended.out
    assert json.loads(ended.out)["status"] == "abstained"


@pytest.mark.usefixtures("home")
def test_a_question_from_standard_input(run: Any) -> None:
    assert run("ask", "-", stdin=QUESTION.encode()).code == ANSWERED
    assert run("ask", "-", stdin=b"\xff " + QUESTION.encode()).code in {ANSWERED, ABSTAINED}
    assert run("ask", "-", stdin=b"").code == USAGE


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", ""),
        ("ask", " \t "),
        ("ask", "word " * 20_000),
        ("search", ""),
        ("ask",),
        ("ask", "a", "b"),
        ("ask", QUESTION, "--year", "nonsense"),
        ("ask", QUESTION, "--year", "-"),
        ("search", QUESTION, "--limit", "0"),
        ("ingest", "/nowhere/at/all.pdf"),
        ("ingest", "x" * 5000),
        ("ingest", "https://example.org/abs/2304.12306"),
        ("ingest", "--dry-run", str(Path(__file__).parent)),
        ("papers", "show", "9999.99999"),
        ("papers", "show", "23"),
        ("papers", "remove", ""),
        ("models", "pull", "no-such-model"),
        ("nonsense",),
    ],
    ids=lambda arguments: " ".join(arguments)[:40],
)
def test_what_cannot_be_used_is_said(run: Any, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert ended.code == USAGE
    assert ended.out == ""
    assert ended.err.strip()
    assert "Traceback" not in ended.err


@pytest.mark.usefixtures("home")
def test_an_error_says_what_to_do(run: Any) -> None:
    ended = run("ask", QUESTION, "--paper", "9999.99999")
    assert (ended.code, ended.out) == (ERROR, "")
    assert "No paper passes the filters paper=9999.99999." in ended.err
    assert "fmqa papers facets" in ended.err


def test_a_damaged_record(run: Any, home: Path) -> None:
    (home / "index" / "record.sqlite3").write_bytes(b"not a record " * 900)
    for command in (("ask", QUESTION), ("papers", "list"), ("search", "eye")):
        ended = run(*command)
        assert ended.code == ERROR
        assert "damaged" in ended.err
        assert "Traceback" not in ended.err
    assert run("doctor").code == ERROR


def test_a_bad_setting(run: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMQA_PASSAGES", "many")
    ended = run("papers", "list")
    assert ended.code == USAGE
    assert "passages" in ended.err


@pytest.mark.usefixtures("home")
def test_search(run: Any) -> None:
    ended = run("search", "photographs of the eye", "-n", "1")
    assert ended.code == 0
    assert "Retinal photographs" in ended.out
    found = json.loads(run("search", "photographs of the eye", "--json", "--year", "2024").out)
    assert [hit["paper_id"] for hit in found["hits"]] == ["2309.00001"]
    narrowed = ("--modality", "ct", "--task", "segmentation", "--source", "pdf")
    found = json.loads(run("search", "photographs of the eye", "--json", *narrowed).out)
    assert {hit["paper_id"] for hit in found["hits"]} == {"2304.12306"}
    assert run("search", "eye", "--source", "web").code == USAGE


@pytest.mark.usefixtures("home")
def test_papers(run: Any) -> None:
    listed = json.loads(run("papers", "list", "--json").out)
    assert {row["paper_id"] for row in listed} == {"2304.12306", "2309.00001"}
    assert "2309.00001" in run("papers", "list").out
    listed = json.loads(run("papers", "list", "--json", "--modality", "MRI").out)
    assert [row["paper_id"] for row in listed] == ["2304.12306"]
    assert json.loads(run("papers", "facets", "--json").out)["modality"] == {"CT": 1, "MRI": 1}
    assert "segmentation (1)" in run("papers", "facets", "--modality", "CT").out
    for name in ("2304.12306", "arXiv:2304.12306", "medsam", "2304.1"):
        shown = json.loads(run("papers", "show", name, "--json", "--passages").out)
        assert shown["passage_texts"][0]["text"] == PAIRS
    assert run("papers", "remove", "MedSAM").code == 0
    assert run("papers", "show", "MedSAM").code == USAGE
    assert run("ask", QUESTION).code == ABSTAINED


def test_ingesting(run: Any, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pdfs"
    folder.mkdir()
    make_pdf(folder / "good.pdf", 1)
    (folder / "bad.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    ended = run("ingest", str(folder), "--json")
    assert ended.code == 0
    told = {Path(row["path"]).name: row["outcome"] for row in json.loads(ended.out)["files"]}
    assert told == {"good.pdf": "ok", "bad.pdf": "damaged"}
    again = json.loads(run("ingest", str(folder), "--json").out)
    assert all(row["known"] for row in again["files"])
    assert run("ingest", str(folder / "bad.pdf")).code == ERROR
    assert "bad.pdf" in run("ingest", str(folder / "bad.pdf"), "--retry").out
    (tmp_path / "empty").mkdir()
    assert run("ingest", str(tmp_path / "empty")).code == USAGE


def test_config_prints_no_key(run: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMQA_LLM_API_KEY", "sk-secret")
    for options in ((), ("--json",)):
        ended = run("config", *options)
        assert ended.code == 0
        assert "sk-secret" not in ended.out + ended.err
        assert "(set)" in ended.out
        assert str(home) in ended.out
    assert json.loads(ended.out)["llm"] == "none"


@pytest.mark.usefixtures("home")
def test_the_index(run: Any) -> None:
    assert "2 passages" in run("index").out
    assert run("index", "--rebuild").code == 0


HEAVY = {
    "torch",
    "gradio",
    "langchain",
    "langchain_core",
    "faiss",
    "numpy",
    "onnxruntime",
    "sqlite3",
}


@pytest.mark.parametrize("arguments", [("--help",), ("ask", "--help"), ("--version",)])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    code = (
        "import sys; from fmqa.apps.cli import main\n"
        f"sys.argv = ['fmqa', *{arguments!r}]\n"
        "try: main()\n"
        "except SystemExit as ended: assert not ended.code, ended.code\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin", "HOME": "/tmp"},
    )
    if arguments == ("--version",) and "PackageNotFoundError" in done.stderr:
        pytest.skip("fmqa isn't installed, only imported")
    assert done.returncode == 0, done.stderr
    assert "fmqa" in done.stdout.lower() or "question" in done.stdout.lower()
    loaded = set(eval(done.stderr.splitlines()[-1]))
    assert not loaded & HEAVY


@pytest.mark.usefixtures("home")
def test_an_answer_taken_away(run: Any) -> None:
    import bibtexparser
    import rispy

    entry, *_ = bibtexparser.parse_string(run("ask", "--format", "bibtex", QUESTION).out).entries
    assert "p. 1" in entry["annote"]
    reference, *_ = rispy.loads(run("ask", "--format", "ris", QUESTION).out)
    assert PAIRS in reference["notes"][0]
    item, *_ = json.loads(run("ask", "--format", "csl", QUESTION).out)
    assert item["locator"] == "1"
    ended = run("ask", "--format", "markdown", QUESTION)
    assert ended.out.startswith(f"# {QUESTION}")
    assert r"\[b\]Segment\[/b\]" in ended.out
    assert run("ask", "--format", "csl", "What does FooNet9000 do?").code == ABSTAINED
    assert run("ask", "--format", "docx", QUESTION).code == USAGE


@pytest.mark.usefixtures("home")
def test_a_conversation_taken_away(run: Any, tmp_path: Path) -> None:
    assert run("ask", "--session", "mine", QUESTION).code == ANSWERED
    assert run("ask", "--session", "mine", "What does FooNet9000 do?").code == ABSTAINED
    ended = run("export", "--session", "mine")
    assert ended.code == ANSWERED
    assert ended.out.startswith("# mine\n\n## How was MedSAM")
    assert "FooNet9000" in ended.out
    target = tmp_path / "mine.json"
    assert run("export", "--session", "mine", "--format", "csl", "-o", str(target)).code == ANSWERED
    assert json.loads(target.read_text(encoding="utf-8"))[0]["id"] == "2304.12306"
    answers = json.loads(run("export", "--session", "mine", "--format", "json").out)
    assert [Answer.model_validate(answer).status for answer in answers] == ["answered", "abstained"]


@pytest.mark.usefixtures("home")
def test_a_conversation_that_was_not_kept(run: Any, home: Path) -> None:
    from fmqa.store.history import StoredExchange

    ended = run("export", "--session", "other")
    assert ended.code == USAGE
    assert "There is no conversation 'other'" in ended.err
    library = Library(home / "index", home / "index" / "record.sqlite3")
    library.sessions.append("old", StoredExchange("Asked long ago?", "Asked long ago?", ()))
    library.close()
    assert "The answer wasn't kept." in run("export", "--session", "old").out
    assert "old" in run("export", "--session", "other").err
