"""Facets as a strong language model reads them, each value tied to a sentence of the paper.

The model is shown the sentences that speak for the paper, numbered, and names for each value the
sentence that shows it: the quote is the paper's own, whatever the model writes. Values outside of
the vocabularies and numbers of no sentence are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fmqa.prompts import FACETS_SYSTEM, facets_question
from fmqa.store.quoted_facets import Facet, FacetName, Origin
from fmqa.survey import vocabulary
from fmqa.survey.extracting import extract, sentences_for
from fmqa.survey.kinds import KINDS
from fmqa.types import Quote, StoredPassage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_MOST_SENTENCES = 60
_AGREED, _ALONE = 0.9, 0.7  # how sure: the rules found the value too, or didn't
_ARRAY = re.compile(r"\[.*\]", re.DOTALL)

VALUES: Mapping[FacetName, tuple[str, ...]] = MappingProxyType(
    {FacetName.KIND: KINDS}
    | {name: tuple(terms) for name, terms in vocabulary.OF_FACET.items()}
    | {FacetName.MODALITY: (*vocabulary.MODALITIES, "multi")}
)
"""What a model is asked for; architecture, data and sizes stay with the rules."""


class ModelReader:
    """Reads facets by a language model, beside the rules.

    Args:
        model: strong enough to judge a sentence; a small one is not.
        name: what to call it in the record.
        errors: turns the provider's errors into ours.
    """

    def __init__(
        self,
        model: BaseChatModel,
        name: str,
        errors: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.model = model
        self.name = name
        self.errors = errors

    def read(self, passages: Sequence[StoredPassage]) -> list[Facet]:
        """A version's facets: the model's where it found some that hold, else the rules'.

        Raises:
            ModelError: the model can't be reached.
        """
        ruled = extract(passages)
        quotes = sentences_for(passages)[:_MOST_SENTENCES]
        if not quotes:
            return ruled
        values = {name.value: held for name, held in VALUES.items()}
        texts = [" ".join(quote.text.split()) for quote in quotes]
        with self.errors():
            reply = self.model.invoke(
                [("system", FACETS_SYSTEM), ("human", facets_question(texts, values))]
            )
        known = {(one.name, one.value) for one in ruled}
        found = [_sure(facet, known) for facet in parsed(reply.text, quotes)]
        told = {facet.name for facet in found}
        return [*found, *(facet for facet in ruled if facet.name not in told)]


def parsed(reply: str, quotes: Sequence[Quote]) -> list[Facet]:
    """What a reply says that holds: a listed value, each once, and a sentence that there is.

    >>> parsed("I cannot do that.", [])
    []
    """
    match = _ARRAY.search(reply)
    try:
        items = json.loads(match[0]) if match else []
    except ValueError:
        return []
    found: dict[tuple[FacetName, str], Facet] = {}
    for item in items:
        facet = _facet(item, quotes)
        if facet is not None and not (facet.name is FacetName.KIND and _has_kind(found)):
            found.setdefault((facet.name, facet.value), facet)
    return list(found.values())


def _facet(item: Any, quotes: Sequence[Quote]) -> Facet | None:
    """One item as a facet; None where it isn't one."""
    if not isinstance(item, dict):
        return None
    name, value, number = item.get("facet"), item.get("value"), item.get("sentence")
    if name not in list(FacetName) or type(number) is not int or not 1 <= number <= len(quotes):
        return None
    facet = FacetName(name)
    if value not in VALUES.get(facet, ()):
        return None
    return replace(Facet.shown_by(quotes[number - 1], facet, value, _ALONE), origin=Origin.MODEL)


def _has_kind(found: Mapping[tuple[FacetName, str], Facet]) -> bool:
    return any(name is FacetName.KIND for name, _ in found)


def _sure(facet: Facet, known: set[tuple[FacetName, str]]) -> Facet:
    return replace(facet, confidence=_AGREED if (facet.name, facet.value) in known else _ALONE)
