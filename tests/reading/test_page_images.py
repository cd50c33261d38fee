"""Images of pages and places of quotes, from a child that may be lost."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest
from pdfs import paper

from fmqa.reading.page_images import NoPageImage, PageImages, PdfFile
from fmqa.reading.reader import DefaultPdfReader


@pytest.fixture
def images() -> Iterator[PageImages]:
    made = PageImages()
    made.start()
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path) -> PdfFile:
    path = tmp_path / "paper.pdf"
    path.write_bytes(paper())
    return PdfFile(str(path), hashlib.sha256(path.read_bytes()).hexdigest())


def why(caught: pytest.ExceptionInfo[NoPageImage]) -> str:
    return caught.value.why


def test_a_page_is_drawn_once(images: PageImages, file: PdfFile) -> None:
    png = images.image(file, 1)
    assert PIL.Image.open(io.BytesIO(png)).width == 1240
    Path(file.path).unlink()
    assert images.image(file, 1) is png


def test_a_file_that_is_gone_or_another_is_not_drawn(images: PageImages, file: PdfFile) -> None:
    with pytest.raises(NoPageImage) as caught:
        images.image(PdfFile(file.path + "x", file.sha256), 1)
    assert why(caught) == "missing"
    with pytest.raises(NoPageImage) as caught:
        images.image(PdfFile(file.path, "0" * 64), 1)
    assert why(caught) == "changed"
    with pytest.raises(NoPageImage) as caught:
        images.image(file, 10_000)
    assert why(caught) == "unreadable"


def test_a_lost_child_is_replaced(images: PageImages, file: PdfFile) -> None:
    assert images.image(file, 1)
    child = images._child
    assert child is not None
    child.process.kill()
    child.process.wait()
    with pytest.raises(NoPageImage):
        images.image(file, 2)
    assert images.image(file, 2)
    assert images._child is not child


def test_the_boxes_of_a_quote_lie_on_the_page(images: PageImages, file: PdfFile) -> None:
    page = DefaultPdfReader().read(Path(file.path)).pages[0]
    text = page.text.split("\n")[0]
    found = images.boxes(file, page, 0, len(text))
    assert found.boxes
    for box in found.boxes:
        assert 0 <= box.left < box.right <= found.width
        assert 0 <= box.top < box.bottom <= found.height
