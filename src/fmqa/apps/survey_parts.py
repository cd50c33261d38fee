"""What the survey is made by: the facets, and map, trends and changes, which they keep."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fmqa.errors import UsageError

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.survey.facet_maker import FacetMaker, ModelReader
    from fmqa.survey.field_map import FieldMap
    from fmqa.survey.review_changes import ReviewChanges
    from fmqa.survey.trend_data import By, Trend


T = TypeVar("T")


class part(Generic[T]):  # noqa: N801 - it is used as a decorator, as `property` is
    """A property that is made once, by one thread at a time, under the lock of its owner.

    `functools.cached_property` has, up to Python 3.11, a lock for each property, which two threads
    that make parts of each other would take in opposite orders.
    """

    lock = "_guard"

    def __init__(self, make: Callable[[Any], T]) -> None:
        self.make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, bench: Any, owner: type) -> T:
        with getattr(bench, self.lock):
            held: dict[str, Any] = bench.__dict__
            if self.name not in held:
                held[self.name] = self.make(bench)
            made: T = held[self.name]
            return made


class leaf(part[T]):  # noqa: N801
    """One that needs no other part, and is wanted while others, which take long, are made."""

    lock = "_leaf_guard"


class SurveyParts:
    """Facets, map, trends and changes.

    Args:
        bench: the program's other parts.
        guard: the lock that its parts are made under, so that the two never wait for each other.
    """

    def __init__(self, bench: Workbench, guard: AbstractContextManager[object]) -> None:
        self.bench = bench
        self._guard = guard

    @part
    def facets(self) -> FacetMaker:
        """What says what papers are and have, with quotes."""
        from fmqa.survey.facet_maker import FacetMaker

        self.bench.load_starter()
        return FacetMaker(self.bench.library, self.bench.step)

    def map(self) -> FieldMap:
        """The map of the field.

        Raises:
            NothingToSearch: there is no paper.
        """
        from fmqa.survey.field_map import field_map

        return field_map(self.facets)

    def trend(self, by: By | str) -> Trend:
        """Papers over the years.

        Raises:
            UsageError: there is no such trend.
            NothingToSearch: no paper has a point in it.
        """
        from fmqa.survey.trend_maker import trend

        settings = self.bench.settings
        return trend(self.facets, by, settings.review, settings.arxiv_pdf_url)

    def changes(self) -> ReviewChanges:
        """What changed since the review."""
        from fmqa.survey.review_changes import review_changes

        settings = self.bench.settings
        return review_changes(self.facets, settings.review, settings.arxiv_pdf_url)

    def reader(self) -> ModelReader:
        """The language model that is set, as a reader of facets.

        Raises:
            UsageError: it is none, or too small to judge a sentence.
            ModelError: its package or its key is missing.
        """
        from fmqa.answering.drafters import writes
        from fmqa.answering.models import model_errors
        from fmqa.survey.facet_maker import ModelReader

        settings = self.bench.settings
        if not writes(settings):
            raise UsageError(
                f"{settings.llm!r} can't say what a paper is: that takes a strong language model.",
                hint="Name one: --llm openai:gpt-5. The rules' facets are there anyway.",
            )
        return ModelReader(self.bench.chat_model, settings.llm, partial(model_errors, settings))
