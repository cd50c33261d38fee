"""The vectors of a retrieval collection, and the collection as a library of the product's own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import json_rows
from benchmarks.processes import CACHE
from fmqa.store.library import Library
from fmqa.store.mappers import passage_texts
from fmqa.types import Document, Embedder, Page, PaperMeta, Passage, PassageKind, Source, Span

Vectors = NDArray[np.float32]


def paper_id(collection: str, document_id: str) -> str:
    """What a document of a collection is called in its library."""
    return f"{collection}:{document_id}"


def embedded(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """One vector a text; kept in the cache by what was embedded and by which model."""
    named = "\0".join([embedder.fingerprint, *texts])
    kept = CACHE / "vectors" / f"{hashlib.sha256(named.encode()).hexdigest()[:16]}.npy"
    if not kept.is_file():
        print(f"Embedding {len(texts):,} texts, once.", flush=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, embedder.embed_array(texts))
    made: Vectors = np.load(kept, allow_pickle=False)
    return made


def documents_of(folder: Path) -> list[Document]:
    """The abstracts of a collection in BEIR's form, each a paper of one page and one passage."""
    return [_document(folder.name, row) for row in json_rows(folder / "corpus.jsonl")]


def _document(collection: str, row: dict[str, str]) -> Document:
    text, name = row["text"], paper_id(collection, row["_id"])
    span = Span(1, 0, len(text))
    return Document(
        meta=PaperMeta(name, 1, row["title"]),
        source=Source.PDF,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        pages=(Page(1, text, ((0, 0, len(text)),)),),
        passages=(Passage(0, "", PassageKind.ABSTRACT, text, (span,)),),
        reader="benchmark",
    )


def abstract_vectors(documents: Sequence[Document], embedder: Embedder) -> Vectors:
    """The vectors of the abstracts, each under its title, shape (documents, dimension)."""
    return embedded(embedder, [passage_texts(document)[0] for document in documents])


def abstracts_library(folder: Path, embedder: Embedder, home: Path) -> Library:
    """The library of a collection, in an empty folder."""
    documents = documents_of(folder)
    vectors = abstract_vectors(documents, embedder)
    library = Library(home, home / "record.sqlite3")
    with library.writing(embedder.fingerprint) as writer:
        for document, vector in zip(documents, vectors, strict=True):
            writer.add(document, vector[None], embedder.fingerprint)
    return library
