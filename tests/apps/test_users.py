"""`fmqa users` and its file: as an operator uses it."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fmqa.apps.cli.main import app as program
from fmqa.apps.web import app
from fmqa.apps.web.auth import Users
from fmqa.errors import UsageError
from fmqa.settings import Settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FMQA_HOME", str(tmp_path))
    return tmp_path


def run(*words: str, typed: str = "") -> str:
    result = CliRunner().invoke(program, ["users", *words], input=typed, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_added_listed_changed_and_removed(home: Path) -> None:
    assert "Nobody yet" in run("list")
    run("add", "ann", typed="correct horse\n")
    run("add", "bob@example.org", typed="battery staple\n")
    assert run("list") == "ann\nbob@example.org\n"
    file = home / "users"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "correct horse" not in file.read_text()
    users = Users(file)
    assert users.check("ann", "correct horse")
    assert not users.check("ann", "battery staple")
    assert not users.check("nobody", "correct horse")
    run("passwd", "ann", typed="another one\n")
    assert users.check("ann", "another one")  # seen without being read anew
    assert not users.check("ann", "correct horse")
    run("remove", "ann")
    assert json.loads(run("list", "--json")) == ["bob@example.org"]


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("add", "ann"), "short\n", "8 to 256"),
        (("add", "ann"), "x" * 257 + "\n", "8 to 256"),
        (("add", "a:b"), "long enough\n", "can't be a user's name"),
        (("add", ""), "long enough\n", "can't be a user's name"),
        (("passwd", "ann"), "long enough\n", "no user"),
        (("remove", "ann"), "", "no user"),
    ],
)
def test_what_can_not_be_taken_changes_nothing(
    home: Path, words: tuple[str, ...], typed: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        CliRunner().invoke(program, ["users", *words], input=typed, catch_exceptions=False)
    assert not (home / "users").exists() or (home / "users").read_text() == ""


def test_a_user_is_not_added_twice(home: Path) -> None:
    run("add", "ann", typed="correct horse\n")
    with pytest.raises(UsageError, match="already"):
        run("add", "ann", typed="another one\n")
    assert Users(home / "users").check("ann", "correct horse")


def test_two_who_add_at_once_both_stand(tmp_path: Path) -> None:
    names = [f"user{number}" for number in range(8)]
    threads = [
        threading.Thread(target=Users(tmp_path / "users").put, args=(name, "correct horse"))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Users(tmp_path / "users").hashes) == names


def test_a_file_that_others_may_write_is_refused(tmp_path: Path) -> None:
    users = Users(tmp_path / "users")
    users.put("ann", "correct horse")
    (tmp_path / "users").chmod(0o666)
    with pytest.raises(UsageError, match="Others may write") as caught:
        _ = users.hashes
    assert "chmod 600" in caught.value.hint


def test_a_damaged_file_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "users"
    file.write_text("# who\n\nann:$argon2id$v=19$x\nbob:secret\n")
    os.chmod(file, 0o600)  # noqa: PTH101
    with pytest.raises(UsageError, match="Line 4"):
        _ = Users(file).hashes


def test_a_login_that_nobody_has_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, llm="none")
    assert app.logins_of(settings) is None
    with pytest.raises(UsageError, match="Nobody could log in") as caught:
        app.logins_of(settings, wanted=True)
    assert "fmqa users add" in caught.value.hint
    Users(settings.users_path).put("ann", "correct horse")
    assert app.logins_of(settings, wanted=True) is not None
    assert app.logins_of(settings) is None  # nobody asked for it
    named = Settings(home=tmp_path, llm="none", users_file=settings.users_path)
    assert app.logins_of(named) is not None
