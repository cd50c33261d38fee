"""The library changed from the page: added to, removed from, synced, and left alone if need be."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from reader import IN_BROWSER
from served import page_of

from arxiv_home import ArxivHome, small_world
from fmqa.apps.changing import Jobs
from fmqa.apps.web import app
from fmqa.apps.workbench import Workbench
from small_arxiv import SmallArxiv

sys.path.append(str(Path(__file__).resolve().parents[2] / "reading"))
from pdfs import paper as paper_pdf

SHELF = ".fmqa-shelf tbody tr"
NASTY = "../../x<img src=x onerror=hurt=1>.pdf"
ENDED = "#fmqa-job .fmqa-job[role=status]"

pytestmark = IN_BROWSER


@dataclass
class Place:
    """A served page and what is behind it."""

    page: Any
    address: str
    home: ArxivHome
    bench: Workbench

    def upload(self, *files: tuple[str, bytes]) -> None:
        payloads = [
            {"name": name, "mimeType": "application/pdf", "buffer": data} for name, data in files
        ]
        self.page.locator("#fmqa-upload-input, input[type=file]").first.set_input_files(payloads)

    def told(self, *words: str) -> str:
        """What the job came to, once it says this."""
        place = self.page.locator(ENDED)
        for word in words:
            place = place.filter(has_text=word)
        place.wait_for()
        return str(place.inner_text())

    def plain(self) -> list[str]:
        world = self.home.world
        special = set(world.special.values())
        return [
            one for one in world.cited() if one not in special and world[one].latest.number == 1
        ]


@contextmanager
def serve(bench: Workbench, jobs: Jobs | None) -> Iterator[str]:
    size = app.largest_upload(bench.settings, jobs)
    with page_of(bench, jobs=jobs, upload_bytes=size) as address:
        yield address


def come(chromium: Any, address: str) -> Any:
    page = chromium.new_page()
    page.set_default_timeout(30_000)
    page.goto(address)
    page.get_by_role("tab", name="Library").click()
    page.locator("#fmqa-papers .fmqa-shelf").wait_for()
    return page


@pytest.fixture(scope="module")
def place(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with SmallArxiv(small_world()) as server:
        home = ArxivHome(tmp_path_factory.mktemp("home"), server, upload_max_mb=1)
        jobs = Jobs()
        with home.bench() as bench, serve(bench, jobs) as address:
            yield Place(come(chromium, address), address, home, bench)
            jobs.close(10)


def ask(place: Place, question: str) -> str:
    page = place.page
    page.get_by_role("tab", name="Ask", exact=True).click()
    page.fill("#fmqa-box textarea", question)
    page.keyboard.press("Enter")
    page.locator(".fmqa-footer, .fmqa-abstained, .fmqa-problem").last.wait_for()
    said = str(page.locator("#fmqa-chat").inner_text())
    page.get_by_role("tab", name="Library").click()
    return said


def test_an_uploaded_paper_can_be_asked(place: Place) -> None:
    place.upload((NASTY, paper_pdf(stamp="")))
    told = place.told("Added (1)", "Segmenting Anything in Small Papers")
    assert "onerror" in told
    assert place.page.evaluate("window.hurt") is None
    assert place.page.locator("#fmqa-job img").count() == 0
    place.page.locator(SHELF, has_text="Segmenting Anything").wait_for()
    kept = list(place.home.folder.rglob("*.pdf"))
    assert [one.parent for one in kept] == [place.home.papers]
    assert "Dice score of 0.91" in ask(place, "What Dice score does the model reach?")


def test_files_that_are_refused_say_why(place: Place) -> None:
    place.upload(
        ("broken.pdf", paper_pdf()[:300] + b"\0" * 500), ("program.pdf", b"MZ" + b"\0" * 3000)
    )
    told = place.told("Failed (2)")
    assert "damaged" in told
    assert "no PDF" in told
    assert "Upload the paper's PDF." in told


def test_of_twenty_files_each_has_its_line(place: Place) -> None:
    good = [(f"good-{number}.pdf", paper_pdf() + b"\n" * number) for number in range(1, 17)]
    bad = [
        ("damaged.pdf", paper_pdf()[:250] + b"\0" * 500),
        ("other.pdf", b"MZ" + b"\0" * 2000),
        ("empty.pdf", b""),
        ("large.pdf", paper_pdf() + b"\0" * (2 << 20)),
    ]
    place.upload(*good[:8], *bad, *good[8:])
    told = place.told("Failed (4)", "large.pdf")
    assert all(told.count(name) == 1 for name, _ in good + bad)
    assert "at most 1" in told


def test_a_paper_is_added_and_removed(place: Place) -> None:
    page, one = place.page, place.plain()[0]
    page.fill("#fmqa-add-ids textarea, #fmqa-add-ids input", f"https://arxiv.org/abs/{one}")
    page.get_by_role("button", name="Add", exact=True).click()
    place.told("Added (1)", one)
    title = place.home.world[one].title
    page.locator(SHELF, has_text=title).get_by_role("button").click()
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Remove this paper…").click()
    assert title in asked[0]
    assert one in place.home.held()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove this paper…").click()
    place.told("Removed (1)", title)
    page.locator(SHELF, has_text=title).wait_for(state="detached")
    assert one not in place.home.held()
    page.locator("#fmqa-changelog button").first.click()
    log = page.locator(".fmqa-changelog")
    log.wait_for()
    assert "Removed" in log.inner_text()


def test_what_is_no_id_is_said_in_words(place: Place) -> None:
    page = place.page
    page.fill("#fmqa-add-ids textarea, #fmqa-add-ids input", "<img src=x onerror=hurt=1>")
    page.get_by_role("button", name="Add", exact=True).click()
    refused = page.locator("#fmqa-refused .fmqa-problem")
    refused.wait_for()
    assert "is no arXiv id" in refused.inner_text()
    assert page.locator("#fmqa-refused img").count() == 0


def test_a_sync_shows_its_progress(place: Place) -> None:
    page = place.page
    place.home.seeds(seed=place.plain()[1:4])
    page.evaluate(
        """() => { window.seen = new Set(); new MutationObserver(() => {
             for (const one of document.querySelectorAll('#fmqa-job .fmqa-busy, .fmqa-step'))
               window.seen.add(one.textContent);
           }).observe(document.body, {childList: true, subtree: true}); }"""
    )
    page.get_by_role("button", name="Sync now").click()
    place.told("Syncing with arXiv", "Added (3)")
    assert any("Syncing" in one for one in page.evaluate("[...window.seen]"))
    for one in place.plain()[1:4]:
        page.locator(SHELF, has_text=place.home.world[one].title).wait_for()
    assert not page.locator("#fmqa-job-stop").is_visible()


def test_a_busy_record_is_said_in_words(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fmqa.store.library._WRITER_SECONDS", 0.2)
    with FileLock(place.bench.library.index_dir / "writer.lock"):
        place.page.get_by_role("button", name="Sync now").click()
        told = place.told("Another fmqa process is writing")
    assert "questions can be asked meanwhile" in told


def test_another_site_s_page_can_send_nothing(place: Place) -> None:
    request = urllib.request.Request(
        f"{place.address}/gradio_api/upload", b"x", {"Sec-Fetch-Site": "cross-site"}
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 403


def test_where_the_page_may_not_there_is_nothing_that_could(chromium: Any, place: Place) -> None:
    def events(address: str) -> int:
        with urllib.request.urlopen(f"{address}/config") as answer:
            return len(json.load(answer)["dependencies"])

    with serve(place.bench, None) as address:
        page = come(chromium, address)
        for name in ("Add", "Sync now", "Upload PDFs"):
            assert page.get_by_role("button", name=name, exact=True).count() == 0
        page.locator(SHELF).first.get_by_role("button").click()
        page.locator("#fmqa-paper .fmqa-record").wait_for()
        assert page.get_by_role("button", name="Remove this paper…").count() == 0
        few = events(address)
        assert few < events(place.address)
        call = {"data": [], "fn_index": few + 1, "session_hash": "abc"}
        body = json.dumps(call).encode()
        request = urllib.request.Request(
            f"{address}/gradio_api/run/predict", body, {"Content-Type": "application/json"}
        )
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(request)
        head = 'Content-Disposition: form-data; name="files"; filename="a.pdf"'
        form = f"--x\r\n{head}\r\n\r\n".encode() + paper_pdf() + b"\r\n--x--\r\n"
        request = urllib.request.Request(
            f"{address}/gradio_api/upload",
            form,
            {"Content-Type": "multipart/form-data; boundary=x"},
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == 413
        page.close()


def tab_to(page: Any, name: str, key: str = "Tab", most: int = 30) -> None:
    """Go on by the keyboard until what goes by a name has the focus, and its ring is seen."""
    for _ in range(most):
        page.keyboard.press(key)
        focused = page.evaluate(
            """() => { const one = document.activeElement;
                 return [one.ariaLabel || one.innerText || one.placeholder || one.value || "",
                         getComputedStyle(one).outlineStyle, one.matches(":focus-visible")]; }"""
        )
        if name in focused[0]:
            assert focused[2]
            return
    pytest.fail(f"{name!r} was not reached")


def test_it_is_changed_by_the_keyboard_alone(place: Place) -> None:
    page, one = place.page, place.plain()[4]
    title = place.home.world[one].title
    page.focus("#fmqa-shelf-search")
    tab_to(page, "2304.12306")  # where ids are written, by what stands there as an example
    page.keyboard.press("Control+A")  # over what was written there before
    page.keyboard.type(one)
    tab_to(page, "Add")
    page.keyboard.press("Enter")
    place.told("Added (1)", one)
    tab_to(page, "Upload PDFs")
    tab_to(page, "Sync now")
    page.focus("#fmqa-shelf-search")
    page.keyboard.type(title)
    tab_to(page, title)
    page.keyboard.press("Enter")
    page.locator("#fmqa-paper .fmqa-record").wait_for()
    page.locator("#fmqa-remove").wait_for()
    tab_to(page, "Remove this paper…")
    page.once("dialog", lambda dialog: dialog.accept())
    page.keyboard.press("Enter")
    place.told("Removed (1)", title)
    assert one not in place.home.held()
    page.fill("#fmqa-shelf-search", "")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anyone_out(place: Place, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    place.page.emulate_media(color_scheme=scheme)
    # Links take a moment from one colour to the other, after the page has noticed.
    place.page.evaluate(
        """() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))
             .then(() => Promise.allSettled(document.getAnimations()
               .filter((one) => one instanceof CSSTransition).map((one) => one.finished)))"""
    )
    found = Axe().run(place.page, context="#fmqa-tab-library")
    serious = [
        (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits(place: Place, width: int, tmp_path: Path) -> None:
    place.page.set_viewport_size({"width": width, "height": 900})
    assert place.page.evaluate("document.documentElement.scrollWidth") <= width
    place.page.screenshot(path=tmp_path / "page.png")
