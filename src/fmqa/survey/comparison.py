"""Papers side by side: a table whose every cell is shown by a quote, or says "not stated"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches

from fmqa.answering.compared import Cell, ComparedPaper, ComparedRow, Comparison
from fmqa.errors import AmbiguousName, UsageError
from fmqa.retrieval.expansion import normal_name
from fmqa.retrieval.naming import NameBook, names_of, written_names
from fmqa.sources.arxiv_ids import parse_id
from fmqa.store.quoted_facets import Facet, FacetName
from fmqa.survey.faceting import FacetMaker
from fmqa.types import PaperMeta

NOT_STATED = "not stated"
DEFAULT = ("architecture", "training", "data", "tasks")
MOST_PAPERS = 30
_COLUMNS = {
    "kind": FacetName.KIND,
    "modality": FacetName.MODALITY,
    "modalities": FacetName.MODALITY,
    "architecture": FacetName.ARCHITECTURE,
    "architectures": FacetName.ARCHITECTURE,
    "backbone": FacetName.ARCHITECTURE,
    "training": FacetName.TRAINING,
    "training strategy": FacetName.TRAINING,
    "data": FacetName.DATA,
    "pre-training data": FacetName.DATA,
    "training data": FacetName.DATA,
    "data size": FacetName.DATA,
    "task": FacetName.TASK,
    "tasks": FacetName.TASK,
    "downstream tasks": FacetName.TASK,
    "parameters": FacetName.PARAMETERS,
    "size": FacetName.PARAMETERS,
    "model size": FacetName.PARAMETERS,
    "year": FacetName.YEAR,
    "challenge": FacetName.CHALLENGE,
    "challenges": FacetName.CHALLENGE,
    "solution": FacetName.SOLUTION,
    "solutions": FacetName.SOLUTION,
}
_ASKED = re.compile(
    r"^\W*(?:please )?compare\s+(?P<names>.+?)"
    r"(?:\s+(?:by|in terms of|regarding|in|on|with respect to)\s+(?P<by>[^?.]+))?\s*[.?!]*$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:,|;|\band\b|\bwith\b|\bto\b|\bvs\.?|\bversus\b|&)\s*", re.IGNORECASE)
_MOST_CHOICES = 8


def compare(maker: FacetMaker, names: Sequence[str], by: Sequence[str] = DEFAULT) -> Comparison:
    """The papers that go by these names, by these columns.

    Args:
        maker: where facets come from.
        names: of models as the field calls them, arXiv ids, or ids of papers.
        by: architecture, training, data, tasks, kind, modality, parameters, year, challenges,
            solutions.

    Raises:
        AmbiguousName: a name is that of several papers; says which.
        UsageError: a name is nobody's, or there is no such column.
    """
    if not names or len(names) > MOST_PAPERS:
        raise UsageError(f"One to {MOST_PAPERS} papers can be compared, not {len(names)}.")
    columns = [_column(one) for one in by if one.strip()] or list(map(_column, DEFAULT))
    held = {row.meta.paper_id: row for row in maker.library.record.papers()}
    papers = list(
        dict.fromkeys(resolve(name, [row.meta for row in held.values()]) for name in names)
    )
    facets = maker.facets([paper.paper_id for paper in papers])
    rows = []
    for paper in papers:
        mine = facets.get(paper.paper_id, [])
        cells = tuple(_cell(paper, [one for one in mine if one.name is name]) for name in columns)
        rows.append(
            ComparedRow(
                paper=ComparedPaper(
                    paper_id=paper.paper_id,
                    arxiv_id=paper.arxiv_id,
                    name=paper.name,
                    title=paper.title,
                    year=paper.year,
                    source=held[paper.paper_id].source.value,
                ),
                cells=cells,
            )
        )
    shown = tuple(dict.fromkeys(one.strip().lower() for one in by if one.strip())) or DEFAULT
    return Comparison(columns=shown, rows=tuple(rows))


def resolve(name: str, papers: Iterable[PaperMeta]) -> PaperMeta:
    """The one paper that a name means.

    Raises:
        AmbiguousName: several papers go by it.
        UsageError: none does.
    """
    known = [paper for paper in papers if paper.kind != "topic"]
    by_id = {paper.paper_id: paper for paper in known}
    asked = parse_id(name.strip())
    if name.strip() in by_id:
        return by_id[name.strip()]
    if asked is not None and asked.bare in by_id:
        return by_id[asked.bare]
    book = NameBook.of(known)
    found = book.papers([normal_name(name)])
    # As written first: MedSAM2 is not MedSAM-2, though nobody would search them apart.
    asked_as = name.strip().casefold()
    whole = [
        one
        for one in found
        if asked_as in {written.casefold() for written in written_names(by_id[one])}
    ]
    meant = whole or found
    if len(meant) == 1:
        return by_id[meant[0]]
    if found:
        shown = [(one, by_id[one].name or by_id[one].title) for one in found[:_MOST_CHOICES]]
        raise AmbiguousName(f"{name!r} may mean {len(found)} papers.", shown)
    written = {one: paper.name for paper in known for one in names_of(paper) if paper.name}
    near = get_close_matches(normal_name(name), list(written), n=3, cutoff=0.75)
    hint = f"Near are {', '.join(dict.fromkeys(written[one] for one in near))}." if near else None
    raise UsageError(
        f"No paper here goes by {name!r}.", hint=hint or "`fmqa papers list` shows all of them."
    )


def asked_for(question: str, names: Callable[[], NameBook]) -> tuple[list[str], list[str]] | None:
    """The names and columns of "compare X and Y by Z"; None for any other question.

    At least two of the names must be papers' here, so that "compare" of other things is answered
    in words.

    Args:
        question: as it was asked.
        names: the papers' names, looked at only where the question compares something.
    """
    match = _ASKED.match(question.strip())
    if match is None:
        return None
    book = names()
    between = (one.strip() for one in _BETWEEN.split(match["names"]))
    known = [one for one in between if normal_name(one) in book]
    by = [one for one in _BETWEEN.split(match["by"] or "") if one.lower() in _COLUMNS]
    return (known, by or list(DEFAULT)) if len(known) > 1 else None


def _column(name: str) -> FacetName:
    found = _COLUMNS.get(name.strip().lower())
    if found is None:
        known = (
            "architecture, training, data, tasks, kind, modality, parameters, year, challenges, "
        )
        raise UsageError(
            f"There is no column {name.strip()!r}.", hint=f"There are {known}solutions."
        )
    return found


def _cell(paper: PaperMeta, facets: Sequence[Facet]) -> Cell:
    """The values that one quote shows: the quote with most of them, surest first."""
    by_quote: dict[tuple[int, int, int], list[Facet]] = {}
    for one in facets:
        if one.quote:
            by_quote.setdefault((one.version, one.span.page, one.span.start), []).append(one)
    if not by_quote:
        return Cell(value=NOT_STATED)
    best = max(by_quote.values(), key=_worth)
    lead = best[0]
    values = [one.value for one in best]
    if lead.name is FacetName.DATA:
        values = values[:2]
    return Cell(
        value="; ".join(dict.fromkeys(values)),
        quote=" ".join(lead.quote.split()),
        page=lead.span.page,
        arxiv_id=paper.arxiv_id,
        version=lead.version or None,
        start=lead.span.start,
        end=lead.span.end,
        confidence=max(one.confidence for one in best),
    )


def _worth(facets: Sequence[Facet]) -> float:
    surest = max(one.confidence for one in facets)
    if facets[0].name in (FacetName.DATA, FacetName.PARAMETERS, FacetName.KIND):
        return surest
    return surest + 0.5 * (len(facets) - 1)
