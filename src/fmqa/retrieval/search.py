"""Hybrid search: dense and lexical candidates, fused, spread over papers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fmqa.errors import NothingToSearch, UsageError
from fmqa.retrieval.fusion import fuse, spread_over_papers
from fmqa.store.lexical import match_query
from fmqa.types import Embedder, Filters, Hit

if TYPE_CHECKING:
    from fmqa.store.library import Library

_DENSE_CANDIDATES = 100
_LEXICAL_CANDIDATES = 100
_LEXICAL_SCORED = 1000


def clean_question(text: str, longest: int) -> str:
    """The question with its white space folded.

    Raises:
        UsageError: it is empty, holds no letter or digit, or is longer than ``longest``.
    """
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

    def search(
        self, question: str, limit: int = 12, filters: Filters | None = None
    ) -> list[Hit]:
        """The best passages, best first.

        Args:
            question: in words; see `clean_question`.
            limit: how many at most.
            filters: which papers; None for all.

        Raises:
            NothingToSearch: the library is empty, or the filters let nothing through.
            ForeignIndex: the library was embedded by another model.
        """
        index = self.library.index(self.embedder.fingerprint)
        record = self.library.record
        allowed = record.active_ids(filters) if filters else None
        if not len(index) or allowed == []:
            raise NothingToSearch(
                "No paper passes the filters." if filters else "The library is empty."
            )
        query = np.asarray(self.embedder.embed_query(question), dtype=np.float32)
        dense = dict(index.search(query, _DENSE_CANDIDATES, allowed))
        found = record.lexical(match_query(question), _LEXICAL_SCORED, filters)
        lexical = dict(found)
        missing = [key for key, _ in found[:_LEXICAL_CANDIDATES] if key not in dense]
        dense |= index.scores(query, missing)
        return self._ranked(dense, lexical, limit)

    def _ranked(
        self, dense: dict[int, float], lexical: dict[int, float], limit: int
    ) -> list[Hit]:
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
