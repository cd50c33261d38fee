"""The browser, and readers that come to a page with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from reader import BOX, CHROMIUM, FLAGS, PATIENCE, Visit

from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def starter_bench(starter_home: Path) -> Iterator[Workbench]:
    """The program over the starter notes, without a language model."""
    bench = Workbench(Settings(home=starter_home, llm="none"))
    assert bench.searcher
    yield bench
    bench.close()


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def come(address: str, **options: Any) -> Visit:
        context = chromium.new_context(**options)
        contexts.append(context)
        visited = Visit(context.new_page())
        visited.page.set_default_timeout(PATIENCE)
        context.on("request", lambda request: visited.requests.append(request.url))
        visited.page.goto(address)
        visited.page.wait_for_selector(BOX, timeout=PATIENCE)
        return visited

    yield come
    for context in contexts:
        context.close()
