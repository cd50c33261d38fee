"""The evidence panel over the 13 papers, as a reader meets it in Chromium.

    python -m benchmarks.evidence_panel [--boxes 50] [--questions 40]

Questions are asked of a served page (language model: none), and each citation of a paper's page is
clicked. Compared are the words of the quote and those that pdfium itself finds in the highlighted
boxes of the file. Timed are the page, until a question can be typed, and a click until the page's
image is drawn and a box stands on it: cold, and again when the panel was closed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import time
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.common import print_table, shared_data, write_results
from benchmarks.home import papers_home
from fmqa.apps.web import app
from fmqa.apps.web.readiness import Readiness
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings
from fmqa.types import Source

_QUESTIONS = Path(__file__).with_name("paper_questions.txt")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_PATIENCE = 60_000
_BOX = "#fmqa-box textarea"
_ENDED = ".fmqa-footer, .fmqa-abstained, .fmqa-problem"
_DRAWN = """() => { const image = document.querySelector('.fmqa-leaf img');
    return !document.querySelector('.fmqa-panel-body').hasAttribute('aria-busy')
        && document.querySelector('.fmqa-box') && image.complete && image.naturalWidth > 0; }"""
_BOXES = """() => { const leaf = document.querySelector('.fmqa-leaf img').getBoundingClientRect();
    return [...document.querySelectorAll('.fmqa-box')].map((box) => {
      const at = box.getBoundingClientRect();
      return [(at.left - leaf.left) / leaf.width, (at.top - leaf.top) / leaf.height,
              (at.right - leaf.left) / leaf.width, (at.bottom - leaf.top) / leaf.height]; }); }"""
_MORE = 1.15  # letters in the boxes to those of the quote, beyond which the boxes are too large


def main() -> None:
    """Ask, click, compare, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boxes", type=int, default=50, help="citations to look at")
    parser.add_argument("--questions", type=int, default=40, help="questions at most")
    options = parser.parse_args()
    data, chromium = shared_data(), shutil.which("chromium") or shutil.which("chromium-browser")
    if data is None:
        print("skipped: no shared/data beside the checkout")
        return
    if chromium is None:
        print("skipped: no chromium")
        return
    lines = [line for line in _QUESTIONS.read_text(encoding="utf-8").splitlines() if line.strip()]
    bench = Workbench(Settings(home=papers_home(data / "pdfs"), llm="none"))
    blocks = app.build(Readiness(bench))
    try:
        address = app.launch(blocks)
        assert bench.prepared
        reader = _Reader(bench, address, options.boxes)
        reader.visit(chromium, lines[: options.questions])
    finally:
        app.close(blocks)
        bench.close()
    figures = reader.figures()
    print_table("Evidence panel", list(figures.items()))
    for words in reader.wrong:
        print(f"  not held: {words}")
    write_results("evidence_panel", figures)


class _Reader:
    """One reader who clicks all that can be clicked."""

    def __init__(self, bench: Workbench, address: str, boxes: int) -> None:
        self.bench = bench
        self.address = address
        self.wanted = boxes
        self.seen: set[str] = set()
        self.held = 0
        self.tight = 0
        self.wrong: list[str] = []
        self.page_s: list[float] = []
        self.first_ms: list[float] = []
        self.again_ms: list[float] = []

    def visit(self, chromium: str, questions: list[str]) -> None:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=_FLAGS)
            for _ in range(3):
                page = browser.new_page(viewport={"width": 1400, "height": 900})
                began = time.perf_counter()
                page.goto(self.address)
                page.wait_for_selector(_BOX, timeout=_PATIENCE)
                self.page_s.append(time.perf_counter() - began)
            for question in questions:
                if len(self.seen) >= self.wanted:
                    break
                self.ask(page, question)
            browser.close()

    def ask(self, page: Any, question: str) -> None:
        page.goto(self.address)  # a conversation of its own, so that no question is a follow-up
        page.fill(_BOX, question)
        page.press(_BOX, "Enter")
        page.locator(_ENDED).first.wait_for(timeout=_PATIENCE)
        page.locator("#fmqa-box .submit-button").wait_for(timeout=_PATIENCE)
        for mark in page.locator("a.fmqa-mark").all():
            link = mark.get_attribute("href")
            if "source=pdf" in link and link not in self.seen and len(self.seen) < self.wanted:
                self.seen.add(link)
                self.click(page, mark, link)

    def click(self, page: Any, mark: Any, link: str) -> None:
        for times in (self.first_ms, self.again_ms):
            began = time.perf_counter()
            mark.dispatch_event("click")
            try:
                page.wait_for_function(_DRAWN, polling="raf", timeout=15_000)
            except Exception:
                self.wrong.append(f"no image or box: {link}")
                return
            times.append((time.perf_counter() - began) * 1000)
            boxes = page.evaluate(_BOXES)
            page.click(".fmqa-close")
        quote = _plain(page.locator(".fmqa-evidence mark").text_content())
        there = _plain(self._words_in(link, boxes))
        if quote in there:
            self.held += 1
            self.tight += len(there) <= _MORE * len(quote)
        else:
            self.wrong.append(f"{link}: {there} for {quote}")

    def _words_in(self, link: str, boxes: list[list[float]]) -> str:
        """What pdfium itself finds in these boxes, given in shares of the page."""
        import pypdfium2 as pdfium

        fields = {name: value[0] for name, value in parse_qs(urlsplit(link).query).items()}
        held = self.bench.library.versions.find(
            fields["paper"], int(fields["version"]), Source(fields["source"])
        )
        assert held is not None
        with pdfium.PdfDocument(held.file) as document:
            page = document[int(fields["page"]) - 1]
            width, height = page.get_size()
            left, bottom, _, _ = page.get_bbox()  # a crop box may be larger than the page
            words = page.get_textpage()
            return " ".join(
                words.get_text_bounded(
                    left + x1 * width - 0.5,
                    bottom + height * (1 - y2) - 0.5,
                    left + x2 * width + 0.5,
                    bottom + height * (1 - y1) + 0.5,
                )
                for x1, y1, x2, y2 in boxes
            )

    def figures(self) -> dict[str, Any]:
        looked_at = len(self.seen)
        return {
            "citations clicked": looked_at,
            "boxes hold the quote": round(self.held / max(1, looked_at), 4),
            "boxes hold little else": round(self.tight / max(1, looked_at), 4),
            "page interactive, s": round(statistics.median(self.page_s), 2),
            "click to highlighted page, first time, ms": round(_median(self.first_ms), 1),
            "click to highlighted page, warm, ms": round(_median(self.again_ms), 1),
            "click to highlighted page, warm, slowest, ms": round(max(self.again_ms, default=0), 1),
        }


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0


def _plain(text: str) -> str:
    """Letters and figures only: hyphens, breaks and ligatures are the file's own."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).lower()


if __name__ == "__main__":
    main()
