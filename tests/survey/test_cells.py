"""Sixty cells of comparisons over the starter notes, against what a person read in the notes.

The fifteen papers are drawn from those that the rules weren't made on.
"""

from __future__ import annotations

import re

import pytest

from fakes import Add
from fmqa.reading.notes import note_document
from fmqa.sources.note_files import read_notes, starter_folder
from fmqa.store.library import Library
from fmqa.survey.comparison import DEFAULT, NOT_STATED, compare
from fmqa.survey.facet_maker import FacetMaker

# For each paper what may stand under architecture, training, data and tasks; nothing where the
# note doesn't say it, so that any value there is wrong.
READ = {
    "1901.07031": (
        "convolutional networks",
        "",
        "224,316 chest radiographs|65,240 patients",
        "classification",
    ),
    "2004.07882": ("", "self-supervised", "", "segmentation|classification|registration"),
    "2206.02647": (
        r"(?i)vision transformer|transformers?|ViT-S/16|ViT-XS/256",
        "self-supervised",
        r"10,678 TCGA slides|104 million patches|408,218 regions",
        "classification|prognosis|representation learning",
    ),
    "2304.10517": ("SAM|Segment Anything Model", "no training", "", "segmentation"),
    "2308.07706": ("CLIP|BiomedCLIP", "fine-tuning|no training", "", "segmentation"),
    "2308.15670": (
        "CLIP|ConvNeXt-Base|Transformer|text encoder|ConvNeXt",
        "image-text contrastive",
        r"1,032,975 cardiac ultrasound videos",
        "classification|detection|retrieval",
    ),
    "2401.12215": ("LoRA", "parameter-efficient fine-tuning|fine-tuning", "", "classification"),
    "2402.09181": ("", "", "73 medical datasets", "visual question answering"),
    "2403.05780": ("U-Nets", "", r".*\b(?:899|2,532|1,076)\b.*", "registration"),
    "2406.10395": ("SwinUNETR", "self-supervised", "41,400 participants", "segmentation"),
    "2407.04106": (
        "LLaMA-2|.*EVA.*",
        "fine-tuning",
        "",
        "report generation|visual question answering|detection",
    ),
    "2408.02900": ("LLaVA", "", "25 million images", "visual question answering"),
    "2410.10604": (
        "",
        "self-supervised",
        r"16,022 brain MRI scans|2.4 million images",
        "segmentation|classification",
    ),
    "2411.15232": (
        "CLIP|BiomedCLIP",
        "prompt learning|knowledge distillation",
        "",
        "classification",
    ),
    "2501.07171": (
        "CLIP",
        "image-text contrastive",
        r"24 million image-text pairs|6 million articles",
        "classification",
    ),
}
_LEAST_RIGHT = 0.9


@pytest.fixture
def maker(library: Library, add: Add) -> FacetMaker:
    wanted = [note for note in read_notes(starter_folder()) if note.meta.paper_id in READ]
    assert len(wanted) == len(READ)
    add(*(note_document(note) for note in wanted))
    return FacetMaker(library)


def test_nine_of_ten_cells_are_right_or_not_stated_and_none_is_without_a_quote(
    maker: FacetMaker,
) -> None:
    table = compare(maker, list(READ), DEFAULT)
    wrong, stated = [], 0
    for row in table.rows:
        held = maker.library.record.passages_of(row.paper.paper_id)
        text = " ".join(one.passage.text for one in held)
        for column, cell, allowed in zip(
            table.columns, row.cells, READ[row.paper.paper_id], strict=True
        ):
            if cell.value == NOT_STATED:
                continue
            stated += 1
            assert cell.quote is not None
            assert cell.quote in text
            parts = cell.value.split("; ")
            if not allowed or not all(re.fullmatch(allowed, part) for part in parts):
                wrong.append((row.paper.name, column, cell.value))
    assert len(table.rows) * len(DEFAULT) == 60
    assert len(wrong) <= 60 * (1 - _LEAST_RIGHT), wrong
    # A table that says nothing would have no wrong cell either.
    assert stated >= 30
