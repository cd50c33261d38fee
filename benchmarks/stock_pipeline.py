"""What a tutorial builds: the pipeline that fmqa is measured against.

Runs in `benchmarks/.stock` (see `stock.py`), so it imports neither fmqa nor the benchmarks:

    stock_pipeline.py ingest PDF_FOLDER MODEL_FOLDER INDEX_FOLDER
    stock_pipeline.py search INDEX_FOLDER MODEL_FOLDER QUESTION
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def ingest(papers: str, model: str, index: str) -> dict[str, int]:
    """Load, split, embed and save; returns how many pages and chunks there were."""
    from langchain_community.document_loaders import PyPDFLoader
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    pages = []
    for path in sorted(Path(papers).glob("*.pdf")):
        pages += PyPDFLoader(str(path)).load()
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    chunks = splitter.split_documents(pages)
    embeddings = HuggingFaceEmbeddings(model_name=model)
    FAISS.from_documents(chunks, embeddings).save_local(index)
    return {"pages": len(pages), "passages": len(chunks)}


def search(index: str, model: str, question: str) -> dict[str, int]:
    """Open the saved index and find four chunks; returns how many were found."""
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings

    embeddings = HuggingFaceEmbeddings(model_name=model)
    store = FAISS.load_local(index, embeddings, allow_dangerous_deserialization=True)
    return {"hits": len(store.similarity_search(question))}


if __name__ == "__main__":
    command, *values = sys.argv[1:]
    print(json.dumps({"ingest": ingest, "search": search}[command](*values)))
