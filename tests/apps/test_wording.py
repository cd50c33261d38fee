"""What the page says in its languages, and which of them a reader gets."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmqa.apps import web
from fmqa.apps.web.examples import TOPICS
from fmqa.apps.web.languages import preferred
from fmqa.apps.web.wording import IN_CHINESE, IN_ENGLISH
from fmqa.apps.web.wording.chinese import CHINESE

SOURCES = sorted(Path(web.__file__).parent.rglob("*.py"))


def said(source: Path) -> Iterator[str]:
    """Each text that a module puts into the reader's language, as far as it is written out."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name == "say" and node.args:
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value
        if name == "_counted":
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_each_text_has_a_translation(source: Path) -> None:
    missing = [text for text in said(source) if text not in CHINESE and text != "note"]
    assert missing == []


def test_the_examples_have_translations() -> None:
    for topic in TOPICS:
        assert {topic.name, *topic.questions} <= set(CHINESE)


@pytest.mark.parametrize("english", CHINESE)
def test_a_translation_says_the_same_values(english: str) -> None:
    assert fields(CHINESE[english]) == fields(english)
    assert any("\u2e80" <= mark <= "\uffef" for mark in CHINESE[english])


def test_what_is_said_in_each_language() -> None:
    assert IN_ENGLISH("page {page}", page=4) == "page 4"
    assert IN_CHINESE("page {page}", page=4) == "第 4 页"
    assert IN_CHINESE("of the {model} itself") == "of the {model} itself"


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("de-DE,de;q=0.9,zh;q=0.5,en;q=0.3", "zh"),
        ("zh;q=0,en;q=0.1", "en"),
        ("zh;q=x", "en"),
    ],
)
def test_the_browsers_language(accepted: str, code: str) -> None:
    assert preferred(accepted) == code


@given(st.text())
def test_any_header_gives_a_language(accepted: str) -> None:
    assert preferred(accepted) in ("en", "zh")
