"""Two replicas behind nginx, over one record: one is killed, and the conversation goes on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from reader import ENDED, IN_BROWSER, PATIENCE, Visit

from clusters import wait_for
from ports import free_port

ROOT = Path(__file__).resolve().parents[3]
CONF = ROOT / "deploy" / "nginx.conf"
pytestmark = [
    *IN_BROWSER,
    pytest.mark.skipif(not CONF.is_file(), reason="deploy comes with the checkout"),
]


@dataclass
class Site:
    """The replicas, and where nginx listens."""

    address: str
    replicas: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)


def ready(port: int, path: str = "/readyz") -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def own_conf(folder: Path, port: int, replicas: list[int]) -> Path:
    """deploy/nginx.conf with this test's addresses in place of the containers'."""
    text = CONF.read_text("utf-8").replace("listen 8080", f"listen 127.0.0.1:{port}")
    for number, replica in enumerate(replicas, start=1):
        text = text.replace(f"app-{number}:7860", f"127.0.0.1:{replica}")
    text = re.sub(r"/tmp/nginx", f"{folder}/nginx", text)
    path = folder / "nginx.conf"
    path.write_text(text, "utf-8")
    return path


def few_notes(folder: Path) -> Path:
    """Some of the starter library, which is read in in a moment."""
    notes = folder / "notes"
    (notes / "papers").mkdir(parents=True)
    for path in sorted((ROOT / "corpus" / "notes" / "papers").glob("*.md")):
        if "SAM" in path.read_text("utf-8").split("---")[1]:
            shutil.copy(path, notes / "papers")
    return notes


@pytest.fixture(params=["one folder", "PostgreSQL"])
def site(nginx: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """Over one record: SQLite in a folder of both, or PostgreSQL with a folder for each."""
    shared = request.param == "one folder"
    port, replicas = free_port(), [free_port(), free_port()]
    settings = {
        "FMQA_DATABASE_URL": "" if shared else request.getfixturevalue("postgres_url"),
        "FMQA_LLM": "none",
        "FMQA_KEEP_CONVERSATIONS": "true",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    # The whole program, but for the size of its starter library.
    code = (
        "import fmqa.sources.note_files as notes; from pathlib import Path; "
        f"notes.starter_folder = lambda: Path({str(few_notes(tmp_path))!r}); "
        "from fmqa.apps.cli import main; main()"
    )
    made = Site(f"http://127.0.0.1:{port}")
    processes = []
    try:
        for replica in replicas:
            home = tmp_path / ("home" if shared else f"home-{replica}")
            process = subprocess.Popen(
                [sys.executable, "-c", code, "serve", "--port", str(replica)],
                env={**os.environ, **settings, "FMQA_HOME": str(home)},
                stdout=subprocess.DEVNULL,
            )
            processes.append(process)
            made.replicas[replica] = process
        for replica in replicas:
            wait_for(lambda at=replica: ready(at), "a replica", 180)
        conf = own_conf(tmp_path, port, replicas)
        command = [nginx, "-p", str(tmp_path), "-c", str(conf), "-g", "daemon off;"]
        processes.append(subprocess.Popen(command))
        wait_for(lambda: ready(port), "nginx")
        yield made
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(60)


def test_a_conversation_outlives_its_replica(visit: Callable[..., Visit], site: Site) -> None:
    reader = visit(site.address)
    reader.ask("What is MedSAM2?")
    assert "MedSAM2" in reader.page.inner_text("#fmqa-chat")
    served = {
        port: process
        for port, process in site.replicas.items()
        if 'fmqa_questions_total{outcome="answered"} 1' in metrics(port)
    }
    assert len(served) == 1, "one of them answered"
    [process] = served.values()
    process.kill()
    process.wait()
    reader.page.reload()  # as Gradio does itself where a stream was cut
    reader.page.locator(ENDED).wait_for(timeout=PATIENCE)
    assert "What is MedSAM2?" in reader.page.inner_text("#fmqa-chat")
    reader.ask("How was it trained?")
    understood = reader.page.locator(".fmqa-status", has_text="Understood as").last
    assert "MedSAM2" in understood.inner_text()


def metrics(port: int) -> str:
    return httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
