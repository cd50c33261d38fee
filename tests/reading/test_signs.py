"""Raised signs: marks are no digits of the number before them, powers stay readable."""

from __future__ import annotations

from pathlib import Path

import pytest
from pdfs import PageSource, Raised, Text, build, column, wrapped, write

from fmqa.reading.boxes import boxes_in
from fmqa.reading.reader import DefaultPdfReader
from fmqa.types import Document

FILL = (
    "The network has an encoder and a decoder, and both are joined by skip connections. "
    "Experts seldom agree on the borders of a lesion, and one network serves many clinics. "
)
CITING = [
    "Earlier models^{1} were small^{2,3} and slow.^{4} Transformers^{5-7} came later^{2} on",
    "the same images^{8} of the same clinics^{4,9} and were soon used^{10} by many others.",
]
NOTES = [
    "Earlier models [1] were small [2, 3] and slow [4]. Transformers [5-7] came later [2] on",
    "the same images [8] of the same clinics [4, 9] and were soon used [10] by many others.",
]


def read(tmp_path: Path, lines: list[str], style: list[str]) -> Document:
    shown = [*wrapped(FILL * 3), *style, *lines, *wrapped(FILL * 3)]
    texts = [
        Text(100, 720, "Reading Raised Signs in Small Papers", 18, "F2"),
        Text(100, 690, "Ada Lovelace and Grace Hopper", 11),
        Text(100, 660, "1 Introduction", 12, "F2"),
        *(Raised(100, 640 - 12 * place, line) for place, line in enumerate(shown)),
        Text(100, 300, "2 Method", 12, "F2"),
        *column(wrapped(FILL * 5), 100, 280),
    ]
    entries = [f"[{n}] A. Author. A title of a paper. Journal, {1990 + n}." for n in range(1, 12)]
    references = [Text(100, 720, "References", 12, "F2"), *column(entries, 100, 700)]
    pages = build([PageSource(texts), PageSource(references)])
    path = write(tmp_path / "paper.pdf", pages)
    return DefaultPdfReader().read(path)


def text_of(document: Document) -> str:
    return " ".join(passage.text for passage in document.passages)


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("trained on 1,570,263^{11} pairs of images and masks", "1,570,263"),
        ("trained on 25^{8,9} volumes from the same clinics", "25"),
        ("trained on 86^{10} tasks with images of the skin", "86"),
        ("trained with 1.57 million^{3} photographs of the skin", "million"),
        ("trained to reach a score of 0.91^{9} on the test set", "0.91"),
        ("trained from the weights of SAM^{5} and of nothing else", "SAM"),
        ("tested on 47^{8} tasks with images of the skin", "47"),
        ("trained to an AUC = 0.96^{7} on the test set", "0.96"),
        ("trained from ResNet-50^{9} and of nothing else", "ResNet-50"),
    ],
)
@pytest.mark.parametrize("style", [CITING, NOTES], ids=["citing", "notes"])
def test_a_mark_is_no_part_of_what_stands_before_it(tmp_path, printed, number, style):
    text = text_of(read(tmp_path, [f"Quillnet was {printed}."], style))
    mark = printed[printed.index("{") + 1 : printed.index("}")]
    assert number + mark not in text
    after = text[text.index("Quillnet was") :]
    if style is CITING:
        assert f"{number} [{mark}] " in after
    elif number in ("million", "SAM", "25", "1,570,263"):
        assert f"{number} {printed[printed.index('}') + 2 :].split()[0]}" in after
    assert after.count("Quillnet") == 1


@pytest.mark.parametrize(
    ("printed", "read_as"),
    [
        ("on 2 \u00d7 10^{5} images of the skin", "2 \u00d7 10\u2075 images"),
        ("at a rate of 10^{-4} for all layers", "10\u207b\u2074 for all"),
        ("on lesions of 12 mm^{2} or more in size", "12 mm\u00b2 or more"),
        ("on crops of 128^{3} voxels of the volume", "128\u00b3 voxels"),
        ("until the fit had an R^{2} above the least one", "R\u00b2 above"),
    ],
)
@pytest.mark.parametrize("style", [CITING, NOTES, []], ids=["citing", "notes", "neither"])
def test_a_power_stays_readable(tmp_path, printed, read_as, style):
    assert read_as in text_of(read(tmp_path, [f"Quillnet was trained {printed}."], style))


@pytest.mark.parametrize("style", [CITING, NOTES, []], ids=["citing", "notes", "neither"])
def test_no_paper_raises_a_grouped_number_to_a_power(tmp_path, style):
    told = "Quillnet was trained on 371.858^{11} images of 1,204^{b} women."
    text = text_of(read(tmp_path, [told], style))
    after = text[text.index("Quillnet was") :]
    assert after.startswith(f"Quillnet was trained on 371.858{' [11]' * (style is CITING)} images")
    assert "1,204 women" in after


def test_what_no_power_is_raised_on_tells_that_a_paper_cites(tmp_path):
    lines = [
        "Quillnet was trained on 371.858^{11} images of 19^{3,4} clinics, from DINOv2^{21} on.",
        "Quillnet was then tested on 47^{8} tasks and had a score of 0.95^{6} on all of them.",
    ]
    text = text_of(read(tmp_path, lines, []))
    assert "371.858 [11] images of 19 [3,4] clinics, from DINOv2 [21] on" in text
    assert "47 [8] tasks and had a score of 0.95 [6] on" in text


def test_a_sign_leaves_no_space_before_a_comma(tmp_path):
    text = text_of(read(tmp_path, ["Quillnet starts from SAM^{5} , and from CLIP."], NOTES))
    assert "from SAM, and from CLIP." in text


def test_a_raised_sign_breaks_no_line_off_its_paragraph(tmp_path):
    lines = [
        "Quillnet was trained on 2 \u00d7 10^{5} images, and the gain^{4} of Quillnet over^{5}",
        "ResNet-50 was significant (p < 10^{-6}). It was trained with 10^{4}",
        "steps of warm-up.",
    ]
    for style in (CITING, []):
        pages = read(tmp_path, lines, style).pages
        assert "10\u2074 steps of warm-up." in pages[0].text
        assert "ResNet-50 was significant (p < 10\u207b\u2076)." in pages[0].text


def test_a_mark_neither_ends_nor_joins_sentences(tmp_path):
    from fmqa.reading.sentences import split_sentences

    lines = ["Quillnet was trained on slides.^{8} It was tested on scans^{9} of one clinic^{10}."]
    text = text_of(read(tmp_path, lines, CITING))
    sentences = [text[a:b] for a, b in split_sentences(text)]
    assert "Quillnet was trained on slides. [8]" in sentences
    assert "It was tested on scans [9] of one clinic [10]." in sentences


def test_marks_that_a_paper_cites_by_name_its_references(tmp_path):
    document = read(tmp_path, ["Quillnet was trained on 86^{10} tasks^{3,5}."], CITING)
    text = document.pages[0].text
    cited = {
        text[mention.span.start : mention.span.end]: mention.numbers
        for mention in document.mentions
    }
    assert cited["Quillnet was trained on 86 [10] tasks [3,5]."] == (10, 3, 5)


def test_a_quote_with_signs_is_found_on_its_page(tmp_path):
    lines = ["Quillnet saw 1,570,263^{11} pairs and 2 \u00d7 10^{5} other images."]
    document = read(tmp_path, lines, CITING)
    page = document.pages[0]
    start = page.text.index("Quillnet saw")
    end = page.text.index("other images.", start) + len("other images.")
    found = boxes_in((tmp_path / "paper.pdf").read_bytes(), page, start, end)
    assert min(box.left for box in found.boxes) == pytest.approx(100, abs=2)
    assert max(box.right for box in found.boxes) > 350
    assert max(box.bottom for box in found.boxes) - min(box.top for box in found.boxes) < 16
    for text_start, raw_start, length in page.runs:
        assert length > 0
        assert raw_start >= 0
        assert text_start + length <= len(page.text)
