"""What the papers of a library are seen to have, to make trends of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fmqa.answering.citing import Numbering
from fmqa.store.library import Library
from fmqa.store.quoted_facets import FacetName
from fmqa.survey.datasets import used_datasets
from fmqa.survey.trends import By, Observation
from fmqa.survey.values import Facets, cited, values
from fmqa.types import PaperMeta

_FACETS = {
    By.KIND: FacetName.KIND,
    By.MODALITY: FacetName.MODALITY,
    By.TASK: FacetName.TASK,
    By.TRAINING: FacetName.TRAINING,
    By.MODEL_SIZE: FacetName.PARAMETERS,
    By.DATA_SIZE: FacetName.DATA,
}


def observe(
    library: Library, by: By, metas: Sequence[PaperMeta], facets: Facets, pdf_url: str
) -> Iterable[Observation]:
    """The observations for a trend.

    Args:
        library: whose papers to look at.
        by: what is wanted of them.
        metas: the papers that count.
        facets: theirs.
        pdf_url: where arXiv's PDFs are linked.
    """
    if by is By.DATASETS:
        numbering = Numbering(pdf_url)
        for name, quote in used_datasets(library.record, metas):
            paper = quote.passage.paper.paper_id
            yield Observation(paper, name, None, numbering.cite(quote)[1])
        return
    for meta in metas:
        held = facets.get(meta.paper_id, ())
        if by.is_size:
            # The surest stands first; others may be of a part, or of what it was taken from.
            sizes = (facet for facet in held if facet.name is _FACETS[by] and facet.size)
            surest = next(sizes, None)
            if surest is not None:
                shown = cited(surest, meta, pdf_url)
                yield Observation(meta.paper_id, surest.value, surest.size, shown)
            continue
        for one in values(meta, held, _FACETS[by]):
            shown = cited(one.facet, meta, pdf_url) if one.facet else None
            yield Observation(meta.paper_id, one.value, None, shown)
