"""What the page says in its languages, and which of them a reader gets."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, nodes

from fmqa.answering.abstention import missing_in, reason_of, tell_missing
from fmqa.answering.analysis import QueryAnalysis, Refusal
from fmqa.answering.schema import MissingKind
from fmqa.answering.verification import Objection, Reason
from fmqa.apps import web
from fmqa.apps.health import describe_run
from fmqa.apps.web.markup import template_source
from fmqa.apps.web.middleware import preferred
from fmqa.apps.web.tabs.ask import TOPICS
from fmqa.apps.web.wording import IN_CHINESE, IN_ENGLISH
from fmqa.survey import vocabulary
from fmqa.types import Gap, GapKind

SOURCES = sorted(Path(web.__file__).parent.rglob("*.py"))
TEMPLATES = sorted(path.name for path in Path(web.__file__).parent.glob("templates/*.html"))


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


def said_in_template(name: str) -> Iterator[str]:
    """The same for a template."""
    tree = Environment().parse(template_source(name))
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "say":
            first = call.args[0]
            constants = [first] if isinstance(first, nodes.Const) else first.find_all(nodes.Const)
            yield from (one.value for one in constants if isinstance(one.value, str))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_each_text_has_a_translation(source: Path) -> None:
    missing = [text for text in said(source) if text not in IN_CHINESE.texts and text != "note"]
    assert missing == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_text_of_a_template_has_a_translation(name: str) -> None:
    assert [text for text in said_in_template(name) if text not in IN_CHINESE.texts] == []


def test_texts_of_templates_are_found() -> None:
    assert "New papers" in set(said_in_template("changes.html"))


def test_the_examples_have_translations() -> None:
    for heading, questions in TOPICS.items():
        assert {heading, *questions} <= set(IN_CHINESE.texts)


@pytest.mark.parametrize("english", IN_CHINESE.texts)
def test_a_translation_says_the_same_values(english: str) -> None:
    assert fields(IN_CHINESE.texts[english]) == fields(english)
    assert any("\u2e80" <= mark <= "\uffef" for mark in IN_CHINESE.texts[english])


def test_what_is_said_in_each_language() -> None:
    assert IN_ENGLISH("page {page}", page=4) == "page 4"
    assert IN_CHINESE("page {page}", page=4) == "第 4 页"
    assert IN_CHINESE("of the {model} itself") == "of the {model} itself"


@pytest.mark.parametrize(
    ("told", "chinese"),
    [
        ("293 papers", "共 293 篇论文"),
        ("The last sync, 2 hours ago, went well", "上次同步：2 小时前，顺利完成"),
        ("The next sync is in 1 day", "下次同步：1 天后"),
        ("No paper of the library mentions A.B.", "文献库中没有论文提到 A.B。"),
        ("Nobody has translated 3 of these.", "Nobody has translated 3 of these."),
        ("", ""),
    ],
)
def test_what_the_program_tells_is_put_into_the_readers_language(told: str, chinese: str) -> None:
    assert IN_CHINESE.translated(told) == chinese
    assert IN_ENGLISH.translated(told) == told


@pytest.mark.parametrize("state", ["running", "done", "unreachable", "failed", "interrupted"])
def test_each_state_of_a_run_is_told(state: str) -> None:
    run: Any = SimpleNamespace(kind="sync", state=state, started_at=datetime.now(UTC).isoformat())
    assert not re.search("[a-z]{3}", IN_CHINESE.translated(describe_run(run)).replace("arXiv", ""))


@pytest.mark.parametrize("refusal", [*Refusal])
def test_each_reason_to_abstain_is_told(refusal: Refusal) -> None:
    reason = reason_of(refusal, QueryAnalysis("Why?", {}, {}, ("FooNet",), ("FooNet",)))
    assert not re.search("[a-z]{2}", IN_CHINESE.translated(reason).replace("FooNet", ""))


@pytest.mark.parametrize("kind", get_args(MissingKind))
def test_each_kind_of_missing_page_is_told(kind: MissingKind) -> None:
    gaps = [Gap(3, GapKind(kind)), Gap(4, GapKind(kind)), Gap(5, GapKind.OCR)]
    (missing,) = missing_in("1", "N.", gaps)
    told = IN_CHINESE.translated(tell_missing(missing))
    assert "3, 4" in told
    assert not re.search("[a-z]", told)


@pytest.mark.parametrize("objection", [*Objection])
def test_each_objection_is_told(objection: Objection) -> None:
    told = IN_CHINESE.translated(str(Reason(objection, "7")))
    assert not re.search("[a-z]{2}", told)


def test_each_value_of_a_facet_is_told() -> None:
    values = {*vocabulary.MODALITIES, *vocabulary.TASKS, *vocabulary.TRAINING}
    assert values - set(IN_CHINESE.texts) == {"CT", "MRI", "PET"}  # Chinese calls them so too


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
