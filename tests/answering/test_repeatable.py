"""The same question gets the same answer: in another process, and from an index made anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakes import Add, document, word_assistant
from fmqa.store.library import Library

QUESTIONS = (
    "How were MedSAM, RETFound and CTNet trained, and on how many images?",
    "On how many images was the model trained?",
    "Which model was evaluated on retinal and abdominal images?",
)
NAMES = "MedSAM RETFound CTNet EyeNet LungNet PathNet SkinNet BrainNet".split()


def answers(folder: Path) -> list[list[object]]:
    """What each question is answered with, from the library in a folder."""
    library = Library(folder, folder / "record.sqlite3")
    assistant = word_assistant(library)
    said = [assistant.ask(question) for question in QUESTIONS]
    library.close()
    return [
        [one.status, [[c.paper_id, c.page, c.start, c.quote] for c in one.citations], one.answer]
        for one in said
    ]


@pytest.fixture
def folder(library: Library, add: Add) -> Path:
    """Papers that say nearly the same, so that many sentences are as good as each other."""
    add(
        *(
            document(
                f"2301.{number:05}",
                [f"The model {name} was trained on {count} images of the hospital.",
                 "The model was trained on many images and evaluated on retinal images."],
                [f"{name} was evaluated on abdominal images and on retinal images."],
                name=name,
                title=f"{name}, a model of images",
                year=2023,
            )
            for number, (name, count) in enumerate(zip(NAMES, range(100, 900, 100), strict=True))
        )
    )  # fmt: skip
    return library.index_dir


def test_a_restart_and_an_index_made_anew_change_nothing(folder: Path) -> None:
    first = answers(folder)
    assert sum(len(one[1]) for one in first) > 3
    assert answers(folder) == first
    for path in folder.glob("vectors*"):
        path.unlink()
    # Names of one hash seed come in another order than those of the next.
    for seed in ("1", "2", "3"):
        told = subprocess.run(
            [sys.executable, __file__, str(folder)],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        )
        assert json.loads(told.stdout) == json.loads(json.dumps(first)), seed


if __name__ == "__main__":
    sys.stdout.write(json.dumps(answers(Path(sys.argv[1]))))
