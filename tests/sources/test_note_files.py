"""The form of a note's file, and what is said when it doesn't hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmqa.errors import UsageError
from fmqa.reading.notes import note_document
from fmqa.sources.note_files import read_note, read_notes

FRONT = 'arxiv_id: "2304.12306"\nversion: 3\ntitle: "A title"\nsources: ["https://x.org"]\n'


def written(
    folder: Path, front: str, text: str = "One sentence. Another.", name: str = "a.md"
) -> Path:
    path = folder / name
    path.write_text(f"---\n{front}---\n{text}\n", encoding="utf-8")
    return path


def test_a_note(tmp_path: Path) -> None:
    note = read_note(
        written(tmp_path, FRONT + 'year: 2023\ntasks: ["a", "b"]\nname: "X"\n', "One\nline.  Two.")
    )
    meta = note.meta
    assert (meta.paper_id, meta.version, meta.year) == ("2304.12306", 3, 2023)
    assert (meta.tasks, meta.name, note.text) == (("a", "b"), "X", "One line. Two.")
    assert note.lookups == ("https://x.org",)
    assert len(note.sha256) == 64


def test_a_topic(tmp_path: Path) -> None:
    note = read_note(written(tmp_path, 'topic: "Compute"\ntitle: "T"\n', name="compute.md"))
    assert (note.meta.paper_id, note.meta.arxiv_id) == ("topic:compute", None)
    assert (note.meta.name, note.meta.version) == ("Compute", 0)


@pytest.mark.parametrize(
    ("front", "field"),
    [
        ('title: "T"\n', "arxiv_id"),
        ('arxiv_id: 2310.10300\ntitle: "T"\n', "arxiv_id"),
        ('arxiv_id: "1"\n', "title"),
        (FRONT.replace("3\n", '"three"\n', 1), "version"),
        (FRONT + "year: soon\n", "year"),
        (FRONT + 'tasks: "one"\n', "tasks"),
        (FRONT + "tasks: [1]\n", "tasks"),
        ("- a\n- list\n", "front matter"),
        ("title: [\n", "front matter"),
    ],
)
def test_a_front_matter_that_does_not_hold(tmp_path: Path, front: str, field: str) -> None:
    with pytest.raises(UsageError, match=field) as caught:
        read_note(written(tmp_path, front))
    assert "a.md" in str(caught.value)


@pytest.mark.parametrize(
    "content", ["", "text alone", "---\n---\n", f"---\n{FRONT}", f"x---\n{FRONT}---\ntext"]
)
def test_a_file_that_is_no_note(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.md").write_text(content)
    with pytest.raises(UsageError, match="front matter"):
        read_note(tmp_path / "a.md")


def test_yaml_runs_no_code(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read_note(written(tmp_path, f"{FRONT}name: !!python/object/apply:os.getcwd []\n"))


def test_readmes_are_no_notes(tmp_path: Path) -> None:
    written(tmp_path, FRONT)
    (tmp_path / "README.md").write_text("about")
    assert len(read_notes(tmp_path)) == 1


def test_a_note_as_a_document(tmp_path: Path) -> None:
    text = " ".join(
        f"Sentence number {n} says something about images of kind {n}." for n in range(40)
    )
    made = note_document(read_note(written(tmp_path, FRONT, text)))
    assert len(made.passages) > 1
    for passage in made.passages:
        span = passage.spans[0]
        assert made.pages[0].text[span.start : span.end] == passage.text
        assert passage.text.endswith(".")
        assert len(passage.text) <= 1400
    assert " ".join(passage.text for passage in made.passages) == text
