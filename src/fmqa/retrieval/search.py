"""Hybrid search: dense and lexical candidates, fused, with a lift for the nearest papers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np

from fmqa.errors import NothingToSearch, UsageError
from fmqa.filters import query_of
from fmqa.retrieval.expansion import normal_name
from fmqa.retrieval.fusion import fuse, lift_near_papers
from fmqa.retrieval.naming import NameBook
from fmqa.store.lexical import terms
from fmqa.types import Embedder, Filters, Hit

if TYPE_CHECKING:
    from fmqa.store.library import Library

_DENSE_CANDIDATES = 200
_LEXICAL_CANDIDATES = 200
_LEXICAL_SCORED = 1000
_LOOKED_THROUGH = 200  # passages that hold a word of a name
_OFTEN, _FAR_MORE = 3, 2.5  # passages of a name's own paper, at least; times those of the next one


def clean_question(text: str, longest: int) -> str:
    """The question with its white space folded.

    Raises:
        UsageError: it is empty, holds no letter or digit, or is longer than ``longest``.
    """
    # Bytes that are no UTF-8 reach a program's arguments as lone surrogates.
    text = text.encode("utf-8", "replace").decode()
    question = " ".join(text.replace("\x00", " ").split())
    if not any(character.isalnum() for character in question):
        raise UsageError("The question is empty.", hint='Ask in words: fmqa ask "What is MedSAM?"')
    if len(question) > longest:
        raise UsageError(
            f"The question has {len(question):,} characters; at most {longest:,} are taken.",
            hint="Shorten it, or raise FMQA_MAX_QUESTION_CHARS.",
        )
    return question


class Searcher:
    """Finds passages for a question.

    Args:
        library: where they are.
        embedder: the model that embedded them.
    """

    def __init__(self, library: Library, embedder: Embedder) -> None:
        self.library = library
        self.embedder = embedder
        self._names: tuple[int, NameBook] | None = None

    def search(self, question: str, limit: int = 24, filters: Filters | None = None) -> list[Hit]:
        """The best passages, best first.

        Args:
            question: in words; see `clean_question`.
            limit: how many at most.
            filters: which papers; None for all.

        Raises:
            NothingToSearch: the library is empty, or the filters let nothing through.
            ForeignIndex: the library was embedded by another model.
        """
        query = np.asarray(self.embedder.embed_query(question), dtype=np.float32)
        index = self.library.index(self.embedder.fingerprint)
        record = self.library.record
        # As of one moment, and without a transaction for each of a dozen statements.
        with record.database.snapshot():
            allowed = record.active_ids(filters) if filters else None
            if not len(index) or allowed == []:
                raise _nothing(filters)
            dense = dict(index.search(query, _DENSE_CANDIDATES, allowed))
            lexical = dict(record.lexical(terms(question), _LEXICAL_SCORED, filters))
            missing = [key for key in [*lexical][:_LEXICAL_CANDIDATES] if key not in dense]
            dense |= index.scores(query, missing)
            fused = fuse(dense, lexical)
            # A passage that was removed since this generation was published is not there any more.
            papers = record.papers_of(list(fused))
            there = {key: score for key, score in fused.items() if key in papers}
            best = lift_near_papers(there, papers)
            keys = [*best][:limit]
            passages = record.passages(keys)
        return [Hit(passages[key], best[key], dense.get(key), lexical.get(key)) for key in keys]

    @property
    def names(self) -> NameBook:
        """The names of the library's papers, as of this moment."""
        generation = self.library.record.generation
        if self._names is None or self._names[0] != generation:
            book = NameBook.of(row.meta for row in self.library.record.papers())
            self._names = (generation, book)
        return self._names[1]

    def papers_called(self, names: Collection[str]) -> list[str]:
        """Ids of the papers that go by one of these names, given in normal form."""
        return self.names.papers(names) if names else []

    def mentions(self, name: str, filters: Filters | None = None) -> int:
        """How many passages of the paper that speaks most of a name hold it.

        However it is hyphenated; a paper with the name in its title counts as speaking of it twice
        at least.
        """
        return max(self._spoken_of(name, filters).values(), default=0)

    def speaks_most_of(self, name: str) -> str | None:
        """Id of the paper that speaks of a name in far more passages than any other, if one does.

        A work's own paper does, and those that compare with it don't.
        """
        counted = [*self._spoken_of(name).most_common(2), ("", 0), ("", 0)]
        (paper, most), (_, next_most) = counted[:2]
        return paper if most >= _OFTEN and most >= _FAR_MORE * next_most else None

    def _spoken_of(self, name: str, filters: Filters | None = None) -> Counter[str]:
        found = self.library.record.lexical(terms(name), _LOOKED_THROUGH, filters)
        passages = self.library.record.passages([key for key, _ in found])
        wanted = normal_name(name)
        counted: Counter[str] = Counter()
        for stored in passages.values():
            if wanted in normal_name(stored.paper.title):
                counted[stored.paper.paper_id] += 2
            counted[stored.paper.paper_id] += wanted in normal_name(stored.passage.text)
        return counted


def _nothing(filters: Filters | None) -> NothingToSearch:
    if not filters:
        return NothingToSearch("The library is empty.")
    return NothingToSearch(
        f"No paper passes the filters {unquote(query_of(filters))}.",
        hint="Loosen them; `fmqa papers facets` lists the values that the library has.",
    )


def nearest_papers(hits: Sequence[Hit], limit: int = 3) -> list[Hit]:
    """The first hit of each paper, best first."""
    seen: dict[str, Hit] = {}
    for hit in hits:
        seen.setdefault(hit.passage.paper.paper_id, hit)
    return list(seen.values())[:limit]
