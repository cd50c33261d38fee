"""The table that goes with the answer to "compare A and B by X and Y"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fmqa.errors import UsageError

if TYPE_CHECKING:
    from fmqa.answering.schema import Answer
    from fmqa.apps.workbench import Workbench


def with_comparison(bench: Workbench, answer: Answer) -> Answer:
    """The answer with the table that its question asks for; as it is where that asks for none.

    The first time it takes seconds, since it is read what papers are.
    """
    from fmqa.survey.comparison import asked_for, compare

    for question in (answer.question, answer.understood_as):
        asked = asked_for(question, lambda: bench.searcher.names)
        if asked is None:
            continue
        try:
            table = compare(bench.survey.facets, *asked)
        except UsageError:  # a name of several papers: the answer in words stands alone
            continue
        return answer.model_copy(update={"comparison": table})
    return answer
