"""Other systems over our notes, with our models: what `rivals.py` compares fmqa with.

Runs in `benchmarks/.stock` (see `stock.py`), so it imports neither fmqa nor the benchmarks:

    rival_systems.py langchain|paperqa ORDERS.json ANSWERS.jsonl

The orders hold address, key and name of a language model's server, the embedding model's folder,
the papers (``id, title, authors, year, text``) and the questions (``id, question``). An answer is
written as soon as it is there, so that a run which was cut off can go on.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Ask = Callable[[str], dict[str, Any]]

# LangChain's own prompt for retrieval-augmented answers (rlm/rag-prompt on its hub).
_RAG_PROMPT = (
    "You are an assistant for question-answering tasks. Use the following pieces of retrieved "
    "context to answer the question. If you don't know the answer, just say that you don't know. "
    "Use three sentences maximum and keep the answer concise.\n"
    "Question: {question} \nContext: {context} \nAnswer:"
)
_CHUNK, _OVERLAP, _CHUNKS = 1000, 200, 4


def langchain(orders: dict[str, Any]) -> Ask:
    """The chain of LangChain's tutorial; its sources are the chunks that the model was given."""
    from langchain_community.vectorstores import FAISS
    from langchain_core.documents import Document
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_openai import ChatOpenAI
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    documents = [
        Document(f"{paper['title']}\n\n{paper['text']}", metadata={"id": paper["id"]})
        for paper in orders["papers"]
    ]
    splitter = RecursiveCharacterTextSplitter(chunk_size=_CHUNK, chunk_overlap=_OVERLAP)
    embeddings = HuggingFaceEmbeddings(model_name=orders["embedding"])
    store = FAISS.from_documents(splitter.split_documents(documents), embeddings)
    model = ChatOpenAI(
        model=orders["model"],
        base_url=orders["base_url"],
        api_key=orders["key"],
        temperature=0,
        max_tokens=400,
    )
    chain = ChatPromptTemplate.from_template(_RAG_PROMPT) | model | StrOutputParser()

    def ask(question: str) -> dict[str, Any]:
        chunks = store.similarity_search(question, k=_CHUNKS)
        context = "\n\n".join(chunk.page_content for chunk in chunks)
        text = chain.invoke({"question": question, "context": context})
        return {"text": text, "cited": [chunk.metadata["id"] for chunk in chunks], "evidence": []}

    return ask


def paperqa(orders: dict[str, Any]) -> Ask:
    """PaperQA2's answering over its own evidence summaries, with what a small model bears.

    Its defaults but for: six pieces of evidence rather than ten, and papers that are added with
    what is known of them rather than looked up. Without JSON, as its documentation advises for weak
    models, this one gives no score to its summaries, and all of them are dropped.
    """
    from paperqa import Docs, Settings
    from paperqa.types import Doc, Text

    name = f"openai/{orders['model']}"
    llm = {
        "model_list": [
            {
                "model_name": name,
                "litellm_params": {
                    "model": name,
                    "api_base": orders["base_url"],
                    "api_key": orders["key"],
                    "temperature": 0,
                    "max_tokens": 500,
                    "timeout": 600,
                },
            }
        ]
    }
    settings = Settings(
        llm=name,
        llm_config=llm,
        summary_llm=name,
        summary_llm_config=llm,
        embedding=f"st-{orders['embedding']}",
        answer={"evidence_k": 6, "answer_max_sources": 5, "max_concurrent_requests": 4},
        parsing={"multimodal": False},
    )
    docs, embedding = Docs(), settings.get_embedding_model()

    async def fill() -> None:
        for paper in orders["papers"]:
            authors = paper["authors"]
            first = authors[0].split()[-1] if authors else "Anonymous"
            doc = Doc(
                docname=f"{first}{paper['year'] or ''}",
                dockey=paper["id"],
                citation=f"{first} et al. {paper['title']}. {paper['year'] or 'n.d.'}",
            )
            text = Text(text=f"{paper['title']}\n\n{paper['text']}", name=paper["id"], doc=doc)
            await docs.aadd_texts([text], doc, settings=settings, embedding_model=embedding)

    asyncio.run(fill())

    def ask(question: str) -> dict[str, Any]:
        session = asyncio.run(docs.aquery(question, settings=settings, embedding_model=embedding))
        used = [one for one in session.contexts if one.id in session.raw_answer]
        text = re.sub(r"\((?:pqac-\w+[,; ]*)+\)", "", session.raw_answer)
        return {
            "text": text,
            "cited": [context.text.doc.dockey for context in used],
            "evidence": [[context.text.doc.dockey, context.context] for context in used],
            "pieces": len(session.contexts),
        }

    return ask


def main() -> None:
    """Ask what hasn't been answered yet."""
    system, orders_file, answers_file = sys.argv[1:]
    orders = json.loads(Path(orders_file).read_text(encoding="utf-8"))
    ask = {"langchain": langchain, "paperqa": paperqa}[system](orders)
    for question in orders["questions"]:
        began = time.monotonic()
        try:
            said = ask(question["question"])
        except Exception as error:  # what a system makes of a question is its answer, too
            said = {"text": "", "cited": [], "evidence": [], "error": repr(error)[:300]}
        said |= {"id": question["id"], "seconds": round(time.monotonic() - began, 1)}
        with Path(answers_file).open("a", encoding="utf-8") as answers:
            answers.write(json.dumps(said, ensure_ascii=False) + "\n")
        print(f"{system} {question['id']} {said['seconds']} s", flush=True)


if __name__ == "__main__":
    main()
