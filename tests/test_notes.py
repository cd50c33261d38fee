"""The starter library as it is shipped."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from fmqa.reading.sentences import split_sentences
from fmqa.sources.note_files import Note, read_note, starter_folder

FOLDER = starter_folder()
FILES = sorted(FOLDER.rglob("*.md"))
PAPERS = [path for path in FILES if path.parent.name == "papers"]
TOPICS = [path for path in FILES if path.parent.name == "topics"]

KINDS = {
    "vision-only",
    "vision-language",
    "generalist",
    "adaptation",
    "dataset",
    "method",
    "survey",
}
MODALITIES = {
    "CT", "MRI", "X-ray", "ultrasound", "pathology", "retina", "endoscopy", "dermatology", "PET",
    "surgical video", "microscopy", "natural", "text", "multi",
}  # fmt: skip
TASKS = {
    "segmentation", "classification", "detection", "retrieval", "captioning", "report generation",
    "visual question answering", "registration", "generation", "reconstruction", "prognosis",
    "representation learning", "survey",
}  # fmt: skip
CHALLENGES = {
    "domain adaptation", "efficient fine-tuning", "compute", "interpretability",
    "privacy and federated learning", "data scarcity", "robustness", "hallucination", "3D",
}  # fmt: skip
SIX = {
    "compute", "domain-adaptation", "efficient-fine-tuning", "interpretability",
    "privacy-and-federated-learning", "prompting",
}  # fmt: skip
ARXIV_ID = re.compile(r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}")


def sentences(note: Note) -> list[str]:
    return [note.text[start:end] for start, end in split_sentences(note.text)]


def test_there_are_enough() -> None:
    assert len(PAPERS) >= 200
    assert {path.stem for path in TOPICS} >= SIX
    assert set(FILES) == {*PAPERS, *TOPICS}


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.stem)
def test_a_papers_note(path: Path) -> None:
    note = read_note(path)
    meta = note.meta
    assert meta.arxiv_id == path.stem
    assert ARXIV_ID.fullmatch(path.stem)
    assert meta.title
    assert meta.name
    assert meta.authors
    assert meta.year is not None
    assert 2014 <= meta.year <= 2026
    assert meta.version >= 0
    assert meta.kind in KINDS
    assert set(meta.modality) <= MODALITIES
    assert set(meta.tasks) <= TASKS
    assert set(meta.challenge) <= CHALLENGES
    assert 4 <= len(sentences(note)) <= 8


@pytest.mark.parametrize("path", TOPICS, ids=lambda path: path.stem)
def test_a_topics_note(path: Path) -> None:
    note = read_note(path)
    assert note.meta.paper_id == f"topic:{path.stem}"
    assert note.meta.kind == "topic"
    assert all(ARXIV_ID.fullmatch(paper) for paper in note.papers)
    assert 7 <= len(sentences(note)) <= 12


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_any_note(path: Path) -> None:
    note = read_note(path)
    assert any(source.startswith(("https://", "http://")) for source in note.lookups)
    assert not re.search(r"https?://|\*\*|\[\d|<[a-z]", note.text)
    assert all(30 <= len(sentence) <= 500 for sentence in sentences(note))
    assert all(sentence.endswith(".") for sentence in sentences(note))


def test_no_two_notes_share_a_sentence_or_an_id() -> None:
    notes = [read_note(path) for path in FILES]
    assert len({note.meta.paper_id for note in notes}) == len(notes)
    said = Counter(sentence.lower() for note in notes for sentence in sentences(note))
    assert [sentence for sentence, count in said.items() if count > 1] == []
