"""What the papers of a library are seen to have, to make trends of."""

from __future__ import annotations

from collections.abc import Iterable

from fmqa.answering.citing import Numbering
from fmqa.retrieval.naming import NameBook
from fmqa.store.library import Library
from fmqa.survey.datasets import used_datasets
from fmqa.survey.map import is_paper
from fmqa.survey.quantities import quantities
from fmqa.survey.trends import By, Observation
from fmqa.types import PaperMeta

_BATCH = 4000  # passages read at once


def observe(library: Library, by: By, pdf_url: str) -> list[Observation]:
    """The observations for a trend.

    Args:
        library: whose papers to look at.
        by: what is wanted of them.
        pdf_url: where arXiv's PDFs are linked.
    """
    metas = [row.meta for row in library.record.papers() if is_paper(row.meta)]
    if by.is_size:
        return list(_sizes(library, by, metas, pdf_url))
    if by is By.DATASETS:
        numbering = Numbering(pdf_url)
        return [
            Observation(quote.passage.paper.paper_id, name, None, numbering.cite(quote)[1])
            for name, quote in used_datasets(library.record, metas)
        ]
    return [Observation(meta.paper_id, value) for meta in metas for value in _values(meta, by)]


def _values(meta: PaperMeta, by: By) -> tuple[str, ...]:
    if by is By.KIND:
        return (meta.kind,) if meta.kind else ()
    if by is By.MODALITY:
        return meta.modality
    return meta.tasks if by is By.TASK else ()


def _sizes(library: Library, by: By, metas: list[PaperMeta], pdf_url: str) -> Iterable[Observation]:
    """What papers say of the model of their own name."""
    role, word = ("size", "parameters") if by is By.MODEL_SIZE else ("trained on", "train")
    numbering = Numbering(pdf_url)
    book = NameBook.of(metas)
    ids = library.record.active_ids()
    for start in range(0, len(ids), _BATCH):
        held = library.record.passages(ids[start : start + _BATCH]).values()
        seen = set()
        for one in quantities(held, book, word):
            sentence = one.quote.passage.id, one.quote.span
            own = one.subject == one.quote.passage.paper.paper_id
            # What a sentence says first is of the model; the rest may be of what it came from.
            if one.what[0] == role and own and sentence not in seen:
                seen.add(sentence)
                citation = numbering.cite(one.quote)[1]
                yield Observation(one.subject, one.told, one.number.value, citation)
