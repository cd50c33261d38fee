"""A repeated question is answered at once, as long as the library and the program are the same."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from fmqa.answering.assistant import Asked, Event, Finished, SentenceReady
from fmqa.answering.conversation import Exchange
from fmqa.answering.multilingual import MultilingualAssistant
from fmqa.answering.schema import Answer, Timings
from fmqa.filters import query_of
from fmqa.settings import Settings
from fmqa.store.history import AnswerCache
from fmqa.types import Filters

# What a question goes through; prompts and settings stand beside these folders.
_PARTS = ("answering", "reading", "retrieval", "store", "weights")
_PLACES = {
    "home", "models_dir", "pace_dir", "users_file", "digest_file", "database_url", "llm_api_key",
    "cluster", "cluster_ca", "cluster_cert", "cluster_key",
}  # fmt: skip


class CachingAssistant(Asked):
    """An assistant that remembers its answers.

    Args:
        inner: makes what answers what is new; not called before something new is asked.
        cache: where answers are kept.
        generation: of the library, which every change of it counts up.
        settings: names what else an answer depends on, as `relevant` has it.
    """

    def __init__(
        self,
        inner: Callable[[], MultilingualAssistant],
        cache: AnswerCache,
        generation: Callable[[], int],
        settings: str,
    ) -> None:
        self.inner = inner
        self.cache = cache
        self.generation = generation
        self.settings = f"{settings} {program_digest()}"

    def stream(
        self, question: str, filters: Filters | None = None, history: Sequence[Exchange] = ()
    ) -> Iterator[Event]:
        """The answer as it comes about; the last event is `Finished`."""
        started = time.monotonic()
        key = self._key(question, filters, history)
        generation = self.generation()
        held = self._held(key, generation)
        if held is not None:
            yield from _replayed(held, started)
            return
        yield from self.anew(question, filters, history)

    def anew(
        self, question: str, filters: Filters | None = None, history: Sequence[Exchange] = ()
    ) -> Iterator[Event]:
        """The same without a look at what was answered before, which this takes the place of."""
        key = self._key(question, filters, history)
        generation = self.generation()
        for event in self.inner().stream(question, filters, history):
            if isinstance(event, Finished) and event.lasting:
                self.cache.put(key, generation, event.answer.model_dump_json())
            yield event

    def _held(self, key: str, generation: int) -> Answer | None:
        kept = self.cache.get(key, generation)
        try:
            return Answer.model_validate_json(kept) if kept is not None else None
        except ValidationError:  # of a program whose answers had another form
            return None

    def _key(self, question: str, filters: Filters | None, history: Sequence[Exchange]) -> str:
        asked = [
            " ".join(question.split()),
            query_of(filters or Filters()),
            [astuple(exchange) for exchange in history],
            self.settings,
        ]
        return hashlib.sha256(json.dumps(asked, ensure_ascii=True).encode()).hexdigest()


def relevant(settings: Settings) -> str:
    """The settings that an answer may depend on: all but those that say where things lie.

    A new setting so counts from the start; one too many only has a question answered again.
    """
    return repr(settings.model_dump(exclude=_PLACES))


@cache
def program_digest() -> str:
    """Names the state of the code that answers and of its models, by their bytes."""
    root = Path(__file__).resolve().parents[1]
    files = [*root.glob("*.py"), *(root / "weights" / "trained").iterdir()]
    files += [path for part in _PARTS for path in (root / part).rglob("*.py")]
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(f"{path.relative_to(root).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def _replayed(answer: Answer, started: float) -> Iterator[Event]:
    """The events of an answer that is there already."""
    told: set[int] = set()
    for sentence in answer.sentences:
        new = tuple(
            citation
            for citation in answer.citations
            if citation.number in sentence.citations and citation.number not in told
        )
        told.update(citation.number for citation in new)
        yield SentenceReady(sentence, new)
    spent = round((time.monotonic() - started) * 1000)
    timings = Timings(first_sentence=spent, total=spent)
    yield Finished(answer.model_copy(update={"timings_ms": timings}))
