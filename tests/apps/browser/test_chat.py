"""The chat as a reader meets it, in Debian's Chromium, on the starter notes and no model."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from reader import BOX, ENDED, IN_BROWSER, PATIENCE, Visit
from served import page_of

from fmqa.answering.assistant import EvidenceFound, Finished, SentenceReady
from fmqa.answering.schema import Answer, Citation, Sentence
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings
from fmqa.sources.note_files import read_notes, starter_folder

NASTY_TITLE = (
    '<img src=x onerror="window.hurt=1"> $$x^2$$ **bold** [link](javascript:window.hurt=1) Zorblax'
)
NASTY_TEXT = (
    "Zorblax is a segmentation model that was trained on 4,321 ultrasound images of the thyroid "
    "gland <script>window.hurt=1</script> with <img src=x onerror=window.hurt=1> as its decoder."
)
pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def address(starter_bench: Workbench) -> Iterator[str]:
    """A server on the starter notes and one note that means harm."""
    notes = read_notes(starter_folder())
    meta = replace(
        notes[0].meta, paper_id="9901.00001", arxiv_id="9901.00001", title=NASTY_TITLE, name=""
    )
    nasty = replace(notes[0], meta=meta, text=NASTY_TEXT, sha256="0" * 64)
    starter_bench.ingestor.ingest_notes([*notes, nasty])
    with page_of(starter_bench) as opened_at:
        yield opened_at


def test_a_question_is_answered_with_its_proof(visit: Callable[..., Visit], address: str) -> None:
    reader = visit(address)
    assert reader.page.locator(".fmqa-example").count() >= 6
    reader.ask("How was MedSAM obtained from SAM, and on how much data?")
    assert "1,570,263" in reader.page.inner_text(".fmqa-answer")
    card = reader.page.locator(".fmqa-source").first
    assert "our note" in card.inner_text()
    reader.page.locator("a.fmqa-mark").first.click()
    reader.page.locator(".fmqa-evidence").wait_for(timeout=PATIENCE)
    quote = reader.page.inner_text(".fmqa-evidence mark")
    assert quote in " ".join(n.text for n in read_notes(starter_folder()))
    assert "2304.12306" in reader.page.inner_text(".fmqa-evidence header")
    link = reader.page.locator(".fmqa-evidence header a.fmqa-link")
    assert re.match(r"https://arxiv\.org/abs/2304\.12306", link.get_attribute("href"))
    assert "noopener" in link.get_attribute("rel")
    assert reader.page.locator(BOX).input_value() == ""
    assert reader.outside == []


def test_what_the_papers_do_not_answer(visit: Callable[..., Visit], address: str) -> None:
    reader = visit(address)
    reader.ask("Who won the football world cup in 1998?")
    said = reader.page.inner_text(".fmqa-abstained")
    assert "don’t answer this" in said
    assert "nearest papers" in said.lower()
    assert reader.outside == []


def test_an_empty_question_then_an_example_then_clear(
    visit: Callable[..., Visit], address: str
) -> None:
    reader = visit(address)
    reader.ask("")
    reader.ask("   ")
    assert reader.page.locator(".fmqa-problem").count() == 2
    reader.page.click("#fmqa-clear")
    example = reader.page.locator(".fmqa-example").first
    example.wait_for()
    assert reader.page.locator(".fmqa-question").count() == 0
    question = example.inner_text()
    example.click()
    reader.page.locator(ENDED).first.wait_for(timeout=PATIENCE)
    assert reader.page.inner_text(".fmqa-question") == question


def test_a_title_that_means_harm_stays_text(visit: Callable[..., Visit], address: str) -> None:
    reader = visit(address)
    reader.ask("On how many ultrasound images was Zorblax trained?")
    titles = reader.page.locator(".fmqa-title").all_inner_texts()
    assert NASTY_TITLE in titles
    reader.ask("<img src=x onerror=window.hurt=1> Who won the cup?")
    time.sleep(0.5)
    assert "<img src=x" in reader.page.locator(".fmqa-question").last.inner_text()
    assert reader.page.evaluate("window.hurt") is None
    assert reader.page.locator("#fmqa-chat img, #fmqa-chat script, #fmqa-chat .katex").count() == 0
    assert reader.page.locator("#fmqa-chat a[href^=javascript]").count() == 0
    assert reader.outside == []


def test_two_readers_do_not_see_each_other(visit: Callable[..., Visit], address: str) -> None:
    one, other = visit(address), visit(address)
    one.ask("What is nnU-Net?")
    other.ask("What is MedSAM?")
    assert "MedSAM?" not in one.page.inner_text("#fmqa-chat")
    assert "nnU-Net?" not in other.page.inner_text("#fmqa-chat")
    one.ask("What is UNI?")
    assert one.page.locator(".fmqa-question").count() == 2


def test_three_tabs_of_one_browser_keep_to_themselves(
    visit: Callable[..., Visit], address: str
) -> None:
    first = visit(address)
    tabs = [first]
    for _ in range(2):
        page = first.page.context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.wait_for_selector(BOX)
        tabs.append(Visit(page))
    names = ("MedSAM", "nnU-Net", "UNI")
    for tab, name in zip(tabs, names, strict=True):  # all of them at once
        tab.page.fill(BOX, f"What is {name}?")
        tab.page.press(BOX, "Enter")
    for tab, name in zip(tabs, names, strict=True):
        tab.page.locator(ENDED).first.wait_for(timeout=PATIENCE)
        assert tab.page.locator(".fmqa-question").all_inner_texts() == [f"What is {name}?"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(visit: Callable[..., Visit], address: str, scheme: str) -> None:
    reader = visit(address, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    reader.ask("How was MedSAM obtained from SAM, and on how much data?")
    width = reader.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    assert reader.page.locator(BOX).is_visible()


class SlowAssistant:
    """Finds at once and then writes for as long as nobody stops it."""

    def __init__(self) -> None:
        self.left = 0

    def stream(self, question: str, filters: Any = None, *, history: Any = ()) -> Iterator[Any]:
        try:
            yield EvidenceFound(())
            for _ in range(600):
                time.sleep(0.05)
                yield EvidenceFound(())
        finally:
            self.left += 1


@pytest.fixture
def slow() -> Iterator[tuple[str, SlowAssistant]]:
    """A server that answers one question at a time, with room for one that waits."""
    assistant = SlowAssistant()
    bench: Any = SimpleNamespace(
        prepared=assistant,
        settings=Settings(llm="none", questions_at_once=1, questions_waiting=1),
        step=lambda *step: None,
    )
    with page_of(bench) as opened_at:
        yield opened_at, assistant


def test_stop_and_a_full_queue(
    visit: Callable[..., Visit], slow: tuple[str, SlowAssistant]
) -> None:
    address, assistant = slow
    first, second, third = visit(address), visit(address), visit(address)
    for reader in (first, second):
        reader.page.fill(BOX, "A question that takes long")
        reader.page.press(BOX, "Enter")
        reader.page.locator(".fmqa-busy").wait_for(timeout=PATIENCE)
        time.sleep(1)
    assert "Waiting: one question comes first" in second.page.inner_text(".fmqa-busy")
    third.page.fill(BOX, "One too many")
    third.page.press(BOX, "Enter")
    third.page.get_by_text("Too many questions are waiting").wait_for(timeout=PATIENCE)
    assert third.page.input_value(BOX) == "One too many"

    assert first.page.locator(BOX).is_disabled()
    first.page.click("#fmqa-box .stop-button")
    first.page.get_by_text("Stopped.").wait_for(timeout=PATIENCE)
    first.page.locator("#fmqa-box .submit-button").wait_for(timeout=PATIENCE)
    first.page.locator(".fmqa-busy").wait_for(state="detached", timeout=PATIENCE)
    second.page.get_by_text("Writing and checking").wait_for(timeout=PATIENCE)
    until = time.monotonic() + PATIENCE / 1000
    while assistant.left < 1 and time.monotonic() < until:
        time.sleep(0.1)  # the stopped answer is closed when the server comes to it
    assert assistant.left == 1
    second.page.click("#fmqa-clear")
    second.page.locator(".fmqa-example").first.wait_for(timeout=PATIENCE)


class WritingAssistant:
    """Finds two quotes and writes four sentences one after the other, then tells the rest."""

    def stream(self, question: str, filters: Any = None, *, history: Any = ()) -> Iterator[Any]:
        cited = tuple(
            Citation(
                number=number, paper_id=f"p{number}", arxiv_id=None, version=None, title="A paper",
                authors=("Ada Lind",), year=2024, page=3, section="", quote=f"Quote {number}.",
                start=0, end=8, url="", source="pdf", status="current",
            )
            for number in (1, 2)
        )  # fmt: skip
        yield EvidenceFound(cited)
        said = tuple(
            Sentence(text=f"Sentence {place} says what it says. " * 4, citations=(number,),
                     verdict=verdict)
            for place, (number, verdict) in enumerate(
                ((1, "verbatim"), (1, "edited"), (2, "verbatim"), (2, "supported"))
            )
        )  # fmt: skip
        for place, sentence in enumerate(said):
            time.sleep(0.3)
            yield SentenceReady(sentence, cited[place // 2 : place // 2 + 1])
        time.sleep(0.3)
        yield Finished(
            Answer(
                question=question, status="answered", answer="", sentences=said, citations=cited,
                understood_as="What is asked?", notices=("A model failed.",), model="none",
            )
        )  # fmt: skip


_WATCH = """() => {
  window.tops = [];
  setInterval(() => {
    document.querySelectorAll(".fmqa-answer p").forEach((one, place) => {
      (window.tops[place] ??= new Set()).add(Math.round(one.getBoundingClientRect().top + scrollY));
    });
  }, 20);
}"""


def test_what_is_read_stays_where_it_is(visit: Callable[..., Visit]) -> None:
    bench: Any = SimpleNamespace(
        prepared=WritingAssistant(),
        settings=Settings(llm="none"),
        step=lambda *step: None,
        suggester=SimpleNamespace(after=lambda *asked: ()),
    )
    with page_of(bench) as address:
        reader = visit(address)
        reader.page.evaluate(_WATCH)
        reader.ask("What is it?")
        reader.page.locator("#fmqa-box .submit-button").wait_for(timeout=PATIENCE)
        tops = reader.page.evaluate("window.tops.map((seen) => [...seen])")
        assert len(tops) == 3  # two papers' quotes, and what was written
        assert [len(seen) for seen in tops] == [1, 1, 1]
