"""The settings as a page of the documentation."""

from __future__ import annotations

from fmqa.settings import Settings

_HEAD = """# Configuration

Made by `fmqa config --markdown`; a test keeps it true. `fmqa config` shows the values in force.

From weak to strong: the defaults below, files in the folder that `FMQA_SECRETS_DIR` names (one for
each setting, called like its variable in lower case), variables of the environment, `fmqa.toml` in
the folder that `fmqa` is run in (`llm = "none"`, names in lower case without `FMQA_`), flags.

| variable | default | meaning |
|---|---|---|
"""
_MADE_HERE = {"home": "the checkout, or the user's data directory",
              "models_dir": "`fmqa/models` in the user's cache directory"}  # fmt: skip


def as_markdown() -> str:
    """A table of every setting with its default and meaning."""
    return _HEAD + "".join(_row(name) for name in Settings.model_fields)


def _row(name: str) -> str:
    field = Settings.model_fields[name]
    default = _MADE_HERE.get(name) or (f"`{field.default}`" if field.default else "")
    if field.default == 0:
        default = "`0`"
    meaning = (field.description or "").replace("|", "\\|")
    return f"| `FMQA_{name.upper()}` | {default} | {meaning} |\n"
