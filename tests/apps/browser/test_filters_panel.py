"""The filters of the page: set, seen, sent with a question, and kept in the address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from reader import BOX, ENDED, IN_BROWSER, Visit
from served import page_of

from fmqa.apps.workbench import Workbench

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def address(starter_bench: Workbench) -> Iterator[str]:
    with page_of(starter_bench) as opened_at:
        yield opened_at


def chips(page: Any) -> list[str]:
    return [text.strip() for text in page.locator("#fmqa-chips label").all_inner_texts()]


def query(page: Any) -> str:
    return urlsplit(page.url).query


def test_what_is_set_is_seen_sent_and_kept(
    visit: Callable[..., Visit], address: str, tmp_path: Path
) -> None:
    page = visit(address).page
    assert not page.locator("#fmqa-chips").is_visible()
    page.get_by_role("button", name="Filters", exact=False).first.click()
    page.get_by_label("pathology (", exact=False).check()
    page.get_by_text("Modality: pathology").wait_for()
    page.get_by_label("vision-only (", exact=False).check()
    page.get_by_text("Kind: vision-only").wait_for()
    page.wait_for_function("location.search.includes('kind=vision-only')")
    assert query(page) == "kind=vision-only&modality=pathology"

    page.fill(BOX, "On how many slides was UNI trained?")
    page.press(BOX, "Enter")
    page.locator(ENDED).first.wait_for()
    among = page.locator(".fmqa-among").inner_text()
    assert "Kind: vision-only; Modality: pathology" in among

    other = visit(page.url).page
    other.get_by_text("Modality: pathology").wait_for()
    assert chips(other) == chips(page)
    other.locator("#fmqa-chips label", has_text="Kind").click()
    other.wait_for_function("!location.search.includes('kind')")
    assert query(other) == "modality=pathology"
    other.reload()
    other.get_by_text("Modality: pathology").wait_for()
    other.get_by_role("button", name="Filters", exact=False).first.click()
    assert other.get_by_label("pathology (", exact=False).is_checked()
    other.click("#fmqa-no-filter")
    other.wait_for_function("location.search === ''")
    assert not other.locator("#fmqa-chips").is_visible()
    assert query(page) == "kind=vision-only&modality=pathology"


def test_a_filter_that_no_paper_passes(visit: Callable[..., Visit], address: str) -> None:
    page = visit(f"{address}/?__theme=dark&year=1900-1901").page
    page.get_by_text("Year: 1900-1901").wait_for()
    page.fill(BOX, "What is MedSAM?")
    page.press(BOX, "Enter")
    assert "No paper passes the filters year=1900-1901" in page.inner_text(".fmqa-problem")


def test_an_address_that_means_nothing_or_harm(visit: Callable[..., Visit], address: str) -> None:
    page = visit(f"{address}/?year=soon").page
    page.get_by_text("'soon' is no year").wait_for()
    page = visit(f"{address}/?modality=%3Cimg+src%3Dx+onerror%3D%22window.hurt%3D1%22%3E").page
    page.get_by_text("Modality: <img src=x").first.wait_for()
    page.fill(BOX, "What is MedSAM?")
    page.press(BOX, "Enter")
    page.locator(".fmqa-among").wait_for()
    assert page.evaluate("window.hurt") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(visit: Callable[..., Visit], address: str, scheme: str) -> None:
    page = visit(
        f"{address}/?modality=CT&task=segmentation",
        viewport={"width": 360, "height": 740},
        color_scheme=scheme,
    ).page
    page.get_by_text("Modality: CT").wait_for()
    page.get_by_role("button", name="Filters", exact=False).first.click()
    page.locator("#fmqa-no-filter").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_another_language_s_page_keeps_the_filters(
    visit: Callable[..., Visit], address: str
) -> None:
    page = visit(f"{address}/?year=2023-&status=current").page
    page.locator(".fmqa-languages a").first.click()
    page.wait_for_url("**/zh*")
    page.locator("#fmqa-chips label").nth(1).wait_for()
    assert "year=2023-" in query(page)
    assert "status=current" in query(page)
