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
from pydantic import ConfigDict, Field, ValidationError, validate_call

from fmqa.answering.schema import Answer
from fmqa.apps.admission_queue import UNQUEUED, AdmissionQueue
from fmqa.apps.asgi import person_of
from fmqa.apps.exports import ExportForm, export_from
from fmqa.apps.queries import MOST_BEFORE, MOST_PAPERS, MOST_PASSAGES, Before, Name, Queries
from fmqa.apps.web.render import in_line
from fmqa.apps.web.wording import IN_ENGLISH
from fmqa.errors import FmqaError
from fmqa.filters import filters_of
from fmqa.survey.comparison import MOST_PAPERS as MOST_COMPARED

_MOST_ANSWERS = 50
_QUICK_AT_ONCE = 8

Text = Annotated[str, Field(max_length=100_000)]  # the settings know how long a question may be
Filter = Annotated[str, Field(max_length=8000)]


class Endpoints:
    """The endpoints. An input that isn't given is empty or 0.

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
        for endpoint in (self.search, self.papers, self.passage, self.compare, self.export):
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
        filters: Filter = "",
        history: Annotated[list[Before], Field(max_length=MOST_BEFORE)] | None = None,
    ) -> dict[str, Any]:
        """The checked answer to a question, as docs/answer.schema.json describes it.

        filters: such as year=2023-&kind=adaptation. history: the earlier answers, oldest first.
        """
        chosen = filters_of(filters)
        progress = gr.Progress()  # as a parameter, `gr.api` would take it for an input
        with self.queue.enter(person_of(request)) as turn:
            for ahead in turn.positions():
                progress(None, desc=in_line(ahead, IN_ENGLISH))
            return self.queries.ask(question, chosen, history or ()).model_dump(mode="json")

    def search(
        self,
        query: Text,
        limit: Annotated[int, Field(ge=1, le=MOST_PASSAGES)] = 8,
        filters: Filter = "",
    ) -> dict[str, Any]:
        """The passages nearest to a query, best first, each with paper, version and page."""
        return self.queries.search(query, limit, filters_of(filters)).model_dump(mode="json")

    def papers(
        self,
        text: Annotated[str, Field(max_length=500)] = "",
        limit: Annotated[int, Field(ge=1, le=MOST_PAPERS)] = 20,
        offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0,
        filters: Filter = "",
    ) -> dict[str, Any]:
        """The library's papers by title; text narrows to those that hold all of its words."""
        found = self.queries.papers(text, limit, offset, filters_of(filters))
        return found.model_dump(mode="json")

    def passage(
        self,
        passage_id: Annotated[int, Field(ge=0, lt=2**63)] = 0,
        paper: Name = "",
        page: Annotated[int, Field(ge=0, le=100_000)] = 0,
        version: Annotated[int, Field(ge=0, le=1000)] = 0,
    ) -> dict[str, Any]:
        """A passage by its number, or all passages on a page of a paper."""
        found = self.queries.passages(
            passage_id or None, paper or None, page or None, version or None
        )
        return found.model_dump(mode="json")

    def compare(
        self,
        names: Annotated[list[Name], Field(max_length=MOST_COMPARED)],
        by: Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=10)]
        | None = None,
    ) -> dict[str, Any]:
        """Papers side by side; each cell carries the quote that shows it, or says "not stated"."""
        return self.queries.compare(names, by or ()).model_dump(mode="json")

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
            return endpoint(*checked, **named)
        except FmqaError as error:
            raise gr.Error(f"{error} {error.hint}".strip(), print_exception=False) from error

    return called
