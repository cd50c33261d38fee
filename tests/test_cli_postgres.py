"""The program over PostgreSQL: its commands say the same, and a record moves there and back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from test_cli import ANSWERED, QUESTION, USAGE, home

fixtures = (home,)


def without_times(answer: str) -> dict[str, Any]:
    return json.loads(answer) | {"timings_ms": None}


def test_a_record_moves_and_every_command_finds_it(
    home: Path, run: Any, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = without_times(run("ask", "--json", "--session", "mine", QUESTION).out)
    listed = run("papers", "list").out
    ended = run("migrate", "--to", postgres_url)
    assert ended.code == 0, ended.err
    assert "2 papers with 2 passages" in ended.out
    assert "set FMQA_DATABASE_URL" in ended.out

    (home / "index" / "record.sqlite3").unlink()
    monkeypatch.setenv("FMQA_DATABASE_URL", postgres_url)
    again = run("ask", "--json", "--session", "other", QUESTION)
    assert again.code == ANSWERED
    assert without_times(again.out) == before
    assert run("papers", "list").out == listed
    assert "MedSAM" in run("export", "--session", "mine").out
    found = {one["what"]: one for one in json.loads(run("doctor", "--json").out)}
    assert found["record"]["ok"], found["record"]
    assert "in postgresql://127.0.0.1" in found["record"]["detail"]
    assert "2 passages" in run("index").out
    assert run("papers", "remove", "2309.00001").code == 0

    told = json.loads(run("migrate", "--to", "sqlite", "--json").out)
    assert told["rows"]["passages"] == told["rows"]["excluded"] == 1
    monkeypatch.delenv("FMQA_DATABASE_URL")
    last = without_times(run("ask", "--json", QUESTION).out)
    assert last["citations"] == before["citations"][:1]
    refused = run("migrate", "--to", postgres_url)
    assert refused.code == USAGE
    assert "holds a record" in refused.err


def test_settings_show_no_password(run: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMQA_DATABASE_URL", "postgresql://ada:hush@127.0.0.1:9/fmqa")
    for arguments in (("config",), ("config", "--json"), ("doctor",), ("ask", QUESTION)):
        ended = run(*arguments)
        assert "hush" not in ended.out + ended.err
    assert "can't be reached" in ended.err
    assert "FMQA_DATABASE_URL" in ended.err


def test_nothing_of_it_is_imported_without_an_address(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import fmqa.apps.cli.main, fmqa.store.transfer;"
        "from fmqa.store.library import Library;"
        f"Library(Path({str(tmp_path)!r}), Path({str(tmp_path)!r}) / 'r.sqlite3').check();"
        "print([name for name in sys.modules if name.startswith(('psycopg', 'fmqa.store.postg'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
