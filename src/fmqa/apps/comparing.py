"""The table that goes with the answer to "compare A and B by X and Y"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fmqa.errors import UsageError

if TYPE_CHECKING:
    from fmqa.answering.compared import Comparison
    from fmqa.answering.schema import Answer
    from fmqa.apps.workbench import Workbench


def comparison_for(bench: Workbench, question: str) -> Comparison | None:
    """The table that a question asks for; None where it asks for none.

    The first time it takes seconds, since it is read what papers are.

    Raises:
        UsageError: a name in it is that of several papers.
    """
    from fmqa.survey.comparison import asked_for, compare

    asked = asked_for(question, lambda: bench.searcher.names)
    return None if asked is None else compare(bench.survey.facets, *asked)


def with_comparison(bench: Workbench, answer: Answer) -> Answer:
    """The answer with the table that its question asks for; as it is where that asks for none."""
    for question in (answer.question, answer.understood_as):
        try:
            table = comparison_for(bench, question)
        except UsageError:  # a name of several papers: the answer in words stands alone
            continue
        if table is not None:
            return answer.model_copy(update={"comparison": table})
    return answer
