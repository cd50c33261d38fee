"""The real papers, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmqa.reading.pool import ReadLimits, read_files
from fmqa.reading.reader import DefaultPdfReader
from fmqa.types import Document, Outcome

pytestmark = pytest.mark.slow

FACTS = {
    "1706.03762.pdf": ("1706.03762", 5, "Attention Is All You Need", "Ashish Vaswani", 8, 2017),
    "resnet.pdf": (
        "1512.03385", 1, "Deep Residual Learning for Image Recognition", "Kaiming He", 4, 2015,
    ),
    "vit.pdf": (
        "2010.11929", 2,
        "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
        "Alexey Dosovitskiy", 12, 2020,
    ),
    "react_paper.pdf": (
        "2210.03629", 2, "ReAct: Synergizing Reasoning and Acting in Language Models",
        "Shunyu Yao", 7, 2022,
    ),
    "nnU-Net.pdf": (
        "1809.10486", 1,
        "nnU-Net: Self-adapting Framework for U-Net-Based Medical Image Segmentation",
        "Fabian Isensee", 11, 2018,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def documents(shared_data: Path) -> dict[str, Document]:
    return {
        path.name: DefaultPdfReader().read(path) for path in sorted(shared_data.glob("pdfs/*.pdf"))
    }


@pytest.mark.parametrize("name", FACTS)
def test_who_the_papers_are(documents: dict[str, Document], name: str) -> None:
    meta = documents[name].meta
    paper_id, version, title, first, count, year = FACTS[name]
    assert (meta.paper_id, meta.version, meta.title) == (paper_id, version, title)
    assert meta.authors[0] == first
    assert len(meta.authors) == count
    assert meta.year == year


def test_spans_give_back_every_passage(documents: dict[str, Document]) -> None:
    for document in documents.values():
        text = {page.number: page.text for page in document.pages}
        for passage in document.passages:
            pieces = [text[span.page][span.start : span.end] for span in passage.spans]
            assert passage.text == " ".join(pieces)


def test_hidden_prompts(documents: dict[str, Document], shared_data: Path) -> None:
    assert not any(document.hidden for document in documents.values())
    first, second = (
        DefaultPdfReader().read(shared_data / "injection" / f"Garbage_Paper_v{n}.pdf")
        for n in (1, 2)
    )
    assert [run.reason for run in first.hidden] == ["tiny"]
    assert not any("LLM REVIEWER NOTE" in page.text for page in first.pages)
    assert second.hidden == ()


def test_bad_files_have_outcomes_and_harm_no_other(
    documents: dict[str, Document], shared_data: Path
) -> None:
    bad = sorted((shared_data / "bad_pdfs").glob("*[0-9a-z].[pf]*"))[::8]
    good = shared_data / "pdfs" / "resnet.pdf"
    results = list(read_files([*bad, good], ReadLimits(20, 512, 100, 2000)))
    assert len(results) == len(bad) + 1
    assert all(r.detail for r in results if r.outcome is not Outcome.OK)
    [read] = [result.document for result in results if result.path == good]
    assert read is not None
    assert read.passages == documents["resnet.pdf"].passages
