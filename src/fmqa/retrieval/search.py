"""Hybrid search: dense and lexical candidates, fused, spread over papers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from fmqa.errors import NothingToSearch, UsageError
from fmqa.filters import query_of
from fmqa.retrieval.abbreviations import other_forms
from fmqa.retrieval.expansion import normal_name
from fmqa.retrieval.fusion import fuse, spread_over_papers
from fmqa.retrieval.naming import NameBook
from fmqa.retrieval.shape import asks_for_several, sides_of
from fmqa.store.lexical import terms
from fmqa.types import Embedder, Filters, Hit

if TYPE_CHECKING:
    from fmqa.store.library import Library
    from fmqa.store.vectors import VectorIndex

Vectors = NDArray[np.float32]

_DENSE_CANDIDATES = 100
_LEXICAL_CANDIDATES = 100
_LEXICAL_SCORED = 1000
_MOST_NAMED = 6
_WIDER = 2  # times the passages, where several papers are asked for


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
        per_paper: how many passages of one paper may come before other papers' come in.
    """

    def __init__(self, library: Library, embedder: Embedder, per_paper: int = 3) -> None:
        self.library = library
        self.embedder = embedder
        self.per_paper = per_paper
        self._names: tuple[int, NameBook] | None = None

    def search(self, question: str, limit: int = 12, filters: Filters | None = None) -> list[Hit]:
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
        return self._search(question, query, limit, filters)

    def _search(
        self, question: str, query: Vectors, limit: int, filters: Filters | None
    ) -> list[Hit]:
        index = self.library.index(self.embedder.fingerprint)
        # As of one moment, and without a transaction for each of a dozen statements.
        with self.library.record.database.snapshot():
            allowed = self.library.record.active_ids(filters) if filters else None
            if not len(index) or allowed == []:
                raise _nothing(filters)
            dense = dict(index.search(query, _DENSE_CANDIDATES, allowed))
            hits = self._fused(index, question, query, dense, limit, filters)
            # What the papers found call it besides, by their own definitions.
            more = other_forms(question, (hit.passage.passage.text for hit in hits))
            if not more:
                return hits
            return self._fused(index, f"{question} {more}", query, dense, limit, filters)

    def _fused(  # noqa: PLR0913, PLR0917
        self,
        index: VectorIndex,
        words: str,
        query: Vectors,
        nearest: Mapping[int, float],
        limit: int,
        filters: Filters | None,
    ) -> list[Hit]:
        """The best of the nearest passages and of those that hold the words."""
        found = self.library.record.lexical(terms(words), _LEXICAL_SCORED, filters)
        missing = [key for key, _ in found[:_LEXICAL_CANDIDATES] if key not in nearest]
        dense = {**nearest, **index.scores(query, missing)}
        return self._ranked(dense, dict(found), limit)

    def search_with_focus(
        self,
        question: str,
        names: Collection[str],
        limit: int = 12,
        filters: Filters | None = None,
    ) -> list[Hit]:
        """The best passages, and those of each paper that the question names.

        A question that names papers is answered from them, though passages of others may be nearer:
        a paper seldom repeats its own name. In a comparison each side's papers are searched for
        what is asked of that side. A question for several papers gets more passages, fewer of each.

        Args:
            question: as for `search`.
            names: the names in the question, as `normal_name` gives them; names of papers that are
                written otherwise there ("Med SAM") are found beside them.
            limit: how many of the general search, of which a question for several papers gets
                twice as many; each named paper adds half as many at most.
            filters: which papers.
        """
        found = self.names.in_text(question)
        question = self.names.canonical(question)
        query = np.asarray(self.embedder.embed_query(question), dtype=np.float32)
        sides = sides_of(question, self.names.in_text(question))
        wide = asks_for_several(question) and not sides
        hits = self._search(question, query, limit * (_WIDER if wide else 1), filters)
        whole = found.keys() | {name for name in names if not _part_of(name, found)}
        named = self.papers_called(sorted(whole))
        if filters and filters.papers:
            named = [paper for paper in named if paper in filters.papers]
        asked = {paper: sides[name] for name in sides for paper in self.papers_called([name])}
        for paper in named[:_MOST_NAMED]:
            text = asked.get(paper, question)
            vector = query
            if text != question:
                vector = np.asarray(self.embedder.embed_query(text), dtype=np.float32)
            narrowed = replace(filters or Filters(), papers=(paper,))
            held = {hit.passage.id for hit in hits}
            try:
                more = self._search(text, vector, max(3, limit // 2), narrowed)
            except NothingToSearch:
                continue
            hits += [hit for hit in more if hit.passage.id not in held]
        return hits

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

    def speaks_of(self, name: str, text: str) -> bool:
        """Whether a passage of the papers that go by a name holds a word of the text."""
        papers = tuple(self.papers_called([normal_name(name)]))
        words = terms(text)
        return bool(papers) and bool(self.library.record.lexical(words, 1, Filters(papers=papers)))

    def _ranked(self, dense: dict[int, float], lexical: dict[int, float], limit: int) -> list[Hit]:
        scores = fuse(dense, lexical)
        # A passage that was removed since this generation was published is not there any more.
        papers = self.library.record.papers_of(list(scores))
        there = (key for key in scores if key in papers)
        best = spread_over_papers(there, papers, self.per_paper)[:limit]
        passages = self.library.record.passages(best)
        return [Hit(passages[key], scores[key], dense.get(key), lexical.get(key)) for key in best]


def _nothing(filters: Filters | None) -> NothingToSearch:
    if not filters:
        return NothingToSearch("The library is empty.")
    return NothingToSearch(
        f"No paper passes the filters {unquote(query_of(filters))}.",
        hint="Loosen them; `fmqa papers facets` lists the values that the library has.",
    )


def _part_of(name: str, found: Mapping[str, str]) -> bool:
    """Whether a name is only a word of a longer one: the MedSAM of "MedSAM 2"."""
    return name not in found and any(
        name in map(normal_name, shown.split()) for shown in found.values()
    )


def nearest_papers(hits: Sequence[Hit], limit: int = 3) -> list[Hit]:
    """The first hit of each paper, best first."""
    seen: dict[str, Hit] = {}
    for hit in hits:
        seen.setdefault(hit.passage.paper.paper_id, hit)
    return list(seen.values())[:limit]
