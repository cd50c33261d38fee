"""Map, trends and changes as a reader meets them, in Debian's Chromium, on the starter notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from reader import IN_BROWSER, PATIENCE, Visit
from served import page_of
from test_chat import NASTY_TITLE

from fmqa.apps.workbench import Workbench
from fmqa.sources.note_files import read_notes, starter_folder

NASTY_TEXT = "MedSAM was trained on 15,000 image-mask pairs <script>window.hurt=1</script>."

TABS = [("Map", ".fmqa-map svg"), ("Trends", ".fmqa-chart"), ("Changes", ".fmqa-news")]

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def address(starter_bench: Workbench) -> Iterator[str]:
    """A server on the starter notes, and one paper after the review that contradicts another."""
    notes = read_notes(starter_folder())
    meta = replace(
        notes[0].meta, paper_id="2601.00001", arxiv_id="2601.00001", title=NASTY_TITLE, name="",
        kind="survey", modality=("CT", "<i>odd</i>"), year=2026,
    )  # fmt: skip
    starter_bench.ingestor.ingest_notes(
        [*notes, replace(notes[0], meta=meta, text=NASTY_TEXT, sha256="0")]
    )
    with page_of(starter_bench) as opened_at:
        yield opened_at


@pytest.fixture
def come(visit: Callable[..., Visit], address: str) -> Callable[..., Visit]:
    """Opens the page at a tab."""

    def at(tab: str, wanted: str, **options: Any) -> Visit:
        here = visit(address, **options)
        here.page.get_by_role("tab", name=tab).click()
        here.page.locator(wanted).first.wait_for(timeout=PATIENCE)
        return here

    return at


def test_the_map_is_searched_and_a_paper_opened(come: Callable[..., Visit]) -> None:
    here = come("Map", ".fmqa-map svg")
    page = here.page
    everything = page.locator(".fmqa-node").count()
    assert everything > 250
    page.get_by_label("Find").fill("MedSAM2")
    page.wait_for_function("document.querySelectorAll('.fmqa-node').length < 5", timeout=PATIENCE)
    assert page.locator(".fmqa-faint").count() > 250
    page.locator(".fmqa-node", has_text="MedSAM2").first.click()
    card = page.locator("#fmqa-map-card .fmqa-sheet")
    card.wait_for(timeout=PATIENCE)
    assert "MedSAM2" in card.inner_text()
    assert card.locator("a[href='https://arxiv.org/abs/2504.03600']").count() == 1
    # From paper to paper by what is nearest.
    near = card.locator("button").first
    name = near.inner_text()
    near.click()
    page.wait_for_function(
        "name => document.querySelector('#fmqa-map-card h3').innerText.includes(name)", arg=name
    )
    assert here.outside == []


def test_the_map_is_zoomed_and_moved(come: Callable[..., Visit]) -> None:
    page = come("Map", ".fmqa-map svg").page
    svg = page.locator(".fmqa-map svg")
    whole = svg.get_attribute("viewBox")
    assert not page.locator(".fmqa-node text").first.is_visible()
    for _ in range(2):
        page.get_by_label("Zoom in").click()
    near = svg.get_attribute("viewBox")
    assert near != whole
    assert page.locator(".fmqa-node text").first.evaluate("e => getComputedStyle(e).display") != (
        "none"
    )
    svg.scroll_into_view_if_needed()
    box = svg.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 250)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 200, steps=4)
    page.mouse.up()
    assert svg.get_attribute("viewBox") not in (near, whole)
    assert page.locator("#fmqa-map-card .fmqa-sheet").count() == 0  # a drag picks no paper
    page.get_by_label("Show all").click()
    assert svg.get_attribute("viewBox") == "0.0 0.0 1000.0 640.0"


def test_the_map_has_a_table_for_the_keyboard(come: Callable[..., Visit]) -> None:
    page = come("Map", ".fmqa-map svg").page
    page.locator("#fmqa-map summary").focus()
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="MedSAM", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    page.locator("#fmqa-map-card .fmqa-sheet").wait_for(timeout=PATIENCE)
    assert "Segment Anything in Medical Images" in page.locator("#fmqa-map-card").inner_text()


def test_a_bar_opens_its_papers(come: Callable[..., Visit]) -> None:
    here = come("Trends", ".fmqa-chart svg")
    page = here.page
    bar = page.locator(".fmqa-chart [data-value='X-ray'][data-year='2023']")
    wanted = re.search(r": (\d+) papers", bar.locator("title").text_content() or "")
    assert wanted is not None
    bar.locator(".fmqa-bar").click()
    sheet = page.locator("#fmqa-trend-papers .fmqa-sheet")
    sheet.wait_for(timeout=PATIENCE)
    assert sheet.locator("h3").inner_text() == f"X-ray, 2023: {wanted[1]} papers"
    assert sheet.locator("li").count() == int(wanted[1])
    assert here.outside == []


def test_trends_by_the_keyboard_alone(come: Callable[..., Visit]) -> None:
    page = come("Trends", ".fmqa-chart svg").page
    page.get_by_role("radio", name="Kind").focus()
    page.keyboard.press("Space")
    page.locator(".fmqa-chart h3", has_text="by kind").wait_for(timeout=PATIENCE)
    page.locator("#fmqa-trend summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="vision-only, 2024").focus()
    page.keyboard.press("Enter")
    page.locator("#fmqa-trend-papers .fmqa-sheet").wait_for(timeout=PATIENCE)
    assert "vision-only, 2024" in page.locator("#fmqa-trend-papers h3").inner_text()


def test_sizes_are_shown_with_the_quotes_that_say_them(come: Callable[..., Visit]) -> None:
    page = come("Trends", ".fmqa-chart svg").page
    page.get_by_text("Pre-training data", exact=True).click()
    page.locator(".fmqa-plots svg").wait_for(timeout=PATIENCE)
    dot = page.locator("[data-point='2304.12306']")
    assert "1.57M" in (dot.locator("title").text_content() or "")
    dot.locator("path").click()
    sheet = page.locator("#fmqa-trend-papers .fmqa-sheet")
    sheet.wait_for(timeout=PATIENCE)
    assert "1,570,263 image-mask pairs" in sheet.locator("q").inner_text()


def test_what_came_since_the_review(come: Callable[..., Visit]) -> None:
    here = come("Changes", ".fmqa-news")
    told = here.page.locator("#fmqa-changes").inner_text()
    assert "Zorblax" in told  # the new paper's title, as text
    assert "15,000" in told
    assert "1,570,263" in told
    assert here.page.evaluate("window.hurt") is None
    assert here.outside == []


@pytest.mark.parametrize(("tab", "wanted"), TABS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anyone_out(
    come: Callable[..., Visit], tab: str, wanted: str, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = come(tab, wanted, color_scheme=scheme).page
    for summary in page.locator(":is(#fmqa-map, #fmqa-trend) summary").all():
        if summary.is_visible():
            summary.click()
    found = Axe().run(page, context=f"#fmqa-tab-{tab.lower()}")
    serious = [
        (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize(("tab", "wanted"), TABS)
def test_a_phone_has_room_for_it(come: Callable[..., Visit], tab: str, wanted: str) -> None:
    page = come(tab, wanted, viewport={"width": 390, "height": 844}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_papers_are_compared_and_a_cell_opens_to_its_quote(come: Callable[..., Visit]) -> None:
    here = come("Compare", "#fmqa-compare-names")
    page = here.page
    page.get_by_label("Models").fill("MedSAM, BiomedCLIP, UNI")
    page.get_by_label("Models").press("Enter")
    page.locator("#fmqa-compare table").wait_for(timeout=PATIENCE)
    assert page.locator("#fmqa-compare tbody tr").count() == 3
    shown = page.locator("#fmqa-panel mark")
    assert not shown.first.is_visible()
    page.locator("#fmqa-compare a.fmqa-cell", has_text="1,570,263").first.click()
    shown.first.wait_for(timeout=PATIENCE)
    assert "1,570,263 image-mask pairs from 10 imaging" in shown.first.inner_text()
    # A name of two papers is asked back.
    page.get_by_label("Models").fill("AutoSAM, UNI")
    page.get_by_label("Models").press("Enter")
    asked = page.locator("#fmqa-compare [role=alert]")
    asked.wait_for(timeout=PATIENCE)
    assert "2306.06370" in asked.inner_text()
    assert here.outside == []


def test_challenges_open_to_papers_and_a_section_is_drafted(come: Callable[..., Visit]) -> None:
    here = come("Survey", ".fmqa-challenge")
    page = here.page
    scarce = page.locator(".fmqa-challenge", has_text="data scarcity").first
    scarce.locator("summary").first.click()
    scarce.locator("details summary").first.click()
    assert scarce.locator("details q").first.is_visible()
    page.get_by_label("Draft a section on").fill("adapting SAM to 3D images")
    page.get_by_label("Draft a section on").press("Enter")
    page.locator("#fmqa-outline article").wait_for(timeout=PATIENCE)
    assert page.locator("#fmqa-outline ol li").count() > 3
    assert here.outside == []
