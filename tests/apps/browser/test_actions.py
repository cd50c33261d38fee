"""What is done with an answer, in Chromium: asked next, again, changed, judged, copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from reader import BOX, ENDED, IN_BROWSER, PATIENCE, Visit
from served import page_of

from fmqa.apps.workbench import Workbench

pytestmark = IN_BROWSER

MEDSAM = "How was MedSAM obtained from SAM, and on how much data?"


@pytest.fixture(scope="module")
def served(starter_bench: Workbench) -> Iterator[tuple[str, Workbench]]:
    with page_of(starter_bench) as opened_at:
        yield opened_at, starter_bench


def settled(reader: Visit, count: int) -> None:
    """Until so many answers are there and the box takes another question."""
    reader.page.locator(ENDED).nth(count - 1).wait_for(timeout=PATIENCE)
    reader.page.locator("#fmqa-box .submit-button").wait_for(timeout=PATIENCE)
    assert reader.page.locator(ENDED).count() == count


def test_what_is_offered_next_is_answered(
    visit: Callable[..., Visit], served: tuple[str, Workbench]
) -> None:
    reader = visit(served[0])
    reader.ask(MEDSAM)
    settled(reader, 1)
    offered = reader.page.locator("button.fmqa-asking")
    offered.first.wait_for(timeout=PATIENCE)
    texts = offered.all_inner_texts()
    assert 1 <= len(texts) <= 3
    for count, text in enumerate(texts, 2):
        # What was offered at first goes once more is asked; a question can always be typed.
        if count == 2:
            offered.first.click()
        else:
            reader.ask(text)
        settled(reader, count)
        assert reader.page.locator(".fmqa-question").last.inner_text() == text
    assert reader.page.locator(".fmqa-abstained").count() == 0


def test_a_refusal_offers_the_nearest_papers(
    visit: Callable[..., Visit], served: tuple[str, Workbench]
) -> None:
    reader = visit(served[0])
    reader.ask("Which Zorblaxian model segments the hearts of dragons?")
    settled(reader, 1)
    assert reader.page.locator(".fmqa-abstained").count() == 1
    reader.page.locator("button.fmqa-asking").first.click()
    settled(reader, 2)
    assert reader.page.locator(".fmqa-answer").count() == 1


def test_again_and_changed(visit: Callable[..., Visit], served: tuple[str, Workbench]) -> None:
    reader = visit(served[0])
    reader.ask(MEDSAM)
    settled(reader, 1)
    first = reader.page.inner_text(".fmqa-answer")
    reader.page.click("button.fmqa-again")
    reader.page.locator(".fmqa-footer").wait_for(state="detached", timeout=PATIENCE)
    settled(reader, 1)
    assert reader.page.inner_text(".fmqa-answer") == first
    reader.page.click("button.fmqa-edit")
    area = reader.page.locator(".fmqa-question textarea")
    assert area.input_value() == MEDSAM
    area.fill("What is nnU-Net?")
    area.press("Enter")
    reader.page.locator(".fmqa-question", has_text="What is nnU-Net?").wait_for(timeout=PATIENCE)
    settled(reader, 1)
    assert "nnU-Net" in reader.page.inner_text(".fmqa-answer")
    assert reader.page.locator(".fmqa-question").count() == 1
    assert reader.outside == []


def test_a_change_that_is_left(visit: Callable[..., Visit], served: tuple[str, Workbench]) -> None:
    reader = visit(served[0])
    reader.ask("What is nnU-Net?")
    settled(reader, 1)
    reader.page.click("button.fmqa-edit")
    reader.page.keyboard.type("never asked")
    reader.page.keyboard.press("Escape")
    assert reader.page.inner_text(".fmqa-question") == "What is nnU-Net?"


def test_a_verdict_is_kept_here(visit: Callable[..., Visit], served: tuple[str, Workbench]) -> None:
    address, bench = served
    reader = visit(address)
    reader.ask("On how many slides was UNI trained?")
    settled(reader, 1)
    up, down = reader.page.locator("button.fmqa-up"), reader.page.locator("button.fmqa-down")
    up.click()
    reader.page.locator("button.fmqa-up[aria-pressed=true]").wait_for(timeout=PATIENCE)
    (kept,) = bench.library.feedback.list()
    assert (kept.question, kept.rating) == ("On how many slides was UNI trained?", 1)
    assert '"citations"' in kept.answer
    down.click()
    reader.page.locator("button.fmqa-down[aria-pressed=true]").wait_for(timeout=PATIENCE)
    assert [one.rating for one in bench.library.feedback.list()] == [-1]
    down.click()
    reader.page.locator("button.fmqa-down[aria-pressed=false]").wait_for(timeout=PATIENCE)
    assert bench.library.feedback.list() == []


def test_the_copy_is_text_with_its_sources(
    visit: Callable[..., Visit], served: tuple[str, Workbench]
) -> None:
    reader = visit(served[0], permissions=["clipboard-read", "clipboard-write"])
    reader.ask(MEDSAM)
    settled(reader, 1)
    reader.page.click("button.fmqa-copy")
    reader.page.get_by_text("Copied").wait_for(timeout=PATIENCE)
    text: Any = reader.page.evaluate("navigator.clipboard.readText()")
    assert "1,570,263" in text
    assert "[1] Segment Anything in Medical Images, 2023" in text
    assert "<" not in text
    assert reader.page.locator(BOX).input_value() == ""
