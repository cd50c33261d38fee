"""Hybrid search: dense and lexical candidates, fused, spread over papers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fmqa.errors import NothingToSearch, UsageError
from fmqa.retrieval.expansion import normal_name, title_lead
from fmqa.retrieval.fusion import fuse, spread_over_papers
from fmqa.store.lexical import match_query
from fmqa.types import Embedder, Filters, Hit

if TYPE_CHECKING:
    from fmqa.store.library import Library

Vectors = NDArray[np.float32]

_DENSE_CANDIDATES = 100
_LEXICAL_CANDIDATES = 100
_LEXICAL_SCORED = 1000
_MOST_NAMED = 4


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
        self._called: tuple[int, dict[str, list[str]]] | None = None

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
        record = self.library.record
        allowed = record.active_ids(filters) if filters else None
        if not len(index) or allowed == []:
            raise NothingToSearch(
                "No paper passes the filters." if filters else "The library is empty."
            )
        dense = dict(index.search(query, _DENSE_CANDIDATES, allowed))
        found = record.lexical(match_query(question), _LEXICAL_SCORED, filters)
        lexical = dict(found)
        missing = [key for key, _ in found[:_LEXICAL_CANDIDATES] if key not in dense]
        dense |= index.scores(query, missing)
        return self._ranked(dense, lexical, limit)

    def search_with_focus(
        self,
        question: str,
        names: Collection[str],
        limit: int = 12,
        filters: Filters | None = None,
    ) -> list[Hit]:
        """The best passages, and those of each paper that the question names.

        A question that names papers is answered from them, though passages of others may be nearer:
        a paper seldom repeats its own name. A comparison so finds passages of both sides.

        Args:
            question: as for `search`.
            names: the names in the question, as `normal_name` gives them.
            limit: how many of the general search; each named paper adds half as many at most.
            filters: which papers.
        """
        query = np.asarray(self.embedder.embed_query(question), dtype=np.float32)
        hits = self._search(question, query, limit, filters)
        named = self.papers_called(names)
        if filters and filters.papers:
            named = [paper for paper in named if paper in filters.papers]
        for paper in named[:_MOST_NAMED]:
            narrowed = replace(filters or Filters(), papers=(paper,))
            held = {hit.passage.id for hit in hits}
            try:
                found = self._search(question, query, max(3, limit // 2), narrowed)
            except NothingToSearch:
                continue
            hits += [hit for hit in found if hit.passage.id not in held]
        return hits

    def papers_called(self, names: Collection[str]) -> list[str]:
        """Ids of the papers whose model's name, or title before its colon, is one of these."""
        if not names:
            return []
        generation = self.library.record.generation
        if self._called is None or self._called[0] != generation:
            called: dict[str, list[str]] = {}
            for row in self.library.record.papers():
                for name in {normal_name(row.meta.name), normal_name(title_lead(row.meta.title))}:
                    if name:
                        called.setdefault(name, []).append(row.meta.paper_id)
            self._called = (generation, called)
        by_name = self._called[1]
        return list(dict.fromkeys(paper for name in names for paper in by_name.get(name, ())))

    def _ranked(self, dense: dict[int, float], lexical: dict[int, float], limit: int) -> list[Hit]:
        scores = fuse(dense, lexical)
        # A passage that was removed since this generation was published is not there any more.
        passages = self.library.record.passages(list(scores))
        papers = {key: passage.paper.paper_id for key, passage in passages.items()}
        ranked = spread_over_papers(
            (key for key in scores if key in passages), papers, self.per_paper
        )
        return [
            Hit(passages[key], scores[key], dense.get(key), lexical.get(key))
            for key in ranked[:limit]
        ]


def nearest_papers(hits: Sequence[Hit], limit: int = 3) -> list[Hit]:
    """The first hit of each paper, best first."""
    seen: dict[str, Hit] = {}
    for hit in hits:
        seen.setdefault(hit.passage.paper.paper_id, hit)
    return list(seen.values())[:limit]
