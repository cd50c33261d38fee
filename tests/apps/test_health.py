"""How the library is kept current while it is served, and what is said of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from fakes import HashEmbedder, document, result
from fmqa.apps import health
from fmqa.apps.health import examine
from fmqa.apps.workbench import Workbench
from fmqa.errors import SourceUnreachable
from fmqa.settings import Settings
from fmqa.types import Gap, GapKind
from small_arxiv import SmallArxiv, make_world

pytestmark = pytest.mark.slow

SEEDS = '[[seed]]\narxiv_id = "2510.16973"\nfollow_references = false\n'


@pytest.fixture
def server() -> Iterator[SmallArxiv]:
    with SmallArxiv(make_world(16)) as made:
        yield made


@pytest.fixture
def bench(
    tmp_path: Any, server: SmallArxiv, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workbench]:
    """A workbench without the starter library, whose embedder needs no model."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "seeds.toml").write_text(SEEDS)
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    made = Workbench(Settings(home=tmp_path, llm="none", fetch_tries=2, sync_every="1d"))
    made.__dict__["embedder"] = HashEmbedder()
    monkeypatch.setattr(made, "load_starter", lambda: 0)
    yield made
    made.close()


def said(bench: Workbench) -> dict[str, Any]:
    return {finding.what: finding for finding in examine(bench)}


def test_a_background_sync_brings_the_library_up_to_date(bench: Workbench) -> None:
    sync = health.background_sync(bench)
    sync._soon = (0.0, 0.1)
    assert health.describe_library(bench, sync) == ("0 papers.", False)
    sync.start()
    wait_for(lambda: sync.state().last_end is not None)
    words, bad = health.describe_library(bench, sync)
    assert not bad
    assert words.startswith("1 paper. The last sync, a moment ago, went well. The next sync is in")
    assert sync.stop()
    assert [row.meta.paper_id for row in bench.library.record.papers()] == ["2510.16973"]
    assert (bench.settings.index_dir / "changes.atom").is_file()
    assert said(bench)["sync"].ok


def test_a_sync_that_fails_is_seen_in_the_app_and_by_the_doctor(
    bench: Workbench, server: SmallArxiv
) -> None:
    server.close()
    sync = health.background_sync(bench)
    sync._soon = (0.0, 0.1)
    sync.start()
    wait_for(lambda: sync.state().last_end is not None)
    words, bad = health.describe_library(bench, sync)
    assert bad
    assert "can't be reached" in words
    sync.stop()
    assert not said(bench)["sync"].ok
    words, bad = health.describe_library(bench, None)  # another process sees it in the record
    assert bad
    assert "arXiv couldn't be reached" in words


def test_a_run_that_was_killed_is_no_fault(bench: Workbench) -> None:
    bench.library.catalog.begin_run("sync")  # and nobody ends it
    bench.library.catalog.begin_run("ingest")
    assert [run.state for run in bench.library.catalog.runs()] == ["running", "interrupted"]
    assert said(bench)["sync"].ok


def test_a_sync_beside_another_writer_is_left_out(bench: Workbench) -> None:
    began, over = threading.Event(), threading.Event()

    def write() -> None:
        with bench.library.writing(bench.embedder.fingerprint):
            began.set()
            over.wait(20)

    other = threading.Thread(target=write)
    other.start()
    assert began.wait(20)
    health._sync(bench)
    over.set()
    other.join()
    assert bench.library.catalog.runs() == []
    health._sync(bench)
    assert [run.state for run in bench.library.catalog.runs()] == ["done"]


def test_an_unreachable_arxiv_is_an_error_of_the_background_run(
    bench: Workbench, server: SmallArxiv
) -> None:
    server.close()
    with pytest.raises(SourceUnreachable):
        health._sync(bench)
    assert [run.state for run in bench.library.catalog.runs()] == ["unreachable"]


def test_the_page_s_line_doesn_t_wait_for_what_is_being_made(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor do two threads that make parts of each other wait for each other."""
    making, made = threading.Event(), threading.Event()

    def slow() -> int:
        making.set()
        made.wait(20)
        return 0

    monkeypatch.setattr(bench, "load_starter", slow)
    parts: list[Any] = []
    first = threading.Thread(target=lambda: parts.append(bench.searcher))
    first.start()
    assert making.wait(20)
    assert health.describe_library(bench, None) == ("0 papers.", False)
    second = threading.Thread(target=lambda: parts.append(bench.ingestor))
    second.start()
    made.set()
    first.join(20)
    second.join(20)
    assert len(parts) == 2


def wait_for(happened: Any) -> None:
    """Poll, since the run is on a thread of the scheduler's."""
    for _ in range(400):
        if happened():
            return
        threading.Event().wait(0.05)
    pytest.fail("it didn't happen within 20 seconds")


def test_pages_that_are_not_searched_are_told(bench: Workbench) -> None:
    embedder = HashEmbedder()
    made = replace(document("1", ["It reads."]), gaps=(Gap(2, GapKind.SCANNED),))
    with bench.library.writing(embedder.fingerprint) as writer:
        writer.add(made, embedder.embed_array(["It reads."]), embedder.fingerprint, result(made))
    assert "1 of the papers with pages that aren't searched" in said(bench)["record"].detail
