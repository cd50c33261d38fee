"""The table that goes with the answer to a comparison."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fmqa.answering.schema import Answer
from fmqa.apps.queries import with_comparison
from fmqa.apps.web.chat import Stage, Turn
from fmqa.apps.web.render import reply
from fmqa.apps.web.wording import IN_CHINESE, IN_ENGLISH
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings
from fmqa.types import Source

QUESTION = "Compare MedSAM, BiomedCLIP and UNI by architecture, training and data"


@pytest.fixture(scope="module")
def bench(starter_home: Path) -> Iterator[Workbench]:
    made = Workbench(Settings(home=starter_home, llm="none"))
    yield made
    made.close()


def answer(question: str, **more: Any) -> Answer:
    return Answer(question=question, status="abstained", answer="", model="none", **more)


def test_each_stated_cell_stands_where_it_says(bench: Workbench) -> None:
    table = with_comparison(bench, answer(QUESTION)).comparison
    assert table is not None
    assert table.columns == ("architecture", "training", "data")
    assert [row.paper.name for row in table.rows] == ["MedSAM", "BiomedCLIP", "UNI"]
    stated = 0
    for row in table.rows:
        for cell in row.cells:
            if cell.quote is None:
                continue
            paper, source = row.paper.paper_id, Source(row.paper.source)
            held = bench.library.versions.find(paper, cell.version or 0, source)
            assert held is not None
            page = bench.library.versions.page(held.id, cell.page or 0)
            assert page is not None
            assert " ".join(page.text[cell.start : cell.end].split()) == cell.quote
            stated += 1
    assert stated >= 6


@pytest.mark.parametrize("question", ["What is MedSAM?", "Compare apples and pears", "MedSAM"])
def test_other_questions_get_no_table(bench: Workbench, question: str) -> None:
    given = answer(question)
    assert with_comparison(bench, given) is given


def test_a_question_in_another_language_gets_one_by_what_it_was_understood_as(
    bench: Workbench,
) -> None:
    given = answer("比较 MedSAM 和 UNI", understood_as="Compare MedSAM and UNI")
    assert with_comparison(bench, given).comparison is not None


def test_the_chat_shows_it_with_cells_that_lead_to_their_evidence(bench: Workbench) -> None:
    turn = Turn(QUESTION, Stage.DONE, answer=with_comparison(bench, answer(QUESTION)))
    shown = reply(turn, "fmqa-0", IN_ENGLISH)
    assert shown.count('class="fmqa-cell" href="evidence&#63;paper&#61;') >= 6
    assert "Architecture" in shown
    assert "架构" in reply(turn, "fmqa-0", IN_CHINESE)
