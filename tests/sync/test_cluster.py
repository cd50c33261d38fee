"""Ingestion on a cluster: the same record as here, whoever dies on the way."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from clusters import ENDS_A_WORKER, Cluster
from fakes import HashEmbedder, make_pdf
from fmqa.apps import changing
from fmqa.apps.changing import Jobs
from fmqa.errors import ClusterUnreachable, SettingsError, UsageError, WorkerMismatch
from fmqa.reading.pool import ReadLimits
from fmqa.settings import Settings
from fmqa.store.library import Library
from fmqa.sync.cluster.cluster_engine import ClusterEngine
from fmqa.sync.cluster.connection import address_of, refuse_open_port, security
from fmqa.sync.ingestor import Ingestor, IngestReport
from fmqa.types import Outcome, ReadResult
from records import digest

pytestmark = pytest.mark.slow

MODEL = "hash:64"
LIMITS = ReadLimits(20, 512, 2, 500)
Done = list[ReadResult]


def engine(cluster: Cluster, patience: float = 60.0) -> ClusterEngine:
    return ClusterEngine(f"tcp://{cluster.address}", MODEL, patience=patience)


def opened(index: Path) -> Library:
    return Library(index, index / "record.sqlite3")


def ingest(library: Library, paths: list[Path], on: ClusterEngine | None, **how) -> IngestReport:
    made = Ingestor(library, MODEL, HashEmbedder().embed_array, on)
    return made.telling(how.pop("notify", print)).ingest_files(paths, LIMITS, **how)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("papers")
    for number in range(1, 13):
        make_pdf(folder / f"paper{number}.pdf", number)
    (folder / "damaged.pdf").write_bytes(b"%PDF-1.7 and no more")
    (folder / "large.pdf").write_bytes(b"%PDF-1.7" + bytes(3 << 20))
    return sorted(folder.glob("*.pdf"))


@pytest.fixture(scope="module")
def here(papers: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Library:
    """What this machine alone makes of them."""
    library = opened(tmp_path_factory.mktemp("here"))
    ingest(library, papers, None)
    return library


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


def assert_same(library: Library, here: Library) -> None:
    """Each paper is there once, whole and equal, and nothing needs mending."""
    assert digest(library) == digest(here)
    entries = {entry.sha256: entry.outcome for entry in here.record.journal()}
    assert {entry.sha256: entry.outcome for entry in library.record.journal()} == entries
    for (paper, what), count in _changes(library).items():
        assert count == 1, f"{paper} was {what} {count} times"
    with library.record.active_vectors(MODEL) as active:
        assert sum(map(len, active)) == len(here.record.active_ids())
    assert library.check() == []


def _changes(library: Library) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for change in library.catalog.changes():
        key = (change.paper_id, change.what)
        found[key] = found.get(key, 0) + 1
    return found


def test_the_record_is_the_same_as_a_local_one(
    cluster: Cluster, papers: list[Path], here: Library, library: Library
) -> None:
    told: Done = []
    report = ingest(library, papers, engine(cluster), progress=told.append)
    assert_same(library, here)
    assert [result.path for result in told] == [result.path for result in report.results]
    failed = {r.path.name: r for r in report.results if r.outcome is not Outcome.OK}
    assert {name: result.outcome for name, result in failed.items()} == {
        "damaged.pdf": Outcome.DAMAGED,
        "large.pdf": Outcome.TOO_LARGE,
    }
    assert all(result.detail and result.sha256 for result in failed.values())
    again = ingest(library, papers, engine(cluster))
    assert (len(again.results), len(again.known)) == (0, len(papers))


def test_a_paper_that_ends_workers_fails_alone(
    cluster: Cluster, papers: list[Path], library: Library, tmp_path: Path
) -> None:
    deadly = tmp_path / "deadly.pdf"
    deadly.write_bytes(papers[2].read_bytes() + ENDS_A_WORKER)
    innocent = papers[2:]  # some are blamed for being given to its workers
    report = ingest(library, [deadly, *innocent], engine(cluster))
    outcomes = {result.path: result.outcome for result in report.results}
    assert outcomes == {deadly: Outcome.DAMAGED} | dict.fromkeys(innocent, Outcome.OK)
    [failed] = [result for result in report.results if result.path == deadly]
    assert "workers" in failed.detail


def test_a_worker_of_another_model_is_refused(
    papers: list[Path], library: Library, cluster: Cluster
) -> None:
    other = ClusterEngine(f"tcp://{cluster.address}", "another:64")
    made = Ingestor(library, "another:64", HashEmbedder(name="another:64").embed_array, other)
    with pytest.raises(WorkerMismatch, match="another:64"):
        made.ingest_files(papers[2:4], LIMITS)
    assert library.record.papers() == []


def test_the_page_uses_the_cluster_and_tells_of_it(
    cluster: Cluster, papers: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fmqa.apps.workbench import Workbench

    monkeypatch.setattr("fmqa.store.embedding.make_embedder", lambda settings: HashEmbedder())
    monkeypatch.setattr("fmqa.sources.note_files.starter_folder", lambda: tmp_path / "no notes")
    steps: list[tuple[str, int, int]] = []
    watch = Jobs()
    monkeypatch.setattr(watch, "step", lambda *step: steps.append(step))
    bench = Workbench(Settings(home=tmp_path, cluster=cluster.address, llm="none"))
    try:
        outcome = changing.add_files(bench, papers[:3:2], watch)
    finally:
        bench.close()
    assert [line.what for line in outcome.lines] == [changing.FAILED, changing.ADDED]
    assert "damaged" in outcome.lines[0].why
    assert steps[-1] == (changing.READING, 2, 2)


def test_a_worker_that_dies_is_replaced_and_its_papers_are_done_again(
    papers: list[Path], here: Library, library: Library
) -> None:
    with Cluster(2, HASH_DELAY="0.2") as running:
        running.wait_for_workers()
        done: Done = []

        def progress(result: ReadResult) -> None:
            done.append(result)
            if len(done) in (4, 8):
                running.kill_a_worker()

        ingest(library, papers, engine(running), progress=progress)
    assert_same(library, here)


@pytest.mark.parametrize("away", [2.0, 0.0])
def test_a_scheduler_that_is_started_again_goes_on(
    papers: list[Path], here: Library, library: Library, away: float
) -> None:
    told: list[str] = []
    with Cluster(2, HASH_DELAY="0.2") as running:
        running.wait_for_workers()
        done: Done = []

        def progress(result: ReadResult) -> None:
            done.append(result)
            if len(done) == 3:
                running.kill_scheduler()
                threading.Timer(away, running.start_scheduler).start()

        ingest(library, papers, engine(running), progress=progress, notify=told.append)
    assert_same(library, here)
    assert any("lost" in words for words in told), told


def test_without_a_scheduler_it_ends_in_words(papers: list[Path], library: Library) -> None:
    told: list[str] = []
    nowhere = ClusterEngine("tcp://127.0.0.1:9", MODEL, patience=0.1)
    with pytest.raises(ClusterUnreachable, match=r"127\.0\.0\.1:9") as ended:
        ingest(library, papers, nowhere, notify=told.append)
    assert "fmqa workers" in ended.value.hint
    assert told == ["Waiting for the scheduler at tcp://127.0.0.1:9."]


def test_without_workers_it_says_how_to_start_one(papers: list[Path], library: Library) -> None:
    told: list[str] = []
    with (
        Cluster(0) as running,
        pytest.raises(ClusterUnreachable, match="no worker"),
    ):
        ingest(library, papers, engine(running, patience=0.1), notify=told.append)
    assert "fmqa workers start" in told[0]


def test_tls_guards_all_three_parts(papers: list[Path], library: Library, tmp_path: Path) -> None:
    from certificates import write_certificates

    settings = write_certificates(tmp_path)
    guard = security(Settings(**settings))
    named = {f"FMQA_{name.upper()}": str(path) for name, path in settings.items()}
    with Cluster(1, **named) as running:
        safe = ClusterEngine(f"tls://{running.address}", MODEL, guard)
        assert ingest(library, papers[2:4], safe).count(Outcome.OK) == 2
        open_ = engine(running, patience=0.1)
        with pytest.raises(ClusterUnreachable):
            ingest(library, papers[4:5], open_)


def test_half_a_set_of_certificates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not all"):
        security(Settings(cluster_ca=Path(__file__)))
    with pytest.raises(SettingsError, match="no file"):
        security(Settings(cluster_ca=tmp_path / "none.pem"))
    assert security(Settings()) is None


@pytest.mark.parametrize(
    ("asked", "tls", "address"),
    [
        ("127.0.0.1:8786", False, "tcp://127.0.0.1:8786"),
        ("scheduler", True, "tls://scheduler:8786"),
        ("tcp://[::1]:99", False, "tcp://[::1]:99"),
    ],
)
def test_addresses(asked: str, tls: bool, address: str) -> None:
    assert address_of(asked, tls=tls) == address


@pytest.mark.parametrize("asked", ["http://x:1", "x:nine", "", ":8786"])
def test_what_is_no_address(asked: str) -> None:
    with pytest.raises(UsageError):
        address_of(asked, tls=False)


def test_no_open_port_by_accident() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        refuse_open_port(host, guarded=False)
    refuse_open_port("0.0.0.0", guarded=True)
    with pytest.raises(UsageError, match="could run programs"):
        refuse_open_port("0.0.0.0", guarded=False)


def test_without_a_cluster_nothing_of_it_is_imported(papers: list[Path], tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from pathlib import Path
import fmqa.sources.note_files, fmqa.store.embedding
from fakes import HashEmbedder
fmqa.store.embedding.make_embedder = lambda settings: HashEmbedder()
fmqa.sources.note_files.starter_folder = lambda: Path("none")
from fmqa.apps.cli.main import app
app(["ingest", {str(papers[2])!r}, "--home", {str(tmp_path)!r}], standalone_mode=False)
found = {{name.split(".")[0] for name in sys.modules}} & {{"dask", "distributed", "tornado"}}
assert not found and "fmqa.sync.cluster.cluster_engine" not in sys.modules, found
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert "1 ok" in ended.stdout
