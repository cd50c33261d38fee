"""What the app offers to programs: named endpoints with typed, bounded inputs.

docs/api.md shows each; `gradio_client` calls them by name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import gradio as gr
from gradio.events import api
from pydantic import BaseModel, ConfigDict, Field, ValidationError, validate_call

from fmqa.answering.schema import Answer
from fmqa.apps.admission_queue import UNQUEUED, AdmissionQueue
from fmqa.apps.asgi import person_of
from fmqa.apps.exports import ExportForm, export_from
from fmqa.apps.queries import MOST_BEFORE, Before, Name, Queries, Text, Which, filters_from
from fmqa.apps.web.render import in_line
from fmqa.apps.web.wording import IN_ENGLISH
from fmqa.errors import FmqaError

_MOST_ANSWERS = 50
_QUICK_AT_ONCE = 8


class Endpoints:
    """The endpoints.

    Args:
        queries: what answers them.
        queue: what questions pass, those of the page included.
    """

    def __init__(self, queries: Queries, queue: AdmissionQueue) -> None:
        self.queries = queries
        self.queue = queue

    def add(self) -> None:
        """Offer them to clients of the blocks that are open now."""
        api(_bounded(self.ask), api_name="ask", **UNQUEUED)
        asked = self.queries
        for endpoint in (asked.search, asked.papers, asked.passage, asked.compare, self.export):
            api(
                _bounded(endpoint),
                api_name=endpoint.__name__,
                concurrency_limit=_QUICK_AT_ONCE,
                concurrency_id="quick",
            )

    def ask(
        self,
        question: Text,
        request: gr.Request,
        filters: Which = None,
        history: Annotated[list[Before], Field(max_length=MOST_BEFORE)] | None = None,
    ) -> Answer:
        """The checked answer to a question, as docs/answer.schema.json describes it.

        filters: such as year=2023-&kind=adaptation. history: the earlier answers, oldest first.
        """
        chosen = filters_from(filters)
        progress = gr.Progress()  # as a parameter, `gr.api` would take it for an input
        with self.queue.enter(person_of(request)) as turn:
            for ahead in turn.positions():
                progress(None, desc=in_line(ahead, IN_ENGLISH))
            return self.queries.ask(question, chosen, history or ())

    def export(
        self,
        answers: Annotated[list[Answer], Field(min_length=1, max_length=_MOST_ANSWERS)],
        form: ExportForm = ExportForm.MARKDOWN,
        title: Name = "",
    ) -> str:
        """Answers, as /ask gave them, as markdown, bibtex, ris or csl (CSL-JSON)."""
        return export_from(self.queries.bench.library, answers, form, title)


def _bounded(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """An endpoint whose inputs have to be as its annotations say, with errors in words."""
    names = inspect.signature(endpoint).parameters

    # What pydantic calls runs within its native code, and a process that ends then is aborted. So
    # it calls no endpoint, but what gives the inputs back.
    @validate_call(config=ConfigDict(arbitrary_types_allowed=True))
    @wraps(endpoint)
    def inputs(*given: Any, **named: Any) -> Any:
        return given, named

    @wraps(endpoint)
    def called(*given: Any) -> Any:
        try:
            checked, named = inputs(**dict(zip(names, given, strict=True)))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            words = f"{where}: {first['msg']}. See docs/api.md."
            raise gr.Error(words, print_exception=False) from error
        try:
            told = endpoint(*checked, **named)
            return told.model_dump(mode="json") if isinstance(told, BaseModel) else told
        except FmqaError as error:
            raise gr.Error(f"{error} {error.hint}".strip(), print_exception=False) from error

    return called
