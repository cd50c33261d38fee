"""Which names a paper goes by, and which of them a question uses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmqa.retrieval.naming import NameBook, names_of
from fmqa.types import PaperMeta


def paper(key: str, name: str, title: str = "A paper of a long title", kind: str = "") -> PaperMeta:
    return PaperMeta(key, 1, title, name=name, kind=kind)


BOOK = NameBook.of(
    [
        paper("sam", "SAM", "Segment Anything"),
        paper("sam2", "SAM 2", "SAM 2: Segment Anything in Images and Videos"),
        paper("medsam", "MedSAM", "Segment Anything in Medical Images"),
        paper("medsam2", "MedSAM2"),
        paper("medicalsam2", "Medical SAM 2 (MedSAM-2)"),
        paper("sammed3d", "SAM-Med3D"),
        paper("auto1", "AutoSAM (Shaharabany)", "AutoSAM: Adapting SAM"),
        paper("auto2", "AutoSAM (prediction heads, Hu et al.)"),
        paper("ctclip", "CT-CLIP (CT-RATE)"),
        paper("keepfit", "MM-Retinal and KeepFIT"),
        paper("keep", "KEEP"),
        paper("topic:chest", "Chest X-ray", "Topic note: chest X-ray", kind="topic"),
    ]
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("What is Med SAM?", {"medsam": "Med SAM"}),
        ("How was MedSAM's data collected?", {"medsam": "MedSAM"}),
        ("What is Med SAM’s data?", {"medsam": "Med SAM"}),
        ("How do the MedSAMs differ?", {"medsam": "MedSAMs"}),
        ("SAM Med3D or SAM-Med3D?", {"sammed3d": "SAM Med3D"}),
        ("MedSAM 2 and SAM", {"medsam2": "MedSAM 2", "sam": "SAM"}),
        ("Is MedSAM2 like MedSAM?", {"medsam2": "MedSAM2", "medsam": "MedSAM"}),
        ("SAM and SAM 2: what differs?", {"sam": "SAM", "sam2": "SAM 2"}),
        ("how was medsam trained?", {"medsam": "medsam"}),
        ("which models keep sam frozen", {}),
        ("Which chest X-ray models are there?", {}),
        ("Who made Med? SAM did.", {"sam": "SAM"}),
        ("What do CT-RATE and KeepFIT hold?", {"ctrate": "CT-RATE", "keepfit": "KeepFIT"}),
        ("", {}),
    ],
)
def test_names_in_a_text(text: str, names: dict[str, str]) -> None:
    assert BOOK.in_text(text) == names


@pytest.mark.parametrize(
    ("name", "papers"),
    [
        ("medsam", ["medsam"]),
        ("medsam2", ["medsam2", "medicalsam2"]),
        ("medicalsam2", ["medicalsam2"]),
        ("autosam", ["auto1", "auto2"]),
        ("nothing", []),
    ],
)
def test_papers_of_one_name(name: str, papers: list[str]) -> None:
    assert BOOK.papers([name]) == papers


def test_one_name_does_not_crowd_out_another() -> None:
    assert BOOK.papers(["autosam", "medsam"]) == ["auto1", "medsam", "auto2"]


def test_a_paper_without_a_name_goes_by_its_titles_head() -> None:
    plain = paper("x", "", "UNI: towards pathology")
    assert names_of(plain) == {"uni"}


@given(text=st.text(alphabet="MedSAM 23-'.?\n(", max_size=40))
def test_no_text_is_too_odd(text: str) -> None:
    for name, shown in BOOK.in_text(text).items():
        assert name in BOOK
        assert shown in text
