"""The search as a LangChain retriever, for use in chains of the user's own."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from fmqa.retrieval.search import Searcher, clean_question
from fmqa.types import Filters, Hit


class PaperRetriever(BaseRetriever):
    """Passages of the library as LangChain documents, each with what is needed to cite it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    searcher: Searcher
    limit: int = Field(default=12, ge=1)
    filters: Filters = Field(default_factory=Filters)
    max_question_chars: int = 4000

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        question = clean_question(query, self.max_question_chars)
        return [
            as_document(hit) for hit in self.searcher.search(question, self.limit, self.filters)
        ]


def as_document(hit: Hit) -> Document:
    """A hit as a LangChain document; spans are (page, start, end) in that page's text."""
    stored = hit.passage
    metadata: dict[str, Any] = {
        "paper_id": stored.paper.paper_id,
        "arxiv_id": stored.paper.arxiv_id,
        "version": stored.paper.version,
        "title": stored.paper.title,
        "year": stored.paper.year,
        "section": stored.passage.section,
        "page": stored.passage.spans[0].page,
        "spans": [(span.page, span.start, span.end) for span in stored.passage.spans],
        "source": stored.source.value,
        "score": hit.score,
    }
    return Document(page_content=stored.passage.text, metadata=metadata, id=str(stored.id))
