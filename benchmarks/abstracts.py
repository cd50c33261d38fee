"""A retrieval collection as a library of the product's own, made once and kept in the cache."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np

from benchmarks.common import json_rows
from benchmarks.processes import CACHE, source_digest
from fmqa.store.library import Library
from fmqa.store.mappers import content_hash, passage_texts
from fmqa.store.writer import RecordWriter
from fmqa.types import Document, Embedder, Page, PaperMeta, Passage, PassageKind, Source, Span

_BATCH = 256


def paper_id(collection: str, document_id: str) -> str:
    """What a document of a collection is called in its library."""
    return f"{collection}:{document_id}"


def abstracts_library(folder: Path, embedder: Embedder) -> Library:
    """The library of a collection in BEIR's form.

    Kept under a name made of its content, the store's source and the model, so that a change of any
    of them makes it anew; embeddings are taken over from the one before.
    """
    documents = _documents(folder)
    key = _key(documents, embedder.fingerprint)
    home = CACHE / "retrieval" / f"{folder.name}-{key}"
    library = Library(home, home / "record.sqlite3")
    if library.record.meta("benchmark") == key:
        return library
    print(f"Embedding {len(documents):,} abstracts of {folder.name}, once.", flush=True)
    with library.writing(embedder.fingerprint) as writer:
        _take_over(home, writer, documents, embedder.fingerprint)
        _embed(writer, documents, embedder)
        _write(writer, documents, embedder.fingerprint)
        writer.set_meta("benchmark", key)
    for older in _others(home):
        shutil.rmtree(older, ignore_errors=True)
    return library


def _documents(folder: Path) -> list[Document]:
    return [_document(folder.name, row) for row in json_rows(folder / "corpus.jsonl")]


def _document(collection: str, row: dict[str, str]) -> Document:
    """An abstract as a paper of one page and one passage."""
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


def _key(documents: list[Document], fingerprint: str) -> str:
    total = hashlib.sha256(f"{fingerprint}\n{source_digest('store')}\n".encode())
    for document in documents:
        total.update(f"{document.meta.paper_id}\n{passage_texts(document)[0]}\n".encode())
    return total.hexdigest()[:16]


def _others(home: Path) -> list[Path]:
    collection = home.name.split("-")[0]
    return [path for path in home.parent.glob(f"{collection}-*") if path != home]


def _take_over(home: Path, writer: RecordWriter, documents: list[Document], model: str) -> None:
    """The vectors of an earlier state of the library, by the hash of the text they are of."""
    hashes = [content_hash(passage_texts(document)[0]) for document in documents]
    for older in _others(home):
        library = Library(older, older / "record.sqlite3")
        held = library.record.embeddings(model, hashes)
        library.close()
        if held:
            writer.put_embeddings(model, list(held), np.stack(list(held.values())))


def _embed(writer: RecordWriter, documents: list[Document], embedder: Embedder) -> None:
    texts = {content_hash(t): t for document in documents for t in passage_texts(document)}
    held = writer.embeddings(embedder.fingerprint, texts)
    missing = [key for key in texts if key not in held]
    for start in range(0, len(missing), _BATCH):
        part = missing[start : start + _BATCH]
        vectors = embedder.embed_array([texts[key] for key in part])
        writer.put_embeddings(embedder.fingerprint, part, vectors)
        print(f"  {start + len(part):,} of {len(missing):,}", end="\r", flush=True)


def _write(writer: RecordWriter, documents: list[Document], model: str) -> None:
    for document in documents:
        hashes = [content_hash(text) for text in passage_texts(document)]
        held = writer.embeddings(model, hashes)
        writer.add(document, np.stack([held[key] for key in hashes]), model)
