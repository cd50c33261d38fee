"""A comparison asked in the chat, and its cells, as a reader meets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from reader import IN_BROWSER, Visit
from served import page_of

from fmqa.apps.workbench import Workbench

pytestmark = IN_BROWSER
HELD = (
    "quote => document.querySelector('#fmqa-panel mark')?.textContent"
    ".replace(/\\s+/g, ' ').trim() === quote"
)


@pytest.fixture(scope="module")
def address(starter_bench: Workbench) -> Iterator[str]:
    with page_of(starter_bench) as opened_at:
        yield opened_at


def test_each_cell_opens_in_the_evidence_panel(visit: Callable[..., Visit], address: str) -> None:
    here = visit(address)
    here.ask("Compare MedSAM, BiomedCLIP and UNI by architecture, training and data")
    page = here.page
    table = page.locator(".fmqa-compared table")
    table.wait_for()
    assert table.locator("tbody tr").count() == 3
    cells = table.locator("a.fmqa-cell")
    assert cells.count() >= 6
    for cell in cells.all():
        quote = cell.get_attribute("title")
        cell.click()
        page.wait_for_function(HELD, arg=quote)
        assert page.locator("#fmqa-panel").is_visible()
        assert cell.get_attribute("aria-current") == "true"


def test_so_do_those_of_the_tab(visit: Callable[..., Visit], address: str) -> None:
    page = visit(address).page
    page.get_by_role("tab", name="Compare").click()
    page.fill("#fmqa-compare-names textarea", "MedSAM, UNI")
    page.press("#fmqa-compare-names textarea", "Enter")
    page.locator("#fmqa-compare a.fmqa-cell").first.click()
    page.locator("#fmqa-panel mark").wait_for()
    page.keyboard.press("Escape")
    assert not page.locator("#fmqa-panel").is_visible()
