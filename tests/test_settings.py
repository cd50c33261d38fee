"""Settings: which source wins, and bad values in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmqa.errors import SettingsError
from fmqa.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_from_weak_to_strong(monkeypatch: pytest.MonkeyPatch) -> None:
    default = load_settings().passages
    assert default == Settings.model_fields["passages"].default
    monkeypatch.setenv("FMQA_PASSAGES", "20")
    assert load_settings().passages == 20
    Path("fmqa.toml").write_text("passages = 30\n")
    assert load_settings().passages == 30
    assert load_settings(passages=40).passages == 40
    assert load_settings(passages=None).passages == 30


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMQA_LLM", "")
    assert load_settings().llm == "local"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("passages", "0"),
        ("passages", "many"),
        ("quotes", "-1"),
        ("llm_tier", "huge"),
        ("read_memory_mb", "10"),
        ("llm_timeout", "0"),
        ("threads", "1.5"),
        ("max_question_chars", "nan"),
    ],
)
def test_a_bad_value_is_said(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"FMQA_{name.upper()}", value)
    with pytest.raises(SettingsError, match=name) as caught:
        load_settings()
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["passages = ", "nonsense", "pasages = 3\n", "passages = [1]", "\x00", "llm = 'a'\nllm = 'b'"],
)
def test_a_bad_file_is_said(text: str) -> None:
    Path("fmqa.toml").write_text(text)
    with pytest.raises(SettingsError):
        load_settings()


def test_a_file_that_is_no_text_is_said() -> None:
    Path("fmqa.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"fmqa\.toml"):
        load_settings()


def test_an_unknown_name_in_the_file_is_named() -> None:
    Path("fmqa.toml").write_text("pasages = 3\n")
    with pytest.raises(SettingsError, match="pasages"):
        load_settings()


def test_folders_are_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = load_settings(home=Path("data"))
    assert settings.home == tmp_path / "data"
    assert settings.record_path == tmp_path / "data" / "index" / "record.sqlite3"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings(home=Path("~/x")).home == tmp_path / "x"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().llm = "none"


def test_the_key_is_not_in_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMQA_LLM_API_KEY", "sk-secret")
    settings = load_settings()
    assert settings.llm_api_key == "sk-secret"
    assert "sk-secret" not in repr(settings)
    assert "sk-secret" not in str(settings)


def test_each_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
