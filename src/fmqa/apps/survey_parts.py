"""What the survey is made by: facets, map, trends and changes, each made when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fmqa.errors import UsageError

if TYPE_CHECKING:
    from fmqa.apps.workbench import Workbench
    from fmqa.survey.facet_maker import FacetMaker, ModelReader
    from fmqa.survey.map_maker import MapMaker
    from fmqa.survey.review_changes import ReviewChangesMaker
    from fmqa.survey.trend_maker import TrendMaker


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
    """The makers of facets, map, trends and changes.

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

    @part
    def map(self) -> MapMaker:
        """What draws the map."""
        from fmqa.survey.map_maker import MapMaker

        return MapMaker(self.bench.library, self.facets)

    @part
    def trends(self) -> TrendMaker:
        """What counts papers over the years."""
        from fmqa.survey.trend_maker import TrendMaker

        settings = self.bench.settings
        return TrendMaker(self.bench.library, settings.review, settings.arxiv_pdf_url, self.facets)

    @part
    def changes(self) -> ReviewChangesMaker:
        """What finds what changed since the review."""
        from fmqa.survey.review_changes import ReviewChangesMaker

        bench, settings = self.bench, self.bench.settings
        return ReviewChangesMaker(
            bench.library, settings.review, settings.arxiv_pdf_url, bench.step, self.facets
        )

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
