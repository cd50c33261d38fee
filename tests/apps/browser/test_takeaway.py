"""Answers taken out of the page as files, in Debian's Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bibtexparser
import pytest
import rispy
from reader import BOX, ENDED, IN_BROWSER

PATIENCE = 90_000

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def page(chromium: Any, hashed_page: str) -> Iterator[Any]:
    context = chromium.new_context(accept_downloads=True, locale="en-US")
    page = context.new_page()
    page.goto(hashed_page)
    page.wait_for_selector(BOX, timeout=PATIENCE)
    for number, question in enumerate(("What is MedSAM?", "What is UNI?")):
        page.fill(BOX, question)
        page.press(BOX, "Enter")
        page.locator(ENDED).nth(number).wait_for(timeout=PATIENCE)
    page.locator("#fmqa-box .submit-button").wait_for(timeout=PATIENCE)
    yield page
    context.close()


def taken(page: Any, form: str, what: str = "all") -> tuple[str, str]:
    """Name and text of the file that a button of the second answer gives."""
    menu = page.locator(".fmqa-takeaway").nth(1)
    menu.locator("summary").click()
    with page.expect_download(timeout=PATIENCE) as waited:
        menu.locator(f".fmqa-of-{what} .fmqa-take-{form}").click()
    download = waited.value
    return download.suggested_filename, Path(download.path()).read_text(encoding="utf-8")


def test_the_conversation_in_each_form(page: Any) -> None:
    name, text = taken(page, "markdown")
    assert name == "fmqa-conversation.md"
    assert text.index("## What is MedSAM?") < text.index("## What is UNI?")
    name, text = taken(page, "bibtex")
    assert name == "fmqa-conversation.bib"
    papers = len(bibtexparser.parse_string(text).entries)
    assert papers >= 2
    name, text = taken(page, "ris")
    assert len(rispy.loads(text)) == papers
    name, text = taken(page, "csl")
    assert name == "fmqa-conversation.json"
    assert len(json.loads(text)) == papers


def test_one_answer(page: Any) -> None:
    name, text = taken(page, "markdown", "one")
    assert name == "fmqa-answer-2.md"
    assert text.startswith("# What is UNI?")
    assert "MedSAM?" not in text.splitlines()[0]
