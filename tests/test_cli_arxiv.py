"""`fmqa ingest`, `sync`, `changes` and `references` on a small arXiv, as a user meets them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import fmqa.store.embedding
from arxiv_home import ArxivHome, HashEmbedder, readable, small_world
from fakes import make_pdf
from fmqa.sources import note_files
from small_arxiv import Fault, SmallArxiv
from small_arxiv.faults import reset

FAILED, USAGE, NOT_ANSWERED, UNREACHABLE = 1, 2, 3, 4


Run = Callable[..., Any]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with SmallArxiv(small_world()) as server:
        made = ArxivHome(tmp_path_factory.mktemp("clean"), server)
        made.ingest()
    return made.folder


@pytest.fixture
def home(clean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ArxivHome]:
    """A filled data folder, and an arXiv that nobody has asked yet."""
    with SmallArxiv(small_world()) as server:
        made = ArxivHome(tmp_path / "home", server, fetch_tries=2)
        shutil.rmtree(made.folder)
        shutil.copytree(clean, made.folder)
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(fmqa.store.embedding, "make_embedder", lambda settings: HashEmbedder())
        monkeypatch.setattr(note_files, "starter_folder", lambda: tmp_path / "no notes")
        yield made


@pytest.fixture
def empty(home: ArxivHome) -> ArxivHome:
    shutil.rmtree(home.folder / "index")
    shutil.rmtree(home.papers)
    return home


def test_ingest_in_words(empty: ArxivHome, run: Run) -> None:
    world = empty.world
    ended = run("ingest")
    assert ended.code == 0
    held = readable(world, [world.review, *world.cited()])
    assert f"{len(held)} papers ingested" in ended.out
    assert "2 failed" in ended.out
    truth = world.truth()
    assert f"{len(truth)} references cited, {len(world.cited())} found on arXiv" in ended.out
    assert "by title search" in ended.out
    assert "by Semantic Scholar" in ended.out
    for name in ("oversize", "truncated", "withdrawn", "withdrawn_html"):
        assert world.special[name] in ended.out
    foreign = [entry for entry in world[world.review].entries if not entry.arxiv_id]
    assert all(f"[{entry.number}]" in ended.out for entry in foreign)
    again = run("ingest")
    assert again.code == 0
    assert "0 papers ingested" in again.out
    assert f"{len(held)} here already" in again.out


def test_ingest_in_json(empty: ArxivHome, run: Run, tmp_path: Path) -> None:
    world = empty.world
    make_pdf(tmp_path / "own.pdf", 5)
    named = sorted(readable(world, world.cited()))[0]
    ended = run("ingest", "--json", str(tmp_path / "own.pdf"), f"https://arxiv.org/abs/{named}")
    assert ended.code == 0
    told = json.loads(ended.out)
    assert [(row["path"], row["outcome"]) for row in told["files"]] == [
        (str(tmp_path / "own.pdf"), "ok")
    ]
    assert [line["arxiv_id"] for line in told["arxiv"]["ingested"]] == [named]
    assert told["arxiv"]["kind"] == "ingest"
    assert told["arxiv"]["unreachable"] == ""
    assert told["passages"] > 0
    assert told["arxiv"]["passages"] > 0
    assert set(empty.held()) > {named}


def test_a_dry_run(empty: ArxivHome, run: Run) -> None:
    ended = run("ingest", "--dry-run", "--json")
    told = json.loads(ended.out)["arxiv"]
    world = empty.world
    wanted = [world.review, *world.cited()]
    standing = {one for one in wanted if not world[one].latest.withdrawn}
    assert {line["arxiv_id"] for line in told["planned"]} == standing
    assert empty.held() == {}
    assert f"{len(standing)} papers would be fetched" in run("ingest", "--dry-run").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("https://example.org/abs/2304.12306",),
        ("https://arxiv.org.evil.example/abs/2304.12306",),
        ("file:///etc/passwd",),
        ("2304.123",),
        ("../2304.12306v1",),
        ("2304.12306", "nonsense"),
        ("--depth", "4"),
        ("--limit", "-1"),
    ],
)
def test_what_is_no_paper_is_refused(home: ArxivHome, run: Run, arguments: tuple[str, ...]) -> None:
    ended = run("ingest", *arguments)
    assert ended.code == USAGE
    assert ended.err
    assert home.server.requests == []


def test_files_have_no_dry_run(home: ArxivHome, run: Run, tmp_path: Path) -> None:
    make_pdf(tmp_path / "own.pdf", 5)
    assert run("ingest", "--dry-run", str(tmp_path / "own.pdf")).code == USAGE
    assert home.server.requests == []


def test_a_paper_that_arxiv_does_not_have(home: ArxivHome, run: Run) -> None:
    ended = run("ingest", "2401.99999")
    assert ended.code == FAILED
    assert "arXiv has no such paper." in ended.out


def test_arxiv_is_unreachable(home: ArxivHome, run: Run) -> None:
    for kind in ("api", "pdf", "scholar"):
        home.server.faults.add(Fault(kind, reset(-1)))
    for arguments in (("sync",), ("ingest", "2401.99999"), ("ingest", "--dry-run", "2401.99999")):
        ended = run(*arguments)
        assert ended.code == UNREACHABLE
        lines = [line for line in ended.err.splitlines() if line.startswith("Error:")]
        assert len(lines) == 1
        assert "arXiv can't be reached" in lines[0]
        assert "run the same command again" in ended.err
        assert "Traceback" not in ended.err
        assert ended.out.strip() == ""
    # Whether or not these made-up papers answer, asking needs no arXiv.
    assert run("ask", "What Dice score is reached?").code in (0, NOT_ANSWERED)


def test_sync_and_changes(home: ArxivHome, run: Run, tmp_path: Path) -> None:
    world = home.world
    special = set(world.special.values())
    renewed, gone = [
        one for one in world.cited() if one not in special and world[one].latest.number == 1
    ][:2]
    world.add_version(renewed)
    world.withdraw(gone)
    ended = run("sync")
    assert ended.code == 0
    assert f"{renewed}v2" in ended.out
    assert gone in ended.out
    told = json.loads(run("sync", "--json").out)
    assert (told["kind"], told["updated"], told["withdrawn"]) == ("sync", [], [])
    told = json.loads(run("changes", "--json").out)
    entries = (
        told if isinstance(told, list) else next(v for v in told.values() if isinstance(v, list))
    )
    kinds = {(one["what"], one["paper_id"]) for one in entries}
    assert {("new_version", renewed), ("withdrawn", gone)} <= kinds
    for form in ("text", "markdown", "atom"):
        shown = run("changes", "--format", form).out
        assert world[renewed].title.split(":")[0] in shown
    assert (home.folder / "index" / "changes.atom").read_text("utf-8").count("<entry>") > 2
    assert run("changes", "--format", "atom", "-o", str(tmp_path / "feed.atom")).code == 0
    assert "<feed" in (tmp_path / "feed.atom").read_text("utf-8")


def test_a_title_with_markup_stays_text(home: ArxivHome, run: Run) -> None:
    world = home.world
    with_markup = world.special["html"]
    world.add_version(with_markup)
    assert "<script>alert(1)</script> & <b>Net</b>" in run("sync").out
    feed = run("changes", "--format", "atom").out
    assert "&lt;script&gt;" in feed
    assert "<script>" not in feed


def test_references(home: ArxivHome, run: Run) -> None:
    world = home.world
    told = json.loads(run("references", world.review, "--json").out)["references"]
    assert {row["number"]: row["arxiv_id"] for row in told} == world.truth()
    number, by = next((e.number, e) for e in world[world.review].entries if e.how == "title")
    one = json.loads(run("references", world.review, "--number", str(number), "--json").out)
    assert [row["arxiv_id"] for row in one["references"]] == [by.arxiv_id]
    assert all(number in mention["numbers"] for mention in one["mentions"])
    assert one["mentions"]
    assert home.server.requests == []
    offline = json.loads(run("references", world.review, "--offline", "--json").out)["references"]
    assert {row["method"] for row in offline} == {"text", "doi", "link", ""}
    shown = run("references", world.review).out
    assert "title search" in shown
    assert run("references", world.review, "--number", "999").code == FAILED


def test_references_of_what_is_not_held(home: ArxivHome, run: Run, tmp_path: Path) -> None:
    world = home.world
    other = sorted(readable(world, sorted(world.near_misses)))[0]
    assert run("references", other, "--offline").code == USAGE
    assert run("references", "2401.99999").code == USAGE
    assert run("references", "nonsense").code == USAGE
    told = json.loads(run("references", other, "--json").out)["references"]
    assert [row["number"] for row in told] == [1, 2]
    assert other not in home.held()
    path = tmp_path / "review.pdf"
    path.write_bytes(world.pdf(world.review))
    told = json.loads(run("references", str(path), "--json").out)["references"]
    assert {row["number"]: row["arxiv_id"] for row in told} == world.truth()
