"""A reader with a browser: what the tests in Chromium share. Their fixtures are in conftest.py."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BOX = "#fmqa-box textarea"
ENDED = ".fmqa-footer, .fmqa-abstained, .fmqa-problem"
PATIENCE = 60_000
IN_BROWSER = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium"),
]


@dataclass
class Visit:
    """One reader's page, and what it asked of the network."""

    page: Any
    requests: list[str] = field(default_factory=list)

    def ask(self, question: str) -> None:
        before = self.page.locator(ENDED).count()
        self.page.fill(BOX, question)
        self.page.press(BOX, "Enter")
        self.page.locator(ENDED).nth(before).wait_for(timeout=PATIENCE)

    @property
    def outside(self) -> list[str]:
        urls = [urlsplit(url) for url in self.requests]
        return [
            url.geturl()
            for url in urls
            if url.scheme not in ("data", "blob") and url.hostname != "127.0.0.1"
        ]
