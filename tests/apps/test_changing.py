"""What a page's users change in the library, without a page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from arxiv_home import ArxivHome, small_world
from fmqa.apps import changing
from fmqa.apps.changing import JobLine, JobResult, Jobs, JobStopped
from fmqa.apps.web import app
from fmqa.apps.web.markup import escaped
from fmqa.apps.web.tabs.library_tab import changelog, job, paper_record
from fmqa.apps.web.wording import IN_CHINESE
from fmqa.apps.workbench import Workbench
from fmqa.errors import RecordBusy, SourceUnreachable, UsageError
from fmqa.settings import Settings
from fmqa.sync.changelog import KINDS
from small_arxiv import SmallArxiv

sys.path.append(str(Path(__file__).resolve().parents[1] / "reading"))
from pdfs import paper as paper_pdf

NASTY = "x<img src=x onerror=hurt()>.pdf"
PDF = paper_pdf()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[ArxivHome]:
    with SmallArxiv(small_world()) as server:
        yield ArxivHome(tmp_path / "home", server)


@pytest.fixture
def bench(home: ArxivHome) -> Iterator[Workbench]:
    with home.bench() as made:
        yield made


@pytest.fixture
def steps() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture
def watch(steps: list[tuple[str, int, int]]) -> Jobs:
    watching = Jobs()
    watching.step = lambda *step: steps.append(step)  # type: ignore[method-assign]
    return watching


def upload(folder: Path, data: bytes, name: str = "paper.pdf") -> Path:
    place = folder / "uploads"
    place.mkdir(exist_ok=True)
    path = place / name
    path.write_bytes(data)
    return path


def plain(home: ArxivHome) -> list[str]:
    world = home.world
    special = set(world.special.values())
    return [one for one in world.cited() if one not in special and world[one].latest.number == 1]


def whats(outcome: JobResult) -> list[tuple[str, str]]:
    return [(line.what, line.name) for line in outcome.lines]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("2304.12306", ["2304.12306"]),
        (" 2304.12306v2,\nhttps://arxiv.org/abs/2310.15161 ", ["2304.12306", "2310.15161"]),
        ("2304.12306 2304.12306", ["2304.12306"]),
    ],
)
def test_ids(text: str, ids: list[str]) -> None:
    assert [one.bare for one in changing.asked_ids(text)] == ids


@pytest.mark.parametrize(
    "text", ["", " , ", "MedSAM", "https://evil.example/abs/2304.12306", "/etc/passwd", "x " * 60]
)
def test_no_ids(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        changing.asked_ids(text)
    assert "arxiv.org" in caught.value.hint


def test_papers_are_added(
    bench: Workbench, home: ArxivHome, watch: Jobs, steps: list[tuple[str, int, int]]
) -> None:
    one, missing = plain(home)[0], "2401.09999"
    outcome = changing.add_papers(bench, changing.asked_ids(f"{one} {missing}"), watch)
    assert ("Added", one) in whats(outcome)
    failed = next(line for line in outcome.lines if line.name == missing)
    assert failed.what.startswith("Failed")
    assert failed.why
    assert one in home.held()
    assert {label for label, _, _ in steps} >= {"Fetching from arXiv", "Reading and embedding"}
    again = changing.add_papers(bench, changing.asked_ids(one), watch)
    assert whats(again) == [("In the library already", one)]
    assert whats(changing.remove(bench, one)) == [("Removed", one)]
    assert whats(changing.add_papers(bench, changing.asked_ids(one), watch)) == [("Added", one)]


def test_a_sync(bench: Workbench, home: ArxivHome, watch: Jobs) -> None:
    one = plain(home)[0]
    home.seeds(seed=[one])
    assert whats(changing.sync(bench, watch)) == [("Added", one)]
    home.world.add_version(one)
    assert whats(changing.sync(bench, watch)) == [("New version", one)]
    assert changing.sync(bench, watch) == JobResult()


def test_arxiv_is_away(home: ArxivHome, watch: Jobs) -> None:
    home.settings |= {"arxiv_api_url": "http://127.0.0.1:9/api/query", "fetch_tries": 1}
    with home.bench() as bench:
        outcome = changing.add_papers(bench, changing.asked_ids("2304.12306"), watch)
    assert isinstance(outcome.problem, SourceUnreachable)
    assert outcome.problem.hint


def test_a_stopped_sync_keeps_what_it_has(bench: Workbench, home: ArxivHome) -> None:
    watching = Jobs()
    tell, stop = watching.step, False

    def step(label: str, done: int, total: int) -> None:
        nonlocal stop
        tell(label, done, total)
        if stop:
            raise JobStopped
        stop = stop or (label == "Reading and embedding" and bool(done))

    watching.step = step  # type: ignore[method-assign]
    home.seeds(seed=plain(home)[:4])
    with pytest.raises(JobStopped):
        changing.sync(bench, watching)
    assert bench.library.catalog.runs(1)[0].state == "interrupted"
    held = len(home.held())
    assert 1 <= held < 4
    watching = Jobs()
    assert len(changing.sync(bench, watching).lines) == 4 - held


def test_an_upload_is_read(bench: Workbench, home: ArxivHome, tmp_path: Path, watch: Jobs) -> None:
    sent = upload(tmp_path, PDF, NASTY)
    outcome = changing.add_files(bench, [sent], watch)
    assert whats(outcome) == [("Added", NASTY)]
    assert "Segmenting Anything" in outcome.lines[0].title
    kept = [path.name for path in home.papers.iterdir()]
    assert len(kept) == 1
    assert len(kept[0]) == 64 + len(".pdf")
    again = changing.add_files(bench, [upload(tmp_path, PDF, "other.pdf")], watch)
    assert whats(again) == [("In the library already", "other.pdf")]
    assert len(list(home.papers.iterdir())) == 1


def test_uploads_that_can_t_be_read(home: ArxivHome, tmp_path: Path, watch: Jobs) -> None:
    home.settings |= {"upload_max_mb": 1}
    with home.bench() as bench:
        broken = upload(tmp_path, PDF[:200] + b"\0" * 900, "broken.pdf")
        text = upload(tmp_path, b"MZ" + b"not a pdf " * 300 + b"%PDF-1.7", "program.pdf")
        large = upload(tmp_path, PDF + b"\0" * (1 << 20), "large.pdf")
        good = upload(tmp_path, PDF, "good.pdf")
        gone = large.with_name("gone.pdf")
        outcome = changing.add_files(bench, [broken, text, large, gone, good], watch)
        told = {line.name: line for line in outcome.lines}
        assert [line.what for line in outcome.lines] == ["Failed"] * 4 + ["Added"]
        assert told["broken.pdf"].why.startswith("damaged")
        assert "no PDF" in told["program.pdf"].why
        assert "at most 1" in told["large.pdf"].why
        assert all(line.hint for line in outcome.lines if line.what == "Failed")
        assert len(list(home.papers.iterdir())) == 1  # what can't be read isn't kept
        again = changing.add_files(bench, [broken], watch)
        assert again.lines[0].why.startswith("damaged")


def test_another_process_writes(
    bench: Workbench, tmp_path: Path, watch: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr("fmqa.store.library._WRITER_SECONDS", 0.05)
    bench.load_starter()
    sent = upload(tmp_path, PDF)
    bench.library.index_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(bench.library.index_dir / "writer.lock"), pytest.raises(RecordBusy):
        changing.add_files(bench, [sent], watch)


@pytest.mark.parametrize(
    ("setting", "host", "login", "may"),
    [
        ("auto", "127.0.0.1", False, True),
        ("auto", "127.0.0.1", True, False),
        ("auto", "0.0.0.0", False, False),
        ("auto", None, False, False),
        ("off", "127.0.0.1", False, False),
        ("on", "0.0.0.0", True, True),
    ],
)
def test_who_may_change_the_library(setting: str, host: str, login: bool, may: bool) -> None:
    settings = Settings(web_edit=setting)  # type: ignore[arg-type]
    assert app.may_edit(settings, host, login=login) is may


def test_a_space_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "somebody/fmqa")
    assert not app.may_edit(Settings(), "127.0.0.1")


def test_what_is_shown_is_escaped(bench: Workbench, home: ArxivHome, watch: Jobs) -> None:
    from fmqa.apps.changing import JobState

    line = JobLine("Failed", NASTY, NASTY, NASTY, NASTY)
    state = JobState(1, "Adding uploaded PDFs", outcome=JobResult((line,), UsageError(NASTY)))
    running = JobState(1, "Adding uploaded PDFs", True, {NASTY: (1, 2)}, NASTY)
    home.seeds(seed=plain(home)[:1])
    changing.sync(bench, watch)
    meta = bench.library.record.papers()[0].meta
    for html in (job(state), job(running), job(running, IN_CHINESE)):
        assert "<img" not in html
    assert "<img" not in paper_record(bench.library, meta.paper_id)
    log = changelog(bench.library.catalog.changes())
    assert "Added" in log
    assert escaped(meta.title) in log


def test_the_changelog_and_outcomes_have_translations() -> None:
    assert set(KINDS.values()) <= set(IN_CHINESE.texts)
    assert set(changing._REPORTED.values()) <= set(IN_CHINESE.texts)
    assert {changing.KNOWN, changing.REMOVED, changing.READING, *changing.HINTS.values()} <= set(
        IN_CHINESE.texts
    )
