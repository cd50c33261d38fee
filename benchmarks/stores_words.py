"""Searching by words in PostgreSQL where not all passages can be scored, over SciFact's abstracts.

Made-up texts draw each word by itself; in real ones words go together, so that more passages hold
several of a question's than would be expected. As many abstracts are scored as a share of all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.stores_scale import every
from fmqa.store.lexical import terms
from fmqa.store.library import Library
from fmqa.types import Document, PaperMeta, Passage, PassageKind, Source

_MODEL, _DIMENSION = "none", 2
_BEST = 10
_SHARES = (0.005, 0.01, 0.02)


def recalled(url: str, collection: Path, questions: int) -> dict[str, Any]:
    """For each share of the abstracts that may be scored: how many of the ten best are found.

    Args:
        url: an empty schema.
        collection: folder of `corpus.jsonl` and `queries.jsonl`.
        questions: how many of the queries are asked, from the first.
    """
    with closing(Library(Path("unused"), Path("unused"), url)) as library:
        count = filled(library, lines(collection / "corpus.jsonl"))
        asked = [terms(line["text"]) for line in lines(collection / "queries.jsonl")[:questions]]
        exact = [{key for key, _ in every(library, words)} for words in asked]
        found: dict[str, Any] = {"abstracts": count, "questions": len(asked)}
        for share in _SHARES:
            expected = int(share * count)
            got = best(library, asked, expected)
            shares = [len(one & two) / len(one) for one, two in zip(exact, got, strict=True) if one]
            found[f"recall@10, {expected} expected to be scored"] = round(float(np.mean(shares)), 3)
    return found


def best(library: Library, asked: Sequence[Sequence[str]], expected: int) -> list[set[int]]:
    """The ten best to each question where about so many passages are scored."""
    with ExitStack() as stack:
        for name, value in (
            ("candidates._EXPECTED", expected),
            ("searched.MOST_SCORED", 4 * expected),
        ):
            stack.enter_context(patch(f"fmqa.store.postgres.{name}", value))
        return [{key for key, _ in library.record.lexical(words, _BEST)} for words in asked]


def filled(library: Library, abstracts: Sequence[dict[str, Any]]) -> int:
    """Write each abstract as a paper of one passage; how many."""
    with library.writing(_MODEL) as writer:
        for number, one in enumerate(abstracts):
            meta = PaperMeta(f"local:{number:016x}", 1, one.get("title", ""))
            passage = Passage(0, "", PassageKind.BODY, one["text"], ())
            document = Document(meta, Source.PDF, str(number), (), (passage,))
            writer.add(document, np.eye(1, _DIMENSION, dtype=np.float32), _MODEL)
    return len(abstracts)


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
