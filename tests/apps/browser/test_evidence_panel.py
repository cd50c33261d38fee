"""The evidence panel in Chromium: the quote on its page's image, in its paragraph, by any key."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pypdfium2 as pdfium
import pytest
from reader import ENDED, IN_BROWSER, PATIENCE, Visit

# The maker of single pages stands with the tests of reading, which is no package.
sys.path.append(str(Path(__file__).parents[2] / "reading"))

from pdfs import PageSource, build, column, wrapped
from served import page_of

from fmqa.apps.workbench import Workbench

pytestmark = IN_BROWSER

TITLE = "Quillseg: a promptable model for kidney stones in ultrasound"
ABSTRACT = (
    "Quillseg is a foundation model that segments kidney stones in ultrasound images. Quillseg "
    "was trained on 48,213 ultrasound images from nine hospitals, each with the stones outlined "
    "by two urologists. On the held-out hospital, Quillseg reaches a Dice score of 0.88 for "
    "stones larger than four millimetres."
)
METHOD = (
    "The encoder of Quillseg is a vision transformer with 86 million parameters, which was "
    "initialised from SAM and then trained with low-rank adapters only. The prompt encoder takes "
    "points and boxes. Training Quillseg took three days on four graphics cards. We stopped when "
    "the loss on the validation hospital had not fallen for ten epochs."
)
QUESTIONS = (
    "On how many ultrasound images was Quillseg trained?",
    "What is the encoder of Quillseg?",
    "Which Dice score does Quillseg reach?",
)


def paper(path: Path) -> Path:
    """A paper of two pages, with the words where a reader sees them."""
    heading = column([TITLE], 72, 720, 16)
    names = column(["Ada Lind and Ben Okafor"], 72, 690, 11)
    abstract = column(["Abstract"], 72, 650, 12) + column(wrapped(ABSTRACT), 72, 630)
    method = column(["2 Method"], 72, 720, 12) + column(wrapped(METHOD), 72, 700)
    pages = [PageSource([*heading, *names, *abstract]), PageSource(method)]
    path.write_bytes(build(pages, info={"Title": TITLE, "Author": "Ada Lind; Ben Okafor"}))
    return path


def plain(text: str) -> str:
    """A text's letters and figures, however it is broken into lines."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


@pytest.fixture(scope="module")
def served(starter_home: Path, starter_bench: Workbench) -> Iterator[tuple[str, Path]]:
    """A server on the starter notes and the paper, and the paper's file."""
    file = paper(starter_home / "quillseg.pdf")
    report = starter_bench.ingestor.ingest_files([file], starter_bench.read_limits, workers=1)
    assert report.passages
    with page_of(starter_bench) as opened_at:
        yield opened_at, file


def boxes_of(page: Any) -> list[tuple[float, float, float, float]]:
    """Where the highlights stand, in shares of the image: left, top, right, bottom."""
    found = page.evaluate(
        """() => [...document.querySelectorAll(".fmqa-box")].map((box) => {
             const sheet = document.querySelector(".fmqa-leaf img").getBoundingClientRect();
             const at = box.getBoundingClientRect();
             return [(at.left - sheet.left) / sheet.width, (at.top - sheet.top) / sheet.height,
                     (at.right - sheet.left) / sheet.width, (at.bottom - sheet.top) / sheet.height];
           })"""
    )
    return [tuple(box) for box in found]


def text_in(file: Path, number: int, boxes: list[tuple[float, float, float, float]]) -> str:
    """What pdfium itself finds in these boxes of the page."""
    with pdfium.PdfDocument(file) as document:
        page = document[number - 1]
        width, height = page.get_size()
        words = page.get_textpage()
        return " ".join(
            words.get_text_bounded(
                left * width - 0.5, height * (1 - bottom) - 0.5,
                right * width + 0.5, height * (1 - top) + 0.5,
            )
            for left, top, right, bottom in boxes
        )  # fmt: skip


def open_evidence(reader: Visit, number: int = 0) -> None:
    reader.page.locator("a.fmqa-mark").nth(number).click()
    reader.page.locator(".fmqa-panel-body:not([aria-busy]) .fmqa-evidence").wait_for(
        timeout=PATIENCE
    )


def test_each_highlight_covers_its_quote(
    visit: Callable[..., Visit], served: tuple[str, Path]
) -> None:
    address, file = served
    reader = visit(address, viewport={"width": 1300, "height": 900})
    looked_at = 0
    for question in QUESTIONS:
        reader.ask(question)
    for number in range(reader.page.locator("a.fmqa-mark").count()):
        open_evidence(reader, number)
        if reader.page.locator(".fmqa-leaf").count() == 0:
            continue  # a note of the starter library
        image = reader.page.locator(".fmqa-leaf img")
        reader.page.wait_for_function(
            "() => document.querySelector('.fmqa-leaf img').naturalWidth > 1000"
        )
        page = int(re.findall(r"/(\d+)\.png", image.get_attribute("src"))[0])
        quote = reader.page.inner_text(".fmqa-evidence mark")
        assert plain(quote) in plain(ABSTRACT + METHOD)
        assert plain(text_in(file, page, boxes_of(reader.page))) == plain(quote)
        paragraph = reader.page.inner_text(".fmqa-paragraph")
        assert quote in paragraph
        assert len(paragraph) > len(quote)
        card = reader.page.inner_text(".fmqa-evidence header")
        looked_at += 1
    assert looked_at >= 3
    assert TITLE in card
    assert "Ada Lind" in card
    assert "current" in card
    assert reader.outside == []


def test_a_note_is_shown_whole(visit: Callable[..., Visit], served: tuple[str, Path]) -> None:
    reader = visit(served[0])
    reader.ask("How was MedSAM obtained from SAM, and on how much data?")
    open_evidence(reader)
    assert "our note" in reader.page.inner_text(".fmqa-evidence header")
    assert len(reader.page.inner_text(".fmqa-paragraph")) > 400
    assert reader.page.locator(".fmqa-leaf").count() == 0
    link = reader.page.locator(".fmqa-evidence header a.fmqa-link")
    assert re.match(r"https://arxiv\.org/abs/2304\.12306", link.get_attribute("href"))
    assert reader.page.locator(".fmqa-evidence ul a").count() > 0
    reader.page.locator("a.fmqa-card").nth(1).click()
    reader.page.locator("a.fmqa-card[aria-current]").nth(0).wait_for()
    assert reader.outside == []


def test_by_keys_alone(visit: Callable[..., Visit], served: tuple[str, Path]) -> None:
    reader = visit(served[0])
    page = reader.page
    page.keyboard.type(QUESTIONS[0])  # the box has the focus when the page comes
    page.keyboard.press("Enter")
    page.locator(ENDED).first.wait_for(timeout=PATIENCE)

    def focused() -> str:
        return str(page.evaluate("document.activeElement.className"))

    page.locator("[role=tab][aria-selected=true]").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if "fmqa-mark" in focused():
            break
    assert "fmqa-mark" in focused()
    tip = page.locator("#fmqa-tip")
    assert tip.is_visible()
    assert "48,213" in tip.inner_text()
    assert page.locator("[aria-describedby=fmqa-tip]").count() == 1
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    page.keyboard.press("Enter")
    page.locator(".fmqa-evidence h2:focus").wait_for(timeout=PATIENCE)
    page.keyboard.press("Escape")
    assert not page.locator("#fmqa-panel").is_visible()
    assert "fmqa-mark" in focused()


def test_on_a_phone_it_stands_below(visit: Callable[..., Visit], served: tuple[str, Path]) -> None:
    reader = visit(served[0], viewport={"width": 360, "height": 740})
    reader.ask(QUESTIONS[0])
    open_evidence(reader)
    box = reader.page.locator("#fmqa-panel").bounding_box()
    assert box["width"] == 360
    assert box["y"] > 200
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 360
    reader.page.click(".fmqa-close")
    assert not reader.page.locator("#fmqa-panel").is_visible()


def test_the_chinese_page(visit: Callable[..., Visit], served: tuple[str, Path]) -> None:
    reader = visit(served[0], locale="zh-CN")
    assert reader.page.url.endswith("/zh")
    assert reader.page.evaluate("document.documentElement.lang") == "zh"
    assert reader.page.get_by_role("tab", name="提问").count() == 1
    reader.page.locator(".fmqa-example").first.click()
    reader.page.locator(".fmqa-footer").wait_for(timeout=PATIENCE)
    assert "出处" in reader.page.inner_text(".fmqa-sources")
    open_evidence(reader)
    assert "本库笔记" in reader.page.inner_text(".fmqa-evidence header")
    reader.page.click(".fmqa-close")  # it covers the head's end
    reader.page.click(".fmqa-languages a")
    reader.page.get_by_role("tab", name="Ask").wait_for(timeout=PATIENCE)
    reader.page.goto(served[0])  # the choice is kept
    reader.page.get_by_role("tab", name="Ask").wait_for(timeout=PATIENCE)
    assert reader.outside == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    visit: Callable[..., Visit], served: tuple[str, Path], scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    reader = visit(served[0], color_scheme=scheme, viewport={"width": 1300, "height": 900})

    def serious() -> list[tuple[str, list[str]]]:
        found = Axe().run(reader.page).response["violations"]
        return [
            (one["id"], [node["html"][:200] for node in one["nodes"]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    assert serious() == []
    reader.ask(QUESTIONS[0])
    open_evidence(reader)
    assert serious() == []
    reader.ask("Who won the football world cup in 1998?")
    assert serious() == []


def test_a_file_that_is_gone_or_changed(
    visit: Callable[..., Visit], served: tuple[str, Path]
) -> None:
    address, file = served
    whole = file.read_bytes()
    reader = visit(address)
    reader.ask("How many days did training Quillseg take?")
    marks = reader.page.locator("a.fmqa-mark")
    links = [mark.get_attribute("href") for mark in marks.all()]
    link = next(one for one in links if "source=pdf" in one)
    moved = link.replace("start=", "start=0&was=")  # a place that nothing has asked for yet
    try:
        os.truncate(file, 100)
        shown = httpx.get(f"{address}/{moved}", trust_env=False)
        assert shown.status_code == 200
        assert "changed since it was read" in shown.text.replace("&#39;", "'")
        file.unlink()
        shown = httpx.get(f"{address}/{moved}&lang=zh", trust_env=False)
        assert "已不在原处" in shown.text
        assert "<mark>" in shown.text
    finally:
        file.write_bytes(whole)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("page-image/999999/1.png", 404),
        ("page-image/1/1.png", 404),  # a note has no page to draw
        ("page-image/..%2f..%2fetc%2fpasswd/1.png", 422),
        ("page-image/1/..%2f1.png", 422),
        ("evidence?paper=2304.12306&version=3&source=note&page=1&start=0&end=99999999", 404),
        ("evidence?paper=/etc/passwd&version=3&source=pdf&page=1&start=0&end=9", 404),
        ("evidence?paper=2304.12306&version=3&source=file&page=1&start=0&end=9", 422),
        ("evidence?paper=2304.12306", 422),
    ],
)
def test_only_what_the_record_holds_is_served(
    served: tuple[str, Path], path: str, status: int
) -> None:
    answer = httpx.get(f"{served[0]}/{path}", trust_env=False)
    assert answer.status_code in (status, 404)
    assert "root:" not in answer.text


def test_a_page_is_a_picture(served: tuple[str, Path]) -> None:
    from PIL import Image

    for version in range(1, 2000):
        answer = httpx.get(f"{served[0]}/page-image/{version}/2.png", trust_env=False)
        if answer.status_code == 200:
            break
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"].startswith("private")
    assert Image.open(io.BytesIO(answer.content)).size == (1240, 1605)
