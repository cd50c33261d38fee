"""A paper's facets as the survey counts them, and their quotes as citations.

What a user corrected holds before all; then what is known of a paper without reading it (a note's
front matter was looked up); then what was read in it. A value that isn't from the text is shown by
the quote of the same value where there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fmqa.answering.citing import Numbering
from fmqa.answering.schema import Citation
from fmqa.store.quoted_facets import Facet, FacetName, Origin
from fmqa.types import PaperMeta, PaperStatus, Passage, PassageKind, Quote, StoredPassage

Facets = Mapping[str, Sequence[Facet]]


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a paper, and the facet that shows it; None where only its metadata say it."""

    value: str
    facet: Facet | None


def values(meta: PaperMeta, facets: Sequence[Facet], name: FacetName) -> list[Value]:
    """The values that a paper has of a facet, each once."""
    found = [facet for facet in facets if facet.name is name]
    known = _known(meta, name)
    if known and not any(facet.origin is Origin.USER for facet in found):
        shown = {facet.value.casefold(): facet for facet in reversed(found)}
        return [Value(value, shown.get(value.casefold())) for value in dict.fromkeys(known)]
    return list({facet.value: Value(facet.value, facet) for facet in reversed(found)}.values())


def _known(meta: PaperMeta, name: FacetName) -> tuple[str, ...]:
    if name is FacetName.KIND:
        return (meta.kind,) if meta.kind else ()
    if name is FacetName.MODALITY:
        return meta.modality
    return meta.tasks if name is FacetName.TASK else ()


def with_values(metas: Iterable[PaperMeta], facets: Facets) -> list[PaperMeta]:
    """The papers with kind, modality and tasks as the survey counts them."""
    told = []
    for meta in metas:
        held = facets.get(meta.paper_id, ())
        kinds, modalities, tasks = (
            tuple(one.value for one in values(meta, held, name))
            for name in (FacetName.KIND, FacetName.MODALITY, FacetName.TASK)
        )
        told.append(replace(meta, kind=next(iter(kinds), ""), modality=modalities, tasks=tasks))
    return told


def cited(facet: Facet, meta: PaperMeta, pdf_url: str, withdrawn: bool = False) -> Citation | None:
    """The citation of a facet's quote; None for a value that has none.

    Args:
        facet: what to show.
        meta: its paper.
        pdf_url: where arXiv's PDFs are linked.
        withdrawn: whether the paper was.
    """
    if not facet.quote:
        return None
    paper = replace(meta, version=facet.version)
    passage = Passage(0, "", PassageKind.BODY, facet.quote, (facet.span,))
    status = PaperStatus.WITHDRAWN if withdrawn else PaperStatus.CURRENT
    stored = StoredPassage(0, paper, facet.source, status, passage)
    return Numbering(pdf_url).cite(Quote(facet.quote, facet.span, stored))[1]
