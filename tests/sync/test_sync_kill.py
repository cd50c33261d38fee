"""`fmqa ingest` killed at random moments: the record stays whole, and nothing is asked twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from arxiv_home import ArxivHome, HashEmbedder
from fmqa.apps.workbench import Workbench
from fmqa.settings import load_settings
from fmqa.sources.arxiv import title_query
from fmqa.sync.resolution import _key
from records import differences
from small_arxiv import Request

HERE = Path(__file__).resolve().parents[1]
KILLS = 6
PENDING = {
    "There is no index yet; the next question builds it.",
    "The index is behind the record; the next question brings it up to date.",
}


def ingest() -> None:
    """What the killed process does; its settings stand in its environment."""
    with ExitStack() as stack:
        slow = HashEmbedder(delay=0.02)
        for name, made in (
            ("fmqa.store.embedding.make_embedder", lambda settings: slow),
            ("fmqa.sources.note_files.starter_folder", lambda: Path("no notes")),
        ):
            stack.enter_context(patch(name, made))
        Workbench(load_settings()).follow(kind="ingest")


def start(home: ArxivHome) -> subprocess.Popen[bytes]:
    """A process that has imported what it needs, and begins at a line on its input."""
    code = (
        f"import sys; sys.path[:0] = [{str(HERE)!r}, {str(Path(__file__).parent)!r}]\n"
        "import test_sync_kill as made, fmqa.sync.run, fmqa.sources.arxiv, faiss, rapidfuzz\n"
        "import fmqa.reading.reader, arxiv, httpx\n"
        "print('ready', flush=True); sys.stdin.readline(); made.ingest()\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # so that its readers are killed with it
        env={**os.environ, **home.environment, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def committed(home: ArxivHome, titles: dict[str, str]) -> set[str]:
    """What needn't be asked any more: ids of facts, names of PDFs, queries for titles."""
    with home.library() as library:
        assert set(library.check()) <= PENDING
        db = library.record.database.connection
        lookups = db.execute("SELECT service, key FROM lookups").fetchall()
        facts = {row["arxiv_id"] for row in db.execute("SELECT arxiv_id FROM arxiv")}
        files = {
            f"/pdf/{name}v{number}"
            for name, number in db.execute("SELECT arxiv_id, version FROM files")
        }
    asked = {titles[row["key"]] for row in lookups if row["service"] == "arxiv title"}
    scholar = {"scholar" for row in lookups if row["service"] == "scholar references"}
    return facts | files | asked | scholar


def meant(request: Request) -> set[str]:
    """What a request asks for, in the words of `committed`."""
    if request.kind != "api":
        return {request.path if request.kind in ("pdf", "html") else "scholar"}
    query = parse_qs(urlsplit(request.path).query)
    return (
        {query["search_query"][0]}
        if "search_query" in query
        else set(query["id_list"][0].split(","))
    )


def test_killed_at_random_moments(home: ArxivHome, clean: ArxivHome) -> None:
    titles = {_key(one.title): title_query(one.title) for one in clean.references()}
    home.settings["arxiv_pace"] = 0.05  # so that there is time to be killed in
    moments = random.Random(11)
    known: set[str] = set()
    steps = set()
    for _ in range(KILLS):
        process = start(home)
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            process.stdin.write(b"\n")
            process.stdin.flush()
            # Some way on, however slow the machine is just now.
            seen = moments.randint(2, 7)
            until = time.monotonic() + 60
            while len(home.server.requests) < seen and time.monotonic() < until:
                if process.poll() is not None:
                    break
                time.sleep(0.002)
            time.sleep(moments.uniform(0, 0.1))
            with suppress(ProcessLookupError):  # it had come to its end
                os.killpg(process.pid, signal.SIGKILL)
        asked = set().union(*map(meant, home.server.requests))
        assert not known & asked
        home.server.forget()
        known = committed(home, titles)
        steps.add(len(known))
    assert len(steps) > 2, "every kill came too early or too late"
    assert home.ingest().unreachable == ""
    assert not known & set().union(*map(meant, home.server.requests))
    assert differences(home.digest(), clean.digest()) == []
    with home.library() as library:
        states = [run.state for run in library.catalog.runs()]
    assert states[0] == "done"
    assert "interrupted" in states
