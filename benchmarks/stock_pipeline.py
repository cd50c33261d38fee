"""What a tutorial builds, and PaperQA2: what fmqa is measured against.

Runs in `benchmarks/.stock` (see `stock.py`), so it imports neither fmqa nor the benchmarks:

    stock_pipeline.py ingest PDF_FOLDER MODEL_FOLDER INDEX_FOLDER
    stock_pipeline.py search INDEX_FOLDER MODEL_FOLDER QUESTION
    stock_pipeline.py add PDF_FOLDER MODEL_FOLDER DOCS_FILE
    stock_pipeline.py langchain INDEX_FOLDER MODEL_FOLDER
    stock_pipeline.py paperqa DOCS_FILE MODEL_FOLDER

The last two answer line by line, in JSON: `question` (and for LangChain `top`, how many chunks) is
answered by `text` and `passages`. OPENAI_BASE_URL and OPENAI_API_KEY name the model's server.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ANSWER_TOKENS = 512  # a small model may else repeat itself until its context is full
SECONDS = 7200  # of one request; whoever asks stops waiting before
# LangChain's rag-prompt, with words that a refusal can be told by.
PROMPT = """You are an assistant for question-answering tasks. Use the following pieces of \
retrieved context to answer the question. If you don't know the answer, just say "I don't know". \
Use three sentences maximum and keep the answer concise.
Question: {question}
Context: {context}
Answer:"""
_KEYS = re.compile(r"\s*\([^()]*\bpqac-[^()]*\)")  # PaperQA2's marks of what it cites
Answerer = Callable[..., dict[str, Any]]


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


def add(papers: str, model: str, file: str) -> dict[str, int]:
    """Make PaperQA2 read and embed the papers, and keep them; returns how many chunks there are."""
    from paperqa import Docs

    docs, settings = Docs(), _paperqa_settings(model)
    embedding, runner = settings.get_embedding_model(), asyncio.Runner()
    for path in sorted(Path(papers).glob("*.pdf")):
        named = {"citation": path.stem, "docname": path.stem}  # else the model is asked for it
        runner.run(docs.aadd(path, settings=settings, embedding_model=embedding, **named))
    Path(file).write_bytes(pickle.dumps(docs))
    return {"passages": len(docs.texts)}


def langchain(index: str, model: str) -> Answerer:
    """What hands the nearest chunks and the question to the model, and passes on what it says."""
    from langchain_community.vectorstores import FAISS
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_openai import ChatOpenAI

    embeddings = HuggingFaceEmbeddings(model_name=model)
    store = FAISS.load_local(index, embeddings, allow_dangerous_deserialization=True)
    chat = ChatOpenAI(model="local", temperature=0, max_tokens=ANSWER_TOKENS, timeout=SECONDS)
    chain = ChatPromptTemplate.from_template(PROMPT) | chat

    def answer(question: str, top: int) -> dict[str, Any]:
        found = store.as_retriever(search_kwargs={"k": top}).invoke(question)
        context = "\n\n".join(one.page_content for one in found)
        said = chain.invoke({"question": question, "context": context})
        passages = [[Path(one.metadata["source"]).stem, one.page_content] for one in found]
        return {"text": said.text, "passages": passages}

    return answer


def paperqa(file: str, model: str) -> Answerer:
    """PaperQA2 without its agent, which chooses tools: gather evidence, sum it up, answer."""
    docs, settings = pickle.loads(Path(file).read_bytes()), _paperqa_settings(model)
    embedding, runner = settings.get_embedding_model(), asyncio.Runner()

    def answer(question: str) -> dict[str, Any]:
        asked = docs.aquery(question, settings=settings, embedding_model=embedding)
        session = runner.run(asked)
        passages = [[one.text.doc.docname, one.text.text] for one in session.contexts]
        return {"text": _KEYS.sub("", session.raw_answer), "passages": passages}

    return answer


def _paperqa_settings(model: str) -> Any:
    """Its defaults, but for the models, pictures (the model sees none) and lookups of metadata."""
    from paperqa import Settings

    name = "openai/local"
    parameters = {
        "model": name,
        "api_base": os.environ.get("OPENAI_BASE_URL"),
        "api_key": os.environ.get("OPENAI_API_KEY"),
        "temperature": 0,
        "max_tokens": ANSWER_TOKENS,
        "timeout": SECONDS,
    }
    served = {"model_list": [{"model_name": name, "litellm_params": parameters}]}
    return Settings(
        llm=name,
        llm_config=served,
        summary_llm=name,
        summary_llm_config=served,
        embedding=f"st-{model}",
        parsing={"use_doc_details": False, "multimodal": False},
    )


def serve(answer: Answerer) -> None:
    """Answer line by line; says first, by an empty object, that all is loaded."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    print("{}", file=told, flush=True)
    for line in sys.stdin:
        try:
            reply = answer(**json.loads(line))
        except Exception as error:
            reply = {"failed": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(reply), file=told, flush=True)


if __name__ == "__main__":
    command, *values = sys.argv[1:]
    if command in {"langchain", "paperqa"}:
        serve({"langchain": langchain, "paperqa": paperqa}[command](*values))
    else:
        print(json.dumps({"ingest": ingest, "search": search, "add": add}[command](*values)))
