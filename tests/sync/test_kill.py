"""An ingestion killed at random moments leaves a whole record, and a rerun finishes it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fakes import HashEmbedder, make_pdf
from fmqa.reading.pool import ReadLimits
from fmqa.store.library import Library
from fmqa.store.mappers import content_hash, index_text
from fmqa.sync.ingestor import Ingestor

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parents[1]
MODEL = "hash:64"
KILLS = 8


def ingest(folder: Path, index: Path, delay: float) -> None:
    """What the killed process does."""
    library = Library(index, index / "record.sqlite3")
    embedder = HashEmbedder(delay=delay)
    Ingestor(library, MODEL, embedder.embed_array).ingest_files(
        sorted(folder.glob("*.pdf")), ReadLimits(), workers=1
    )
    library.close()


def content(library: Library) -> dict[str, list[str]]:
    """Every paper's passages, by its id."""
    rows = library.record.papers()
    return {
        row.meta.paper_id: [s.passage.text for s in library.record.passages_of(row.meta.paper_id)]
        for row in rows
    }


def assert_whole(library: Library, wanted: dict[str, list[str]]) -> None:
    """Each paper that is there is there with all that belongs to it."""
    record = library.record
    problems = library.check()
    assert all("index" in problem and "damaged" not in problem for problem in problems), problems
    held = content(library)
    assert held.items() <= wanted.items()
    db = record.database.connection
    for row in record.papers():
        assert row.pages == 3
        stored = record.passages_of(row.meta.paper_id)
        hashes = [
            content_hash(index_text(row.meta.title, s.passage.section, s.passage.text))
            for s in stored
        ]
        assert set(record.embeddings(MODEL, hashes)) == set(hashes)
        for passage in stored:
            found = db.execute("SELECT text FROM passages_fts WHERE rowid = ?", (passage.id,))
            assert found.fetchone()["text"] == passage.passage.text
    count = db.execute("SELECT count(*) FROM passages_fts").fetchone()[0]
    assert count == len(record.active_ids()) == sum(map(len, held.values()))
    assert len(record.journal()) == len(held)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    for number in range(1, 9):
        make_pdf(folder / f"paper{number}.pdf", number)
    return folder


@pytest.fixture(scope="module")
def clean(papers: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What an ingestion that nobody disturbs makes of them."""
    index = tmp_path_factory.mktemp("clean")
    ingest(papers, index, 0.0)
    library = Library(index, index / "record.sqlite3")
    wanted = content(library)
    library.close()
    assert len(wanted) == 8
    assert all(wanted.values())
    return wanted


def start(papers: Path) -> subprocess.Popen[bytes]:
    """A process that has imported all it needs, and begins when it is told where to."""
    code = (
        f"import sys; sys.path[:0] = [{str(HERE)!r}, {str(Path(__file__).parent)!r}]\n"
        "from pathlib import Path; from test_kill import ingest\n"
        "print('ready', flush=True)\n"
        f"ingest(Path({str(papers)!r}), Path(sys.stdin.readline().strip()), 0.03)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # so that its readers can be ended with it
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_killed_at_random_moments(
    papers: Path, clean: dict[str, list[str]], tmp_path: Path
) -> None:
    """Each kill meets what the last one left, until an ingestion gets through."""
    moments = random.Random(7)
    index = tmp_path / "index0"
    finished = 0
    upcoming = start(papers)
    for kill in range(KILLS):
        process, upcoming = upcoming, start(papers) if kill < KILLS - 1 else None
        with process:
            assert process.stdout.readline() == b"ready\n"
            process.stdin.write(f"{index}\n".encode())
            process.stdin.flush()
            time.sleep(moments.uniform(0.02, 1.2))
            os.killpg(process.pid, signal.SIGKILL)
        library = Library(index, index / "record.sqlite3")
        assert_whole(library, clean)
        done = len(content(library)) == len(clean)
        library.close()
        if done:  # begin anew, so that all moments are met
            finished += 1
            index = tmp_path / f"index{kill + 1}"
    ingest(papers, index, 0.0)
    library = Library(index, index / "record.sqlite3")
    assert content(library) == clean
    assert library.check() == []
    assert_whole(library, clean)
    library.close()
    assert finished < KILLS, "every kill came too late"
