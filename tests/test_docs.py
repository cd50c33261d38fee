"""The documentation says what the program does: it is compared with the program itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fmqa.apps.cli.main import app
from fmqa.apps.cli.upkeep import as_markdown

ROOT = Path(__file__).resolve().parents[1]


def test_the_configuration_page_is_the_settings() -> None:
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == as_markdown()


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "docs/design.md", "docs/scale.md", "CHANGELOG.md"]
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), f"{page} links to {target}"


def commands_in(page: str) -> set[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    pattern = r"(?:`|bin/|^)fmqa ((?:papers|models) [a-z]+|[a-z]+)"
    return set(re.findall(pattern, text, re.MULTILINE))


def test_every_command_in_the_readme_exists() -> None:
    found = commands_in("README.md")
    assert {"ask", "search", "ingest", "doctor", "papers list"} <= found
    for command in found:
        result = CliRunner().invoke(app, [*command.split(), "--help"])
        assert result.exit_code == 0, command


def test_every_option_in_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    asked = CliRunner().invoke(app, ["ask", "--help"]).output
    for option in re.findall(r"fmqa ask [^\n`]*?(--[a-z]+)", text):
        assert option in asked, option


def test_the_readme_shows_a_transcript() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    transcript = text.split("<!-- transcript -->")[1].split("<!-- /transcript -->")[0]
    assert "[1]" in transcript
    assert "Sources" in transcript


def test_nothing_names_a_path_of_one_machine() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "src").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(?:home|root|Users)/\w", text), path
