"""Screenshots of the served page for the documentation, into `docs/images`.

    python -m benchmarks.screenshots

The page is served over the starter notes (language model: none) and looked at in Debian's Chromium:
an answer with its evidence, the library, trends, a checked draft; light, dark, and on a phone in
the dark. Each is kept as WebP below 90 kB.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path
from typing import Any

import PIL.Image

from benchmarks.processes import ROOT
from fmqa.apps.health import describe_library
from fmqa.apps.web import app
from fmqa.apps.web.readiness import Readiness
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings
from tests.ports import free_port

_FOLDER = ROOT / "docs" / "images"
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_PATIENCE = 120_000
_MOST_BYTES = 90_000
_QUESTION = "How was MedSAM obtained from SAM, and on how much data?"
_DRAFT = """MedSAM was trained on 1,570,263 image-mask pairs [@medsam]. MedSAM was trained on
2,500,000 image-mask pairs [@medsam]. Nobody has this paper yet [@lost].
"""
_BIB = """@misc{medsam, title={Segment Anything in Medical Images}, eprint={2304.12306}}
@misc{lost, title={A Paper That Nobody Has}, eprint={2901.00001}}
"""
_DESKTOP = {"width": 1280, "height": 800}
_PHONE = {"width": 390, "height": 844}
_SHOTS = (
    ("evidence", "light", _DESKTOP),
    ("evidence", "dark", _DESKTOP),
    ("evidence", "phone", _PHONE),
    ("library", "light", _DESKTOP),
    ("library", "dark", _DESKTOP),
    ("trends", "light", _DESKTOP),
    ("trends", "phone", _PHONE),
    ("check", "light", _DESKTOP),
)


def main() -> None:
    """Serve, look, and keep what was seen."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("skipped: no chromium")
        return
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fmqa-shots-") as home, sync_playwright() as driver:
        bench = Workbench(Settings(home=Path(home), llm="none"))
        blocks = app.build(Readiness(bench), lambda: describe_library(bench, None), uploads=True)
        try:
            address = app.launch(blocks, port=free_port(), upload_bytes=1 << 20)
            assert bench.prepared
            browser = driver.chromium.launch(executable_path=chromium, args=_FLAGS)
            for what, look, size in _SHOTS:
                scheme = "light" if look == "light" else "dark"
                page = browser.new_page(viewport=size, color_scheme=scheme, locale="en-GB")
                page.set_default_timeout(_PATIENCE)
                page.goto(address)
                page.wait_for_selector("#fmqa-box textarea")
                _STEPS[what](page)
                page.wait_for_timeout(1000)
                _keep(page.screenshot(), _FOLDER / f"{what}-{look}.webp")
                page.close()
            browser.close()
        finally:
            app.close(blocks)
            bench.close()


def _evidence(page: Any) -> None:
    page.fill("#fmqa-box textarea", _QUESTION)
    page.press("#fmqa-box textarea", "Enter")
    page.locator(".fmqa-footer").wait_for()
    page.locator("#fmqa-box .submit-button").wait_for()
    page.locator("a.fmqa-mark").nth(1).click()
    page.locator("#fmqa-panel mark").wait_for()


def _library(page: Any) -> None:
    page.get_by_role("tab", name="Library").click()
    page.locator(".fmqa-shelf tbody tr").first.wait_for()


def _trends(page: Any) -> None:
    page.get_by_role("tab", name="Trends").click()
    page.locator(".fmqa-chart svg").first.wait_for()


def _check(page: Any) -> None:
    page.get_by_role("tab", name="Check a draft").click()
    files = [
        {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
        for name, text in (("draft.md", _DRAFT), ("refs.bib", _BIB))
    ]
    page.locator("input[type=file][accept*='.bib']").set_input_files(files)
    page.locator(".fmqa-report a.fmqa-cell").first.click()
    page.locator("#fmqa-panel mark").wait_for()


_STEPS = {"evidence": _evidence, "library": _library, "trends": _trends, "check": _check}


def _keep(png: bytes, path: Path) -> None:
    """The image as WebP, as good as the size allows."""
    image = PIL.Image.open(io.BytesIO(png)).convert("RGB")
    for quality in range(90, 20, -10):
        file = io.BytesIO()
        image.save(file, "WEBP", quality=quality, method=6)
        if file.tell() <= _MOST_BYTES:
            break
    path.write_bytes(file.getvalue())
    print(f"{path.relative_to(ROOT)}: {file.tell() / 1000:.0f} kB")


if __name__ == "__main__":
    main()
