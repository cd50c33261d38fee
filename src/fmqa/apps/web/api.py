"""What the app offers to programs: named endpoints with typed, bounded inputs.

docs/api.md shows each; `gradio_client` calls them by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import gradio as gr
from gradio.events import api
from pydantic import BaseModel, Field, ValidationError

from fmqa.answering.schema import Answer
from fmqa.apps.admission_queue import UNQUEUED, AdmissionQueue
from fmqa.apps.asgi import person_of
from fmqa.apps.exports import ExportForm, export_from
from fmqa.apps.queries import MOST_BEFORE, MOST_PAPERS, MOST_PASSAGES, Before, Queries
from fmqa.apps.web.render import in_line
from fmqa.apps.web.wording import IN_ENGLISH
from fmqa.errors import FmqaError, UsageError
from fmqa.filters import filters_of
from fmqa.survey.comparison import MOST_PAPERS as MOST_COMPARED

_MOST_ANSWERS = 50
_QUICK_AT_ONCE = 8

Text = Annotated[str, Field(max_length=100_000)]  # the settings know how long a question may be
Filter = Annotated[str, Field(max_length=8000)]
Model = TypeVar("Model", bound=BaseModel)


class _Ask(BaseModel):
    question: Text
    filters: Filter
    history: Annotated[tuple[Before, ...], Field(max_length=MOST_BEFORE)]


class _Search(BaseModel):
    query: Text
    limit: Annotated[int, Field(ge=1, le=MOST_PASSAGES)]
    filters: Filter


class _Papers(BaseModel):
    text: Annotated[str, Field(max_length=500)]
    limit: Annotated[int, Field(ge=1, le=MOST_PAPERS)]
    offset: Annotated[int, Field(ge=0, le=1_000_000)]
    filters: Filter


class _Passage(BaseModel):
    passage_id: Annotated[int, Field(ge=0, lt=2**63)]
    paper: Annotated[str, Field(max_length=200)]
    page: Annotated[int, Field(ge=0, le=100_000)]
    version: Annotated[int, Field(ge=0, le=1000)]


class _Compare(BaseModel):
    names: Annotated[
        tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=MOST_COMPARED)
    ]
    by: Annotated[tuple[Annotated[str, Field(max_length=50)], ...], Field(max_length=10)]


class _Export(BaseModel):
    answers: Annotated[tuple[Answer, ...], Field(min_length=1, max_length=_MOST_ANSWERS)]
    form: ExportForm
    title: Annotated[str, Field(max_length=200)]


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
        api(self.ask, api_name="ask", **UNQUEUED)
        quick = (self.search, self.papers, self.passage, self.compare, self.export)
        for endpoint in quick:
            api(
                endpoint,
                api_name=endpoint.__name__,
                concurrency_limit=_QUICK_AT_ONCE,
                concurrency_id="quick",
            )

    def ask(
        self,
        question: str,
        request: gr.Request,
        filters: str = "",
        history: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """The checked answer to a question, as docs/answer.schema.json describes it.

        filters: such as year=2023-&kind=adaptation. history: the earlier answers, oldest first.
        """
        with _in_words():
            got = _checked(_Ask, question=question, filters=filters, history=history or [])
            chosen = filters_of(got.filters)
            progress = gr.Progress()  # as a parameter, `gr.api` would take it for an input
            with self.queue.enter(person_of(request)) as turn:
                for ahead in turn.positions():
                    progress(None, desc=in_line(ahead, IN_ENGLISH))
                answer = self.queries.ask(got.question, chosen, got.history)
            return answer.model_dump(mode="json")

    def search(self, query: str, limit: int = 8, filters: str = "") -> dict[str, Any]:
        """The passages nearest to a query, best first, each with paper, version and page."""
        with _in_words():
            got = _checked(_Search, query=query, limit=limit, filters=filters)
            found = self.queries.search(got.query, got.limit, filters_of(got.filters))
            return found.model_dump(mode="json")

    def papers(
        self, text: str = "", limit: int = 20, offset: int = 0, filters: str = ""
    ) -> dict[str, Any]:
        """The library's papers by title; text narrows to those that hold all of its words."""
        with _in_words():
            got = _checked(_Papers, text=text, limit=limit, offset=offset, filters=filters)
            chosen = filters_of(got.filters)
            return self.queries.papers(got.text, got.limit, got.offset, chosen).model_dump(
                mode="json"
            )

    def passage(
        self, passage_id: int = 0, paper: str = "", page: int = 0, version: int = 0
    ) -> dict[str, Any]:
        """A passage by its number, or all passages on a page of a paper."""
        with _in_words():
            got = _checked(_Passage, passage_id=passage_id, paper=paper, page=page, version=version)
            found = self.queries.passages(
                got.passage_id or None, got.paper or None, got.page or None, got.version or None
            )
            return found.model_dump(mode="json")

    def compare(self, names: list[str], by: list[str] | None = None) -> dict[str, Any]:
        """Papers side by side; each cell carries the quote that shows it, or says "not stated"."""
        with _in_words():
            got = _checked(_Compare, names=names, by=by or [])
            return self.queries.compare(got.names, got.by).model_dump(mode="json")

    def export(self, answers: list[dict[str, Any]], form: str = "markdown", title: str = "") -> str:
        """Answers, as /ask gave them, as markdown, bibtex, ris or csl (CSL-JSON)."""
        with _in_words():
            got = _checked(_Export, answers=answers, form=form, title=title)
            return export_from(self.queries.bench.library, got.answers, got.form, got.title)


def _checked(model: type[Model], **values: Any) -> Model:
    """The inputs within their bounds.

    Raises:
        UsageError: one isn't; says which and why.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{where}: {first['msg']}.", hint="See docs/api.md.") from error


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except FmqaError as error:
        raise gr.Error(f"{error} {error.hint}".strip(), print_exception=False) from error
