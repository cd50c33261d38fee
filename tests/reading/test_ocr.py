"""Pages that are pictures: what an engine recognizes on them can be searched, quoted and shown."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pypdfium2 as pdfium
import pytest
from pdfs import HEIGHT, WIDTH, WORDS, PageSource, Text, build, column, wrapped, write

from fmqa.reading.boxes import boxes_in
from fmqa.reading.reader import DefaultPdfReader, ReadLimits
from fmqa.reading.wire import decode_result, encode_result
from fmqa.types import Document, Gap, GapKind, Outcome, ReadResult

SAID = "Nettlenet was trained for 300 epochs on eight cards with a batch of 2,048 images."
LEFT, RIGHT = wrapped(f"{SAID} {WORDS * 2}", 40), wrapped(WORDS * 2, 40)


def scanned(tmp_path: Path) -> Path:
    """A page of text, and one that is a picture of a page in two columns."""
    texts = [*column(LEFT, 60, 700), *column(RIGHT, 330, 700)]
    picture = pdfium.PdfDocument(build([PageSource(texts)]))[0].render(scale=200 / 72).to_pil()
    out = pdfium.PdfDocument.new()
    text = pdfium.PdfDocument(build([PageSource(column(wrapped(WORDS * 6), 100, 700))]))
    out.import_pages(text)
    page = out.new_page(WIDTH, HEIGHT)
    image = pdfium.PdfImage.new(out)
    image.set_bitmap(pdfium.PdfBitmap.from_pil(picture.convert("RGB")))
    image.set_matrix(pdfium.PdfMatrix().scale(WIDTH, HEIGHT))
    page.insert_obj(image)
    page.gen_content()
    out.save(tmp_path / "a.pdf")
    return tmp_path / "a.pdf"


def read(file: Path) -> Document:
    return DefaultPdfReader(ReadLimits(ocr=True)).read(file)


def check(document: Document, file: Path) -> None:
    page = document.pages[1]
    text = page.text.replace(" ", "")
    assert SAID.replace(" ", "") in text
    assert document.gaps == (Gap(2, GapKind.OCR),)
    held = [p for p in document.passages if "300" in p.text]
    assert [span.page for p in held for span in p.spans][:1] == [2]
    start = page.text.index("300")
    box = boxes_in(file.read_bytes(), page, start, start + 3).boxes[0]
    line = next(n for n, one in enumerate(LEFT) if "300" in one)
    assert box.top < HEIGHT - (700 - 12 * line) < box.bottom + 4
    assert 60 < box.left < box.right < 330
    result = ReadResult(file, Outcome.OK, document=document, sha256=document.sha256)
    assert decode_result(encode_result(result)) == result


class Engine:
    """Recognizes the lines of `scanned`, and something it isn't sure of."""

    def __call__(self, image: np.ndarray, use_cls: bool) -> SimpleNamespace:
        scale = image.shape[1] / WIDTH
        found = [(60, 12 * n, text, 0.9) for n, text in enumerate(LEFT)]
        found += [(330, 12 * n, text, 0.9) for n, text in enumerate(RIGHT)]
        found += [(60, 700, "~~ not sure ~~", 0.3)]
        found.sort(key=lambda one: one[1])  # as engines give them: line by line over both columns
        boxes = [
            [[scale * x, scale * y] for x, y in
             ((a, b + 82), (a + 210, b + 82), (a + 210, b + 94), (a, b + 94))]
            for a, b, _, _ in found
        ]  # fmt: skip
        texts, scores = [one[2] for one in found], [one[3] for one in found]
        return SimpleNamespace(boxes=np.array(boxes), txts=texts, scores=scores)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("rapidocr")
    module.RapidOCR = lambda params: Engine()
    monkeypatch.setitem(sys.modules, "rapidocr", module)


@pytest.mark.usefixtures("engine")
def test_what_is_recognized_is_read_column_by_column(tmp_path: Path) -> None:
    document = read(scanned(tmp_path))
    check(document, tmp_path / "a.pdf")
    assert "not sure" not in document.pages[1].text
    assert DefaultPdfReader().read(tmp_path / "a.pdf").gaps == (Gap(2, GapKind.SCANNED),)


@pytest.mark.usefixtures("engine")
def test_pages_with_text_are_left_alone(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.pdf", build([PageSource([Text(72, 700, w) for w in wrapped(WORDS)])])
    )
    assert read(file) == DefaultPdfReader().read(file)


def test_the_engine_itself(tmp_path: Path) -> None:
    pytest.importorskip("rapidocr")
    check(read(scanned(tmp_path)), tmp_path / "a.pdf")
