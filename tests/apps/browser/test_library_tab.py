"""The library's tab: searched, sorted, opened, and safe whatever papers and files are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reader import IN_BROWSER
from served import page_of

from fakes import HashEmbedder, document, result
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings
from fmqa.store.mappers import passage_texts
from fmqa.types import ArxivRecord, HiddenRun, Outcome, ReadResult

NASTY = '<img src=x onerror="window.hurt=1"> </td><script>window.hurt=1</script> Zorblax'
SHELF = ".fmqa-shelf tbody tr"

pytestmark = IN_BROWSER


def fill(bench: Workbench) -> None:
    """Four papers and a file that couldn't be read."""
    from dataclasses import replace

    nasty = document("9901.00001", [NASTY], year=2021, title=NASTY, section=NASTY, kind=NASTY)
    papers = [
        document("2001.00001", ["One."], ["Two.", "Three."], title="Old and long", year=2001,
                 modality=("CT",)),
        document("2304.12306", ["MedSAM segments."], title="Segment Anything", name="MedSAM",
                 year=2023),
        document("2504.03600", ["Withdrawn since."], title="Taken back", year=2025),
        replace(nasty, hidden=(HiddenRun(1, NASTY, NASTY),)),
    ]  # fmt: skip
    embedder = HashEmbedder()
    with bench.library.writing(embedder.fingerprint) as writer:
        for made in papers:
            texts = passage_texts(made)
            vectors = embedder.embed_array(texts) if texts else np.zeros((0, 0), np.float32)
            writer.add(made, vectors, embedder.fingerprint, result(made, f"/x/{made.sha256}.pdf"))
        writer.set_withdrawn("2504.03600", True, "a mistake")
        bad = ReadResult(Path(f"/secret/place/{NASTY.replace('/', '')}.pdf"), Outcome.DAMAGED,
                         NASTY, sha256="0" * 64)  # fmt: skip
        writer.log(bad)
    bench.library.catalog.put_facts([ArxivRecord("2304.12306", 3, "Segment Anything")])


@pytest.fixture(scope="module")
def page(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    bench = Workbench(Settings(home=tmp_path_factory.mktemp("home"), llm="none"))
    fill(bench)
    with page_of(bench) as address:
        opened = chromium.new_page()
        opened.set_default_timeout(60_000)
        opened.goto(address)
        opened.get_by_role("tab", name="Library").click()
        opened.locator(SHELF).first.wait_for()
        yield opened
        opened.close()
    bench.close()


@pytest.fixture
def titles(page: Any) -> Callable[[], list[str]]:
    def shown() -> list[str]:
        rows = page.locator(f"{SHELF}:visible th")
        return [text.split("\n")[0].strip() for text in rows.all_inner_texts()]

    return shown


def status(page: Any, title: str) -> str:
    return str(page.locator(SHELF, has_text=title).first.locator("td").nth(3).inner_text()).strip()


def test_statuses(page: Any) -> None:
    assert page.locator(SHELF).count() == 5
    assert status(page, "MedSAM") == "superseded"
    assert status(page, "Taken back") == "withdrawn"
    assert status(page, "Old and long") == "current"
    assert (
        "hidden text"
        in page.locator("tr", has=page.locator("[data-paper='9901.00001']")).inner_text()
    )
    failed = page.locator(SHELF).last
    assert "failed" in failed.inner_text()
    assert "/secret" not in page.content()


def test_search_and_sort(page: Any, titles: Callable[[], list[str]]) -> None:
    page.fill("#fmqa-shelf-search", "2304.12306")
    assert titles() == ["MedSAM: Segment Anything"]
    assert page.inner_text("#fmqa-shelf-count") == "1 / 5"
    page.fill("#fmqa-shelf-search", "")
    year = page.get_by_role("button", name="Year", exact=True)
    year.click()
    assert titles()[0] == "Old and long"
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Year")
    year.click()
    assert titles()[0] == "Taken back"
    page.get_by_role("button", name="Passages", exact=True).press("Enter")
    assert titles()[3] == "Old and long"


def test_a_paper_is_opened(page: Any) -> None:
    page.get_by_role("button", name="Old and long").click()
    page.locator("#fmqa-paper .fmqa-record", has_text="Old and long").wait_for()
    assert page.locator("#fmqa-paper details").count() == 2
    page.locator("#fmqa-paper summary").nth(1).click()
    page.get_by_text("Three.").wait_for()
    assert "v1 (pdf, searched)" in page.inner_text("#fmqa-paper")
    assert "0 references" in page.inner_text("#fmqa-paper")


def test_names_that_mean_harm_stay_text(page: Any) -> None:
    page.locator("[data-paper='9901.00001']").click()
    page.locator("#fmqa-paper .fmqa-notice").wait_for()
    page.locator("#fmqa-paper summary").first.click()
    page.wait_for_timeout(300)
    assert NASTY in page.inner_text("#fmqa-paper")
    assert page.evaluate("window.hurt") is None
    assert page.locator("#fmqa-papers img, #fmqa-papers script, #fmqa-paper img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
