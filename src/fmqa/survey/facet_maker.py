"""The facets of a library: read by rules, by a language model beside them, and set by the user.

The model gets the sentences that speak for the paper, numbered, and names for each value the
sentence that shows it: the quote is the paper's own, whatever the model writes. Values outside of
the vocabularies and numbers of no sentence are left out.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import TypeAdapter

from fmqa.answering.asking import LanguageModel
from fmqa.answering.quotes import is_quotable, sentences_of
from fmqa.errors import RecordBusy, UsageError
from fmqa.prompts import FACETS_SYSTEM, facets_question
from fmqa.store.library import Library
from fmqa.store.quoted_facets import BUILDS_ON, Facet, FacetName, Origin, PendingVersion
from fmqa.survey import vocabulary
from fmqa.survey.extraction import EXTRACTOR, extract, sentences_for
from fmqa.survey.vocabulary import KINDS
from fmqa.types import Hit, PaperMeta, Quote, Span, StoredPassage

T = TypeVar("T")
Step = Callable[[str, int, int], None]

_BATCH = 64  # versions between two commits
_TOPIC = "topic"


class FacetMaker:
    """Reads the versions that the rules haven't read yet, and gives the facets of all papers.

    What is made from the facets is cached here too, since it holds as long as they do.

    Args:
        library: with the papers.
        step: told of progress.
        review: arXiv id of the review that the field is set against.
        pdf_url: where arXiv's PDFs are.
    """

    def __init__(
        self,
        library: Library,
        step: Step = lambda *progress: None,
        review: str = "",
        pdf_url: str = "https://arxiv.org/pdf",
    ) -> None:
        self.library = library
        self.step = step
        self.review = review
        self.pdf_url = pdf_url
        self._guard = threading.Lock()
        self._read = -1  # the generation that was read last
        self._cached: dict[str, tuple[tuple[int, int], Any]] = {}
        self._locks: dict[str, threading.Lock] = {}

    def facets(
        self, papers: Iterable[str] | None = None, names: Iterable[FacetName] | None = None
    ) -> dict[str, list[Facet]]:
        """The facets that hold now, by paper; of these papers and names, or all."""
        self.bring_up_to_date()
        return self.library.facets.all(papers, names)

    def cached(self, key: str, form: type[T], make: Callable[[int], T]) -> T:
        """A result that is made once for each state of papers and facets, and kept in the record.

        Args:
            key: names the result, the form that it has, and all settings that it depends on.
            form: a pydantic model or a dataclass.
            make: makes it from the record of a generation.
        """
        with self._locks.setdefault(key, threading.Lock()):
            state = self._state()
            held = self._cached.get(key)
            if held is None or held[0] != state:
                generation, revision = state
                name = f"survey: {key}, {revision}"
                adapter = TypeAdapter(form)
                text = self.library.answers.get(name, generation)
                value = adapter.validate_json(text) if text else make(generation)
                if text is None:
                    self.library.answers.put(name, generation, adapter.dump_json(value).decode())
                held = self._cached[key] = state, value
            made: T = held[1]
            return made

    def _state(self) -> tuple[int, int]:
        """The record's generation and the facets' revision, once all papers are read."""
        generation = self.library.record.generation
        if generation != self._read:
            self.bring_up_to_date()
            self._read = generation
        return generation, self.library.facets.revision

    def bring_up_to_date(self) -> int:
        """Read the versions that these rules haven't read yet; how many there were.

        Another process that writes is no reason to fail: what is there already is shown.
        """
        with suppress(RecordBusy):
            return self._read_pending(EXTRACTOR, extract, "Reading what papers are", _BATCH)
        return 0

    def read_by(self, reader: ModelReader, papers: Iterable[str] | None = None) -> int:
        """Let a language model read these papers, or all; those that it has read are left out.

        Each version is written as soon as it is read, so that a kill loses one at most.

        Returns:
            How many versions it read.
        """
        label = f"{reader.name} reads what papers are"
        extractor = f"{EXTRACTOR}{BUILDS_ON}{reader.name}"
        return self._read_pending(extractor, reader.read, label, 1, papers)

    def _read_pending(
        self,
        extractor: str,
        read: Callable[[Sequence[StoredPassage]], list[Facet]],
        label: str,
        batch: int,
        papers: Iterable[str] | None = None,
    ) -> int:
        """Read what an extractor hasn't read yet, a batch to a commit; how many there were."""

        def facets(version: PendingVersion) -> list[Facet]:
            passages = self.library.record.passages_of(version.paper_id)
            return read(passages) if passages and passages[0].paper.kind != _TOPIC else []

        wanted = None if papers is None else set(papers)
        with self._guard:
            pending = [
                version
                for version in self.library.facets.pending(extractor)
                if wanted is None or version.paper_id in wanted
            ]
            for start in range(0, len(pending), batch):
                part = pending[start : start + batch]
                self.library.facets.put(extractor, [(one, facets(one)) for one in part])
                self.step(label, start + len(part), len(pending))
        return len(pending)


def correct(
    maker: FacetMaker, paper: PaperMeta, name: FacetName, values: Sequence[str], quote: str = ""
) -> list[Facet]:
    """Let a facet of a paper have these values; each needs a quote that stands in the paper.

    Without ``quote`` a sentence is looked for that has the value, or a word that papers use for it.

    Raises:
        UsageError: the quote doesn't stand in the paper, or none was found for a value.
    """
    passages = maker.library.record.passages_of(paper.paper_id)
    given = _standing(passages, quote) if quote else None
    facets = []
    for value in values:
        shown = given or _showing(passages, name, value)
        if shown is None:
            raise UsageError(
                f"No sentence of {paper.name or paper.title} was found that shows {value!r}.",
                hint='Give the sentence that does: --quote "…".',
            )
        facets.append(Facet.shown_by(shown, name, value, 1.0))
    maker.library.facets.correct(paper.paper_id, name, facets)
    return facets


def _standing(passages: Iterable[StoredPassage], quote: str) -> Quote:
    """The quote where it stands, whatever its line breaks.

    Raises:
        UsageError: it doesn't.
    """
    words = quote.split()
    if words:
        pattern = re.compile(r"\s+".join(map(re.escape, words)))
        for stored in passages:
            offset = 0
            for span in stored.passage.spans:
                length = span.end - span.start
                match = pattern.search(stored.passage.text[offset : offset + length])
                if match is not None:
                    place = Span(span.page, span.start + match.start(), span.start + match.end())
                    return Quote(match.group(), place, stored)
                offset += length + 1
    raise UsageError(
        "The quote doesn't stand in the paper.",
        hint="Copy it from the text as it is; `fmqa papers show` prints the passages.",
    )


def _showing(passages: Iterable[StoredPassage], name: FacetName, value: str) -> Quote | None:
    words = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", re.IGNORECASE)
    term = vocabulary.OF_FACET.get(name, {}).get(value)
    hinted: Quote | None = None
    for stored in passages:
        for quote in sentences_of(Hit(stored, 0.0)):
            if not is_quotable(quote.text):
                continue
            if words.search(quote.text):
                return quote
            if hinted is None and term is not None and term.search(quote.text):
                hinted = quote
    return hinted


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
    """

    def __init__(self, model: LanguageModel, name: str) -> None:
        self.model = model
        self.name = name

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
        reply = self.model.ask(FACETS_SYSTEM, facets_question(texts, values))
        known = {(one.name, one.value) for one in ruled}
        found = [
            replace(one, confidence=_AGREED) if (one.name, one.value) in known else one
            for one in parsed(reply, quotes)
        ]
        named = {facet.name for facet in found}
        return [*found, *(facet for facet in ruled if facet.name not in named)]


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
        facet = _parse_item(item, quotes)
        if facet is not None:  # a paper is of one kind
            value = "" if facet.name is FacetName.KIND else facet.value
            found.setdefault((facet.name, value), facet)
    return list(found.values())


def _parse_item(item: Any, quotes: Sequence[Quote]) -> Facet | None:
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
